"""Tests of this folder load built tables."""

from __future__ import annotations

import pytest

from analysis import raw
from analysis.register import quality
from analysis.tables import reforms


@pytest.fixture(scope="session", autouse=True)
def _tables(_built: None) -> None:
    """The tables are built before the first test."""


@pytest.fixture(scope="session")
def checked():
    """The register, resolved and without faults."""
    return quality.check()


@pytest.fixture(scope="session")
def units():
    """Municipal codes over time, made from data/raw."""
    listed = (raw.read(name) for name in ("ssb_municipalities", "ssb_code_changes", "ssb_split_series"))
    return reforms.build(*listed)
