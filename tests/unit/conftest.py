"""Tests of this folder need no data: the project's folder is empty for them."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def empty_root(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads a table or a raw file here fails at once."""
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path_factory.getbasetemp() / "empty"))
