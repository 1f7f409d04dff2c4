"""Shared fixtures: data/raw as it is in git, the built tables, and a project of one's own to break."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import io, paths

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests a root of their own, whose official figures are those that git knows (its index).

    So they assert on the same figures also after ``make refresh``. The register is taken as it lies in the
    working tree: people edit it, and nothing refreshes it. Workers of one run share the root.
    """
    given = getattr(config, "workerinput", {}).get("root")
    root = Path(given or tempfile.mkdtemp(prefix="analysis-tests-"))
    config.stash[_ROOT] = root
    os.environ["ANALYSIS_ROOT"] = str(root)
    if not given:
        _fill(root)


def _fill(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "data/raw"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        command = ["git", "checkout-index", "-z", "--stdin", f"--prefix={root}/"]
        subprocess.run(command, cwd=REPOSITORY, input=listed.stdout, check=True)
        shutil.rmtree(root / "data/raw/participation")
        shutil.copytree(REPOSITORY / "data/raw/participation", root / "data/raw/participation")
    else:  # a copy without git
        shutil.copytree(REPOSITORY / "data/raw", root / "data/raw", ignore=shutil.ignore_patterns(".*"))
    (root / "data/processed").mkdir()
    shutil.copytree(REPOSITORY / "notebooks", root / "notebooks")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker (of pytest-xdist) where the root is."""
    node.workerinput["root"] = str(node.config.stash[_ROOT])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the root again."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_ROOT], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, one takes all tests of a file, and one all that read the rendered site."""
    for item in items:
        used = {"site", "sample_site", "whole_site"} & set(getattr(item, "fixturenames", ()))
        is_shared = used and "site" not in vars(item.module)
        item.add_marker(pytest.mark.xdist_group("site" if is_shared else item.path.name))


_ROOT: pytest.StashKey[Path] = pytest.StashKey()


@pytest.fixture(scope="session")
def _built() -> None:
    """data/processed is there and current; the folders that load tables use it for every test."""
    from analysis import build  # takes seconds, and many tests need no table

    with io.locked(paths.root() / ".build.lock"):  # the other worker waits and finds it built
        if not build.is_current():
            build.build(progress=False)


@pytest.fixture(scope="session")
def made():
    """All tables, built in memory from the embedded data/raw."""
    from analysis import build

    return build.tables()


@pytest.fixture(scope="session")
def fixtures():
    """Files of known facts: the register of version e8217c3, and dates of adoption."""
    return Path(__file__).parent / "data" / "fixtures"


@pytest.fixture(scope="session")
def register_e8217c3(fixtures):
    """The participations of version e8217c3, one row per municipality and project."""
    rows = pd.read_csv(fixtures / "participation_e8217c3.csv", dtype={"municipality_code": str})
    return rows


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's data in a folder of its own; what is broken here breaks nothing else."""
    root = tmp_path / "project"
    shutil.copytree(paths.raw(), root / "data" / "raw")
    (root / "data" / "processed").mkdir()
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    return root


@pytest.fixture
def built_project(project: Path, _built: None, pytestconfig: pytest.Config) -> Path:
    """The same with the tables built already."""
    processed = pytestconfig.stash[_ROOT] / "data" / "processed"
    shutil.copytree(processed, project / "data" / "processed", dirs_exist_ok=True)
    return project
