"""Narrowed reports hold what was chosen and nothing else, and say so."""

from __future__ import annotations

import pytest

from analysis import tables
from analysis.errors import AnalysisError
from analysis.i18n import using
from analysis.measures.observations import Observations
from analysis.report import narrowed
from analysis.report.narrowed import Selection


@pytest.fixture(scope="module")
def whole():
    return {name: tables.load(name) for name in tables.names()}


def test_counts_are_those_of_the_observations_narrowed_alike(whole):
    made = narrowed.narrow(
        whole, Selection(programmes=("klimasats",), years=(2019, 2022), definition="strict")
    )
    alone = Observations(made["panel"], made["participation"], made["programmes"])
    asked = Observations.load().where(programmes="klimasats", years=(2019, 2022)).with_definition("strict")
    assert alone.counts.sum() == asked.counts.sum() > 0
    assert made["panel"]["is_small_rural"].sum() == asked.panel["is_small_rural"].sum() == 125
    assert set(made["programmes"]["programme_id"]) == {"klimasats"}


def test_municipalities_leave_their_counties_only(whole):
    made = narrowed.narrow(whole, Selection(municipalities=("3454", "0301")))
    assert set(made["municipalities"]["municipality_code"]) == {"3454", "0301"}
    assert set(made["counties"]["county_code"]) == {"34", "03"}


def test_it_says_what_was_chosen_in_both_languages(whole):
    chosen = Selection(programmes=("klimasats", "gnist"), years=(2019, 2022), stated_only=True)
    made = narrowed.narrow(whole, chosen)
    with using("en"):
        said = narrowed.words(made["selection"], made["programmes"])
    assert "2019–2022" in said and "Gnist" in said and "state outright" in said
    with using("nb"):
        assert "årene 2019–2022" in narrowed.words(made["selection"], made["programmes"])


@pytest.mark.parametrize(
    "chosen",
    [
        Selection(programmes=("klimasat",)),
        Selection(definition="tiny"),
        Selection(years=(2022, 2019)),
        Selection(years=(1990, 1991)),
        Selection(municipalities=("9999",)),
    ],
    ids=["programme", "definition", "order", "nothing left", "municipality"],
)
def test_what_cannot_be_chosen_is_refused(whole, chosen):
    with pytest.raises(AnalysisError):
        narrowed.narrow(whole, chosen)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(AnalysisError, match="holds something else"):
        narrowed.lay_out(tmp_path, Selection(programmes=("klimasats",)))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
