"""Time and memory of the JSON-stat decoder beside json.loads, pyjstat and pxwebpy.

``python benchmarks/jsonstat.py`` prints one table. Each measurement runs in a fresh process; the peak
is the resident high-water mark above what was in use after the imports and the input were loaded.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np

SIZES = {50_000: (357, 10, 7, 2), 200_000: (357, 20, 14, 2), 800_000: (357, 20, 14, 8)}
RUNS = {"json.loads": 5, "this project": 5, "pxwebpy": 3, "pyjstat": 3}


def document(size: tuple[int, ...]) -> bytes:
    """A KOSTRA-like answer: municipalities, functions, arts and years; 12 % empty with status."""
    rng = np.random.default_rng(20_240_101)
    ids = ["KOKkommuneregion0000", "KOKfunksjon0000", "KOKart0000", "Tid"]
    cells = int(np.prod(size))
    empty = rng.random(cells) < 0.12
    amounts = rng.integers(-5_000, 2_000_000, cells)
    value: list[int | None] = [None if gone else int(n) for gone, n in zip(empty, amounts, strict=True)]
    dimension = {}
    for name, count in zip(ids, size, strict=True):
        codes = [f"{n:04d}" for n in range(count)]
        category = {"index": {c: n for n, c in enumerate(codes)}, "label": {c: f"Navn {c}" for c in codes}}
        dimension[name] = {"label": name, "category": category}
    status = {str(n): ".:"[n % 2] for n in np.flatnonzero(empty)}
    dataset = {"version": "2.0", "class": "dataset", "label": "Bench", "source": "None", "id": ids}
    dataset |= {"size": list(size), "dimension": dimension, "value": value, "status": status}
    return json.dumps(dataset, separators=(",", ":")).encode()


def measure(decoder: str, cells: int) -> dict[str, float]:
    """Seconds and peak megabytes of one decoding in this process."""
    body = document(SIZES[cells])
    run: Any
    if decoder == "json.loads":
        run = json.loads
    elif decoder == "this project":
        from analysis.loaders.jsonstat import decode as run
    elif decoder == "pyjstat":
        from pyjstat import pyjstat

        def run(text: bytes) -> Any:
            return pyjstat.Dataset.read(text.decode()).write("dataframe")
    else:
        import pandas as pd
        from pxweb._internal.functions import unpack_table_data

        def run(text: bytes) -> Any:
            return pd.DataFrame(unpack_table_data(json.loads(text)))

    run(document((10, 10, 10, 10)))  # first-call costs (lazy imports, thread pool) are not decoding
    # VmHWM can be reset; ru_maxrss cannot, and the making of the input would count.
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass
    before = _resident("VmRSS:")
    start = time.perf_counter()
    result = run(body)
    seconds = time.perf_counter() - start
    peak = _resident("VmHWM:") - before
    assert result is not None
    return {"seconds": seconds, "megabytes": peak}


def _resident(key: str) -> float:
    try:
        with open("/proc/self/status") as file:
            return next(float(line.split()[1]) / 1024 for line in file if line.startswith(key))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print medians and the ratios that the decoder promises."""
    median: dict[tuple[str, int], dict[str, float]] = {}
    for cells in SIZES:
        for decoder, runs in RUNS.items():
            command = [sys.executable, __file__, decoder, str(cells)]
            found = [json.loads(subprocess.check_output(command)) for _ in range(runs)]
            median[decoder, cells] = {k: statistics.median(f[k] for f in found) for k in found[0]}
    print(f"{'decoder':14}{'cells':>9}{'median s':>10}{'peak MB':>9}{'time/this':>11}{'memory/this':>13}")
    for (decoder, cells), m in median.items():
        own = median["this project", cells]
        ratios = f"{m['seconds'] / own['seconds']:11.2f}{m['megabytes'] / max(own['megabytes'], 0.1):13.2f}"
        print(f"{decoder:14}{cells:9}{m['seconds']:10.3f}{m['megabytes']:9.1f}{ratios}")
    small, large = (median["this project", n]["seconds"] / n for n in (50_000, 800_000))
    print(f"cost per cell at 800 000 against 50 000 cells: {large / small:.2f} (1 = linear)")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
