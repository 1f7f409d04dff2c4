"""Run studies and scenarios, keep the evidence: ``python -m tests.slow.validation [STUDY ...] [--replicates N]``.

Writes ``evidence.csv`` beside this file, after each study and seed: per estimator and seed the truth, the mean estimate, and
how often the 95 per cent limits hold the truth. Of a test the coverage is how often it does not reject a true null.
Rows of studies that are not run stay. Ends with code 1 if a coverage lies outside its limits.
"""

from __future__ import annotations

import os

# The workers share the cores already; threads inside each would only get in the others' way. Before numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
from tests.slow.validation.evidence import KEPT, SEEDS, Study, keep, run
from tests.slow.validation.scenarios import SCENARIOS
from tests.slow.validation.studies import STUDIES

ALL: dict[str, Study] = SCENARIOS | {study.__name__: study for study in STUDIES}
#: What makes a study's random numbers, so that what is kept stays reproducible: a new one takes the next number.
KEYS = dict(zip(ALL, (0, 1, 2, 17, 16, 18, 19, 20, 3, 7, 10, 11, 13), strict=True))


def main() -> int:
    """Run, print and keep the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"default: all of {', '.join(ALL)}")
    parser.add_argument("--replicates", type=int, default=KEPT)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    unknown = set(arguments.studies) - set(ALL)
    if unknown:
        parser.error(f"no such study: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    tables = []
    with ProcessPoolExecutor(arguments.workers) as pool:
        for name in arguments.studies or ALL:
            start = time.perf_counter()
            for seed in arguments.seeds:
                table = run(ALL[name], KEYS[name], seed, arguments.replicates, pool).assign(study=name)
                print(table.drop(columns="study").to_string(index=False), flush=True)
                if arguments.replicates >= KEPT:
                    keep(table, list(ALL))
                tables.append(table)
            print(f"{name}: {time.perf_counter() - start:.0f} s\n", file=sys.stderr, flush=True)
    table = pd.concat(tables)
    missed = table[~table["is_inside"]]
    if len(missed):
        print(f"Outside the limits: {', '.join(missed['estimator'].unique())}", file=sys.stderr)
    return int(len(missed) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
