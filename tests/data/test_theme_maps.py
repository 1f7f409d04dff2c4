"""Maps of purchases and of complete lists: their classes against the tables, and a refusal where a list is not complete."""

from __future__ import annotations

import re

import pytest

from analysis import tables
from analysis.errors import AnalysisError
from analysis.i18n import using
from analysis.report import data
from analysis.report.pages import theme_maps


@pytest.fixture(scope="module")
def country():
    return data.load()


def regions(figure) -> list[str]:
    return re.findall(r'class="region" aria-label="([^"]*)"', figure.drawings[0])


def test_the_map_of_purchases_has_every_municipality_in_the_class_of_its_amount(country):
    with using("en"):
        figure = theme_maps.purchases(country)
    panel = tables.load("panel")
    amount = panel["purchases_own_production_nok_per_inhabitant"].astype("Float64").astype(float)
    expected = [
        int(((amount >= low) & (amount < high)).sum())
        for low, high in ((0, 1e4), (1e4, 15e3), (15e3, 2e4), (2e4, 25e3), (25e3, 1e9))
    ]
    assert [item.n for item in figure.legend][:5] == expected and sum(expected) == amount.notna().sum()
    assert len(regions(figure)) == 356 and "Oslo" in figure.drawings[0]
    assert f"NOK {amount.median():,.0f}" in figure.title


def test_the_map_of_horizon_2020_counts_as_the_published_list_does(country):
    """13 municipalities of today are on the complete list, Oslo most often."""
    with using("en"):
        figure = theme_maps.complete_list(country, "horizon_2020")
    assert figure.title.startswith("13 of 357 municipalities took part in Horizon 2020")
    assert "Most: Oslo" in figure.alt
    # Ålesund and Haram are one region that names both.
    assert sum(s.count("did not take part") for s in regions(figure)) == 357 - 13
    assert figure.drawings[0].count('<a href="municipality-') > 356, (
        "every region is a link, also in the inset"
    )


@pytest.mark.parametrize("programme", ["klimasats"])
def test_a_list_that_is_not_complete_is_no_map_of_who_took_part(country, programme):
    with pytest.raises(AnalysisError):
        theme_maps.complete_list(country, programme)
