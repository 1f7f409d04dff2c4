import numpy as np
import pandas as pd
import pytest
from tests.slow.validation import simulator

from analysis.measures import first_time, former_units
from analysis.stats.survival import cumulative_incidence

PROGRAMMES = simulator.programmes(whole="census", seen="sample")


def unit(code, name, home, start=None, end=None, split=False, series=None):
    return (code, name, pd.Timestamp(start), pd.Timestamp(end), home, split, series or home)


@pytest.fixture
def reforms():
    columns = ["code", "name", "valid_from", "valid_to", "municipality_code", "is_split", "series_code"]
    rows = [
        # 5001: Trondheim took a new code in 2018 and merged with Klæbu in 2020.
        unit("1601", "Trondheim", "5001", None, "2018-01-01"),
        unit("5001", "Trondheim", "5001", "2018-01-01", "2020-01-01"),
        unit("1662", "Klæbu", "5001", None, "2018-01-01"),
        unit("5030", "Klæbu", "5001", "2018-01-01", "2020-01-01"),
        unit("5001", "Trondheim", "5001", "2020-01-01"),
        # 3901: only new codes.
        unit("0701", "Horten", "3901", None, "2020-01-01"),
        unit("3801", "Horten", "3901", "2020-01-01", "2024-01-01"),
        unit("3901", "Horten", "3901", "2024-01-01"),
        # 1507 was split in 2024; SSB's series puts it in 1508.
        unit("1507", "Ålesund", "1508", None, "2024-01-01", True, "1508"),
        unit("1507", "Ålesund", "1580", None, "2024-01-01", True, "1508"),
        unit("1508", "Ålesund", "1508", "2024-01-01"),
        unit("1580", "Haram", "1580", "2024-01-01"),
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def panel():
    return pd.DataFrame(
        {
            "municipality_code": ["5001", "3901", "1508", "1580"],
            "is_small_rural": [False, False, False, True],
            "population": [200_000, 27_000, 58_000, 9_000],
            "centrality_index": [900, 800, 800, 600],
        }
    )


def test_units_respect_mergers_and_not_new_codes(panel, reforms):
    units = former_units.units_over_time(panel, reforms).set_index("unit")
    assert units.loc["5001-0", "codes"] == ("1601", "5001")
    assert units.loc["5001-1", "codes"] == ("1662", "5030")
    assert units["last_year"].dropna().to_dict() == {"5001-0": 2019, "5001-1": 2019}
    assert units["first_year"].dropna().to_dict() == {"5001": 2020}
    assert units.loc["3901", "codes"] == ("0701", "3801", "3901")
    assert units.loc["1508", "codes"] == ("1507", "1508")
    assert len(units) == 6


def test_kaplan_meier_by_hand_with_delayed_entry():
    rng = np.random.default_rng(4)
    entry = np.where(rng.random(200) < 0.3, 2016, 2010)
    exit_ = np.minimum(entry + rng.geometric(0.1, 200), 2025)
    event = (exit_ < 2025) & (rng.random(200) < 0.8)
    found = pd.DataFrame(cumulative_incidence(entry, exit_, event)._asdict()).set_index("time")
    survival, greenwood = 1.0, 0.0
    for year in range(2010, 2026):
        at_risk, events = ((entry <= year) & (year <= exit_)).sum(), (event & (exit_ == year)).sum()
        survival *= 1 - events / at_risk
        greenwood += events / (at_risk * (at_risk - events))
        assert found.loc[year, ["at_risk", "events"]].tolist() == [at_risk, events]
        assert found.loc[year, "estimate"] == pytest.approx(1 - survival)
        if events:
            # Greenwood's variance carried to log(−log) by the delta method.
            spread = np.sqrt(greenwood) / abs(np.log(survival))
            expected = 1 - survival ** np.exp(np.array([-1, 1]) * 1.959964 * spread)
            assert found.loc[year, ["conf_low", "conf_high"]].tolist() == pytest.approx(expected.tolist())


def test_kaplan_meier_textbook():
    # Freireich's leukaemia trial, 6-MP arm (Kalbfleisch and Prentice): S(6) = 0.857, S(10) = 0.753, S(23) = 0.448.
    weeks = np.array([6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    found = cumulative_incidence(np.ones(21, int), weeks, np.arange(21) < 9)
    survival = pd.Series(1 - found.estimate, index=found.time)
    assert survival[[6, 10, 23]].tolist() == pytest.approx([0.857, 0.753, 0.448], abs=5e-4)


def test_hazard_ratio_recovers_a_known_one():
    rng = np.random.default_rng(6)
    panel = simulator.panel(rng, 3_000)
    rate = np.where(panel["is_small_rural"], 0.03, 0.06)
    year = 2010 + np.floor(rng.exponential(1 / rate)).astype(int)
    rows = simulator.participation(panel["municipality_code"], panel["municipality_code"], "whole", year=year)
    rows = rows[year <= 2025]
    seen = simulator.observations(panel, rows, PROGRAMMES.assign(period_from=2010, period_to=2025), ["whole"])
    found = first_time.hazard(seen, within=None).set_index("term").loc["is_small_rural"]
    assert found["conf_low"] < 0.5 < found["conf_high"]
    assert found["estimate"] == pytest.approx(0.5, abs=0.06)
