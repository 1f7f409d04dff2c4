"""The map of purchases: its classes, median and links against the table."""

from __future__ import annotations

import re

import pytest

from analysis import tables
from analysis.i18n import using
from analysis.report import data
from analysis.report.pages import purchases as pages


@pytest.fixture(scope="module")
def country():
    return data.load()


def regions(figure) -> list[str]:
    return re.findall(r'class="region" aria-label="([^"]*)"', figure.drawings[0])


def test_the_map_of_purchases_has_every_municipality_in_the_class_of_its_amount(country):
    with using("en"):
        figure = pages.municipal_map(country)
    panel = tables.load("panel")
    amount = panel["purchases_own_production_nok_per_inhabitant"].astype("Float64").astype(float)
    classes = ((0, 1e4), (1e4, 15e3), (15e3, 2e4), (2e4, 25e3), (25e3, 1e9))
    expected = [n for low, high in classes if (n := int(((amount >= low) & (amount < high)).sum()))]
    assert [item.n for item in figure.legend][: len(expected)] == expected and sum(
        expected
    ) == amount.notna().sum()
    assert len(regions(figure)) == 356 and "Oslo" in figure.drawings[0]
    assert f"more than NOK {amount.median().round(-2):,.0f}" in figure.title  # not to the krone
    assert figure.drawings[0].count('<a href="municipality-') > 356, (
        "every region is a link, also in the inset"
    )


def test_amounts_that_are_added_up_in_a_table_have_the_same_number_of_decimals(country):
    """97.5 and 82 and 179 billion kroner: a reader who adds them up must come out right (97 482 843 and 81 965 532 thousand)."""
    with using("en"):
        amounts = pages.published(country)["Amount"].tolist()
    assert amounts[-3:] == ["NOK 97 billion", "NOK 82 billion", "NOK 179 billion"]
    assert not any("." in amount for amount in amounts)
