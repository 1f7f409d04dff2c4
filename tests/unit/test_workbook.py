"""The release as a workbook: read back by another library."""

from __future__ import annotations

import datetime
import io

import openpyxl
import pandas as pd

from analysis.register import workbook

DATE = datetime.date(2026, 11, 26)
PACKAGE = {
    "title": "Example",
    "version": "1.2.0",
    "description": "Who takes part",
    "licenses": [{"title": "CC BY 4.0", "path": "https://example.org/by"}],
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
                    {"name": "mine", "type": "string", "description": "A column that somebody added"},
                ]
            },
        }
    ],
}
FRAMES = {
    "projects": pd.DataFrame(
        {
            "municipality_code": ["0301", "3454"],
            "title": ["=1+1", "Å på Værøy"],
            "amount_nok": ["1200", None],
            "mine": ["x", "y"],
        }
    ),
    "programmes": pd.DataFrame(
        {"coverage": ["census", "sample"], "name_nb": ["Horisont", "LUP"], "name_en": ["Horizon", "LUP"]}
    ),
}


def read_back() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook.workbook(PACKAGE, FRAMES, DATE)))


def test_codes_stay_text_numbers_are_numbers_and_nothing_is_a_formula():
    rows = list(read_back()["projects"].iter_rows(values_only=True))
    assert rows == [
        ("municipality_code", "title", "amount_nok", "mine"),
        ("0301", "=1+1", 1200, "x"),
        ("3454", "Å på Værøy", None, "y"),
    ]
    cell = read_back()["projects"]["B2"]
    assert cell.data_type == "s"


def test_columns_and_codes_are_explained():
    book = read_back()
    columns = list(book["Columns"].iter_rows(values_only=True))
    amount = ("Beløp for hele prosjektet, kroner", "Amount of the whole project, NOK", "NOK", "Amount")
    assert ("projects", "amount_nok", *amount) in columns
    assert columns[-1][:4] == ("projects", "mine", "mine", "mine")  # called by its own name
    assert ("role", "lead", "leder", "lead") in list(book["Codes"].iter_rows(values_only=True))


def test_the_first_sheet_says_in_both_languages_what_the_file_is():
    about = {row[0]: row[1:] for row in read_back()["About"].iter_rows(values_only=True)}
    assert about["Version"] == ("1.2.0 (2026-11-26)",) * 2
    assert "https://example.org/by" in about["Licence"][0]
    assert "complete_for_nb sier: Horisont. I de andre" in about["Complete lists"][0]
    assert "complete_for_en says: Horizon. In the other" in about["Complete lists"][1]
    assert about["projects"] == ("Prosjekter, nettverk, runder og priser", "What was done")
    assert "participation_resolved" not in about  # a table that this release does not hold


def test_same_content_same_bytes():
    assert workbook.workbook(PACKAGE, FRAMES, DATE) == workbook.workbook(PACKAGE, FRAMES, DATE)
