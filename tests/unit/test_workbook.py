"""The release as a workbook: read back by another library."""

from __future__ import annotations

import datetime
import io

import openpyxl
import pandas as pd

from analysis.register import release

DATE = datetime.date(2026, 11, 26)
PACKAGE = {
    "title": "Example",
    "resources": [
        {
            "name": "projects",
            "title": "Projects",
            "description": "What was done",
            "schema": {
                "fields": [
                    {"name": "municipality_code", "type": "string", "description": "Code"},
                    {"name": "title", "type": "string", "description": "Title"},
                    {"name": "amount_nok", "type": "integer", "unit": "NOK", "description": "Amount"},
                ]
            },
        }
    ],
}
FRAMES = {
    "projects": pd.DataFrame(
        {"municipality_code": ["0301", "3454"], "title": ["=1+1", "Å på Værøy"], "amount_nok": ["1200", None]}
    )
}


def read_back() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(release.workbook(PACKAGE, FRAMES, DATE)))


def test_codes_stay_text_numbers_are_numbers_and_nothing_is_a_formula():
    rows = list(read_back()["projects"].iter_rows(values_only=True))
    assert rows == [
        ("municipality_code", "title", "amount_nok"),
        ("0301", "=1+1", 1200),
        ("3454", "Å på Værøy", None),
    ]
    cell = read_back()["projects"]["B2"]
    assert cell.data_type == "s"


def test_columns_and_codes_are_explained():
    book = read_back()
    assert ("projects", "amount_nok", "NOK", "Amount") in list(book["Columns"].iter_rows(values_only=True))
    assert ("role", "lead", "leder", "lead") in list(book["Codes"].iter_rows(values_only=True))


def test_same_content_same_bytes():
    assert release.workbook(PACKAGE, FRAMES, DATE) == release.workbook(PACKAGE, FRAMES, DATE)
