"""The register a hundred times as large: checked in seconds, in bounded memory, in time that grows no faster than it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis import paths
from analysis.register import files

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured on Linux"),
]
SRC = Path(__file__).resolve().parents[2] / "src"

#: Bounds on a quiet machine are 8 seconds and 500 MB at a hundred times 604 records; shared ones get half as much again.
RECORDS = 60_400
SECONDS, MEGABYTES = 12, 500


def multiplied(target: Path, times: int) -> int:
    """Write a register in which every project stands so many times, each under an id of its own; its records."""
    folder = target / "data" / "raw" / "participation"
    shutil.copytree(paths.raw(), target / "data" / "raw")
    ids = ("project_id", "continues_project_id", "same_grant_as")
    for name in ("projects", "participations"):
        frame = pd.read_csv(files.folder() / f"{name}.csv", dtype="str")
        copies = [frame]
        for number in range(1, times):
            copy = frame.copy()
            for column in set(ids) & set(frame):
                copy[column] = copy[column] + f"-x{number}"
            copies.append(copy)
        made = pd.concat(copies, ignore_index=True)
        if name == "participations":
            made["record_id"] = [f"R{number:04d}" for number in range(1, len(made) + 1)]
        made.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    return len(made)


def check(root: Path) -> tuple[float, float]:
    """Seconds of processor time, and megabytes at the peak, of ``register check``."""
    # The kernel's own high-water mark: that of getrusage begins with what the process of the tests holds.
    code = (
        "import re, time; from pathlib import Path; from analysis import cli\n"
        "code = cli.main(['register', 'check'])\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1]\n"
        "print(code, time.process_time(), int(peak) / 1024)"
    )
    env = {**os.environ, "ANALYSIS_ROOT": str(root), "PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    code, seconds, megabytes = done.stdout.split()[-3:]
    assert code == "0", done.stderr
    return float(seconds), float(megabytes)


def test_a_register_a_hundred_times_as_large(tmp_path):
    n_records = len(pd.read_csv(files.folder() / "participations.csv", usecols=["record_id"]))
    seconds, sizes = {}, {}
    for times in (1, round(RECORDS / n_records / 4), round(RECORDS / n_records)):
        root = tmp_path / str(times)
        sizes[times] = multiplied(root, times)
        seconds[times], megabytes = min(check(root) for _try in range(3))  # others on the machine only add
        print(f"{sizes[times]} records: {seconds[times]:.1f} s, {megabytes:.0f} MB")
    one, quarter, whole = seconds
    assert sizes[whole] > 0.9 * RECORDS
    assert seconds[whole] < SECONDS and megabytes < MEGABYTES
    # What a record costs does not grow with the register (starting up costs nothing here: it is in both).
    assert seconds[whole] - seconds[one] < 1.3 * 4 * (seconds[quarter] - seconds[one]) + 1
