"""What was fetched takes the place of the embedded files in the tables, with no change of code."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from tests.replay import Replay
from tests.replay.world import MOVED, REGION, people

from analysis import build, paths
from analysis.loaders import update
from analysis.loaders.client import Client
from analysis.loaders.messages import OVERRIDE
from analysis.tables import reforms

#: Everything is fetched and built for them.
pytestmark = pytest.mark.slow

#: Thousand kroner per inhabitant and function.
ARTS = {"AGD50": 7, "AGD51": 5, "A370": 2, "AGD10": 40, "AG16": 25, "AG34": 2, "A590": 1}


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory):
    """The tables of a project whose data/raw was fetched from the replayed publishers."""
    root = tmp_path_factory.mktemp("refreshed")
    shutil.copytree(paths.raw(), root / "data" / "raw")
    with pytest.MonkeyPatch.context() as monkeypatch, Replay() as server:
        monkeypatch.setenv("ANALYSIS_ROOT", str(root))

        def purchases(codes):
            region, year = codes[REGION], codes["Tid"]
            if region.isdigit() and not server.world.in_use(region, year):
                return None, "."
            if region == "1101" and year == "2023":
                return None, ":"
            return ARTS[codes["KOKart0000"]] * people(region), None

        server.world.tables["12367"].cell = purchases
        renamed = {"change_date": "2026-01-01", "old_code": "1103", "old_name": "Stavanger"}
        server.world.changes = [
            *server.world.changes,
            renamed | {"new_code": "1103", "new_name": "Stavanger"},
        ]
        monkeypatch.setenv(OVERRIDE, server.url)
        monkeypatch.delenv("DOFFIN_API_KEY", raising=False)
        summary = update.fetch(progress=False, client=Client(sleep=lambda _: None))
        assert summary.exit_code == 0, summary.frame
        monkeypatch.delenv(OVERRIDE)
        return build.tables()


def test_all_municipalities_and_years_of_purchases_are_used(refreshed):
    panel = refreshed["panel"]
    assert panel["purchases_nok_thousand"].notna().all()
    assert set(panel["purchases_year"]) == {2025}
    # Three functions of 7 + 5 each; FGK9 overlaps function 202 and is never added.
    by_hand = [3 * 12 * people(code) for code in panel["municipality_code"]]
    assert panel["purchases_nok_thousand"].tolist() == by_hand
    table = refreshed["procurement"]
    assert set(table["year"]) == {2022, 2023, 2024, 2025}
    assert set(table["scope"]) == {"A", "B"}
    oslo = table.query("municipality_code == '0301' and year == 2025 and scope == 'B'")
    assert oslo.set_index("measure")["amount_nok_thousand"]["purchases_private"] == 3 * 2 * people("0301")
    # Haram, split off in 2024, has no figures of its own before.
    years = table.groupby("year")["municipality_code"].nunique()
    assert years.to_dict() == {2022: 356, 2023: 356, 2024: 357, 2025: 357}


def test_old_units_add_up_to_todays_and_a_missing_part_makes_the_sum_missing(refreshed):
    table = refreshed["procurement"].query("scope == 'A' and measure == 'purchases_own_production'")
    values = table.set_index(["municipality_code", "year"])
    # Ålesund 1507 (2020–2023) stands where SSB's series puts it; Haram has no figure of its own before 2024.
    assert values.loc[("1508", 2023), "amount_nok_thousand"] == 3 * 7 * people("1507")
    assert ("1580", 2023) not in values.index and ("1580", 2024) in values.index
    hidden = values.loc[("1101", 2023)]
    assert pd.isna(hidden["amount_nok_thousand"]) and hidden["status"] == ":"


def test_fetched_boundaries_draw_the_split_of_2024(refreshed):
    assert refreshed["boundaries"]["note"].isna().all()
    assert len(refreshed["boundaries"]) == 357


def test_population_and_accounts_follow_their_publisher(refreshed):
    assert refreshed["accounts"]["year"].max() == 2025 == refreshed["panel"]["accounts_year"].iloc[0]
    series = refreshed["population"].set_index(["municipality_code", "year"])
    assert series.loc[("0301", 2025), "population"] == people("0301")  # what the replayed table says
    assert pd.isna(series.loc[("1580", 2023), "population"]) and series.loc[("1580", 2023), "note"]
    assert "Haram" in series.loc[("1508", 2023), "note"]


def test_published_totals_are_there_for_country_groups_and_counties(refreshed):
    totals = refreshed["accounts_totals"]
    assert {"EAK", "EAFK", "EKG01", "EKG17"} <= set(totals["unit"])
    assert totals["year"].max() == 2025


def test_classes_follow_klass_and_the_index_stays(refreshed, made):
    # The replayed KLASS deals groups 1 … 17 out in the order of the codes, and moves Randaberg up a class.
    old = made["municipalities"].set_index("municipality_code")
    new = refreshed["municipalities"].set_index("municipality_code")
    moved = new["centrality_class"] != old["centrality_class"]
    assert list(new.index[moved]) == [MOVED] and new.loc[MOVED, "centrality_class"] == 2
    assert set(new["kostra_group"]) == {f"EKG{n:02d}" for n in range(1, 18)}
    assert (new["centrality_index"] == old["centrality_index"]).all()


def test_a_change_that_klass_tells_of_reaches_the_table_of_reforms(refreshed):
    units = refreshed["reforms"].query("code == '1103'")
    assert pd.Timestamp("2026-01-01") in set(units["valid_from"])


def test_purchases_are_set_beside_the_statement(refreshed):
    check = refreshed["purchases_check"]
    assert set(check["year"]) == {2022, 2023, 2024, 2025}
    oslo = check.query("municipality_code == '0301' and year == 2025").iloc[0]
    assert oslo["purchases_nok_thousand"] == 3 * 12 * people("0301")
    wrong = 100 * (oslo["purchases_nok_thousand"] / oslo["statement_nok_thousand"] - 1)
    assert oslo["difference_pct"] == pytest.approx(wrong)


def test_merged_units_are_summed_and_unplaced_ones_left_out_with_their_successors(made):
    rows = [("0213", 5), ("0217", 7), ("0216", 11), ("1571", 1), ("1850", 2)]  # Ski, Oppegård, Nesodden …
    frame = pd.DataFrame(rows, columns=["municipality_code", "amount_nok_thousand"]).assign(
        year=2019, ssb_code="AGD50"
    )
    frame["amount_nok_thousand"] = frame["amount_nok_thousand"].astype("Int64")
    moved = reforms.to_2024(frame, made["reforms"]).set_index("municipality_code")["amount_nok_thousand"]
    # Ski and Oppegård became Nordre Follo; Halsa and Tysfjord went into units that SSB gives no series.
    assert moved.to_dict() == {"3207": 12, "3212": 11}
