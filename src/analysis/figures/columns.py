"""Column names as a reader of a downloaded file knows them, in the language in use; the code's names stay in the code."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from analysis.i18n import _, current
from analysis.register import code_labels


@cache
def declared() -> dict[str, dict[str, Any]]:
    """Content of ``columns.toml``: names of columns, and of the codes in some of them, by language."""
    text = (resources.files("analysis.figures") / "columns.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the names that readers know, for columns and for codes, and yes and no in words.

    Names that are not listed stay as they are; a name that two columns would get keeps the code's in brackets.

    Examples
    --------
    >>> readable(pd.DataFrame({"municipality_code": ["0301"], "is_small_rural": [False]})).to_dict("list")
    {'Municipality number': ['0301'], 'Small rural municipality': ['no']}
    """
    known = code_labels.columns() | declared()["names"]
    names = [known[c][current()] if c in known else str(c) for c in frame.columns]
    shown = [
        f"{name} ({c})" if names.count(name) > 1 else name
        for name, c in zip(names, frame.columns, strict=True)
    ]
    columns = [_said(frame[c], _words(str(c))) for c in frame.columns]
    return pd.concat(columns, axis=1).set_axis(shown, axis=1) if columns else frame


def _words(column: str) -> dict[str, str]:
    """What the codes of a column are called in the language in use: the register's, and those of figures."""
    codes = {**code_labels.by_column().get(column, {}), **declared()["codes"].get(column, {})}
    return {code: called[current()] for code, called in codes.items()}


def _said(column: pd.Series, words: dict[str, str]) -> pd.Series:
    if words:
        known = column.astype(str).map(words)
        return known.where(known.notna(), column)
    is_yes_or_no = pd.api.types.is_bool_dtype(column.dtype)
    return column.map({True: _("yes"), False: _("no")}) if is_yes_or_no else column
