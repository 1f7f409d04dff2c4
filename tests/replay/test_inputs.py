"""Live answers take the snapshot's place in the tables, with no change of code."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
from tests.replay import Replay
from tests.replay.world import REGION

from analysis import build, inputs, paths
from analysis.loaders import endpoints, refresh
from analysis.loaders.http import Client

ARTS = {"AGD50": 200, "AGD51": 100, "A370": 40, "AGD10": 1000, "AG16": 600, "AG34": 50}


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The tables of a project into which live answers were fetched from the replayed publishers."""
    root = tmp_path_factory.mktemp("live")
    shutil.copytree(paths.raw(), root / "data" / "raw")
    with pytest.MonkeyPatch.context() as monkeypatch, Replay() as server:
        monkeypatch.setenv("ANALYSIS_ROOT", str(root))

        def purchases(codes):
            region, year = codes[REGION], codes["Tid"]
            if region.isdigit() and not server.world.in_use(region, year):
                return None, "."
            if region == "1101" and year == "2023":
                return None, ":"
            return ARTS[codes["KOKart0000"]], None

        server.world.tables["12367"].cell = purchases
        monkeypatch.setenv(endpoints.OVERRIDE, server.url)
        sources = ["ssb_12367", "ssb_13551", "ssb_07459_merged", "ssb_12137", "ssb_11342"]
        sources += ["kartverket_boundaries", "klass_centrality", "klass_kostra_groups"]
        client = Client(sleep=lambda _: None, read_timeout=5)
        assert refresh.refresh(sources, progress=False, client=client).exit_code == 0
        monkeypatch.delenv(endpoints.OVERRIDE)
        return build.tables() | {"check": inputs.purchases_check()}


def test_all_municipalities_and_years_of_purchases_are_used(live):
    panel = live["panel"]
    assert panel["purchases_nok_thousand"].notna().all()
    assert set(panel["purchases_year"]) == {2025}
    # Three functions of 200 + 100 each; FGK9 overlaps function 202 and is never added.
    assert set(panel["purchases_nok_thousand"]) == {3 * 300}
    table = live["procurement"]
    assert set(table["year"]) == {2022, 2023, 2024, 2025}
    assert set(table["scope"]) == {"A", "B"}
    oslo = table.query("municipality_code == '0301' and year == 2025 and scope == 'B'")
    assert oslo.set_index("measure")["amount_nok_thousand"]["purchases_private"] == 3 * 40


def test_old_units_add_up_to_todays_and_a_missing_part_makes_the_sum_missing(live):
    table = live["procurement"].query("scope == 'A' and measure == 'purchases_own_production'")
    values = table.set_index(["municipality_code", "year"])
    # Ålesund 1507 (2020–2023) stands where SSB's series puts it; Haram has no figure of its own before 2024.
    assert values.loc[("1508", 2023), "amount_nok_thousand"] == 3 * 200
    assert ("1580", 2023) not in values.index and ("1580", 2024) in values.index
    hidden = values.loc[("1101", 2023)]
    assert pd.isna(hidden["amount_nok_thousand"]) and hidden["status"] == ":"


def test_live_boundaries_draw_the_split_of_2024(live):
    assert live["boundaries"]["note"].isna().all()


def test_population_and_accounts_follow_their_publisher(live):
    assert live["accounts"]["year"].max() == 2025 == live["panel"]["accounts_year"].iloc[0]
    series = live["population"].set_index(["municipality_code", "year"])
    assert series.loc[("0301", 2025), "population"] == 500 + 301  # what the replayed table says
    assert pd.isna(series.loc[("1580", 2023), "population"]) and series.loc[("1580", 2023), "note"]
    assert "Haram" in series.loc[("1508", 2023), "note"]


def test_classes_follow_klass_and_the_index_stays(live, made):
    # The replayed KLASS deals classes out in the order of the codes: 1, 2, … 6, and groups 1 … 17.
    old = made["municipalities"].set_index("municipality_code")
    new = live["municipalities"].set_index("municipality_code")
    assert new["centrality_class"].value_counts().between(50, 70).all()
    assert set(new["kostra_group"]) == {f"EKG{n:02d}" for n in range(1, 18)}
    assert (new["centrality_index"] == old["centrality_index"]).all()


def test_purchases_are_set_beside_the_statement(live):
    check = live["check"]
    assert set(check["year"]) == {2022, 2023, 2024, 2025}
    oslo = check.query("municipality_code == '0301' and year == 2025").iloc[0]
    assert oslo["purchases_nok_thousand"] == 3 * 300
    wrong = 100 * (oslo["purchases_nok_thousand"] / oslo["statement_nok_thousand"] - 1)
    assert oslo["difference_pct"] == pytest.approx(wrong)


def test_merged_units_are_summed_and_unplaced_ones_left_out_with_their_successors(made):
    rows = [("0213", 5), ("0217", 7), ("0216", 11), ("1571", 1), ("1850", 2)]  # Ski, Oppegård, Nesodden …
    frame = pd.DataFrame(rows, columns=["municipality_code", "amount_nok_thousand"]).assign(
        year=2019, ssb_code="AGD50"
    )
    frame["amount_nok_thousand"] = frame["amount_nok_thousand"].astype("Int64")
    moved = inputs.to_2024(frame, made["reforms"]).set_index("municipality_code")["amount_nok_thousand"]
    # Ski and Oppegård became Nordre Follo; Halsa and Tysfjord went into units that SSB gives no series.
    assert moved.to_dict() == {"3207": 12, "3212": 11}
