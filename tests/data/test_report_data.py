"""What pages read is loaded once for all kernels, and again where a table has changed."""

import pytest

from analysis import tables
from analysis.report import data


@pytest.fixture
def nothing_kept(monkeypatch):
    monkeypatch.setattr(data, "_preloaded", [])
    monkeypatch.setattr(tables, "_preloaded", {})


def test_what_all_counties_need_is_computed_before_the_kernels_are_forked(
    nothing_kept, monkeypatch, tmp_path
):
    assert data.load() is not data.load()
    data.preload()
    reads = tmp_path / "reads"
    monkeypatch.setenv(tables.READS_VARIABLE, str(reads))
    kept = data.load()
    assert data.load() is kept and {"county_rates", "neighbours", "centres"} <= vars(kept).keys()
    # A notebook still depends on the tables that it has not read itself.
    assert set(reads.read_text().split()) == set(data.TABLES.values())


def test_a_changed_table_is_read_again(nothing_kept, monkeypatch):
    data.preload()
    kept = data.load()
    with monkeypatch.context() as changed:
        changed.setattr(tables, "_state", lambda path: (path.stat().st_size, 0))
        assert data.load() is not kept
    assert data.load() is kept
