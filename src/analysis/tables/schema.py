"""The schemas of the official tables, as ``dictionary.toml`` declares them, and faults that read as sentences.

pandera is imported where it is used: it is slow to import, and ``register check`` needs none of it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.definitions import SIZE_BANDS
from analysis.errors import DataError, Fault

if TYPE_CHECKING:
    import pandera.pandas as pa

#: Types of ``dictionary.toml``: what a column of it is where every value is known, and where some may be blank.
_TYPES: dict[str, tuple[Any, Any]] = {
    "text": (str, str),
    "municipality": (str, str),
    "county": (str, str),
    "integer": ("int64", "Int64"),
    "number": (float, float),
    "boolean": (bool, "boolean"),
    "day": ("datetime64[ns]", "datetime64[ns]"),
    "size_band": (pd.CategoricalDtype(list(SIZE_BANDS), ordered=True),) * 2,
}
_CODES = {"municipality": (r"^\d{4}$", "a four-digit code"), "county": (r"^\d{2}$", "a two-digit code")}


@cache
def dictionary() -> dict[str, Any]:
    """Content of ``dictionary.toml``: the official tables, and their columns."""
    text = (resources.files("analysis.tables") / "dictionary.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def columns(table: str) -> dict[str, dict[str, Any]]:
    """What is declared of each column of an official table, in order."""
    declared, entry = dictionary()["column"], dictionary()["table"][table]
    own = entry.get("columns", {})
    return {name: {**declared[name], **own.get(name, {})} for name in entry["fields"]}


@cache
def _schema(table: str) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    made = {}
    for name, said in columns(table).items():
        checks = []
        if said["type"] in _CODES:
            pattern, error = _CODES[said["type"]]
            checks.append(pa.Check.str_matches(pattern, error=error))
        if "pattern" in said:
            checks.append(pa.Check.str_matches(said["pattern"]))
        if "to" in said:
            checks.append(pa.Check.in_range(said["from"], said["to"]))
        elif "from" in said:
            checks.append(pa.Check.ge(said["from"]))
        if "above" in said:
            checks.append(pa.Check.gt(said["above"]))
        if said.get("among"):
            checks.append(pa.Check.isin(said["among"]))
        may_be_blank = said.get("blank", False)
        made[name] = pa.Column(_TYPES[said["type"]][may_be_blank], checks, nullable=may_be_blank)
    return pa.DataFrameSchema(made, unique=dictionary()["table"][table].get("key"), strict=True, coerce=True)


def typed_amounts(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of data/raw with year and amount_nok_thousand as numbers.

    Raises
    ------
    DataError
        An amount or a year that is not a whole number, with its row.
    """
    out = frame.copy()
    for column in ("year", "amount_nok_thousand"):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        wrong = frame[column].notna() & (numbers.isna() | (numbers % 1 != 0))
        if wrong.any():
            name = frame.attrs.get("source", {}).get("file", "amounts")
            place = frame.index[wrong][0]
            fault = Fault(name, int(place) + 2, column, frame.loc[place, column], "must be a whole number")
            raise DataError([fault])
        out[column] = numbers.astype("Int64")
    return out


def validate(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """The declared columns of a table, typed and checked.

    Raises
    ------
    DataError
        Every fault at once, with the table, row (as in a spreadsheet) and column.
    """
    schema = _schema(table)
    return fitted(frame[[name for name in schema.columns if name in frame]], schema, table)


def fitted(frame: pd.DataFrame, schema: pa.DataFrameSchema, table: str) -> pd.DataFrame:
    """The frame, typed and checked by a schema; errors as :func:`validate`."""
    from pandera.errors import SchemaErrors

    frame = _stored_alike(frame.reset_index(drop=True), schema)
    try:
        return schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        faults = _in_words(errors.failure_cases, frame, schema, table)
        raise DataError(faults, f"The table {table} does not fit its schema") from None


def _stored_alike(frame: pd.DataFrame, schema: pa.DataFrameSchema) -> pd.DataFrame:
    """Texts in the storage that pandas had when pandera was imported, the only one that it takes for ``str``."""
    kinds = {name: getattr(column.dtype, "type", None) for name, column in schema.columns.items()}
    texts = frame.columns[[isinstance(kind, pd.StringDtype) for kind in frame.dtypes]]
    return frame.astype({name: kinds[name] for name in texts if isinstance(kinds.get(name), pd.StringDtype)})


#: What pandera calls its checks, and how that is said; what stands in brackets follows where there is a place for it.
_SAID = {
    "not_nullable": "must be filled in",
    "coerce_dtype('int64')": "must be a whole number",
    "coerce_dtype('Int64')": "must be a whole number",
    "coerce_dtype('float64')": "must be a number",
    "isin": "must be one of {}",
    "str_matches": "must look like {}",
    "dtype": "is of another type than the table",
    "in_range": "must be from {} to {}",
    "greater_than": "must be above {}",
    "greater_than_or_equal_to": "must be {} or more",
    "column_in_dataframe": "this column is missing",
}


def _in_words(
    cases: pd.DataFrame, frame: pd.DataFrame, schema: pa.DataFrameSchema, table: str
) -> list[Fault]:
    """One fault for each cell: a wrong one fails several checks of pandera, the first of which says why."""
    faults: dict[tuple[int | None, str], Fault] = {}
    told = set(cases.loc[cases["index"].notna(), "column"])
    for case in cases.to_dict("records"):
        row = None if pd.isna(case["index"]) else int(case["index"])
        if case["check"] == "multiple_fields_uniqueness" and row is not None:
            column = ", ".join(schema.unique)
            value = " ".join(frame.loc[row, list(schema.unique)].astype(str))
            problem = f"stands in several rows; each {column} has one"
        else:
            said = str(case["check"])
            name, _, rest = said.partition("(")
            options = rest.rstrip(")").split(", ") if name == "in_range" else [rest.rstrip(")").strip("[]")]
            problem = _SAID.get(said, _SAID.get(name, f"must be {said}")).format(*options)
            column, value = str(case["column"]), case["failure_case"]
            if name == "column_in_dataframe":
                column, value = str(value), None
        if row is None and column in told:
            continue  # that the column could not be compared follows from its cells
        place = None if row is None else row + 2
        shown = None if pd.api.types.is_scalar(value) and pd.isna(value) else value
        faults.setdefault((place, column), Fault(table, place, column, shown, problem))
    return list(faults.values())
