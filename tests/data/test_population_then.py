"""The municipalities of 1 January 2016 as built from data/raw."""

from __future__ import annotations

import re

import nbformat
import pytest

import analysis
from analysis import paths, raw, tables


@pytest.fixture(scope="module")
def then(made):
    return made["population_then"].query("year == 2016").set_index("code")


def test_all_428_and_norways_population(made, then):
    assert len(then) == 428
    totals = made["population_then"].groupby("year")["population"].sum()
    assert totals.to_dict() == {2006: 4_640_219, 2016: 5_213_985}
    # Every municipality of 2024 but those made of divided ones alone has a unit of 2016 in it.
    assert then["successors"].str.split(";").explode().nunique() == 357


def test_units_that_changed_in_2017_and_2018_have_their_place(then):
    places = {"0706": "3907", "0719": "3907", "0720": "3907", "1624": "5054", "1718": "5054", "1601": "5001"}
    assert then.loc[list(places), "municipality_code"].to_dict() == places


def test_divided_units(then):
    assert then.index[then["is_split"]].tolist() == [
        "0720", "1504", "1523", "1529", "1534", "1546", "1613", "1850"
    ]  # fmt: skip
    assert then.loc[["1613", "1850"], "municipality_code"].isna().all()
    assert then.loc[["1613", "1850"], "is_small_rural"].all()


def test_the_register_uses_the_same_population(then):
    from analysis.register import files

    units = files.read()["former_units"].query("year == '2016'").set_index("code")
    assert then.loc[units.index, "population"].astype(str).tolist() == units["population"].tolist()


def test_the_notebook_says_why_a_population_is_not_known(monkeypatch):
    """Each reason is counted; those that have been merged or divided stand in SSB's list of changes (KLASS 131)."""
    cells = nbformat.read(paths.root() / "notebooks" / "01_data.ipynb", as_version=4).cells
    code = next(cell.source for cell in cells if "population in the year of participation" in cell.source)
    rows = tables.load("participation").query("participant_type == 'municipality'")
    said: list[str] = []
    exec(code, {"municipal": rows, "an": analysis, "number": str, "Markdown": str, "display": said.append})
    known, total, undated, early, first, changed = map(int, re.findall(r"\d+", said[0]))
    assert (total, first) == (len(rows), 2015)  # SSB table 07459 as it comes along begins in 2015
    assert known + undated + early + changed == total and undated == rows["year"].isna().sum()
    lacking = rows[rows["population_then"].isna() & rows["year"].ge(first).fillna(False)]
    codes = raw.read("ssb_code_changes")
    assert len(lacking) == changed > 0
    unit = lacking["code_then"].fillna(lacking["municipality_code"])  # named as what it became later
    assert set(unit) <= set(codes["old_code"]) | set(codes["new_code"])
