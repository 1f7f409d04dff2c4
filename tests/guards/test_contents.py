"""data/raw: what is wrong inside a file whose hash fits is told with file, row, column and value, once and in words."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
import pytest

from analysis import build, contents, expected, paths, raw
from analysis.errors import DataError
from analysis.io import sha256
from analysis.register import quality
from analysis.tables import accounts, procurement
from analysis.tables.schema import fitted

CODE = pa.Column(str, pa.Check.str_matches(r"^\d{4}$", error="a four-digit code"))
SOURCES = [name for name in contents.declared() if name in raw.catalogue().index]
CELLS = [
    (source_id, column, kind)
    for source_id in SOURCES
    for column, kind in contents.declared()[source_id]["columns"].items()
]


def told(source_id, change):
    """The faults of a file after a change, one line each."""
    record = raw.catalogue().loc[source_id]
    content = raw.encode(change(raw.read(source_id)))
    with pytest.raises(DataError) as caught:
        contents.parse(source_id, record["file"], content, record["retrieved"])
    return [str(fault) for fault in caught.value.faults], record["file"]


def with_cell(column, value):
    return lambda frame: frame.assign(**{column: [value, *frame[column][1:]]})


def put(source_id, content):
    """Put bytes in force with their hash, as somebody does who edits by hand."""
    records = raw.catalogue()
    records.loc[source_id, "sha256"] = sha256(content)
    (paths.raw() / records.loc[source_id, "file"]).write_bytes(content)
    records.reset_index()[raw.COLUMNS].to_csv(paths.raw() / raw.CATALOGUE, index=False, lineterminator="\n")


def test_every_file_of_tables_is_declared():
    files = {name for name in raw.catalogue().index if raw.catalogue().loc[name, "file"].endswith(".csv")}
    assert files <= set(contents.declared())


def test_codes_of_amounts_are_those_that_the_tables_know():
    for kind, measures in (("accounts_code", accounts.MEASURES), ("purchases_code", procurement.MEASURES)):
        assert set(contents.kinds()[kind]["pattern"].split("|")) == set(measures)


def test_what_only_a_table_shows_is_told_once_and_in_words():
    frame = pd.DataFrame(
        {"code": ["0301", "", "0301"], "year": ["2024", "abc", "1800"], "n": ["1", None, "0"]}
    )
    columns = {
        "code": CODE,
        "year": pa.Column("int64", pa.Check.in_range(2015, 2100)),
        "n": pa.Column("Int64", pa.Check.gt(0)),
    }
    with pytest.raises(DataError) as caught:
        fitted(frame, pa.DataFrameSchema(columns, coerce=True), "example")
    assert [str(fault) for fault in caught.value.faults] == [
        "example, row 3, column code: '': must be a four-digit code",
        "example, row 3, column n: must be filled in",
        "example, row 3, column year: 'abc': must be a whole number",
        "example, row 4, column n: '0': must be above 0",
    ]
    for check, said in (
        (pa.Check.isin(["a", "b"]), "must be one of 'a', 'b'"),
        (pa.Check.str_matches("^E"), "must look like '^E'"),
    ):
        with pytest.raises(DataError) as caught:
            fitted(pd.DataFrame({"x": ["z"]}), pa.DataFrameSchema({"x": pa.Column(str, check)}), "example")
        assert [str(fault) for fault in caught.value.faults] == [f"example, row 2, column x: 'z': {said}"]
    whole = frame.assign(code="0301", year=["2024", "1800", "2024"], n=1)
    schema = pa.DataFrameSchema(columns, coerce=True, unique=["code", "year"])
    with pytest.raises(DataError) as caught:
        fitted(whole, schema, "example")
    assert [str(fault) for fault in caught.value.faults] == [
        "example, row 2, column code, year: '0301 2024': stands in several rows; each code, year has one",
        "example, row 3, column year: '1800': must be from 2015 to 2100",
        "example, row 4, column code, year: '0301 2024': stands in several rows; each code, year has one",
    ]


@pytest.mark.parametrize(("source_id", "column"), [cell[:2] for cell in CELLS])
def test_a_renamed_column_is_told_with_what_the_file_has(source_id, column):
    faults, file = told(source_id, lambda frame: frame.rename(columns={column: "other"}))
    has = ", ".join("other" if name == column else name for name in raw.read(source_id))
    assert faults == [f"{file}, row 1, column {column}: this column is missing; the file has {has}"]


@pytest.mark.parametrize("source_id", SOURCES)
@pytest.mark.parametrize("value", ["a b", None])
def test_a_cell_that_cannot_be_is_told_once_with_row_column_and_value(source_id, value):
    """In every column at once, each in a row of its own."""
    kinds = {column: kind for source, column, kind in CELLS if source == source_id}
    may_be = {
        c for c, kind in kinds.items() if (kind.endswith("?") if value is None else kind.startswith("text"))
    }
    wrong = [column for column in kinds if column not in may_be]

    def change(frame):
        for place, column in enumerate(wrong):
            frame.loc[frame.index[place], column] = value
        return frame

    faults, file = told(source_id, change)
    shown = "" if value is None else f" {value!r}:"
    assert len(faults) == len(wrong)
    for place, column in enumerate(wrong):
        start = f"{file}, row {place + 2}, column {column}:{shown} must be "
        assert sum(fault.startswith(start) for fault in faults) == 1, start


@pytest.mark.parametrize("source_id", SOURCES)
def test_a_row_twice_is_told_with_the_row_that_it_repeats(source_id):
    faults, file = told(source_id, lambda frame: pd.concat([frame, frame.iloc[[0]]]))
    assert len(faults) == 1
    assert faults[0].startswith(f"{file}, row {len(raw.read(source_id)) + 2}, column ")
    assert "stands in row 2 already" in faults[0]


@pytest.mark.parametrize(("source_id", "column"), [c[:2] for c in CELLS if c[2] == "year"])
@pytest.mark.parametrize("year", ["0", "0000", "1899", "2050"])
def test_a_year_that_no_figure_can_be_of_is_told(source_id, column, year):
    faults, file = told(source_id, with_cell(column, year))
    assert faults == [f"{file}, row 2, column {column}: {year!r}: must be a year from 1980 to 2027"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"a;b\n1;2\n", "separated by semicolons; columns are separated by commas"),
        ("a,b\nBærum,1\n".encode("cp1252"), "not UTF-8 (byte 6); save it as CSV UTF-8"),
        (b"a,b\n1,2\n1,2,3\n", "cannot be read as CSV"),
    ],
)
def test_what_is_no_csv_is_told_in_words_also_of_a_file_that_nobody_declared(content, problem):
    for source_id in ("ssb_area", "example_values"):
        with pytest.raises(DataError) as caught:
            contents.parse(source_id, "ssb/area.csv", content)
        assert f"ssb/area.csv: {problem}" in str(caught.value)


@pytest.mark.parametrize(
    ("source_id", "change", "fault"),
    [
        (
            "ssb_split_series",
            with_cell("old_code", "9999"),
            "ssb/split_series.csv, row 2, column old_code: '9999': no municipality has had this code",
        ),
        (
            "kdd_expenditure_need_index",
            with_cell("municipality_code", "9999"),
            "kdd/expenditure_need_index.csv, row 2, column municipality_code: '9999': no municipality has had this code",
        ),
        (
            "ssb_centrality_index",
            lambda frame: frame.iloc[1:],
            "ssb/centrality_index.csv, column municipality_code: '0301': this municipality has no row; each has one",
        ),
        (
            "ssb_kostra_groups",
            with_cell("kostra_group", "EKG99"),
            "ssb/kostra_groups.csv, row 2, column kostra_group: 'EKG99': no row of ssb/kostra_group_definitions.csv has",
        ),
    ],
)
def test_codes_that_other_files_do_not_know_are_told(project, source_id, change, fault):
    put(source_id, raw.encode(change(raw.read(source_id))))
    faults = list(map(str, raw.verify()))
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_a_wrong_frame_is_not_put_in_force_and_a_wrong_file_stops_check_build_and_register(project):
    before, record = (
        raw.read("ssb_population"),
        raw.catalogue().loc["ssb_population"].drop(["sha256", "rows"]),
    )
    counts = (paths.raw() / expected.COUNTS).read_bytes()
    wrong = with_cell("year", None)(before)
    with pytest.raises(DataError, match="row 2, column year: must be a year from 1980 to 2027"):
        raw.replace("ssb_population", wrong, record.to_dict())
    pd.testing.assert_frame_equal(raw.read("ssb_population"), before)
    assert (paths.raw() / expected.COUNTS).read_bytes() == counts
    put("ssb_population", raw.encode(wrong))
    for start in (build.tables, quality.check):
        with pytest.raises(DataError, match=r"ssb/population\.csv, row 2, column year: must be a year"):
            start()


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
def test_a_table_fits_its_schema_however_pandas_keeps_texts(storage):
    """pandera knows one storage, that of the day it was imported; a report keeps texts in another."""
    schema = pa.DataFrameSchema({"code": CODE, "note": pa.Column(str, nullable=True)})
    with pd.option_context("mode.string_storage", storage):
        frame = pd.DataFrame({"code": ["0301"], "note": [None]}).astype("str")
        found = fitted(frame, schema, "t")
    assert found["code"].tolist() == ["0301"] and found["note"].isna().all()
    with pytest.raises(DataError, match=r"column note: .*is of another type"):
        fitted(frame.assign(note=1), schema, "t")
