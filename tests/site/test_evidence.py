"""Sentences and figures of the national report, recomputed from the tables by other means."""

from __future__ import annotations

import dataclasses
import re

import pytest

from analysis.i18n import using
from analysis.report import data, labels
from analysis.report.pages import county, national, purchases, robustness


@pytest.fixture(scope="module")
def country():
    return data.load()


def numbers(text: str) -> list[float]:
    return [float(n.replace("−", "-")) for n in re.findall(r"[−-]?\d+(?:\.\d+)?", text)]


def counted(country) -> tuple[int, int, int, int]:
    """Municipalities found and in all, small rural and others, counted row by row."""
    found = {
        row.municipality_code
        for row in country.participation.itertuples()
        if row.participant_type == "municipality" and row.stage in ("taking_part", "winner")
    }
    small = {r.municipality_code: r.is_small_rural for r in country.panel.itertuples()}
    inside = [code for code in small if small[code]]
    others = [code for code in small if not small[code]]
    return len(found & set(inside)), len(inside), len(found & set(others)), len(others)


def test_the_gap_is_the_difference_of_the_counts(country):
    x, n, y, m = counted(country)
    told = numbers(robustness.gap(country)[0])
    assert told[0] == round(100 * (y / m - x / n))
    assert told[2] < told[0] < told[3]  # its interval (told[1] is the 95)


def test_the_tipping_point_is_the_ratio_of_the_counts(country):
    x, n, y, m = counted(country)
    times, low, high = numbers(robustness.tipping(country)[0])
    assert times == pytest.approx((y / m) / (x / n), abs=0.05)
    assert low < times < high


def test_the_parts_of_the_gap_add_up_to_it(country):
    told = robustness.explained(country)
    population, _low, _high, centrality = numbers(told[0])[:4]
    signs = [1 if "widens" in text else -1 for text in told[1:3]]
    purse, need, left = (numbers(text)[0] for text in told[1:4])
    whole = numbers(robustness.gap(country)[0])[0]
    # Five rounded numbers, and two municipalities without a need index.
    total = population + centrality + signs[0] * purse + signs[1] * need + left
    assert total == pytest.approx(whole, abs=3)


def test_the_regional_scheme_reaches_as_far_as_its_published_figures_say(country):
    # Møre og Romsdal: NOK 1.8 million, at most 450 000 for a project, 27 municipalities.
    told = " ".join(county.schemes(data.County.load(country, "15")))
    assert "1.8 million" in told and "450,000" in told
    assert "at least 4 projects" in told and "4 of 27 municipalities (15%)" in told


def test_the_kinds_are_compared_by_the_ratio_that_the_title_names(country):
    figure = robustness.kinds(country)
    high, low = numbers(figure.title)[:2]
    shares = figure.data["estimate"].to_numpy()
    ratios = shares[0::2] / shares[1::2]  # small rural first, then the others
    assert (high, low) == (round(ratios.max(), 2), round(ratios.min(), 2))


def test_all_specifications_are_told_with_their_range(country):
    text = robustness.specifications(country)[0]
    combinations, low, high = numbers(text)[:3]
    assert combinations > 500 and 0 < low < high < 100


def test_found_of_published_counts_as_the_programmes_do(country):
    figure = robustness.found_of_published(country)
    rows = figure.data.set_index(["programme_id", "round", "measure"])
    # All eleven counties of 2023 are LUP partners (LUP's annual report 2023), and all are in the register.
    assert tuple(rows.loc[("lup_partner", "2023", "counties"), ["published", "found"]]) == (11, 11)
    # Innovation partnerships of 2020: eight of 37 (Innovasjon Norge, 24 June 2020).
    assert rows.loc[("innovation_partnership", "2020", "winners"), "published"] == 8


def test_former_counties_are_told_on_the_map_and_never_split_into_counts(country):
    told = national.former_counties(country.participation)
    # Viken, Vestfold og Telemark and Troms og Finnmark were parted in 2024; no other county was.
    assert sorted(told.index) == ["31", "32", "33", "39", "40", "55", "56"]
    assert told["31"] == told["32"] == told["33"] and "Viken" in told["31"]
    shares = national.county_shares(country).set_index("county_code")
    assert "Troms og Finnmark" in shares.loc["56", "text"] and "former" not in shares.loc["11", "text"]
    # Finnmark's own municipalities are counted, and nothing else.
    codes = country.participation.loc[country.participation["county_code"] == "56", "municipality_code"]
    assert shares.loc["56", "found"] == codes.nunique()


def test_partial_coverage_is_said_while_it_is_partial_and_not_after(country):
    panel = country.panel
    assert "196 of 357" in purchases.bought(country) and "196 of 357" in purchases.by_size(country).coverage
    whole = panel.assign(
        purchases_nok_thousand=panel["operating_expenditure_nok_thousand"] // 4,
        purchases_operating_expenditure_nok_thousand=panel["operating_expenditure_nok_thousand"],
        purchases_share=0.25,
        purchases_year=2025,
    )
    complete = dataclasses.replace(country, panel=whole)
    assert " of 357" not in purchases.bought(complete)
    assert purchases.by_size(complete).coverage == ""


def test_preliminary_figures_are_marked_in_both_languages(country):
    panel = country.panel
    assert labels.purchases_year(panel) == "2025"
    early = panel.assign(purchases_is_preliminary=True)
    assert "preliminary" in labels.purchases_year(early)
    with using("nb"):
        assert "foreløpige" in labels.purchases_year(early)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_sentences_are_whole_in_both_languages(country, language):
    with using(language):
        told = [
            *robustness.gap(country),
            *robustness.tipping(country),
            *robustness.specifications(country),
            *robustness.explained(country),
            purchases.bought(country),
        ]
    assert len(told) >= 7
    assert not [s for s in told if re.search(r"[{}]|nan|None|inf\b", s)]
