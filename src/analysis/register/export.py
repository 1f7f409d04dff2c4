"""CSV that no spreadsheet runs and every one reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

#: What makes a spreadsheet take a cell for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet would run as a formula.

    Numbers are left alone: only text columns and text column names are looked at.
    """
    out = frame.copy()
    for column in out.columns:
        if pd.api.types.is_numeric_dtype(out[column]) or pd.api.types.is_bool_dtype(out[column]):
            continue
        cells = out[column].astype(object)
        out[column] = [f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in cells]
    return out.rename(columns=lambda name: f"'{name}" if str(name).startswith(FORMULA) else name)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as UTF-8 CSV with commas, LF and no index, safe to open in a spreadsheet."""
    inert(frame).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
