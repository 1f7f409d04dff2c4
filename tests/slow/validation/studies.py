"""One replicate of each study: draw a world with known truth, estimate, and note whether the limits hold it.

Each study gives (estimator, truth, estimate, low, high) tuples. Truths are exact where they can be, else
computed once from a country of ``BIG`` municipalities drawn by the same law. Every replicate draws a new
country, so the limits are asked for all of the chance there is (but for ``representation`` and the total
of ``money``, which are about the country at hand).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import pandas as pd
from tests.slow.validation import simulator

from analysis.measures import (
    adoption,
    bounds,
    completeness,
    concentration,
    cooperation,
    decomposition,
    gap,
    models,
    procurement,
    published_purchases,
    recurrence,
    uptake,
)
from analysis.measures.covariates import CENTRALITY, EXPENDITURE, POPULATION, design_matrix
from analysis.stats import logit as logistic
from analysis.stats.inequality import concentration_index

BIG = 300_000
DRAWS = 500
#: Effects per doubling of population, per 100 points of centrality, per doubling of expenditure per head.
SLOPES = np.array([0.35, 0.15, 0.5])
COVARIATES = (POPULATION, CENTRALITY, EXPENDITURE)
WHOLE = simulator.programmes(p="census")
SAMPLE = simulator.programmes(p="sample")

Outcome = tuple[str, float, float, float, float]
Study = Callable[[np.random.Generator], Iterable[Outcome]]


def chance(panel: pd.DataFrame, level: float = -0.4) -> np.ndarray:
    """Each municipality's chance of taking part."""
    return 1 / (1 + np.exp(-(level + design_fixed(panel) @ SLOPES)))


def design_fixed(panel: pd.DataFrame) -> np.ndarray:
    """Covariates centred on constants, so that the law is the same in every country."""
    x = np.column_stack(
        [
            np.log2(panel["population"].to_numpy(float)) - 12.4,
            panel["centrality_index"].to_numpy(float) / 100 - 7,
            np.log2((panel["operating_expenditure_nok_thousand"] / panel["population"]).to_numpy(float))
            - 6.9,
        ]
    )
    return x


@cache
def big() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A large country, who is small rural in it, and the chances."""
    panel = simulator.panel(np.random.default_rng(1), BIG)
    return panel, panel["is_small_rural"].to_numpy(bool), chance(panel)


@cache
def shares() -> tuple[float, float]:
    """True uptake of the small rural and of the others."""
    _, small, p = big()
    return float(p[small].mean()), float(p[~small].mean())


def _country(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    panel = simulator.panel(rng)
    return panel, simulator.own_projects(panel, rng.binomial(1, chance(panel)))


def _row(name: str, truth: float, row: pd.Series) -> Outcome:
    return name, truth, row["estimate"], row["conf_low"], row["conf_high"]


def proportions(rng: np.random.Generator) -> list[Outcome]:
    """Uptake, difference, ratio and Mantel–Haenszel, of a complete list."""
    panel, rows = _country(rng)
    p1, p2 = shares()
    rate = uptake.uptake_rate(simulator.observations(panel, rows, WHOLE, ["p"]), "is_small_rural").set_index(
        "group"
    )
    frame = gap.gap(simulator.observations(panel, rows, WHOLE, ["p"])).set_index(["term", "method"])
    ratio = p1 / p2
    county = "Mantel–Haenszel by county"
    return [
        _row("uptake, small rural (Wilson)", p1, rate.loc[True]),
        _row("uptake, others (Wilson)", p2, rate.loc[False]),
        _row("difference (Newcombe)", p1 - p2, frame.loc[("difference", "Newcombe")]),
        _row("difference (score)", p1 - p2, frame.loc[("difference", "score")]),
        _row("ratio (score)", ratio, frame.loc[("ratio", "score")]),
        _row("difference (Mantel–Haenszel)", p1 - p2, frame.loc[("difference", county)]),
        _row("ratio (Mantel–Haenszel)", ratio, frame.loc[("ratio", county)]),
    ]


def recording(rng: np.random.Generator) -> list[Outcome]:
    """Participations of the others are recorded 1.8 times as often; the sensitivity must find that."""
    panel = simulator.panel(rng)
    small = panel["is_small_rural"].to_numpy(bool)
    rows = simulator.own_projects(panel, rng.poisson(0.8 * np.where(small, 0.4, 0.72)))
    frame = completeness.sensitivity(
        simulator.observations(panel, rows, SAMPLE, ["p"]), n_resamples=DRAWS, seed=int(rng.integers(1 << 30))
    )
    return [_row("recording ratio per participation", 1.8, frame.iloc[0])]


def _size(name: str, p_value: float) -> Outcome:
    """A test at 5 per cent under its null, as a limit that holds unless it rejects."""
    return name, 0.0, 0.0, (1.0 if p_value <= 0.05 else -1.0), 1.0


def published(rng: np.random.Generator) -> list[Outcome]:
    """A partial register with a published total: the bounds must hold the truth every time."""
    panel = simulator.panel(rng)
    part = rng.random(len(panel)) < chance(panel)
    small = panel["is_small_rural"].to_numpy(bool)
    named = part & (rng.random(len(panel)) < np.where(small, 0.3, 0.7))
    rows = simulator.own_projects(panel, named.astype(int))
    totals = simulator.published(("p", "all", "participants", int(part.sum()), "exact"))
    partial = simulator.programmes(p="partial")
    frame = bounds.gap_bounds(
        simulator.observations(panel, rows, partial), totals, simulator.projects(rows)
    ).iloc[0]
    truth = part[small].mean() - part[~small].mean()
    return [("difference in uptake (worst-case bounds)", truth, truth, frame["conf_low"], frame["conf_high"])]


def logit(rng: np.random.Generator) -> list[Outcome]:
    """Odds ratios and marginal effects of the logit."""
    panel, rows = _country(rng)
    frame = models.any_participation(
        simulator.observations(panel, rows, WHOLE, ["p"]), COVARIATES, models.REGION
    )
    odds = frame[frame["unit"] == "odds ratio"].set_index("term")
    effects = frame[frame["unit"] != "odds ratio"].set_index("term")
    slope = (big()[2] * (1 - big()[2])).mean()
    return [
        _log(f"odds ratio, {name} (logit, log scale)", SLOPES[k], odds.loc[name])
        for k, name in enumerate(COVARIATES[:2])
    ] + [
        _row(f"marginal effect, {name} (logit)", slope * SLOPES[k], effects.loc[name])
        for k, name in enumerate(COVARIATES[:2])
    ]


def _log(name: str, truth: float, row: pd.Series) -> Outcome:
    return name, truth, *np.log([row["estimate"], row["conf_low"], row["conf_high"]])


def rare(rng: np.random.Generator) -> list[Outcome]:
    """Firth's logit with about fifteen participants of 357."""
    panel = simulator.panel(rng)
    rows = simulator.own_projects(panel, rng.binomial(1, chance(panel, -3.8)))
    frame = models.any_participation(
        simulator.observations(panel, rows, WHOLE, ["p"]), (POPULATION, CENTRALITY)
    )
    if not (frame["model"] == "Firth logit").all():
        return []
    odds = frame[frame["unit"] == "odds ratio"].set_index("term")
    return [_log("odds ratio, population (Firth, rare, log scale)", rare_slope(), odds.loc[POPULATION])]


@cache
def rare_slope() -> float:
    """Slope of population without expenditure in the model: the large country's own."""
    panel = big()[0]
    y = np.random.default_rng(2).binomial(1, chance(panel, -3.8)).astype(float)
    x = np.column_stack([np.ones(len(panel)), design_matrix(panel, (POPULATION, CENTRALITY))])
    return float(logistic.firth(x, y, np.ones((1, len(y))))[0, 1])


def numbers(rng: np.random.Generator) -> list[Outcome]:
    """Poisson and negative binomial with regions that share their luck."""
    panel = simulator.panel(rng)
    mean = np.exp(-0.3 + design_fixed(panel)[:, :2] @ SLOPES[:2])
    codes = panel["labour_market_region_code"].astype(int).to_numpy()
    luck = rng.gamma(4, 1 / 4, 200)[codes] * rng.gamma(2, 1 / 2, len(panel))
    rows = simulator.own_projects(panel, rng.poisson(mean * luck))
    frame = models.number_of_participations(
        simulator.observations(panel, rows, WHOLE, ["p"]), (POPULATION, CENTRALITY), models.REGION
    )
    frame = frame.set_index(["model", "term"])
    out = [
        _log(
            "rate ratio, population (Poisson, clusters, log scale)",
            SLOPES[0],
            frame.loc[("Poisson", POPULATION)],
        )
    ]
    negative = frame.loc[("negative binomial", POPULATION)]
    if np.isfinite(negative["estimate"]):
        out.append(_log("rate ratio, population (negative binomial, log scale)", SLOPES[0], negative))
    return out


@cache
def _explained() -> dict[str, float]:
    """Large-country values of the decompositions."""
    panel, small, p = big()
    x = design_matrix(panel, COVARIATES)
    y = (np.random.default_rng(3).random(BIG) < p).astype(float)
    beta = logistic.firth(np.column_stack([np.ones(BIG), x, small]), y, np.ones((1, BIG)))[0]
    predicted = 1 / (1 + np.exp(-(beta[0] + x.to_numpy() @ beta[1:4])))
    explained = predicted[small].mean() - predicted[~small].mean()
    part = (x.to_numpy()[small].mean(axis=0) - x.to_numpy()[~small].mean(axis=0)) * beta[1:4]
    gap_ = p[small].mean() - p[~small].mean()
    return {
        "explained": explained,
        "rest": gap_ - explained,
        **dict(zip(COVARIATES, part / part.sum() * explained, strict=True)),
    }


def coarse(panel: pd.DataFrame) -> pd.Series:
    """Three bands wide enough for both sides to be in each in nearly every country."""
    return pd.cut(panel["population"], [0, 5_000, 10_000, np.inf], labels=["low", "middle", "high"]).astype(
        str
    )


@cache
def _kitagawa() -> tuple[float, float]:
    """Large-country composition and rate terms: district against others by size band."""
    panel, _, p = big()
    rural = (panel["centrality_class"] >= 4).to_numpy()
    table = pd.DataFrame({"p": p, "rural": rural, "band": coarse(panel)})
    mean = table.groupby(["band", "rural"])["p"].mean().unstack()
    share = (
        table.groupby(["rural", "band"])
        .size()
        .groupby("rural")
        .transform(lambda n: n / n.sum())
        .unstack("rural")
    )
    composition = ((share[True] - share[False]) * mean.mean(axis=1)).sum()
    return float(composition), float(((mean[True] - mean[False]) * share.mean(axis=1)).sum())


def decompositions(rng: np.random.Generator) -> list[Outcome]:
    """Yun and Kitagawa with bootstrap limits."""
    panel, rows = _country(rng)
    seed = int(rng.integers(1 << 30))
    yun = decomposition.oaxaca(
        simulator.observations(panel, rows, WHOLE, ["p"]),
        covariates=COVARIATES,
        always=True,
        n_resamples=DRAWS,
        seed=seed,
    )
    yun = yun.set_index("term")
    out = [_row(f"Yun, {name}", truth, yun.loc[name]) for name, truth in _explained().items()]
    panel = panel.assign(district=panel["centrality_class"] >= 4, band=coarse(panel))
    frame = decomposition.kitagawa(
        simulator.observations(panel, rows, WHOLE, ["p"]),
        "district",
        "band",
        always=True,
        n_resamples=DRAWS,
        seed=seed,
    )
    frame = frame.set_index("term")
    if (frame.loc[list(decomposition.KITAGAWA[3:]), "estimate"] == 0).all():
        out.append(_row("Kitagawa, composition", _kitagawa()[0], frame.loc["composition"]))
        out.append(_row("Kitagawa, rate", _kitagawa()[1], frame.loc["rate"]))
    return out


@cache
def _money() -> dict[str, float]:
    panel, small, p = big()
    bought = panel["purchases_nok_thousand"].to_numpy()
    logs = np.log(np.column_stack([panel["population"], bought]))
    slope = np.cov(logs.T)[0, 1] / logs[:, 0].var(ddof=1)
    return {
        "share": float(panel["purchases_share"][small].mean()),
        "head": float((bought * 1000 / panel["population"])[small].mean()),
        "elasticity": float(slope),
        "billion": float(p[small].sum() / (bought[small].sum() / 1e6)),
    }


def money(rng: np.random.Generator) -> list[Outcome]:
    """Purchases known for a little over half of the municipalities."""
    panel, rows = _country(rng)
    bought = panel["purchases_nok_thousand"]
    unknown = rng.random(len(panel)) < 0.45
    panel.loc[unknown, ["purchases_nok_thousand", "purchases_share"]] = np.nan
    panel = panel.assign(purchases_year=2025, accounts_year=2024, investment_expenditure_nok_thousand=0.0)
    truth, seed = _money(), int(rng.integers(1 << 30))
    national = pd.DataFrame(columns=["year", "measure", "amount_nok_million", "status"]).astype(
        {"measure": str}
    )
    total = published_purchases.against_published(panel, national).set_index("term")
    billion = procurement.per_billion(
        simulator.observations(panel, rows, WHOLE, ["p"]), n_resamples=DRAWS, seed=seed
    ).set_index("group")
    return [
        _row("purchases share, small rural (t)", truth["share"], procurement.purchases_share(panel).iloc[1]),
        _row(
            "purchases per head, small rural (t)",
            truth["head"],
            procurement.purchases_per_inhabitant(panel).iloc[1],
        ),
        _row("elasticity of purchases (HC3)", truth["elasticity"], procurement.elasticity(panel).iloc[0]),
        _row("participations per billion, small rural (bootstrap)", truth["billion"], billion.loc[True]),
        _row(
            "total purchases (prediction)",
            bought.sum() / 1000,
            total.loc["purchases, all municipalities, estimated"],
        ),
    ]


def together(rng: np.random.Generator) -> list[Outcome]:
    """Joint projects: a share of clusters, and recurrence where nothing but chance makes towns meet."""
    panel = simulator.panel(rng)
    codes = panel["municipality_code"].to_numpy()
    names, members = [], []
    for project in range(90):
        size = 1 if rng.random() < 0.5 else 2 + rng.poisson(2)
        names += [f"{project}"] * size
        members.append(rng.choice(codes, size, replace=False))
    rows = simulator.participation(np.concatenate(members), names, role="participant")
    # Joint with chance one half, then 4 members on average: 4/5 of the participations are joint.
    found = cooperation.joint_share(simulator.observations(panel, rows, SAMPLE, ["p"]), by=None).iloc[0]
    seed = int(rng.integers(1 << 30))
    busy = rng.choice(codes[:60], (40, 3))
    busy_rows = simulator.participation(busy.ravel(), np.repeat(np.arange(40).astype(str), 3))
    frame = recurrence.recurrence(
        simulator.observations(panel, busy_rows, SAMPLE, ["p"]), n_resamples=199, seed=seed
    ).set_index("term")
    return [
        _row("joint share (projects as clusters)", 0.8, found),
        _size("recurrence test, type I error", frame.loc["recurring pairs", "p_value"]),
    ]


@cache
def _concentrated() -> dict[str, float]:
    panel = big()[0]
    people = panel["population"].to_numpy(float)
    count = np.random.default_rng(5).poisson(_mean(panel)).astype(float)
    one = np.ones((1, BIG))
    return {
        concentration.GINI: float(concentration_index(count, count, one[0], one)[0]),
        concentration.BY_MUNICIPALITY: float(concentration_index(count, people, one[0], one)[0]),
    }


def _mean(panel: pd.DataFrame) -> np.ndarray:
    return np.exp(-0.3 + 0.35 * design_fixed(panel)[:, 0])


def spread(rng: np.random.Generator) -> list[Outcome]:
    """Gini and concentration index."""
    panel = simulator.panel(rng)
    rows = simulator.own_projects(panel, rng.poisson(_mean(panel)))
    frame = concentration.concentration(
        simulator.observations(panel, rows, WHOLE, ["p"]), n_resamples=DRAWS, seed=int(rng.integers(1 << 30))
    )
    frame = frame.set_index("term")
    return [_row(name, truth, frame.loc[name]) for name, truth in _concentrated().items()]


def waiting(rng: np.random.Generator) -> list[Outcome]:
    """Share with the event by a year: hazards of 3 and 6 per cent. Hazard ratios are in scenario C."""
    panel = simulator.panel(rng)
    small = panel["is_small_rural"].to_numpy(bool)
    year = pd.Series(2010 + np.floor(rng.exponential(1 / np.where(small, 0.03, 0.06))).astype(int))
    dates = pd.DataFrame({"municipality_code": panel["municipality_code"]})
    dates["listed_to_stay"] = pd.to_datetime(year.clip(upper=2200), format="%Y")
    period = pd.Timestamp("2010-01-01"), pd.Timestamp("2020-12-31")
    last = adoption.share_adopted(panel, dates, period=period).groupby("group").last()
    return [_row("taken part by 2020, small rural (Kaplan–Meier)", 1 - np.exp(-0.03 * 11), last.loc[True])]


def representation(rng: np.random.Generator) -> list[Outcome]:
    """Representation ratios of participations, with purchases known for a little over half.

    The truth is that of the country drawn: what a few large cities buy is not a draw from anything.
    """
    panel = simulator.panel(rng)
    mean, small = _mean(panel), panel["is_small_rural"].to_numpy(bool)
    rows = simulator.own_projects(panel, rng.poisson(mean))
    size = {
        "by municipalities": np.ones(len(panel)),
        "by inhabitants": panel["population"].to_numpy(float),
        "by purchases": panel["purchases_nok_thousand"].to_numpy(float, copy=True),
    }
    panel.loc[rng.random(len(panel)) < 0.45, "purchases_nok_thousand"] = np.nan
    frame = gap.representation(
        simulator.observations(panel, rows, WHOLE, ["p"]), n_resamples=DRAWS, seed=int(rng.integers(1 << 30))
    )
    frame, mine = frame.set_index("term"), mean[small].sum() / mean.sum()
    return [
        _row(f"representation {name} (bootstrap)", mine / (value[small].sum() / value.sum()), frame.loc[name])
        for name, value in size.items()
    ]


@cache
def _counties() -> tuple[np.ndarray, ...]:
    """Fifteen counties: their weight, the share of small rural in them, and each side's rate."""
    rng = np.random.default_rng(5)
    weight = rng.dirichlet(np.full(15, 4))
    small = np.clip(rng.normal(0.5, 0.25, 15), 0.05, 0.95)
    effect = -1.5 * (small - 0.5) + rng.normal(0, 0.5, 15)
    rates = [1 / (1 + np.exp(-(level + effect))) for level in (-0.8, 0.3)]
    return weight, small, *rates


def sparse(rng: np.random.Generator) -> list[Outcome]:
    """Kitagawa over fifteen counties that differ in who is in them and in how much they take part."""
    weight, small, mine, others = _counties()
    county = rng.choice(15, 357, p=weight)
    inside = rng.random(357) < small[county]
    seen = rng.random(357) < np.where(inside, mine[county], others[county])
    codes = np.array([f"{code:04d}" for code in range(357)])
    panel = pd.DataFrame(
        {"municipality_code": codes, "county_code": county.astype(str), "is_small_rural": inside}
    )
    rows = simulator.participation(codes[seen], codes[seen])
    frame = decomposition.kitagawa(
        simulator.observations(panel, rows, WHOLE, ["p"]),
        min_cell=1,
        always=True,
        n_resamples=DRAWS,
        seed=int(rng.integers(1 << 30)),
    )
    frame = frame.set_index("term")
    a, b = (side / side.sum() for side in (weight * small, weight * (1 - small)))
    return [
        _row(
            "Kitagawa by county, composition", ((a - b) * (mine + others) / 2).sum(), frame.loc["composition"]
        ),
        _row("Kitagawa by county, rate", ((mine - others) * (a + b) / 2).sum(), frame.loc["rate"]),
    ]


STUDIES: tuple[Study, ...] = (
    proportions,
    recording,
    published,
    logit,
    rare,
    numbers,
    decompositions,
    money,
    together,
    spread,
    waiting,
    representation,
    sparse,
)
#: What makes a study's seeds, so that what is kept stays reproducible; 10 was a study that left.
NUMBERS = {study.__name__: k + (k >= 10) for k, study in enumerate(STUDIES)}
