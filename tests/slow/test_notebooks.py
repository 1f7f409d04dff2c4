"""Every notebook runs on the smallest register that is legal, and on what replayed publishers answer.

The embedded data is what ``make report`` runs them on. Here nothing may be taken for granted of the data:
a notebook that cannot say something has to say that in words.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from tests.replay.server import Replay

from analysis.report import kernels, notebooks

ROOT = Path(__file__).resolve().parents[2]
BOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def run(root: Path, *command: str, **env: str) -> None:
    known = {**kernels.environment(), "ANALYSIS_ROOT": str(root), **env}
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *command], env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or command[0] == "fetch", done.stdout + done.stderr


def cut(register: Path, n_records: int) -> None:
    """Leave so many records, with what they refer to; of all else only the header, if even that may go."""
    frames = {path.stem: pd.read_csv(path, dtype=str) for path in register.glob("*.csv")}
    frames["participations"] = frames["participations"].iloc[:n_records]
    kept = ["counties", "former_units", "names", "sources"]  # of Norway's units, and where that is written
    for name, column in (("projects", "project_id"), ("collections", "collection_id")):
        named = frames["participations"][column]
        frames[name] = frames[name][frames[name][column].isin(named)]
    named = frames["projects"]["programme_id"]
    frames["programmes"] = frames["programmes"][frames["programmes"]["programme_id"].isin(named)]
    kept += ["participations", "projects", "collections", "programmes"]
    for name, frame in frames.items():
        shown = frame if name in kept else frame.iloc[:0]
        shown.to_csv(register / f"{name}.csv", index=False, lineterminator="\n")


@pytest.fixture(scope="module", params=["no record", "one record", "refreshed"])
def world(request, tmp_path_factory):
    """A project with its tables built, and a process that starts kernels in it."""
    root = tmp_path_factory.mktemp("world")
    for name in ("data/raw", "notebooks"):
        shutil.copytree(ROOT / name, root / name)
    (root / "data/processed").mkdir()
    if request.param == "refreshed":
        with Replay() as server:
            run(root, "fetch", "--quiet", ANALYSIS_ENDPOINTS=server.url)
    else:
        cut(root / "data/raw/participation", int(request.param == "one record"))
    run(root, "build", "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(root))
        with kernels.fork_server(kernels.environment()) as server:
            yield root, server


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_the_notebook_runs_without_an_error(world, name):
    root, server = world
    made: list[nbformat.NotebookNode] = []
    jobs = [notebooks.Job(root / "notebooks" / name)]
    failures = notebooks.run_all(jobs, lambda _job, book, _read: made.append(book), server=server)
    assert failures == []
    assert len(made) == 1
