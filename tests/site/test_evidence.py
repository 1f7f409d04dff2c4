"""Sentences and figures of the national report, recomputed from the tables by other means."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from tests.site.participations import counted_rows

from analysis import definitions
from analysis.i18n import using
from analysis.measures.robustness import specification_curve
from analysis.report import data, labels
from analysis.report.pages import (
    county,
    county_figures,
    frequency,
    index,
    national,
    national_counties,
    national_lists,
    national_time,
    purchases,
    robustness,
    sensitivity,
)


@pytest.fixture(scope="module")
def country():
    return data.load()


def numbers(text: str) -> list[float]:
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text).replace("−", "-")
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", plain)]


def counted(country) -> tuple[int, int, int, int]:
    """Municipalities found and in all, small rural and others, counted row by row."""
    rows = counted_rows(country.participation, country.programmes, country.projects)
    found = set(rows["municipality_code"])
    small = {r.municipality_code: r.is_small_rural for r in country.panel.itertuples()}
    inside = [code for code in small if small[code]]
    others = [code for code in small if not small[code]]
    return len(found & set(inside)), len(inside), len(found & set(others)), len(others)


def named_per_municipality(country, scope: str) -> tuple[float, float]:
    """Participations per small rural and per other municipality, named one by one, counted by hand."""
    scopes = country.programmes.set_index("programme_id")["scope"]
    small = country.panel.set_index("municipality_code")["is_small_rural"]
    seen = {
        (row.municipality_code, row.project_id)
        for row in country.participation.itertuples()
        if row.participant_type == "municipality"
        and row.stage in ("taking_part", "winner")
        and row.basis == "named"
        and scopes[row.programme_id] == scope
    }
    inside = sum(small[code] for code, _ in seen)
    return inside / small.sum(), (len(seen) - inside) / (~small).sum()


def test_per_inhabitant_the_comparison_is_another_and_the_page_says_so(country):
    # Innovative procurement, named one by one: 26 and 178 participations over 400,281 and 5,149,922 inhabitants.
    people = country.panel.groupby("is_small_rural")["population"].sum()
    assert people.to_dict() == {True: 400_281, False: 5_149_922}
    small, others = 26 / people[True] * 1e5, 178 / people[False] * 1e5
    assert numbers(sensitivity.uncertainty(country)[2])[:4] == [
        100_000,
        round(small, 1),
        round(others, 1),
        round(small / others, 2),
    ]


@pytest.mark.slow
def test_how_often_is_counted_in_the_rows_that_name_a_municipality(country):
    mine = named_per_municipality(country, "procurement")
    assert numbers(frequency.findings(country)[1]) == [round(mine[0], 2), round(mine[1], 2)]
    assert numbers(sensitivity.uncertainty(country)[0])[0] == round(mine[0] / mine[1], 2)
    figure = frequency.how_often(country)
    assert figure.data["estimate"].tolist()[:2] == pytest.approx(mine)
    assert figure.data["estimate"].tolist()[2:4] == pytest.approx(
        named_per_municipality(country, "development"), rel=0.05
    )  # one grant under two programmes is counted once


def test_complete_lists_say_what_was_counted_from_the_sources(country):
    # Counted from the publishers' own lists: Research Council 13 of 173 and 84 of 184, Horizon 2020 0 and 13,
    # Digisos until 3 November 2019 28 and 76.
    shares = national_lists.shares(country).data["estimate"].tolist()
    expected = [13 / 173, 84 / 184, 0, 13 / 184, 28 / 173, 76 / 184]
    assert shares == pytest.approx(expected)
    assert numbers(frequency.findings(country)[0]) == [13, 173, 7.5, 2006, 84, 184, 45.7]
    curve = national_lists.digisos(country).data.groupby("series")["estimate"].last()
    assert curve.to_dict() == pytest.approx(
        {"Small rural municipalities": 28 / 173, "Other municipalities": 76 / 184}
    )
    assert "conf_low" not in national_lists.horizon(country).data  # a complete list has no interval


def test_grants_of_the_research_council_add_up_to_the_register(country):
    rows = country.participation[country.participation["programme_id"] == "research_council_project_owner"]
    amount = (
        rows.dropna(subset="municipality_code").groupby("municipality_code")["own_amount_nok"].sum() / 1e6
    )
    small = country.panel.set_index("municipality_code")["is_small_rural"]
    in_both = [amount[amount.index.map(small).astype(bool) == side].sum() for side in (True, False)]
    told = numbers(national_lists.money(country)[0])
    assert (told[0], told[4]) == (round(in_both[0], 1), round(in_both[1]))
    table = national_lists.owners(country, shown_others=None)
    assert len(table) == 97
    assert table["Granted (NOK million)"].astype(float).sum() == pytest.approx(sum(in_both), abs=2)
    shown = national_lists.owners(country)
    assert (shown["Group"] == "Small and rural").sum() == 13 and len(
        shown
    ) == 13 + national_lists.SHOWN_OTHERS


def test_without_the_largest_programme_and_without_groups(country):
    # Municipal participations of the default scopes counted row by row, with one grant under two programmes once.
    figure = frequency.with_and_without(country).data
    small = country.panel.set_index("municipality_code")["is_small_rural"]
    whole = country.participation
    named = whole[whole["basis"] == "named"]
    kept = [
        named[named["programme_id"] != left] for left in ("", "research_council_project_owner", "klimasats")
    ]
    # The largest programmes among those named, counted by hand: 323 and 200 rows of 957.
    assert numbers(frequency.largest_programmes(country)[0])[0] == round(100 * 323 / 957)
    assert numbers(frequency.largest_programmes(country)[1])[0] == round(100 * 200 / 957)
    for k, chosen in enumerate([*kept, whole]):
        rows = counted_rows(chosen, country.programmes, country.projects)
        inside = rows["municipality_code"].map(small).astype(bool)
        mine = [inside.sum() / small.sum(), (~inside).sum() / (~small).sum()]
        assert figure["estimate"].tolist()[2 * k : 2 * k + 2] == pytest.approx(mine)


def test_every_definition_gives_a_ratio_of_the_same_sign_and_the_title_its_range(country):
    figure = sensitivity.ways_to_count(country)
    assert (figure.data["conf_high"] < 1).all()
    by_definition = figure.data["estimate"].head(len(definitions.SMALL_RURAL))
    assert numbers(figure.title) == by_definition.agg(["min", "max"]).round(2).tolist()


def test_participations_by_year_add_up_with_those_without_a_year(country):
    figure = national_time.by_year(country).data
    counted_by_year = figure.loc[figure["series"] != "sources", "estimate"].sum()
    total, unknown = country.named.counts.sum(), numbers(national_time.recording(country)[0])[0]
    assert counted_by_year + unknown == total
    first = national_time.first_time(country).data
    assert first.loc[first["series"] == "first time", "estimate"].sum() == 97  # each owner once


def test_published_purchases_stand_beside_the_sum_of_the_municipalities(country):
    told = purchases.published(country)
    assert told["Year"].tolist() == ["2017", "2021", "2025", "2025", "2025"]
    # SSB, public procurement 2017: NOK 202 435 million; DFØ 2021: 651 billion; KOSTRA 2025: 97.48 and 81.97 billion.
    # The last is the sum of the two before, and so it reads: all are whole billions.
    assert [numbers(a)[0] for a in told["Amount"]] == [202, 651, 97, 82, 179]


def test_the_regional_scheme_reaches_as_far_as_its_published_figures_say(country):
    # Møre og Romsdal: NOK 1.8 million, at most 450 000 for a project, 27 municipalities.
    told = " ".join(county.schemes(data.County.load(country, "15")))
    assert "1.8 million" in told and "450,000" in told
    assert "enough for four projects" in told and "27 municipalities, nine of them small and rural" in told
    # The source names no year, and nothing says that the scheme is still there.
    assert "does not say in which year" in told and " had " in told


def test_the_title_gives_both_shares_of_the_type_with_most_municipalities(country):
    figure = national.kinds(country)
    shares = figure.data["estimate"].to_numpy().reshape(-1, 2)  # small rural first, then the others
    small = country.panel["is_small_rural"].to_numpy(bool)
    sizes = np.array([small.sum(), (~small).sum()])
    assert numbers(figure.title) == pytest.approx(100 * shares[(shares @ sizes).argmax()], abs=0.5)


@pytest.mark.slow
def test_specifications_are_told_as_distinct_results_with_one_test(country):
    first, second, third = sensitivity.specifications(country)
    curve = specification_curve(country.observations, outcomes=["participations", "per inhabitant"])
    curve = curve[(curve["term"] == "ratio") & curve["estimate"].notna()]
    ratios, heads = (curve.loc[curve["outcome"] == o, "estimate"] for o in curve["outcome"].unique())
    n, below, one, median, bounded, clear, one_too = numbers(first)
    assert (n, one, below) == (len(ratios), 1, round(100 * (ratios < 1).mean()))
    assert median == pytest.approx(ratios.median(), abs=0.01)
    upper = curve.loc[ratios.index, "conf_high"].dropna()
    assert (bounded, clear, one_too) == (len(upper), round(100 * (upper < 1).mean()), 1)
    # The programmes of every ratio of 1 or more, by the name of their sample, and no others.
    samples = curve.loc[ratios.index[ratios >= 1], "sample"].unique()
    names = country.programmes.set_index("programme_id")["name_en"]
    assert all(names[sample.removeprefix("only ")] in first for sample in samples)
    assert names["research_council_project_owner"] not in first
    tested, effective, p_value = numbers(second)
    # Those with too few projects for a test are not in it, and few of them say something of their own.
    assert 0.9 * n < tested <= n and effective < 50 and 0.001 <= p_value <= 1
    assert numbers(third)[:2] == [round(100 * (heads < 1).mean()), 1]


def test_found_of_published_counts_as_the_programmes_do(country):
    figure = robustness.found_of_published(country)
    rows = figure.data.set_index(["programme_id", "round", "measure"])
    # All eleven counties of 2023 are LUP partners (LUP's annual report 2023), and all are in the register.
    assert tuple(rows.loc[("lup_partner", "2023", "counties"), ["published", "found"]]) == (11, 11)
    # Of the 51 participants of innovation partnerships until 2020 a group of Agder's municipalities is not named.
    some = rows.loc[("innovation_partnership", "all", "participants")]
    assert (some["published"], some["found"], some["found_named"]) == (51, 53, 32)
    # Of ten programmes three are known to the last participant of their largest round: Gnist 2022, the trial
    # scheme and Cities of the Future. The picture has a row for each, the table under it every count.
    assert numbers(figure.title) == [3, 10] and len(figure.drawn.rows) == 10 < len(figure.data) == 29
    assert figure.table.count("<tr") == 1 + 29 and "LUP partnership, 2022" in figure.table
    assert not any(
        drawing.startswith('<svg class="part"') for drawing in figure.drawings
    )  # one sheet in print
    # Innovation partnerships of 2020: eight of 37 (Innovasjon Norge, 24 June 2020).
    assert rows.loc[("innovation_partnership", "2020", "winners"), "published"] == 8


def test_former_counties_are_told_on_the_map_and_never_split_into_counts(country):
    told = index.former_counties(country.participation, country.observations.programme_ids)
    # Viken, Vestfold og Telemark and Troms og Finnmark were parted in 2024; no other county was.
    assert sorted(told.index) == ["31", "32", "33", "39", "40", "55", "56"]
    assert (
        told["31"] == told["32"] == told["33"] and "Viken: 13 " in told["31"]
    )  # without its network, DigiViken
    drawn = index.county_map(index.counties(country), country, {}).data.set_index("county_code")["text"]
    assert "Troms og Finnmark" in drawn["56"] and "former" not in drawn["11"]
    shares = national_counties.county_shares(country).set_index("county_code")
    # Finnmark's own municipalities are counted, and nothing else.
    rows = country.participation[country.participation["basis"] == "named"]
    rows = counted_rows(rows, country.programmes, country.projects)
    assert shares.loc["56", "found"] == rows.loc[rows["county_code"] == "56", "municipality_code"].nunique()


def test_all_municipalities_have_purchases_and_no_sentence_speaks_of_a_part(country):
    assert country.panel["purchases_nok_thousand"].notna().all()
    assert " of 357" not in purchases.bought(country)
    assert purchases.by_size(country).coverage == ""
    # Of expenditure, 16.6 and 14.4 % on the 196 municipalities known before; on all 357:
    means = country.panel.groupby("is_small_rural")["purchases_own_production_share"].mean() * 100
    assert numbers(purchases.parts(country).title) == [round(means[True], 1), round(means[False], 1)]
    part = dataclasses.replace(
        country, panel=country.panel.assign(purchases_nok_thousand=pd.NA, purchases_share=float("nan"))
    )
    part.panel.loc[:99, ["purchases_nok_thousand", "purchases_share"]] = country.panel.loc[
        :99, ["purchases_nok_thousand", "purchases_share"]
    ]
    assert "100 of 357" in purchases.bought(part)


def test_preliminary_figures_are_marked_in_both_languages(country):
    panel = country.panel
    assert labels.purchases_year(panel) == "2025"
    early = panel.assign(purchases_is_preliminary=True)
    assert "preliminary" in labels.purchases_year(early)
    with using("nb"):
        assert "foreløpige" in labels.purchases_year(early)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["nb", "en"])
def test_sentences_are_whole_in_both_languages(country, language):
    with using(language):
        told = [
            frequency.headline(country),
            *frequency.largest_programmes(country),
            *national_lists.explained(country),
            *national_lists.money(country),
            *national_time.recording(country),
            *robustness.ever(country),
            purchases.typical(country),
            *frequency.findings(country),
            *sensitivity.uncertainty(country),
            *sensitivity.specifications(country),
            purchases.bought(country),
        ]
    assert len(told) >= 7
    assert not [s for s in told if re.search(r"[{}]|nan|None|inf\b", s)]


def test_a_county_stands_beside_the_others_and_not_beside_a_country_that_contains_it(country):
    innlandet = data.County.load(country, "34")
    counts, is_own = country.named.counts, (country.panel["county_code"] == "34").to_numpy()
    own, rest = counts[is_own].mean(), counts[~is_own].mean()
    text = county.how_often(innlandet)
    assert f"{own:.1f} documented participations per municipality, the rest of the country {rest:.1f}" in text
    assert f"The ratio is {own / rest:.2f} " in text and "chance may explain" in text
    x, n = int((counts[~is_own] > 0).sum()), int((~is_own).sum())
    assert (
        n == 311
        and f"Rest of the country, {x} of 311 municipalities" in county_figures.compared(innlandet).alt
    )
    assert county.how_often(data.County.load(country, "03")).endswith(
        f"{counts.drop(counts.idxmax()).mean():.1f} per municipality."
    )


def test_counties_that_differ_stand_in_the_title_and_each_has_its_interval(country):
    figure = national_counties.how_often(country)
    rows = figure.data.set_index("label")
    assert len(rows) == 14 and "Oslo" not in rows.index
    assert rows["estimate"].is_monotonic_decreasing
    assert ((rows["conf_low"] < rows["estimate"]) & (rows["estimate"] < rows["conf_high"])).all()
    named = {name for name in rows.index if name in figure.title}
    assert named == set(rows.index[rows["p_value"] < 0.05])
