"""Figures that cannot be true are refused although every hash fits, and pass once a person has said that they are."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from analysis import build, cli, expected, paths, plausibility, raw
from analysis.errors import DataError

RECORD_ONLY = ["sha256", "rows"]


def put(source_id, change, keep_counts=True):
    """Change a file and make its hash anew, as somebody does who edits by hand; its counts stay as recorded."""
    counts = (paths.raw() / expected.COUNTS).read_bytes()
    frame = change(raw.read(source_id))
    raw.replace(source_id, frame, raw.catalogue().loc[source_id].drop(RECORD_ONLY).to_dict())
    if keep_counts:
        (paths.raw() / expected.COUNTS).write_bytes(counts)


def times(factor, column, **where):
    """Multiply the column's values in the rows where each named column has the value."""

    def change(frame):
        chosen = pd.Series(True, index=frame.index)
        for name, value in where.items():
            chosen &= frame[name] == value
        assert chosen.any()
        number = pd.to_numeric(frame.loc[chosen, column])
        return frame.assign(
            **{column: frame[column].mask(chosen, (number * factor).round().astype("Int64").astype("str"))}
        )

    return change


def with_class(code, number):
    return lambda frame: frame.assign(
        centrality_class=frame["centrality_class"].mask(frame["municipality_code"] == code, number)
    )


PEOPLE, AMOUNT = "population", "amount_nok_thousand"
#: What was done to a file, and a word of what must be told.
WRONG = {
    "one municipality's population x 100": ("ssb_population", times(100, PEOPLE, municipality_code="3205", year="2026"), "3205"),
    "one municipality's population x 3": ("ssb_population", times(3, PEOPLE, municipality_code="1151", year="2024"), "1151"),
    "a year's population x 3": ("ssb_population", times(3, PEOPLE, year="2026"), "times the year before"),
    "a year's population a tenth up": ("ssb_population", times(1.1, PEOPLE, year="2026"), "units together"),
    "one municipality's population x 0.1": ("ssb_population", times(0.1, PEOPLE, municipality_code="1151", year="2026"), "1151"),
    "one municipality's population x 2 in all years": ("ssb_population", times(2, PEOPLE, municipality_code="0301"), "0301"),
    "accounts x 1000": ("ssb_accounts", times(1000, AMOUNT), "AGD9 2024"),
    "one line of the accounts x 1000": ("ssb_accounts", times(1000, AMOUNT, ssb_code="AGD13"), "AGD13 2024"),
    "accounts in kroner of one municipality": ("ssb_accounts", times(1000, AMOUNT, municipality_code="1151"), "1151"),
    "accounts 2 per cent too high": ("ssb_accounts", times(1.02, AMOUNT, ssb_code="AGD9"), "is published"),
    "purchases / 1000": ("ssb_purchases", times(0.001, AMOUNT), "AGD50 2025"),
    "one municipality's purchases x 1000": ("ssb_purchases", times(1000, AMOUNT, municipality_code="4601", ssb_code="AGD50"), "4601"),
    "a class that its index contradicts": ("ssb_centrality", with_class("0301", "06"), "0301 (class 6"),
    "a small place made central": ("ssb_centrality", with_class("1151", "01"), "1151 (class 1"),
    "a year gone": ("ssb_population", lambda f: f[f["year"] != "2026"], "2026 has 0 values"),
    "a year in the middle gone": ("ssb_population", lambda f: f[f["year"] != "2019"], "2019 has 0 values"),
    "half of the purchases gone": ("ssb_purchases", lambda f: f[f["municipality_code"] < "3400"], "values"),
    "one line of the purchases gone": ("ssb_purchases", lambda f: f[f["ssb_code"] != "A590"], "2025 A A590 has 0"),
    "values blanked": ("ssb_accounts", lambda f: f.assign(**{AMOUNT: f[AMOUNT].mask(f["ssb_code"] == "AGI1")}), "2024 AGI1 has 0"),
    "areas gone": ("ssb_area", lambda f: f.head(100), "has 100 values"),
    "areas in decares": ("ssb_area", times(1000, "land_area_km2"), "land_area_km2"),
    "half of the organisations gone": ("brreg_organisations", lambda f: f.head(150), "KOMM"),
}  # fmt: skip


def test_the_files_as_they_are_hold_what_is_expected():
    assert raw.verify() == []
    counted = [
        plausibility.counts(source_id, raw.read(source_id))
        for source_id, record in raw.catalogue().iterrows()
        if record["file"].endswith(".csv")
    ]
    recorded = expected.counts()
    both = pd.concat(counted).merge(recorded, on=["source_id", "year", "part"], how="outer")
    assert (both["rows_x"].dropna() == both.loc[both["rows_x"].notna(), "rows_y"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_true_is_refused_and_told_with_what_to_do(project, name):
    source_id, change, word = WRONG[name]
    put(source_id, change)
    faults = [str(fault) for fault in raw.verify()]
    assert any(word in fault for fault in faults), faults
    assert {fault.split(",")[0].split(":")[0] for fault in faults} >= {raw.catalogue().loc[source_id, "file"]}
    assert all("git checkout" in fault or "accepted.csv" in fault for fault in faults)


def test_build_and_check_refuse_it_and_keep_what_was_built(project, capsys):
    put("ssb_population", times(2, PEOPLE, municipality_code="1151", year="2026"))
    assert cli.main(["build", "--quiet"]) == 1
    assert "1151 has 2.02 times the year before" in capsys.readouterr().err
    assert cli.main(["check"]) == 1
    assert not list((project / "data/processed").glob("*.parquet"))


@pytest.mark.parametrize("name", ["one municipality's population x 3", *(pytest.param(n, marks=pytest.mark.slow) for n in ("a class that its index contradicts", "accounts 2 per cent too high"))])  # fmt: skip
def test_what_is_true_after_all_is_accepted_with_a_reason(project, name):
    source_id, change, _ = WRONG[name]
    put(source_id, change)
    frames = {s: raw.read(s) for s, record in raw.catalogue().iterrows() if record["file"].endswith(".csv")}
    found = plausibility.findings(source_id, frames[source_id])
    found += [said for s, said in plausibility.together(frames) if s == source_id]
    expected.accept(source_id, found, "the publisher confirmed it", datetime.date(2026, 11, 26).isoformat())
    assert raw.verify() == []
    # Another error in the same file is told all the same.
    put(source_id, lambda frame: frame.head(len(frame) // 2))
    assert raw.verify() != []


@pytest.mark.parametrize("name", [expected.COUNTS, expected.ACCEPTED])
@pytest.mark.parametrize("content", [b"a,b\n1,2\n", *(pytest.param(c, marks=pytest.mark.slow) for c in (b"", b"\xff", None))])  # fmt: skip
def test_a_damaged_file_of_expectations_is_told(project, name, content):
    path = paths.raw() / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}.*git checkout"):
        raw.verify()


def test_counts_follow_the_file_that_is_replaced(project):
    put("ssb_population", lambda frame: frame[frame["year"] != "2015"], keep_counts=False)
    assert raw.verify() == []
    assert "2015" not in set(expected.counts().query("source_id == 'ssb_population'")["year"])


def test_small_changes_of_a_year_pass():
    frame = raw.read("ssb_population")
    assert plausibility.findings("ssb_population", times(1.01, PEOPLE, year="2026")(frame)) == []
    recorded = plausibility.counts("ssb_population", frame)
    fewer = frame.drop(frame.index[frame["year"] == "2026"][:20])
    assert plausibility.lost(recorded, plausibility.counts("ssb_population", fewer)) == []


def test_build_is_stale_when_an_expectation_changes(built_project):
    assert build.is_current()
    expected.accept("ssb_area", ["x"], "y", "2026-11-26")
    assert not build.is_current()
