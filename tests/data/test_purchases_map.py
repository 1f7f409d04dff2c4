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
