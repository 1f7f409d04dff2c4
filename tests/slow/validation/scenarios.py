"""Countries in which the truth is known and recording is as it really is: what the published intervals hold.

The municipalities, their counties, populations and borders are Norway's; so are the sizes of the projects.

A  Joint projects, nothing spreads: a lead is drawn with chance proportional to population to the power 0.6, the
   other members come from its county, and a project of fifteen or more takes the whole county. For the negative
   binomial some municipalities are keener than others: where all are alike, counts do not vary enough for it.
B  Everyone takes part and recording is fair: a municipality has 1 + Poisson(1.2 (population / 5 000)^0.75)
   participations, and each is recorded with chance 0.35.
C  Years to the first participation with luck of the county, a year of much recording, and undated records.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import sparse
from tests.slow.validation.evidence import Outcome, Study, rejects

from analysis import tables
from analysis.measures import (
    concentration,
    counties,
    covariates,
    decomposition,
    models,
    spatial,
    specifications,
)
from analysis.measures.observations import Observations
from analysis.stats import (
    grouped_hazard,
    logit,
    occupancy,
    proportions,
    rates,
    relocation,
    resample,
    richness,
)
from analysis.stats.moran import morans_i, two_sided

#: How many projects have how many municipalities in the register of version e8217c3.
SIZES = np.repeat([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 23, 25], [164, 12, 9, 11, 4, 11, 3, 1, 4, 1, 1, 1, 1])
WHOLE_COUNTY = 15
#: One project of six: most municipalities are in none, as in a register of one programme.
FEW = SIZES[::6]
#: Shape of the gamma law of how keen municipalities are: counts then vary about as much as the register's.
KEENNESS = 0.25
RECORDED = 0.35
N_PERMUTATIONS = 199
LIMITS = ["estimate", "conf_low", "conf_high"]


class Country(NamedTuple):
    """Norway's municipalities as arrays."""

    panel: pd.DataFrame
    population: np.ndarray
    small: np.ndarray
    county: np.ndarray
    order: np.ndarray
    weights: sparse.csr_array


class World(NamedTuple):
    """Participations: project and municipality of each, and the lead of each project."""

    project: np.ndarray
    member: np.ndarray
    lead: np.ndarray


@cache
def country() -> Country:
    """The real panel and map."""
    panel, boundaries = tables.load("panel"), tables.load("boundaries")
    codes = pd.Index(panel["municipality_code"])
    centre = boundaries.set_index("municipality_code").geometry.centroid.reindex(codes)
    return Country(
        panel,
        panel["population"].to_numpy(float),
        panel["is_small_rural"].to_numpy(bool),
        pd.factorize(panel["county_code"])[0],
        relocation.by_nearness(centre.x.to_numpy(), centre.y.to_numpy()),
        spatial.spatial_weights(codes, spatial.neighbours(boundaries)),
    )


# --- A: joint projects -------------------------------------------------------------------------------------


@cache
def lead_chance(uneven: bool = False) -> np.ndarray:
    """Chance of each municipality to lead a project; ``uneven``: some are keener than others, whatever their size."""
    weight = country().population ** 0.6
    if uneven:
        weight = weight * np.random.default_rng(8).gamma(KEENNESS, size=len(weight))
    return weight / weight.sum()


def members_in(county_size: np.ndarray, size: int) -> np.ndarray:
    """Members of a project of ``size`` whose lead's county has so many municipalities."""
    return county_size if size >= WHOLE_COUNTY else np.minimum(size, county_size)


def joint_projects(rng: np.random.Generator, uneven: bool = False, sizes: np.ndarray = SIZES) -> World:
    """One draw of scenario A."""
    land = country()
    lead = rng.choice(len(land.population), len(sizes), p=lead_chance(uneven))
    project, member = [np.arange(len(sizes))], [lead]
    for number in np.flatnonzero(sizes > 1):
        others = np.flatnonzero(land.county == land.county[lead[number]])
        others = others[others != lead[number]]
        if sizes[number] < WHOLE_COUNTY and sizes[number] - 1 < len(others):
            others = rng.choice(others, sizes[number] - 1, replace=False)
        project.append(np.full(len(others), number))
        member.append(others)
    return World(np.concatenate(project), np.concatenate(member), lead)


@cache
def expected(split: bool = False, uneven: bool = False) -> np.ndarray:
    """Expected participations of each municipality in scenario A; each 1 over the project's size if ``split``."""
    land, chance = country(), lead_chance(uneven)
    county_size = np.bincount(land.county)[land.county].astype(float)
    county_chance = np.bincount(land.county, chance)[land.county]
    total = np.zeros(len(chance))
    for size, number in zip(*np.unique(SIZES, return_counts=True), strict=True):
        present = members_in(county_size, size)
        drawn = (present - 1) / np.maximum(county_size - 1, 1)
        total += number * (chance + (county_chance - chance) * drawn) / (present if split else 1)
    return total


@cache
def expected_found(few: bool = False) -> np.ndarray:
    """Chance of each municipality to be in at least one project of scenario A, or in one of its ``FEW``."""
    land, chance = country(), lead_chance()
    county_size = np.bincount(land.county)[land.county].astype(float)
    county_chance = np.bincount(land.county, chance)[land.county]
    missed = np.zeros(len(chance))
    for size, number in zip(*np.unique(FEW if few else SIZES, return_counts=True), strict=True):
        drawn = (members_in(county_size, size) - 1) / np.maximum(county_size - 1, 1)
        missed += number * np.log1p(-(chance + (county_chance - chance) * drawn))
    return -np.expm1(missed)


def by_group(world: World, weight: np.ndarray | None = None) -> np.ndarray:
    """Participations that each project brings to small rural and to other municipalities, (projects, 2)."""
    result = np.zeros((len(world.lead), 2))
    outside = (~country().small[world.member]).astype(int)
    np.add.at(result, (world.project, outside), 1.0 if weight is None else weight)
    return result


def by_county(values: np.ndarray) -> np.ndarray:
    """Sums of small rural municipalities by county, then of the others."""
    land = country()
    cell = land.county + (land.county.max() + 1) * ~land.small
    return np.bincount(cell, values, minlength=2 * (land.county.max() + 1))


def within_counties(totals: np.ndarray) -> np.ndarray:
    """Ratio of participations per municipality within counties, of totals as from ``by_county``."""
    half = totals.shape[-1] // 2
    exposure = by_county(np.ones(len(country().small)))
    return rates.stratified_rate_ratio(
        totals[..., :half], exposure[:half], totals[..., half:], exposure[half:]
    )


def group_sizes() -> tuple[int, int]:
    """Number of small rural and of other municipalities."""
    small = country().small
    return int(small.sum()), int((~small).sum())


def _totals(values: np.ndarray) -> np.ndarray:
    small = country().small
    return np.array([values[small].sum(), values[~small].sum()])


def clustered(rng: np.random.Generator) -> list[Outcome]:
    """Scenario A: intensity, whole and split, within counties; Moran's I without diffusion."""
    world, land = joint_projects(rng), country()
    ratio, difference = resample.ratio(*group_sizes()), resample.difference(*group_sizes())
    whole = by_group(world)
    share = 1 / np.bincount(world.project)[world.project]
    cells = np.zeros((len(world.lead), 2 * (land.county.max() + 1)))
    column = land.county[world.member] + (land.county.max() + 1) * ~land.small[world.member]
    np.add.at(cells, (world.project, column), 1.0)
    found: list[tuple[str, np.ndarray, resample.Statistic, np.ndarray, resample.Method]] = [
        ("ratio of participations", whole, ratio, _totals(expected()), "bca"),
        ("difference in participations", whole, difference, _totals(expected()), "percentile"),
        ("ratio, projects split", by_group(world, share), ratio, _totals(expected(True)), "bca"),
        ("ratio within counties", cells, within_counties, by_county(expected()), "bca"),
    ]
    rows = [
        _row(f"A {name}", float(statistic(truth)), resample.interval(each, statistic, method=method))
        for name, each, statistic, truth, method in found
    ]
    size = np.array(group_sizes())
    chances = expected_found()
    rows += [(f"A {name}", *row) for name, *row in found_limits(world, chances)]
    observed = observations(world)
    rows += [(f"A {name}", *row) for name, *row in coefficients(observed)]
    mine = _totals(expected())
    rows.append(
        _row(
            "A representation of participations",
            float(first_share(mine) / (size[0] / size.sum())),
            scaled(resample.interval(whole, first_share), size.sum() / size[0]),
        )
    )
    seed = int(rng.integers(1 << 30))
    alone = np.bincount(world.project)[world.project] == 1
    leads = World(np.arange(len(world.lead)), world.lead, world.lead)
    single, names = pd.factorize(world.project[alone])
    for name, part in (
        ("all participations", world),
        ("leads", leads),
        ("projects of one municipality", World(single, world.member[alone], world.lead[names])),
    ):
        rows.append(rejects(f"A Moran's I, {name}", moran_p_value(part, seed)))
    return rows


@cache
def group_weights() -> list[specifications.Weights]:
    """Small rural against others, over the country and within counties."""
    panel = country().panel
    group = panel["is_small_rural"]
    return [
        specifications.weights(panel, "main", group, None, within) for within in ("country", "county_code")
    ]


def found_limits(world: World, chances: np.ndarray) -> list[Outcome]:
    """Difference and ratio of the shares found as in ``measures.gap``, the truth being that of the chances."""
    names = pd.Index(np.unique(world.project))
    share = np.ones(len(world.project))
    project = names.get_indexer(world.project)
    vector = specifications.Vector("", "", world.member, project, share, names, "sample")
    rows = specifications.compared(vector, "found", "equal", group_weights(), len(country().small))
    result = []
    for row, weights in zip(rows, np.repeat(np.array(group_weights(), dtype=object), 2), strict=True):
        mine, others = weights.mine @ chances, weights.others @ chances
        truth = (mine - others) / weights.scale if row["term"] == "difference" else mine / others
        limits = (float(row.get(name, np.nan)) for name in ("estimate", "conf_low", "conf_high"))
        result.append((f"{row['term']} of shares found, {row['within']}", float(truth), *limits))
    return result


@cache
def design() -> tuple[np.ndarray, np.ndarray]:
    """Municipalities with every covariate, and their design matrix."""
    frame = covariates.design_matrix(country().panel)
    return frame.index.to_numpy(), np.column_stack([np.ones(len(frame)), frame])


@cache
def fitted(law: str, uneven: bool = False, few: bool = False) -> np.ndarray:
    """Coefficients, intercept first, of a model fitted to what is expected."""
    kept, x = design()
    family = {"Poisson": sm.families.Poisson(), "logit": sm.families.Binomial()}.get(
        law
    ) or negative_binomial()
    y = expected_found(few) if law == "logit" else expected(uneven=uneven)
    return sm.GLM(y[kept], x, family=family).fit().params


def coefficients(observed: Observations, few: bool = False) -> list[Outcome]:
    """Logarithms of the odds ratios, and average marginal effects; the truth is their fit to what is expected."""
    found = models.any_participation(observed).set_index("term")
    is_odds = found["unit"] == "odds ratio"
    rows = _logs("odds ratio", found[is_odds].loc[list(covariates.MAIN)], fitted("logit", few=few))
    truth, _gradient = logit.marginal_effects(fitted("logit", few=few), design()[1])
    limits = found[~is_odds].loc[list(covariates.MAIN), LIMITS].to_numpy(float)
    names = [f"marginal effect, {term}" for term in covariates.MAIN]
    return [
        *rows,
        *((name, float(value), *row) for name, value, row in zip(names, truth, limits, strict=True)),
    ]


def _logs(name: str, frame: pd.DataFrame, truth: np.ndarray) -> list[Outcome]:
    logs = np.log(frame[LIMITS].astype(float)).to_numpy()
    names = [f"log {name}, {term}" for term in covariates.MAIN]
    return [(name, float(value), *row) for name, value, row in zip(names, truth[1:], logs, strict=True)]


@cache
def negative_binomial() -> sm.families.NegativeBinomial:
    """The family with the middle dispersion of some uneven worlds: the estimates' truth depends on it."""
    kept, x = design()
    rng = np.random.default_rng(6)
    worlds = [joint_projects(rng, uneven=True).member for _ in range(40)]
    counts = [np.bincount(member, minlength=len(country().small))[kept] for member in worlds]
    fits = [logit.fit_or_none(sm.NegativeBinomial(count, x), maxiter=200, disp=0) for count in counts]
    return sm.families.NegativeBinomial(alpha=float(np.median([f.params[-1] for f in fits if f is not None])))


def model_data(world: World) -> models.ModelData:
    """What the models of the number need, straight from the arrays: as ``models.prepare`` on ``observations``."""
    kept, x = design()
    unit = pd.Index(kept).get_indexer(world.member)
    project = pd.factorize(world.project[unit >= 0])[0]
    count = np.bincount(unit[unit >= 0], minlength=len(kept))
    frame = pd.DataFrame(x[:, 1:], columns=list(covariates.MAIN))
    return models.ModelData(count, frame, None, frame, {}, project, unit[unit >= 0])


def counted(rng: np.random.Generator) -> list[Outcome]:
    """Scenario A: models of the number, Kitagawa's parts and concentration indices."""
    world = joint_projects(rng)
    data = model_data(world)
    fit = sm.GLM(data.count, data.x, family=sm.families.Poisson()).fit()
    rows = _logs("rate ratio", models._rate_ratios(data, fit, None), fitted("Poisson"))
    each, found = kitagawa_weights(), np.bincount(world.member, minlength=len(country().small)) > 0
    _, half = occupancy.errors(world.project, world.member, each.T, once=True)
    parts = zip(decomposition.KITAGAWA, each @ found, each @ expected_found(), half, strict=True)
    for term, value, truth, wide in list(parts)[:3]:
        rows.append((f"Kitagawa by county, {term}", float(truth), value, value - wide, value + wide))
    own = np.column_stack([*ranks().values(), np.ones(len(found))])[world.member]
    indices = resample.interval(
        resample.sum_by_cluster(own, world.project), lambda totals: totals[..., :-1] / totals[..., -1:]
    )
    for k, (term, rank) in enumerate(ranks().items()):
        truth = float(rank @ expected() / expected().sum())
        rows.append((term, truth, *(float(value[k]) for value in indices[:3])))
    return [(f"A {name}", *row) for name, *row in rows]


def dispersed(rng: np.random.Generator) -> list[Outcome]:
    """Scenario A with counts that vary more: rate ratios of both models where the negative binomial is given."""
    data = model_data(joint_projects(rng, uneven=True))
    fit = sm.GLM(data.count, data.x, family=sm.families.Poisson()).fit()
    if fit.pearson_chi2 / fit.df_resid < models.DISPERSED:
        return []
    second = models._negative_binomial(data, None, fit.params)
    rows = _logs("rate ratio (Poisson)", models._rate_ratios(data, fit, None), fitted("Poisson", uneven=True))
    if second is not None:
        ratios = models._rate_ratios(data, second, None, float(second.params[-1]))
        rows += _logs("rate ratio (negative binomial)", ratios, fitted("negative binomial", uneven=True))
    return [(f"A, uneven, {name}", *row) for name, *row in rows]


@cache
def kitagawa_weights() -> np.ndarray:
    """Composition and the other parts as sums over the municipalities found, by the formula on shares and rates."""
    panel = country().panel
    side = [panel["is_small_rural"].to_numpy(bool), ~panel["is_small_rural"].to_numpy(bool)]
    code = country().county
    size = np.array([np.bincount(code[rows], minlength=code.max() + 1) for rows in side])
    both = (size >= decomposition.MIN_CELL).all(axis=0)
    spread = np.where(both, size, 0) / size[:, both].sum(axis=1, keepdims=True)
    each = np.zeros((5, len(code)))
    for k, sign in ((0, 1), (1, -1)):
        for i in np.flatnonzero(side[k]):
            c, rate = code[i], 1 / size[k, code[i]]
            each[0, i] = sign / size[k].sum()
            each[1, i] = (spread[0, c] - spread[1, c]) * rate / 2
            each[2, i] = sign * (spread[0, c] + spread[1, c]) * rate / 2
            each[3 + k, i] = each[0, i] - sign * spread[k, c] * rate
    return each


@cache
def ranks() -> dict[str, np.ndarray]:
    """Twice the rank by population from 0 to 1, less one, among the municipalities and among the inhabitants."""
    population = country().population
    lower = np.array([population[population < p].sum() for p in population])
    same = np.array([population[population == p].sum() for p in population])
    return {
        concentration.BY_MUNICIPALITY: 2 * (pd.Series(population).rank().to_numpy() - 0.5) / len(population)
        - 1,
        concentration.BY_INHABITANT: 2 * (lower + same / 2) / population.sum() - 1,
    }


def first_share(totals: np.ndarray) -> np.ndarray:
    """The first of two totals as a share of both."""
    return totals[..., 0] / totals.sum(axis=-1)


def scaled(found: resample.Interval, factor: float) -> resample.Interval:
    """An interval in another unit."""
    return resample.Interval(*(value * factor for value in found))


def moran_p_value(world: World, seed: int) -> float:
    """Moran's test as in ``measures.spatial``, with fewer permutations."""
    land = country()
    chance = spatial.lead_chance(np.log(land.population), world.lead)
    null = relocation.relocated(
        world.project, world.member, world.lead, land.order, chance, N_PERMUTATIONS, seed
    )
    seen = np.bincount(world.member, minlength=len(land.population)) > 0
    values = morans_i(np.vstack([seen, null > 0]), land.weights)
    return two_sided(values[0], values[1:])


def observations(world: World) -> Observations:
    """The world as a register, for the measures themselves."""
    codes = country().panel["municipality_code"].to_numpy()
    rows = pd.DataFrame(
        {
            "municipality_code": codes[world.member],
            "project_id": pd.Series(world.project).map("x{:03d}".format),
            "programme_id": "p",
            "participant_type": "municipality",
            "role": np.where(world.member == world.lead[world.project], "lead", "participant"),
        }
    )
    programmes = pd.DataFrame({"programme_id": ["p"], "kind": "project", "coverage": "sample"})
    return Observations(country().panel, rows, programmes)


def areas(rng: np.random.Generator) -> list[Outcome]:
    """Scenario A by county: of one county drawn at random, its rate, the shrunken one, and that over the others."""
    land = country()
    found = counties.participations(observations(joint_projects(rng)), "county_code").set_index(
        ["group", "term"]
    )
    size = np.bincount(land.county).astype(float)
    total = np.bincount(land.county, expected())
    several = np.flatnonzero(size >= counties.MIN_MUNICIPALITIES)
    at = int(rng.choice(several))
    rest = (total.sum() - total[at]) / (size.sum() - size[at])
    code = land.panel["county_code"].iloc[np.flatnonzero(land.county == at)[0]]
    truths = {"rate": total[at] / size[at], "shrunken rate": total[at] / size[at]}
    truths["ratio to the others"] = truths["rate"] / rest
    return [
        (f"A {term} of a county", truth, *(float(found.loc[(code, term), name]) for name in LIMITS))
        for term, truth in truths.items()
    ]


def sparse_projects(rng: np.random.Generator) -> list[Outcome]:
    """Scenario A with a sixth of the projects: shares found and the logit."""
    world = joint_projects(rng, sizes=FEW)
    rows = [*found_limits(world, expected_found(True)), *coefficients(observations(world), few=True)]
    return [(f"A, few projects, {name}", *row) for name, *row in rows]


def alike_projects(rng: np.random.Generator) -> World:
    """Scenario A with equal counties: every municipality has the same expected participations.

    A project is of a county with chance proportional to its municipalities, over how many of them a project of that
    size has there: in a county that is smaller than the project, it has them all.
    """
    land = country()
    county_size = np.bincount(land.county)
    member = []
    for size in SIZES:
        present = members_in(county_size, size)
        weight = county_size / present
        county = rng.choice(len(county_size), p=weight / weight.sum())
        member.append(rng.choice(np.flatnonzero(land.county == county), present[county], replace=False))
    project = np.repeat(np.arange(len(SIZES)), [len(own) for own in member])
    return World(project, np.concatenate(member), np.array([own[0] for own in member]))


def alike(rng: np.random.Generator) -> list[Outcome]:
    """Scenario A with equal counties, as the test supposes them: whether any is said to differ from the others."""
    found = counties.participations(observations(alike_projects(rng)), "county_code")
    ratio = found[found["term"] == "ratio to the others"]
    return [rejects("A, equal counties, any said to differ (Holm)", ratio["p_value"].min())]


# --- B: everyone takes part, recording is fair -------------------------------------------------------------


def mean_participations() -> np.ndarray:
    """Expected participations of each municipality in scenario B."""
    return 1 + 1.2 * (country().population / 5_000) ** 0.75


@cache
def chance_recorded() -> np.ndarray:
    """Chance of each municipality to be recorded at least once in scenario B."""
    return 1 - (1 - RECORDED) * np.exp(-RECORDED * (mean_participations() - 1))


def everyone(rng: np.random.Generator) -> list[Outcome]:
    """Scenario B: the ratio is found, and nothing says that fewer small rural ever take part."""
    small = country().small
    number = 1 + rng.poisson(mean_participations() - 1)
    counts = rng.binomial(number, RECORDED)
    inside = np.repeat(small, counts)
    each = np.column_stack([inside, ~inside]).astype(float)
    ratio = resample.ratio(*group_sizes())
    rows = [
        _row(
            "B ratio of participations",
            float(ratio(_totals(mean_participations()))),
            resample.interval(each, ratio),
        )
    ]
    single = World(np.arange(counts.sum()), np.repeat(np.arange(len(counts)), counts), np.empty(0, int))
    rows += [(f"B {name}", *row) for name, *row in found_limits(single, chance_recorded())]
    for name, estimator in (
        ("Chao1", richness.chao1),
        ("zero-truncated Poisson", richness.zero_truncated_poisson),
    ):
        _, high = ever_difference(estimator(counts[small]), estimator(counts[~small]))
        rows.append(
            (f"B claims that fewer ever take part ({name})", 0.0, 0.0, -1.0, -1.0 if high < 0 else 1.0)
        )
    return rows


def ever_difference(mine: richness.Richness, others: richness.Richness) -> tuple[float, float]:
    """Limits of the difference in the share ever taking part, as in ``measures.completeness``."""
    n1, n2 = group_sizes()
    p1, l1, u1 = (min(value / n1, 1) for value in mine[:3])
    p2, l2, u2 = (min(value / n2, 1) for value in others[:3])
    return p1 - p2 - float(np.hypot(p1 - l1, u2 - p2)), p1 - p2 + float(np.hypot(u1 - p1, p2 - l2))


# --- C: years, with luck of the county, a year of much recording, and records without a year ----------------

YEARS = np.arange(2010, 2026)
#: Hazard of a year among the others, and how many times it is that in 2020.
HAZARD, SPIKE_YEAR, SPIKE = 0.045, 2020, 5
HAZARD_RATIO = 0.5
COUNTY_LUCK = 0.5
#: Chance that the year of a small rural, or of another, municipality's first participation is not recorded.
UNDATED = (0.08, 0.02)


def waiting(rng: np.random.Generator) -> list[Outcome]:
    """Scenario C: the hazard ratio within counties, undated events anywhere in the period."""
    land = country()
    luck = rng.normal(0, COUNTY_LUCK, land.county.max() + 1)[land.county]
    level = np.where(YEARS == SPIKE_YEAR, SPIKE * HAZARD, HAZARD)
    hazard = level * np.exp(luck + np.log(HAZARD_RATIO) * land.small)[:, None]
    happens = rng.random(hazard.shape) < -np.expm1(-hazard)
    event = happens.any(axis=1)
    year = np.where(event, YEARS[happens.argmax(axis=1)], YEARS[-1])
    undated = event & (rng.random(len(event)) < np.where(land.small, *UNDATED))
    fit = grouped_hazard.fit(
        np.full(len(year), YEARS[0]),
        np.where(undated, YEARS[0], year),
        np.where(undated, YEARS[-1], year),
        event,
        land.small[:, None].astype(float),
        land.county,
        pd.factorize(land.panel["labour_market_region_code"])[0],
    )
    low, value, high = np.exp(fit.beta[0] + np.array([-1, 0, 1]) * proportions.Z * fit.std_error[0])
    return [("C hazard ratio", HAZARD_RATIO, float(value), float(low), float(high))]


def _row(name: str, truth: float, found: resample.Interval) -> Outcome:
    return name, truth, float(found.estimate), float(found.conf_low), float(found.conf_high)


SCENARIOS: dict[str, Study] = {
    "A": clustered,
    "B": everyone,
    "C": waiting,
    "counted": counted,
    "dispersed": dispersed,
    "areas": areas,
    "alike": alike,
    "few": sparse_projects,
}
