"""The lists that names are resolved by: what is wrong with them is told before a name is judged by them."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.register import files, quality


def told(file, change):
    """The faults of the register, one line each, after a change of the cells of one file."""
    path = files.folder() / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False, lineterminator="\n")
    with pytest.raises(DataError) as caught:
        quality.check()
    return [str(fault) for fault in caught.value.faults]


def with_cells(**cells):
    """Changes cells of the first county, Østfold until 2019."""
    return lambda frame: frame.assign(**{name: [cell, *frame[name][1:]] for name, cell in cells.items()})


def added(**cells):
    """Adds a row like the last, Finnmark of today."""
    return lambda frame: pd.concat([frame, frame.iloc[[-1]].assign(**cells)])


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (
            added(),
            [
                "row 35, column county_code, county_name: the same as an earlier row",
            ],
        ),
        (
            added(county_name="Finnmárku"),
            [
                "row 35, column county_name: 'Finnmárku': row 34 says 'Finnmark' of the same county_code; keep one"
            ],
        ),
        (
            added(county_code="97"),
            ["row 35, column county_code: '97': no municipality has a code that begins so"],
        ),
        (
            with_cells(successors_2024="99"),
            [
                "row 2, column successors_2024: '99': in 2024 the municipalities of Østfold lie in 31;32, not in 99"
            ],
        ),
        pytest.param(
            with_cells(valid_to="2030"),
            ["row 2, column valid_to: '2030': municipalities have such codes until 2019; write 2019"],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            with_cells(valid_to=""),
            ["row 2, column valid_to: municipalities have such codes until 2019; write 2019"],
            marks=pytest.mark.slow,
        ),
        (with_cells(valid_from="2021"), None),
        (
            lambda frame: frame[frame["county_code"] != "30"],
            [
                "column county_code: '30': a county of this code is missing; municipalities have codes that begin so"
            ],
        ),
    ],
)
def test_a_county_that_the_municipalities_contradict_is_told(project, change, faults):
    found = told("counties.csv", change)
    if faults is None:
        assert "counties.csv, row 2, column valid_to: '2019': earlier than valid_from" in found
    else:
        assert found == [f"counties.csv, {fault}" for fault in faults]


def doubled(**cells):
    """Adds the first row again, with other cells."""
    return lambda frame: pd.concat([frame, frame.iloc[[0]].assign(**cells)])


#: For each file rows like its first with other cells, and what is told of each. One check tells of all files.
ONE, ANOTHER, UNKNOWN = (
    {
        "groups": ({}, "column group_id, member_name, county_hint: the same as row 2"),
        "cooperations": ({}, "column cooperation_id, member_name, county_hint: the same as row 2"),
        "published_totals": (
            {"value": "15"},
            "column value: '15': row 2 says '14' of the same programme_id, round, ",
        ),
        "former_units": (
            {"population": "9"},
            "column population: '9': row 2 says '32182' of the same code, year",
        ),
        "names": (
            {"resolves_to": "Oslo"},
            "column resolves_to: 'Oslo': row 2 says 'Akershus' of the same name, ",
        ),
    },
    {
        "groups": ({"valid_from": "2022"}, "column valid_from: '2022': row 2 says '2020' of the same "),
        "former_units": (
            {"name": "Oslo"},
            "column name: 'Oslo': row 2 says 'Moss' of the same code, year; keep one",
        ),
    },
    {
        "former_units": (
            {"code": "9999"},
            "column code: '9999': no municipality had this code on 1 January 2016",
        )
    },
)


@pytest.mark.parametrize(
    "rows",
    [
        ONE,
        pytest.param(ANOTHER, marks=pytest.mark.slow),
        pytest.param(UNKNOWN, marks=pytest.mark.slow),
        {"former_units": ({"code": "0301"}, "column name: 'Moss': 0301 was Oslo - Oslove on 1 January 2016")},
    ],
)
def test_rows_that_say_the_same_or_contradict_each_other_are_told_in_their_own_file(project, rows):
    for file, (cells, _) in rows.items():
        path = files.folder() / f"{file}.csv"
        frame = doubled(**cells)(pd.read_csv(path, dtype=str, keep_default_na=False))
        frame.to_csv(path, index=False, lineterminator="\n")
    with pytest.raises(DataError) as caught:
        quality.check()
    found = [str(fault) for fault in caught.value.faults]
    for file, (_, fault) in rows.items():
        assert len([line for line in found if line.startswith(f"{file}.csv, row ") and fault in line]) == 1
    assert len(found) == len(rows)


def test_two_sources_may_give_two_totals_and_a_member_may_come_back(project):
    for file, cells in (
        ("published_totals", {"value": "15", "source_id": "ssb-klass-131"}),
        ("groups", {"valid_from": "2015", "valid_to": "2016", "note": "left"}),
    ):
        path = files.folder() / f"{file}.csv"
        doubled(**cells)(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    assert files.read().faults == []
