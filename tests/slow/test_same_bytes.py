"""The same commit gives the same bytes: in two clean clones, and whether notebooks are executed or taken from the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import io

ROOT = Path(__file__).resolve().parents[2]
#: One page of each way to make one: a notebook with parameters, a research notebook, straight from the tables.
PAGES = ("county-56", "notebook-01", "index", "municipality-3454", "programme-gnist")


#: The command where kernels cannot be forked and pandas keeps texts as it does by itself.
ELSEWHERE = """
import contextlib, os, sys
del os.fork
from analysis import cli, io
io.texts_of_python = contextlib.nullcontext
sys.exit(cli.main(sys.argv[1:]))
"""


def made(clone: Path, *how: str) -> dict[str, str]:
    """The hashes of what ``python -m analysis report`` has written in a clone."""
    env = {k: v for k, v in os.environ.items() if k != "ANALYSIS_ROOT"} | {"PYTHONPATH": str(clone / "src")}
    command = [sys.executable, *(how or ("-m", "analysis")), "report", "--quiet", *PAGES]
    done = subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [path for path in sorted((clone / "reports").rglob("*.*")) if path.is_file()]
    return {path.relative_to(clone).as_posix(): io.sha256(path) for path in files}


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a repository to clone")
def test_two_clones_and_a_cached_run_give_the_same_bytes(tmp_path):
    clones = [tmp_path / "one", tmp_path / "two"]
    for clone in clones:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    first, second = map(made, clones)
    assert first == second and len([name for name in first if name.endswith(".html")]) == 2 * len(PAGES)
    for language in ("nb", "en"):
        shutil.rmtree(clones[0] / "reports" / language)
    assert made(clones[0]) == first  # rendered anew from what is kept of the execution
    shutil.rmtree(clones[0] / ".cache")
    assert made(clones[0]) == first
    for left in ("reports/nb", "reports/en", ".cache"):
        shutil.rmtree(clones[1] / left)
    assert made(clones[1], "-c", ELSEWHERE) == first
