"""How often limits hold the truth: replicates of a study, summed up by estimator and seed, and kept.

A study gives one (estimator, truth, estimate, low, high) tuple per estimator and replicate. Of a test the limits
hold unless it rejects a true null. Where a measure has no limits to print (it says why), nothing is claimed: such
replicates are counted in ``without_limits`` and replaced by further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

EVIDENCE = Path(__file__).with_name("evidence.csv")
#: Replicates of each seed in the run that is kept; fewer are for a quick look.
KEPT = 1_000
SEEDS = (1, 2, 3)
#: Replicates that one worker does at a time, and that are added at a time where some are without limits.
PIECE = 25
LOW, HIGH = 92.0, 98.0
#: Where there are few projects, limits that hold the truth a little too often are on the safe side.
FEW_HIGH = 99.0
#: A test at 5 per cent rejects a true null in 3 to 8 of 100.
TEST_LOW, TEST_HIGH = 92.0, 97.0

Outcome = tuple[str, float, float, float, float]
Study = Callable[[np.random.Generator], Iterable[Outcome]]


def rejects(name: str, p_value: float) -> Outcome:
    """A test at 5 per cent under its null, as limits that hold unless it rejects."""
    return f"{name}, type I error", 0.0, 0.0, (1.0 if p_value <= 0.05 else -1.0), 1.0


def replicate(study: Study, key: int, seed: int, numbers: range) -> pd.DataFrame:
    """Outcomes of some replicates of a study, whose random numbers are its own by ``key``."""
    found = [outcome for number in numbers for outcome in study(np.random.default_rng([seed, key, number]))]
    return pd.DataFrame(found, columns=["estimator", "truth", "estimate", "low", "high"])


def is_usable(outcomes: pd.DataFrame) -> pd.Series:
    """Whether an outcome has limits; one of them may be infinite."""
    return np.isfinite(outcomes["low"]) | np.isfinite(outcomes["high"])


def summarise(outcomes: pd.DataFrame, replicates: int = KEPT) -> pd.DataFrame:
    """Per estimator, of its first usable replicates: truth, mean, coverage in per cent, and whether that is inside.

    Parameters
    ----------
    outcomes : DataFrame
    replicates : int
        How many usable ones of each estimator count.
    """
    usable = is_usable(outcomes)
    numbers = outcomes.groupby("estimator", sort=False).cumcount()
    kept = outcomes[usable].groupby("estimator", sort=False).head(replicates)
    kept = kept.assign(holds=(kept["low"] <= kept["truth"]) & (kept["truth"] <= kept["high"]))
    groups = kept.groupby("estimator", sort=False)
    table = pd.DataFrame(
        {
            "replicates": groups.size(),
            "without_limits": numbers[kept.index].groupby(kept["estimator"]).max() + 1 - groups.size(),
            "truth": groups["truth"].mean(),
            "mean_estimate": groups["estimate"].mean(),
            "coverage_pct": 100 * groups["holds"].mean(),
        }
    )
    table["is_inside"] = [is_inside(name, value) for name, value in table["coverage_pct"].items()]
    return table.round(4).reset_index()


def is_inside(estimator: str, coverage: float, slack: float = 0.0) -> bool:
    """Whether a coverage passes.

    92–98 for intervals (99 where there are few projects), 92–97 for tests, 98 or more where nothing may be claimed and
    for worst-case bounds, which always hold the truth.
    """
    if "claims" in estimator or "worst-case bounds" in estimator:
        return coverage >= HIGH - slack
    low, high = (TEST_LOW, TEST_HIGH) if "type I" in estimator else (LOW, HIGH)
    if "few projects" in estimator:
        high = FEW_HIGH
    return low - slack <= coverage <= high + slack


def run(
    study: Study, key: int, seed: int, replicates: int, pool: ProcessPoolExecutor | None = None
) -> pd.DataFrame:
    """The table of one study and seed; the same for any number of workers."""
    work = partial(replicate, study, key, seed)
    pieces = [range(start, min(start + PIECE, replicates)) for start in range(0, replicates, PIECE)]
    parts = list((map if pool is None else pool.map)(work, pieces))
    # Four times as many at most: an estimator that seldom has limits keeps fewer, which its row then says.
    for start in range(replicates, 4 * replicates, PIECE):
        outcomes = pd.concat(parts, ignore_index=True)
        if is_usable(outcomes).groupby(outcomes["estimator"]).sum().min() >= replicates:
            break
        parts.append(work(range(start, start + PIECE)))
    return summarise(pd.concat(parts, ignore_index=True), replicates).assign(seed=seed)


def keep(table: pd.DataFrame, order: list[str]) -> None:
    """Replace what is kept of the studies and seeds of the table; studies stand in ``order``."""
    old = pd.read_csv(EVIDENCE) if EVIDENCE.exists() else table.iloc[:0]
    key = ["study", "seed"]
    is_old = ~pd.MultiIndex.from_frame(old[key]).isin(pd.MultiIndex.from_frame(table[key]))
    parts = [part for part in (old[is_old], table) if len(part)]
    new = pd.concat(parts).sort_values(["estimator", "seed"], kind="stable")
    new = new.sort_values("study", key=lambda names: names.map(order.index), kind="stable")
    new.to_csv(EVIDENCE, index=False, lineterminator="\n")
