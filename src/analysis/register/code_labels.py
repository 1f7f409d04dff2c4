"""What the register's columns and codes are called in both languages: on pages, in downloaded files, in the workbook."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from analysis.i18n import current


@cache
def by_column() -> dict[str, dict[str, dict[str, str]]]:
    """For each column its codes, and for each code what it is called by language.

    Examples
    --------
    >>> by_column()["stage"]["winner"]
    {'nb': 'vinner', 'en': 'winner'}
    """
    return _declared("code_labels.toml")


@cache
def columns() -> dict[str, dict[str, str]]:
    """What each column is called, by language.

    Examples
    --------
    >>> columns()["name_then"]
    {'nb': 'Navn den gangen', 'en': 'Name at the time'}
    """
    return _declared("column_labels.toml")


def column_name(column: str, language: str) -> str:
    """What a column is called in a language; its own name where none is declared.

    Examples
    --------
    >>> column_name("name_then", "nb"), column_name("mine", "nb")
    ('Navn den gangen', 'mine')
    """
    return columns().get(column, {}).get(language, column)


def _declared(file: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("analysis.register") / file).read_text(encoding="utf-8"))


def called(column: str, code: object) -> str:
    """What a code is called in the language in use; empty for one that has no name.

    Examples
    --------
    >>> called("stage", "winner"), called("stage", None)
    ('winner', '')
    """
    return by_column()[column].get(str(code), {}).get(current(), "")


def table() -> pd.DataFrame:
    """What each code is called: column, code, nb, en."""
    rows = [
        (column, code, called["nb"], called["en"])
        for column, codes in by_column().items()
        for code, called in codes.items()
    ]
    return pd.DataFrame(rows, columns=["column", "code", "nb", "en"])
