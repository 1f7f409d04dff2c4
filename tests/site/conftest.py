"""Tests of this folder load built tables."""

from __future__ import annotations

import pytest
from tests.site.rendered import few_site, sample_site, site, whole_site  # noqa: F401  (fixtures: rendered pages)


@pytest.fixture(scope="session", autouse=True)
def _tables(_built: None) -> None:
    """The tables are built before the first test."""
