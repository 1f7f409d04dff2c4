"""Shared fixtures: the built tables, and a project of one's own to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.site.rendered import site  # noqa: F401  (a fixture: the rendered pages)

from analysis import build as build_module
from analysis import paths


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """data/processed is there and current for every test that loads a table."""
    if not build_module.is_current():
        build_module.build(progress=False)


@pytest.fixture(scope="session")
def made():
    """All tables, built in memory from the embedded data/raw."""
    return build_module.tables()


@pytest.fixture(scope="session")
def fixtures():
    """Files of known facts: the register of version e8217c3, and dates of adoption."""
    return Path(__file__).parent / "data" / "fixtures"


@pytest.fixture(scope="session")
def register_e8217c3(fixtures):
    """The participations of version e8217c3, one row per municipality and project."""
    return pd.read_csv(fixtures / "participation_e8217c3.csv", dtype={"municipality_code": str})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's data in a folder of its own; what is broken here breaks nothing else."""
    root = tmp_path / "project"
    shutil.copytree(paths.raw(), root / "data" / "raw")
    (root / "data" / "processed").mkdir()
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    return root
