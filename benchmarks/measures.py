"""How long each part of the analysis takes on the built data, and against a plain loop.

``python benchmarks/measures.py`` prints one line per part with its seconds; where a plain loop over
statsmodels or firthmodels gives the same numbers, its time (a part of the rounds, scaled up) and the
ratio stand beside it. Ends with code 1 if all parts together take more than a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis import build, tables
from analysis.measures import (
    adoption,
    bounds,
    census,
    claims,
    completeness,
    concentration,
    cooperation,
    counties,
    decomposition,
    diagnostics,
    first_time,
    former_units,
    gap,
    intensity,
    models,
    procurement,
    published_purchases,
    recurrence,
    robustness,
    selection,
    spatial,
    uptake,
)
from analysis.measures.observations import Observations
from analysis.register import reconcile
from analysis.stats import proportions, rates

LIMIT = 60.0


def parts() -> dict[str, Callable[[], object]]:
    """The whole analysis, part by part, at the default number of resamples and permutations."""
    if not build.is_current():
        build.build(progress=False)
    panel, participation = tables.load("panel"), tables.load("participation")
    programmes, published = tables.load("programmes"), tables.load("published_totals")
    national, reforms = tables.load("national_purchases"), tables.load("reforms")
    boundaries, projects = tables.load("boundaries"), tables.load("projects")
    obs = Observations(panel, participation, programmes)
    pairs = spatial.neighbours(boundaries)
    then = former_units.units_then(panel, reforms, tables.load("population_then"))
    listed = participation.query("programme_id == 'digisos'").dropna(subset=["municipality_code", "date"])
    adopted = listed.groupby("municipality_code", as_index=False)["date"].min()
    adopted = adopted.rename(columns={"date": "listed_to_stay"})
    district = panel.assign(is_district=panel["centrality_class"] >= 4)
    return {
        "uptake and recorded shares": lambda: [
            uptake.recorded_share_by_programme(obs, by=by)
            for by in ("size_band", "centrality_class", "county_code")
        ],
        "gap by kind and programme": lambda: gap.gap_by_kind(obs),
        "representation": lambda: gap.representation(obs),
        "bounds": lambda: [
            reconcile.found_of_published(published, participation, projects),
            bounds.gap_bounds(obs, published, projects),
            bounds.composition_bounds(obs, published, projects),
        ],
        "logit, counts": lambda: [
            models.any_participation(obs),
            models.any_participation(obs.where(programmes="horizon_2020")),
            models.number_of_participations(obs),
            models.number_of_participations(obs, exposure="purchases_nok_thousand"),
        ],
        "diagnostics": lambda: [
            f(obs) for f in (diagnostics.compare, diagnostics.calibration, diagnostics.influence)
        ],
        "decomposition (Kitagawa)": lambda: [
            decomposition.kitagawa(obs),
            decomposition.kitagawa(obs.with_panel(district), by="is_district", cells="size_band"),
        ],
        "procurement": lambda: [
            procurement.purchases_share(panel),
            procurement.purchases_per_inhabitant(panel, "size_band"),
            procurement.elasticity(panel),
            procurement.per_billion(obs),
            published_purchases.against_published(panel, national),
        ],
        "cooperation": lambda: [
            cooperation.joint_share(obs),
            cooperation.partners(obs, neighbours=pairs),
            cooperation.lead_share(obs),
            cooperation.network(cooperation.ties(obs)),
        ],
        "recurrence": lambda: [recurrence.recurrence(obs, within=w) for w in (None, "county_code")],
        "concentration": lambda: [
            concentration.concentration(obs),
            concentration.curve(obs),
            concentration.curve(obs, ranking="population"),
        ],
        "neighbours": lambda: spatial.neighbours(boundaries),
        "Moran's I": lambda: spatial.autocorrelation_beyond_projects(obs, boundaries, pairs),
        "hazard of the first": lambda: [first_time.hazard(obs, units_then=units) for units in (None, then)],
        "intensity": lambda: [
            *(intensity.intensity(obs, per=per) for per in intensity.EXPOSURES),
            *(intensity.intensity(obs, weight="split"), intensity.intensity(obs, within="county_code")),
            intensity.by_population(obs),
        ],
        "completeness": lambda: [
            completeness.rarefaction(obs),
            completeness.ever_taking_part(obs),
            completeness.sensitivity(obs),
        ],
        "complete lists": lambda: [
            f(obs.where(programmes="research_council_project_owner"), by="is_small_rural")
            for f in (census.rates, census.amounts, census.first_and_repeat)
        ],
        "adoption": lambda: [
            adoption.share_adopted(panel, adopted),
            adoption.adoption_hazard(panel, adopted),
        ],
        "counties": lambda: counties.participations(obs),
        "claims": lambda: claims.against_literature(obs, tables.load("claims"), tables.load("population")),
        "collections": lambda: selection.by_collection(obs, tables.load("collections")),
        "specification curve": lambda: robustness.summary(
            robustness.specification_curve(obs, units_then=then)
        ),
        "joint test": lambda: [robustness.joint_test(obs, places) for places in (None, boundaries)],
    }


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def comparisons() -> pd.DataFrame:
    """The vectorised kernels against plain loops: seconds of each for the same number of rounds."""
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(357), rng.standard_normal((357, 4))])
    count = rng.poisson(np.exp(0.5 * x[:, 1])).astype(float)
    parts = np.eye(357) * (count > 0)
    table = rng.integers(5, 80, (4, 840)).astype(float)
    table[1], table[3] = table[0] + 90, table[2] + 100

    beta = sm.GLM(count, x, family=sm.families.Poisson()).fit().params

    def refits() -> None:
        for part in parts[:50]:
            sm.GLM(count - part, x, family=sm.families.Poisson()).fit()

    def intervals() -> None:
        for one in table.T[:40]:
            confint_proportions_2indep(*one, compare="ratio", method="score")

    rows = {
        "Poisson models without each of 357 projects, against a statsmodels loop": (
            lambda: rates.without_each(beta, x, count, parts), refits, 357 / 50,
        ),
        "840 score intervals of a ratio, against a statsmodels loop": (
            lambda: proportions.koopman(*table), intervals, 840 / 40,
        ),
    }  # fmt: skip
    result = []
    for name, (ours, loop, scale) in rows.items():
        mine, plain = min(_seconds(ours) for _ in range(3)), _seconds(loop) * scale
        result.append((name, mine, plain, plain / mine))
    return pd.DataFrame(result, columns=["kernel", "seconds", "loop_seconds", "times_faster"])


def main() -> int:
    """Print both tables; 1 if the whole takes longer than the limit."""
    seconds = pd.Series({name: _seconds(part) for name, part in parts().items()}, name="seconds")
    print(seconds.round(2).to_string())
    print(f"{'all':<28}{seconds.sum():6.2f} s (limit {LIMIT:.0f} s)\n")
    print(comparisons().round(3).to_string(index=False))
    return 1 if seconds.sum() > LIMIT else 0


if __name__ == "__main__":
    raise SystemExit(main())
