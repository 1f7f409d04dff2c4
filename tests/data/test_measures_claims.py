"""Claims of the literature beside our figures: the rule by hand, and the claims whose answer is known."""

import pandas as pd
import pytest

from analysis import tables
from analysis.measures import claims
from analysis.measures.claims import Basis, Figure, Verdict, verdict
from analysis.measures.observations import Observations


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        # The same thing, known whole: one unit or a fortieth apart is rounding.
        (Figure("", 29, Basis.COMPLETE, 28), Verdict.AGREES),
        (Figure("", 30, Basis.COMPLETE, 28), Verdict.CONTRADICTS),
        (Figure("", 104, Basis.COMPLETE, 106), Verdict.AGREES),
        (Figure("", 103, Basis.COMPLETE, 106), Verdict.CONTRADICTS),
        (Figure("", 0.27, Basis.COMPLETE, 0.37), Verdict.CONTRADICTS),
        (Figure("", 0.365, Basis.COMPLETE, 0.37), Verdict.AGREES),
        # A part of it: only more than claimed contradicts.
        (Figure("", 9, Basis.LEAST, 213), Verdict.CANNOT_SAY),
        (Figure("", 213, Basis.LEAST, 213), Verdict.AGREES),
        (Figure("", 300, Basis.LEAST, 213), Verdict.CONTRADICTS),
        # A direction: the interval decides.
        (Figure("", 0.3, Basis.DIRECTION, 1, 0.2, 0.6), Verdict.AGREES),
        (Figure("", 0.3, Basis.DIRECTION, 1, 0.2, 1.1), Verdict.CANNOT_SAY),
        (Figure("", 1.3, Basis.DIRECTION, 1, 1.2, 1.6), Verdict.CONTRADICTS),
        (Figure("", 1.3, Basis.DIRECTION, 1, 1.2, 1.6, is_above=True), Verdict.AGREES),
        # Another thing says nothing, however near.
        (Figure("", 7, Basis.OTHER, 7), Verdict.CANNOT_SAY),
        (Figure("", float("nan"), Basis.NONE), Verdict.CANNOT_SAY),
    ],
)
def test_the_rule_by_hand(figure, expected):
    assert verdict(figure) is expected


@pytest.fixture(scope="module")
def table():
    return claims.against_literature(
        Observations.load(), tables.load("claims"), tables.load("population")
    ).set_index("claim_id")


@pytest.mark.slow
def test_every_claim_has_a_row_and_every_check_its_claim(table):
    assert table.index.tolist() == tables.load("claims")["claim_id"].tolist()
    assert set(claims.CHECKS) <= set(table.index)
    assert set(table["verdict"]) <= {"agrees", "contradicts", "cannot say"}
    unchecked = table[~table.index.isin(list(claims.CHECKS))]
    assert (unchecked["verdict"] == "cannot say").all()


def test_claims_whose_answer_is_known(table):
    # Horizon 2020 has no small rural municipality, the Research Council's list few (13 of 173 against 84 of 184).
    assert table.loc["tf2020-share", "verdict"] == "agrees"
    # The dated list counts six codes at the end of September 2018.
    assert table.loc["digisos-2018-09", ["estimate", "verdict"]].tolist() == [6, "agrees"]
    # Purchases are AGD50 + AGD51 over AGD9: 27 per cent, not 37.
    assert table.loc["purchases-share", "estimate"] == pytest.approx(0.2726, abs=5e-4)
    assert table.loc["purchases-share", "verdict"] == "contradicts"
    # SSB: 29 municipalities of Nordland had fewer than 5 000 inhabitants on 1 January 2020.
    assert table.loc["small-nordland", ["estimate", "verdict"]].tolist() == [29, "agrees"]
    # The register holds a part of what LUP counts.
    assert table.loc["lup2023-one-in-four", "estimate"] < 89
    assert table.loc["lup2023-one-in-four", "verdict"] == "cannot say"


def test_surveys_of_workplaces_are_another_thing(table):
    assert set(table.loc[["ks2018-size", "ks2020-hindered"], "basis"]) == {"another thing"}
    assert table.loc[["ks2018-innovation"], "basis"].tolist() == ["no figure"]


def test_numbers_compared_with_are_the_claims(table):
    numbers = pd.to_numeric(table["number"], errors="coerce")
    same = numbers.notna() & table["basis"].isin(["complete", "least number"]) & (table["claimed"] > 1)
    assert (numbers[same] == table.loc[same, "claimed"]).all()
