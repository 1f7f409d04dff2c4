"""Run the studies and keep the evidence: ``python -m tests.slow.validation [STUDY ...] [--replicates N]``.

Writes ``evidence.csv`` beside this file, after each study: per estimator the truth, mean estimate, bias with
its Monte Carlo error, and how often the 95 per cent limits hold the truth. Of a test the coverage is how
often it does not reject a true null. Rows of studies that are not run stay. Ends with code 1 if an
estimator's coverage lies outside 92 to 98 per cent, the limits of the scenarios too.
"""

from __future__ import annotations

import os

# The workers share the cores already; threads inside each would only get in the others' way. Before numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tests.slow.validation.studies import NUMBERS, STUDIES, Outcome, Study

EVIDENCE = Path(__file__).with_name("evidence.csv")
#: Fewer replicates are for a quick look and are not kept.
KEPT = 1_000
LOW, HIGH = 92.0, 98.0
#: Not held to 98: worst-case bounds always hold the truth; exact and discrete tests err on the safe side.
CONSERVATIVE = ("worst-case bounds", "type I error")
NAMES = [study.__name__ for study in STUDIES]


def replicate(study: Study, seeds: range) -> list[Outcome]:
    """Outcomes of one study for a range of seeds."""
    number = NUMBERS[study.__name__]
    return [outcome for seed in seeds for outcome in study(np.random.default_rng([seed, number]))]


def summarise(outcomes: list[Outcome]) -> pd.DataFrame:
    """One row per estimator: replicates, truth, mean, bias, its Monte Carlo error, coverage in per cent."""
    frame = pd.DataFrame(outcomes, columns=["estimator", "truth", "estimate", "low", "high"])
    frame = frame[np.isfinite(frame["low"]) | np.isfinite(frame["high"])]
    frame["error"] = (frame["estimate"] - frame["truth"]).where(np.isfinite(frame["estimate"]))
    frame["holds"] = (frame["low"] <= frame["truth"]) & (frame["truth"] <= frame["high"])
    groups = frame.groupby("estimator", sort=False)
    table = pd.DataFrame(
        {
            "replicates": groups.size(),
            "truth": groups["truth"].mean(),
            "mean_estimate": groups["estimate"].mean(),
            "bias": groups["error"].mean(),
            "bias_error": groups["error"].std() / np.sqrt(groups.size()),
            "coverage_pct": 100 * groups["holds"].mean(),
        }
    )
    share = table["coverage_pct"] / 100
    table["coverage_error_pct"] = 100 * np.sqrt(share * (1 - share) / table["replicates"])
    return table.round(4).reset_index()


def run(study: Study, replicates: int, pool: ProcessPoolExecutor) -> pd.DataFrame:
    """The table of one study; the same for any number of workers."""
    pieces = [range(start, min(start + 25, replicates)) for start in range(0, replicates, 25)]
    outcomes = [outcome for found in pool.map(partial(replicate, study), pieces) for outcome in found]
    return summarise(outcomes).assign(study=study.__name__)


def keep(table: pd.DataFrame) -> None:
    """Replace the study's rows in the kept evidence."""
    old = pd.read_csv(EVIDENCE) if EVIDENCE.exists() else table.iloc[:0]
    parts = [part for part in (old[~old["study"].isin(table["study"])], table) if len(part)]
    new = pd.concat(parts).sort_values("study", key=lambda names: names.map(NAMES.index), kind="stable")
    new.to_csv(EVIDENCE, index=False, lineterminator="\n")


def outside(table: pd.DataFrame) -> pd.DataFrame:
    """Estimators whose coverage is not between 92 and 98 per cent (above is fine for the conservative)."""
    careful = table["estimator"].str.contains("|".join(CONSERVATIVE))
    return table[(table["coverage_pct"] < LOW) | ((table["coverage_pct"] > HIGH) & ~careful)]


def main() -> int:
    """Run, print and keep the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"default: all of {', '.join(NAMES)}")
    parser.add_argument("--replicates", type=int, default=KEPT)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    unknown = set(arguments.studies) - set(NAMES)
    if unknown:
        parser.error(f"no such study: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    tables = []
    with ProcessPoolExecutor(arguments.workers) as pool:
        for study in STUDIES:
            if arguments.studies and study.__name__ not in arguments.studies:
                continue
            start = time.perf_counter()
            tables.append(run(study, arguments.replicates, pool))
            print(tables[-1].drop(columns="study").to_string(index=False), flush=True)
            print(f"{study.__name__}: {time.perf_counter() - start:.0f} s\n", file=sys.stderr, flush=True)
            if arguments.replicates >= KEPT:
                keep(tables[-1])
    missed = outside(pd.concat(tables))
    if len(missed):
        print(f"Outside {LOW:.0f}–{HIGH:.0f} %: {', '.join(missed['estimator'])}", file=sys.stderr)
    return 1 if len(missed) else 0


if __name__ == "__main__":
    raise SystemExit(main())
