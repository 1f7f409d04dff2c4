"""Grouped-time hazards with undated events, and projects moved as wholes."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from analysis.stats import grouped_hazard, relocation


def years_to_event(rng, n=400, ratio=0.5):
    small = rng.random(n) < 0.5
    hazard = 0.1 * np.where(small, ratio, 1)[:, None] * np.linspace(0.5, 1.5, 12)
    happens = rng.random((n, 12)) < -np.expm1(-hazard)
    event = happens.any(axis=1)
    return small[:, None].astype(float), np.where(event, happens.argmax(axis=1), 11) + 2010, event


def test_dated_events_are_statsmodels_cloglog_with_year_effects():
    x, year, event = years_to_event(np.random.default_rng(1))
    region = np.random.default_rng(2).integers(0, 5, len(year))
    entry = np.full(len(year), 2010)
    mine = grouped_hazard.fit(entry, year, year, event, x, strata=region, clusters=np.arange(len(year)))
    unit = np.repeat(np.arange(len(year)), year - 2009)
    at = 2010 + np.concatenate([np.arange(n) for n in year - 2009])
    happened = event[unit] & (at == year[unit])
    design = pd.get_dummies(at, dtype=float).assign(x=x[unit, 0])
    design = design.join(pd.get_dummies(region[unit], prefix="r", drop_first=True, dtype=float))
    design.columns = design.columns.astype(str)
    family = families.Binomial(link=families.links.CLogLog())
    theirs = GLM(happened.astype(float), design, family=family).fit(
        cov_type="cluster", cov_kwds={"groups": unit}
    )
    assert mine.converged
    assert mine.beta[0] == pytest.approx(theirs.params["x"], rel=1e-3)
    assert mine.std_error[0] == pytest.approx(theirs.bse["x"], rel=0.03)


@pytest.mark.slow
def test_undated_events_are_not_thrown_away():
    rng, found, thrown = np.random.default_rng(3), [], []
    for _ in range(40):
        x, year, event = years_to_event(rng, 300)
        undated = event & (rng.random(300) < np.where(x[:, 0] == 1, 0.4, 0.05))
        low, high = np.where(undated, 2010, year), np.where(undated, 2021, year)
        entry = np.full(300, 2010)
        found.append(grouped_hazard.fit(entry, low, high, event, x).beta[0])
        kept = ~undated
        thrown.append(grouped_hazard.fit(entry[kept], year[kept], year[kept], event[kept], x[kept]).beta[0])
    assert np.mean(found) == pytest.approx(np.log(0.5), abs=4 * np.std(found) / np.sqrt(40))
    assert np.mean(thrown) < np.mean(found) - 0.2


def test_strata_without_events_say_nothing():
    x, year, event = years_to_event(np.random.default_rng(4))
    entry, strata = np.full(len(year), 2010), np.zeros(len(year), int)
    plain = grouped_hazard.fit(entry, year, year, event, x, strata=strata)
    more = [np.r_[v, v[:9]] for v in (entry, year, year, event)]
    more[3][-9:] = False
    with_silent = grouped_hazard.fit(*more, np.vstack([x, x[:9]]), strata=np.r_[strata, np.ones(9, int)])
    np.testing.assert_allclose(with_silent.beta, plain.beta, atol=1e-6)


def test_projects_move_as_wholes():
    x, y = np.random.default_rng(5).normal(size=(2, 30))
    order = relocation.by_nearness(x, y)
    assert (order[:, 0] == np.arange(30)).all()
    project, member, lead = np.array([0, 0, 0, 1]), np.array([4, *order[4, 1:3], 9]), np.array([4, 9])
    chance = np.zeros(30)
    chance[[11, 20]] = 1
    for counts in relocation.relocated(project, member, lead, order, chance, 50):
        places = {tuple(sorted(order[l, :3])): l for l in (11, 20)}  # noqa: E741
        single = [l for l in (11, 20) if any(  # noqa: E741
            (np.bincount([*p, l], minlength=30) == counts).all() for p in places)]  # fmt: skip
        assert counts.sum() == 4 and single


def test_leads_are_drawn_by_their_chance():
    order = relocation.by_nearness(np.arange(5.0), np.zeros(5))
    one = np.array([0])
    counts = relocation.relocated(one, one, one, order, np.array([1.0, 0, 3, 0, 4]), 8_000, seed=1)
    np.testing.assert_allclose(counts.mean(axis=0), [0.125, 0, 0.375, 0, 0.5], atol=0.02)
