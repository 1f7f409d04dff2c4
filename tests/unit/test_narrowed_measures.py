"""Measures of a period, a part of the country or a list of a kind: each number is counted by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures import census, concentration, decomposition, first_time, procurement, uptake
from analysis.measures.estimates import CoverageError
from analysis.measures.observations import Observations

COLUMNS = {"own_amount_nok": np.nan, "own_amount_eur": np.nan, "same_grant_as": None, "form": "joint"}
COLUMNS |= {"stage": "taking_part", "basis": "named", "participant_type": "municipality"}


def observed(rows: list[tuple], coverage: str = "census", **columns: object) -> Observations:
    """Municipalities a to h, the first four small rural; rows of (municipality, project, year)."""
    panel = pd.DataFrame({"municipality_code": list("abcdefgh"), "is_small_rural": [True] * 4 + [False] * 4})
    panel = panel.assign(county_code=["1", "2"] * 4, population=np.arange(1, 9) * 1000.0)
    panel = panel.assign(purchases_nok_thousand=1e6, labour_market_region_code=list("12345678"))
    frame = pd.DataFrame(rows, columns=["municipality_code", "project_id", "year"])
    frame["year"] = frame["year"].astype("Int64")
    frame = frame.assign(programme_id="p", code_then=None, **COLUMNS | columns)
    programmes = pd.DataFrame({"programme_id": ["p"], "coverage": [coverage], "kind": "grant"})
    programmes = programmes.assign(period_from=2010, period_to=2020, complete_to=pd.array([2020], "Int64"))
    return Observations(panel, frame, programmes)


def test_who_had_taken_part_before_a_period_does_not_come_for_the_first_time_in_it():
    """a led in 2010 and 2019, b in 2019 and 2020: from 2018 on, b alone comes for the first time."""
    seen = observed([("a", "1", 2010), ("a", "2", 2019), ("b", "3", 2019), ("b", "4", 2020)])
    table = census.first_and_repeat(seen.where(years=(2018, 2020)))
    found = table.set_index(["term", "x"])["estimate"]
    assert found.to_dict() == {
        ("first time", 2019): 1,
        ("first time", 2020): 0,
        ("repeat", 2019): 1,
        ("repeat", 2020): 1,
    }
    # The hazard of the first time: a is known from before, the others are at risk from 2018.
    first = first_time.first_years(seen.where(years=(2018, 2020)))
    assert set(first["municipality_code"]) == set("bcdefgh") and first["low"].min() == 2019
    ratio = first_time.hazard(seen.where(years=(2018, 2020)), within=None).iloc[0]
    assert (ratio["n"], ratio["numerator"]) == (7, 1)
    whole = first_time.first_years(seen)
    assert whole.set_index("municipality_code").loc["a", ["low", "is_event"]].tolist() == [2010, True]


def test_an_amount_that_nobody_knows_is_not_none():
    """a and e took part: a was given an amount that no source states, e 300; f to h and b to d took no part."""
    rows = [("a", "1", 2019), ("e", "2", 2019)]
    seen = observed(rows, own_amount_nok=[np.nan, 300.0])
    table = census.amounts(seen, "is_small_rural").set_index(["term", "group"])
    assert table.loc[("amount", False), ["estimate", "n"]].tolist() == [300 / 1e6, 1]
    assert table.loc[("amount per inhabitant", False), "estimate"] == pytest.approx(300 / 26_000)
    for term in ("amount", "amount per inhabitant", "amount per participation"):
        row = table.loc[(term, True)]
        assert np.isnan(row["estimate"]) and np.isnan(row["numerator"]), term
        assert row["reason"] == "not estimable: all values are missing"
    # A group that took no part was granted nothing: that is known.
    none = census.amounts(observed(rows[1:], own_amount_nok=[300.0]), "is_small_rural")
    none = none.set_index(["term", "group"])
    assert (
        none.loc[("amount", True), "estimate"] == 0 == none.loc[("amount per inhabitant", True), "estimate"]
    )
    assert none.loc[("amount per participation", True), "reason"] == "not estimable: no participant recorded"


def test_an_amount_under_two_programmes_is_one_amount():
    seen = observed([("e", "1", 2019), ("e", "2", 2019)], own_amount_nok=200.0, same_grant_as=[None, "1"])
    assert census.amounts(seen).set_index("term").loc["amount", "numerator"] == 200


def test_of_participants_that_were_chosen_there_is_a_composition_and_no_rate():
    seen = observed([("e", "1", 2019), ("f", "1", 2019)])
    assert uptake.uptake(seen, "is_small_rural").set_index("group").loc[False, "estimate"] == 2 / 4
    seen = Observations(seen.panel, seen.participation, seen.programmes.assign(chosen_by_design=True))
    found = uptake.uptake(seen, "is_small_rural")
    assert set(found["term"]) == {"composition"} and found.set_index("group").loc[False, "estimate"] == 1
    with pytest.raises(CoverageError, match="the organiser chose"):
        uptake.uptake_rate(seen)


def test_units_as_they_were_are_those_of_the_municipalities_chosen_and_one_by_one():
    """Of county 1 (a, c, e, g) took part: a as two former units, and c, whose former code nobody has noted."""
    rows = [("a", "1", 2018), ("a", "2", 2018), ("b", "1", 2018), ("c", "1", 2018), ("d", "1", 2018)]
    seen = observed(rows, "sample", size_band_then=["s", "m", "s", "s", "s"])
    seen.participation["code_then"] = ["a1", "a2", "b", None, None]
    county = seen.with_panel(seen.panel[seen.panel["county_code"] == "1"])
    found = uptake.composition(county, "size_band_then").set_index("group")
    assert found["numerator"].to_dict() == {"m": 1, "s": 2}
    assert uptake.composition(seen, "size_band_then").set_index("group").loc["s", "numerator"] == 4


@pytest.mark.parametrize("n", [4, 5])
def test_what_rests_on_fewer_than_five_projects_has_no_limits_in_any_measure(n):
    """Each of n projects has one small rural and one other municipality."""
    rows = [("abcd"[k % 4], str(k), 2019) for k in range(n)] + [
        ("efgh"[k % 3], str(k), 2019) for k in range(n)
    ]
    seen = observed(rows, "sample")
    per_billion = procurement.per_billion(seen).set_index("group")
    assert per_billion.loc[True, "estimate"] == n / 4 and per_billion.loc[False, "estimate"] == n / 4
    indices = concentration.concentration(seen).iloc[1:]
    curve = concentration.curve(seen, "population")
    parts = decomposition.kitagawa(seen, cells="county_code", min_cell=1, always=True).iloc[:3]
    assert parts["estimate"].iloc[0] == pytest.approx(1 - 3 / 4)
    for frame in (per_billion, indices, curve[curve["x"].between(0.1, 0.9)]):
        assert frame["conf_high"].notna().all() == (n == 5)
    if n == 4:
        assert parts["conf_high"].isna().all() and parts["reason"].str.startswith("no interval").all()
