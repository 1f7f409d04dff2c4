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


#: What a register of Norway holds before anybody has taken part: programmes, units, and where that is written.
KEPT = ("programmes", "rounds", "counties", "former_units", "names", "sources")


def cut(register: Path, n_records: int, programme: str | None = None) -> None:
    """Leave so many records, with project and collection; of all else that may go, only the header.

    With a programme: only this one, and so many of its records.
    """
    frames = {path.stem: pd.read_csv(path, dtype=str) for path in register.glob("*.csv")}
    records = frames["participations"]
    if programme:
        of_project = frames["projects"].set_index("project_id")["programme_id"]
        records = records[records["project_id"].map(of_project) == programme]
        for name in ("programmes", "rounds"):
            frames[name] = frames[name][frames[name]["programme_id"] == programme]
    records = records.iloc[:n_records]
    for name, frame in frames.items():
        kept = frame if name in KEPT else frame.iloc[:0]
        if name in ("participations", "projects", "collections"):
            key = {"projects": "project_id", "collections": "collection_id"}.get(name, "record_id")
            kept = frame[frame[key].isin(records[key])]
        kept.to_csv(register / f"{name}.csv", index=False, lineterminator="\n")


#: The register cut to so many records, of all programmes or of one (a list, a census, a grant without a list).
CUTS: dict[str, tuple[int, str | None]] = {
    "no record": (0, None),
    "one record": (1, None),
    "a list only": (2, "klimasats"),
    "a census only": (1, "horizon_2020"),
    "one empty programme": (0, "gnist"),
}
WORLDS = [*CUTS, "refreshed"]


@pytest.fixture(scope="module", params=WORLDS)
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
        cut(root / "data/raw/participation", *CUTS[request.param])
    run(root, "build", "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(root))
        with kernels.fork_server(kernels.environment()) as server:
            yield root, server, CUTS.get(request.param, (0, None))[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_the_notebook_runs_without_an_error(world, name):
    root, server, only = world
    made: list[nbformat.NotebookNode] = []
    jobs = [notebooks.Job(root / "notebooks" / name)]
    failures = notebooks.run_all(jobs, lambda _job, book, _read: made.append(book), server=server)
    # The national report's argument is three complete lists: it says which are lacking.
    if only and name == "report_national.ipynb":
        assert len(failures) == 1 and "The national report speaks of complete lists" in failures[0]
        return
    assert failures == []
    assert len(made) == 1
