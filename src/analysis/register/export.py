"""CSV that no spreadsheet runs and every one reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

#: What makes a spreadsheet take a cell for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _still(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    safe = f"'{cell}" if cell.startswith(FORMULA) else cell
    return safe.replace("\r\n", "\n").replace("\r", " ")  # a lone CR ends a row for some readers


def inert(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet would run as a formula.

    Numbers are left alone: only text cells and column names are looked at.
    """
    out = frame.copy()
    for column in out.columns:
        if not (pd.api.types.is_numeric_dtype(out[column]) or pd.api.types.is_bool_dtype(out[column])):
            out[column] = out[column].astype(object).map(_still)
    return out.rename(columns=_still)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as UTF-8 CSV with commas, LF and no index, safe to open in a spreadsheet."""
    inert(frame).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
