"""The publishers as a server on this machine, which the loaders ask in their place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.replay import Replay

from analysis.loaders.messages import OVERRIDE


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    """A server of one's own, whose world a test may change."""
    with Replay() as server:
        monkeypatch.setenv(OVERRIDE, server.url)
        yield server
