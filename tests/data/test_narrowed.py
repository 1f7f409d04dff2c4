"""A report under another definition: its tables, its words, and a folder of its own."""

from __future__ import annotations

import pytest

from analysis import tables
from analysis.definitions import SMALL_RURAL
from analysis.errors import AnalysisError
from analysis.i18n import using
from analysis.report import narrowed


def test_the_panel_holds_the_other_definition_and_everything_else_stays():
    whole = {name: tables.load(name) for name in ("panel", "counties")}
    made = narrowed.under(whole, "strict")
    assert (
        made["panel"]["is_small_rural"].sum() == 125
    )  # under 3,000 inhabitants and centrality 5-6, counted by hand
    assert made["counties"] is whole["counties"]


def test_pages_there_say_so_in_both_languages(tmp_path, monkeypatch):
    assert narrowed.notice(tables.names()) == ""
    assert narrowed.definition() is SMALL_RURAL["main"]
    narrowed.lay_out(tmp_path, "strict")
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    assert narrowed.definition() is SMALL_RURAL["strict"]
    with using("en"):
        assert "under 3,000 inhabitants" in narrowed.notice(tables.names())
    with using("nb"):
        assert "under 3\u00a0000 innbyggere" in narrowed.notice(tables.names()).replace("\u202f", "\u00a0")


def test_what_cannot_be_chosen_is_refused(tmp_path):
    with pytest.raises(AnalysisError, match="no definition 'tiny'"):
        narrowed.lay_out(tmp_path, "tiny")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(AnalysisError, match="holds something else"):
        narrowed.lay_out(tmp_path, "strict")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
