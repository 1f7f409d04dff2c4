"""Pages of municipalities and programmes: every number recounted, nobody told that they do not take part."""

from __future__ import annotations

import os
import random
import re
import secrets
from pathlib import Path

import pandas as pd
import pytest
from tests.site.recount import Recount, counted, number, out_of
from tests.site.rendered import PROFILES, Node, read, written

from analysis import paths
from analysis.report import data, urls
from analysis.report.pages import search

#: Turned a grant down; had one cancelled; has a participation without year; has a solution through a merger, too.
OTHERS = ("1535", "1516", "4223", "5001")
SEED = int(os.environ.get("ANALYSIS_TEST_SEED") or secrets.randbelow(10**6))


@pytest.fixture(scope="module")
def recount(_built: None) -> Recount:
    return Recount(paths.processed())


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(6, marks=pytest.mark.slow),
        pytest.param(60, marks=[pytest.mark.slow, pytest.mark.whole]),
    ],
)
def chosen(recount: Recount, request: pytest.FixtureRequest) -> list[str]:
    """Some municipalities, others in each run; the seed is printed and can be given."""
    print(f"\nANALYSIS_TEST_SEED={SEED}")
    return random.Random(SEED).sample(list(recount.panel.index), request.param)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, recount: Recount, chosen: list[str]) -> Path:
    """The pages of the chosen municipalities, of the fixed sample, and of all programmes."""
    keys = {("programmes", "nb"), *((f"programme-{p}", "nb") for p in recount.programmes.index)}
    keys |= {(f"municipality-{code}", "nb") for code in (*PROFILES, *OTHERS)}
    keys |= {(f"municipality-{code}", language) for code in chosen for language in ("nb", "en")}
    return written(data.load(), tmp_path_factory.mktemp("profiles"), keys)


def page(site: Path, recount: Recount, code: str, language: str = "nb") -> Node:
    return read(
        site / language / urls.municipality_file(language, code, recount.panel.at[code, "municipality_name"])
    )


def in_words(n: int) -> str:
    words = "null én to tre fire fem seks sju åtte ni ti elleve tolv".split()  # noqa: SIM905
    return words[n] if n < len(words) else str(n)


def table(node: Node, cls: str, which: int = 0) -> list[list[str]]:
    """The cells of the body of one of a page's tables."""
    found = node.all("table", cls=cls)[which].all("tbody")[0]
    return [[cell.text for cell in row.children if isinstance(cell, Node)] for row in found.all("tr")]


def groups(recount: Recount, code: str, rows: list[list[str]]) -> list[tuple[list[str], list[str]]]:
    """Each row of a comparison with the codes of its group."""
    place = recount.panel.loc[code]
    found = []
    for cells in rows:
        label = cells[0].replace("\u00ad", "")
        kind = (
            "kostra" if label.startswith("KOSTRA")
            else "region" if label.startswith(("Arbeidsmarkedsregion", "Labour-market region"))
            else "country" if label.startswith(("Hele landet", "The whole country"))
            else "alike" if label.startswith(("De ti mest", "The ten most"))
            else "near" if label.startswith(("Nabo", "Nærmeste", "Neighbour", "Nearest"))
            else "county"
        )  # fmt: skip
        assert kind != "county" or label.startswith(place["county_name"]), label
        found.append((cells, recount.group(code, kind)))
    return found


@pytest.mark.parametrize("language", ["nb", "en"])
def test_numbers_of_random_municipalities_are_recounted(site, recount, chosen, language):
    checked = 0
    for code in chosen:
        node, counts = page(site, recount, code, language), recount.counts
        place, where = recount.panel.loc[code], f"{code}, seed {SEED}"
        text = node.all("article")[0].text
        people = number(re.search(r"(?:hadde|had) ([\d\u202f,]+)", text)[1])
        assert people == place["population"], where
        lead, total = node.all("p", cls="lead")[0].text, int(recount.total[code])
        if total > 1:
            told = re.search(r"\w+ (?:dokumenterte deltakelser|documented participations)", lead)[0]
            assert counted(told, language) == [total], where
        else:
            word = (
                ("én dokumentert deltakelse", "one documented participation")
                if total
                else ("ingen", "no ", "ikke", "not ", "navngir")
            )
            assert any(w in lead for w in word), where
        own, *others = table(node, "compare")
        assert [int(v) for v in own[1:3]] == counts.loc[code].tolist(), where
        assert own[3] in (("ja", "yes") if total else ("nei", "no")), where
        for cells, members in groups(recount, code, others):
            some = counts.loc[members]
            assert number(cells[1]) == pytest.approx(some["procurement"].mean(), abs=0.0501), (where, cells)
            assert number(cells[2]) == pytest.approx(some["development"].mean(), abs=0.0501), (where, cells)
            x, n = (some.sum(axis=1) > 0).sum(), len(members)
            if n == 1:
                assert cells[3] in (("ja", "yes") if x else ("nei", "no")), (where, cells)
            else:
                assert cells[3] == out_of(x, n, language), (where, cells)
            checked += 4
        if len(node.all("table", cls="compare")) > 1:
            bought = recount.purchases.reindex(recount.panel.index)
            own, *others = table(node, "compare", 1)
            for cells, members in [(own, [code]), *groups(recount, code, others)]:
                mean = bought.loc[members].mean()
                if pd.isna(mean["share"]):
                    assert cells[1] in ("ukjent", "unknown"), (where, cells)
                    continue
                assert number(cells[1]) == pytest.approx(mean["own"], abs=50.01), (where, cells)
                assert number(cells[2]) == pytest.approx(mean["replacing"], abs=50.01), (where, cells)
                assert number(cells[3]) == pytest.approx(100 * mean["share"], abs=0.501), (where, cells)
                checked += 3
    assert checked >= 3 * len(chosen)


def test_random_municipalities_name_their_neighbours_and_peers(site, recount, chosen):
    for code in chosen:
        sections = page(site, recount, code).all("section", cls="companions-list")
        for section, expected in zip(sections, (recount.neighbours(code), recount.alike(code)), strict=True):
            addresses = [a.attrs["href"] for a in section.all("a")]
            links = {m[1] for m in map(re.compile(r"kommune-(\d{4})").match, addresses) if m}
            assert links == set(expected), f"{code}, seed {SEED}"
            asked = next(a for a in addresses if a.startswith("kommuner.html?k="))
            assert set(re.findall(r"\d{4}", asked)) == {code, *expected}, f"{code}, seed {SEED}"


def test_nobody_is_told_that_they_do_not_take_part(site):
    refused = re.compile(
        r"deltar ikke|deltok ikke|har ikke deltatt|har aldri|(does|did) not take part|has not taken part"
    )
    for file in site.glob("*/*.html"):
        text = read(file).all("article")[0].text
        assert not refused.search(text), (file.name, refused.search(text))
        if file.name.startswith(("kommune-", "municipality-")):
            lead = " ".join(p.text for p in read(file).all("p", cls="lead"))
            assert "Listene er ikke komplette" in lead or "The lists are incomplete" in lead, file.name


def test_a_municipality_without_documented_participation_is_told_so_with_care(site, recount):
    text = page(site, recount, "1580").all("p", cls="lead")
    assert text[0].text == "Haram har ingen dokumenterte deltakelser i innovasjonsordninger."
    assert text[1].text == "Listene er ikke komplette. Haram kan likevel ha vært med."


def test_split_merged_island_and_sami_municipalities_say_what_they_are(site, recount):
    haram = page(site, recount, "1580").all("article")[0]
    assert "Haram var en del av Ålesund fra 2020 til 2023." in haram.text
    assert any(a.attrs["href"] == "kommune-1508-alesund.html" for a in haram.all("a"))
    assert "Haram var en del av Ålesund" in page(site, recount, "1508").all("article")[0].text
    assert "dannet av Fosnes, Namdalseid og Namsos" in page(site, recount, "5007").all("article")[0].text
    assert "grenser ikke til noen kommune på land" in page(site, recount, "1151").all("article")[0].text
    heading = page(site, recount, "5612").all("h1")[0].text
    assert heading == "Guovdageaidnu\u00a0– Kautokeino", "no line begins with the dash"
    oslo = page(site, recount, "0301").all("article")[0].text
    assert "Oslo er alene i KOSTRA-gruppe 13" in oslo and "Fylket er utelatt" in oslo


def test_every_participation_has_its_source_and_its_language(site, recount):
    apart = recount.programmes.index[recount.programmes["scope"] == "setting"]
    named = recount.named[~recount.named["programme_id"].isin(apart)]
    named = named[named["municipality_code"] == "0301"]
    node = page(site, recount, "0301")
    rows = [r for t in node.all("table", cls="participations") for r in t.all("tr") if r.all("td")]
    assert len(rows) >= named["project_id"].nunique()
    links = [r.all("a")[0] for r in rows]
    assert all(a.attrs["href"].startswith("http") and len(a.text) > 5 for a in links)
    english = [a for a in links if re.search(r"\b(of|the|through)\b", a.text)]
    assert len(english) >= 5 and all(a.attrs.get("lang") == "en" for a in english)


def test_numbers_of_all_programmes_are_recounted(site, recount):
    for programme in recount.programmes.index:
        rows = recount.named[recount.named["programme_id"] == programme]
        codes = set(rows["municipality_code"])
        node = read(site / "nb" / urls.programme_file("nb", programme))
        if not codes:
            assert not node.all("table", cls="by-county"), programme
            continue
        text = node.all("section")[0].text
        pairs = rows.drop_duplicates(["municipality_code", "project_id"])
        kept = recount.projects.loc[pairs["project_id"].unique()]
        # Lists of awards and rows of several grants are no projects of their own to a reader.
        of_many = (kept["form"] == "list").any() or (kept["n_grants"].fillna(1) > 1).any()
        what, n = (r"med (\w+) deltakelse", len(pairs)) if of_many else (r"i (\w+) prosjekt", len(kept))
        found = re.search(rf"navngir (\w+) kommuner? {what}", text).groups()
        numbers = in_words(len(codes)), in_words(n)
        assert [n.replace("én", "ett") for n in found] == [n.replace("én", "ett") for n in numbers], programme
        small = recount.panel["is_small_rural"].loc[sorted(codes)].sum()
        kind = recount.programmes.loc[programme]
        is_chosen = not pd.isna(kind["chosen_by_design"]) and bool(kind["chosen_by_design"])
        if kind["scope"] == "setting":
            assert "regnes ikke som deltakelse" in text and "prosent)" not in text, programme
        elif kind["coverage"] == "census":
            assert str(small) in text or "Ingen av de" in text, programme
            assert ("prosent)" in text) != is_chosen, "who was chosen says nothing about who wanted to"
        else:
            assert "Lista er ikke komplett" in text and "prosent)" not in text, (
                "a share needs a complete list"
            )
            said = {len(codes): "Alle er små distriktskommuner", 0: "Ingen av dem er"}
            one = "Den er en liten" if small else "Den er ikke en liten"
            counted = said.get(small, f"{in_words(small).capitalize()} av kommunene er")
            assert (one if len(codes) == 1 else counted) in text, programme
        linked = {
            re.search(r"kommune-(\d{4})", a.attrs["href"])[1]
            for a in node.all("table", cls="by-county")[0].all("a")
            if a.attrs["href"].startswith("kommune-")
        }
        assert linked == codes, programme
        band = recount.panel["size_band"]
        sizes = [
            (int(band.loc[sorted(codes)].eq(b).sum()), int(band.eq(b).sum())) for b in band.cat.categories
        ]
        said = [row[1] for row in table(node, "barred")]
        assert said == [out_of(x, n, "nb") for x, n in sizes], programme
        pairs = rows.sort_values("year").drop_duplicates(["municipality_code", "project_id"])
        assert sum(int(row[3]) for row in table(node, "barred")) == len(pairs), programme


def test_links_to_the_sources_of_a_programmes_facts_say_of_which_fact(site):
    """Read one after the other, as a screen reader lists them: several facts of Klimasats were read the same day."""
    node = read(site / "nb" / urls.programme_file("nb", "klimasats"))
    about = node.all("dl")[0]
    facts = [a for a in about.all("a") if a.text.startswith("kilde")]
    names = [a.text for a in facts]
    assert len(names) >= 2 and len(set(names)) == len(names)
    assert {name.split(": ")[1] for name in names} <= {dt.text for dt in about.all("dt")}


def test_a_fact_of_a_programme_has_a_row_only_where_a_source_says_it(site, recount):
    names = {"status": "Åpen eller avsluttet", "eligible": ("Hvem kan søke", "Hvem kunne søke")}
    for programme, row in recount.programmes.iterrows():
        about = read(site / "nb" / urls.programme_file("nb", programme)).all("dl")[0]
        heads = {name.text for name in about.all("dt")}
        assert {"Eier", "Kilde"} <= heads and "Vi vet ikke" not in about.text, programme
        is_told = not pd.isna(row["status"]) or not pd.isna(row["period_to"])
        assert (names["status"] in heads) == is_told, programme
        if row["scope"] != "setting":
            assert bool(heads & set(names["eligible"])) == (not pd.isna(row["eligible"])), programme


def test_a_programme_that_is_over_is_told_in_the_past(site, recount):
    for programme, row in recount.programmes.iterrows():
        facts = read(site / "nb" / urls.programme_file("nb", programme)).all("dl")[0].text
        is_over = row["status"] == "closed" or not pd.isna(row["period_to"])
        nobody_applies = row["scope"] == "setting"
        who, where = not pd.isna(row["eligible"]), not pd.isna(row["apply_url"])
        assert ("Hvem kunne søke" in facts) == (is_over and not nobody_applies and who), programme
        assert ("Her søker dere" in facts) == (not is_over and not nobody_applies and where), programme
        assert ("Avsluttet i" in facts) == (not pd.isna(row["period_to"])), "a closed call is not an end"


def test_pages_are_small(site):
    for file in site.glob("*/*.html"):
        if file.name.startswith(("kommune-", "municipality-")):
            assert file.stat().st_size < 120_000, file.name


@pytest.mark.slow
def test_every_municipality_of_a_district_is_one_of_today(recount):
    names = recount.panel["municipality_name"]
    districts = search.districts().assign(name=lambda d: d["municipality_code"].map(names))
    assert districts["name"].notna().all()
    assert sorted(districts.loc[districts["term"] == "Valdres", "name"]) == [
        "Etnedal",
        "Nord-Aurdal",
        "Sør-Aurdal",
        "Vang",
        "Vestre Slidre",
        "Øystre Slidre",
    ]
    assert "Vågan" in set(districts.loc[districts["term"] == "Lofoten", "name"])
    assert set(districts.loc[districts["term"] == "Hallingdal", "name"]) == {
        "Flå", "Nesbyen", "Gol", "Hemsedal", "Ål", "Hol",
    }  # fmt: skip


def test_a_grant_that_was_turned_down_is_shown_and_not_counted(site, recount):
    """Vestnes was granted money in 2024 and said no: the register's note to the record of Miljødirektoratet."""
    vestnes, ulstein = page(site, recount, "1535"), page(site, recount, "1516")
    assert (
        "Vestnes har én dokumentert deltakelse i innovasjonsordninger, i 2020"
        in vestnes.all("p", cls="lead")[0].text
    )
    assert "takket nei, telles ikke" in vestnes.all("table", cls="participations")[0].text
    assert "avlyst" in ulstein.all("table", cls="participations")[0].text
    assert "Stanset eller avlyst:" in ulstein.all("article")[0].text


def test_programmes_for_solutions_are_counted_not_rows(site, recount):
    """Trondheim has Digisos twice, once through Klæbu; Oslo two phases of remote follow-up."""
    for code in ("5001", "0301"):
        leads = " ".join(p.text for p in page(site, recount, code).all("p", cls="lead"))
        assert "har også vært med i to ordninger for å ta nye løsninger i bruk" in leads, code


def test_participants_that_are_not_named_are_not_known(site):
    """Innovation partnerships name 32 participants one by one and a group of 21 (counted by hand in 2026)."""
    node = read(site / "nb" / urls.programme_file("nb", "innovation_partnership"))
    rows = {row[1]: row[2] for row in table(node, "totals")}
    assert rows["51 deltakere"] == "32, 53 med gruppenes medlemmer"
    assert "Kilder oppgir ulike tall for det samme." in node.all("section")[-1].text


def test_purchases_say_by_which_population_they_are_divided(site, recount):
    """KOSTRA divides by the population at the end of the year: SSB's Oslo of 1 January 2026, not of 2024."""
    foot = page(site, recount, "0301").all("footer", cls="profile-foot")[0].text
    bought = recount.panel["purchases_year"].max()
    assert f"innkjøp {bought} (per innbygger 1. januar {bought + 1}" in foot


def test_a_year_that_may_not_be_the_last_is_not_called_so(site, recount):
    """Vennesla's other participation is of some year from 2016 to 2026."""
    assert (
        "Den siste vi kjenner året for, var i 2017"
        in page(site, recount, "4223").all("p", cls="lead")[0].text
    )
