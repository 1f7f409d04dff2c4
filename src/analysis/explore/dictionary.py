"""The data dictionary: what each table of data/processed holds and what each of its columns means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analysis import tables
from analysis.command_line import paragraphs
from analysis.errors import one_of
from analysis.figures.markup import notebook_style
from analysis.register import declarations, files
from analysis.tables.schema import dictionary

#: Tables of the register whose declaration has another name than the table.
_DECLARED_AS = {"cooperations": "cooperations_resolved"}


class Described(pd.DataFrame):
    """What tables or columns mean; a DataFrame that prints every word of it, and whose slices are plain ones."""

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def __repr__(self) -> str:
        """A paragraph for each: name, facts in brackets, description."""
        facts = [name for name in self.columns[1:] if name != "description"]
        lines = []
        for row in self.to_dict("records"):
            share = {"filled": f"{filled(row['filled'])} filled"} if "filled" in row else {}
            said = [f"{({**row, **share})[name]}{' rows' * (name == 'rows')}" for name in facts]
            lines.append(f"{row[self.columns[0]]} ({', '.join(filter(None, said))}): {row['description']}")
        return paragraphs(lines)

    def _repr_html_(self) -> str:
        """The whole table, no text cut; for notebooks."""
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            table = pd.DataFrame(self).to_html(index=False, classes="words", formatters={"filled": filled})
        return f"{notebook_style()}{table}"


def about(name: str) -> dict[str, Any]:
    """What a table holds.

    Parameters
    ----------
    name : str
        Name of a table of data/processed.

    Returns
    -------
    dict
        description, source and columns (by name: description and, where it has one, unit).

    Raises
    ------
    AnalysisError
        There is no table of that name.
    """
    declared = dictionary()
    if isinstance(name, str) and name in declared["table"]:
        entry, every = declared["table"][name], declared["column"]
        apart = {column: {**every[column], **said} for column, said in entry.get("columns", {}).items()}
        return {**entry, "columns": {**every, **apart}}
    package = files.package()
    own = {item["name"] for item in package["resources"]} | set(declarations.computed())
    one_of("table", name, [*declared["table"], *own])
    item = files.resource(package, _DECLARED_AS.get(name, name))
    columns = {field["name"]: field for field in item["schema"]["fields"]}
    if "source_id" in columns:
        address = {"description": "Address of the source", "type": "string"}
        columns.setdefault("source_url", address)
    return {"description": item["description"], "source": "participation register", "columns": columns}


def describe(name: str | None = None) -> pd.DataFrame:
    """Say what the tables hold, or what the columns of one table mean.

    Parameters
    ----------
    name : str, optional
        Name of a table; all tables by default.

    Returns
    -------
    DataFrame
        Without a name: table, rows, description, source. With one: column, type, unit, description, filled
        (share of rows with a value); what the table is stands in ``.attrs["description"]``.

    Raises
    ------
    AnalysisError
        There is no such table, or the tables have not been built.

    Notes
    -----
    Unit: of each column, in the column ``unit``. Source: of each table, in ``source`` or
    ``.attrs["source"]``.

    Examples
    --------
    >>> an.describe("panel").query("column == 'population'")  # doctest: +SKIP
    """
    if name is None:
        every = pd.DataFrame({"table": tables.names()})
        every["rows"] = [len(tables.load(table)) for table in every["table"]]
        for what in ("description", "source"):
            every[what] = [about(table)[what] for table in every["table"]]
        return Described(every)
    said, frame = about(name), tables.load(name)
    rows = [
        (
            column,
            _type(frame[column]),
            said["columns"].get(column, {}).get("unit", ""),
            _meaning(said["columns"].get(column, {})),
            float(frame[column].notna().mean()) if len(frame) else float("nan"),
        )
        for column in frame
    ]
    described = Described(rows, columns=["column", "type", "unit", "description", "filled"])
    described.attrs = {"description": said["description"], "source": said["source"]}
    return described


def filled(share: float) -> str:
    """A share of rows in whole per cent; over 99 and under 1 where it is not quite all and not quite none.

    Examples
    --------
    >>> [filled(share) for share in (1, 0.999, 0.5, 0.001, 0)]
    ['100%', '>99%', '50%', '<1%', '0%']
    """
    return ">99%" if 0.99 < share < 1 else "<1%" if 0 < share < 0.01 else f"{share:.0%}"


def _meaning(field: dict[str, Any]) -> str:
    """What a column means, with the values that are allowed where the description does not name them all."""
    said, allowed = field.get("description", ""), field.get("constraints", {}).get("enum", [])
    if all(str(value) in said for value in allowed):
        return said
    return f"{said}. One of: {', '.join(map(str, allowed))}"


def _type(values: pd.Series) -> str:
    """A column's type in a plain word."""
    kinds = pd.api.types
    if str(values.dtype) == "geometry":
        return "geometry"
    if kinds.is_bool_dtype(values):
        return "yes/no"
    if kinds.is_datetime64_any_dtype(values):
        return "date"
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category"
    if kinds.is_integer_dtype(values):
        return "integer"
    return "number" if kinds.is_numeric_dtype(values) else "text"
