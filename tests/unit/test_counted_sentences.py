"""Sentences that count read well for none, one, both and all."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis import i18n
from analysis.report.pages import county, county_rows, programme, programme_list


@pytest.fixture(autouse=True)
def _english():
    with i18n.using("en"):
        yield


def place(small: int, others: int, *, found: int = 0) -> SimpleNamespace:
    """A county of so many small rural and other municipalities, each of 100 inhabitants."""
    n = small + others
    panel = pd.DataFrame({"is_small_rural": [True] * small + [False] * others, "population": 100})
    observations = SimpleNamespace(two_by_two=lambda: (min(found, small), small, 0, others))
    return SimpleNamespace(
        panel=panel, is_one=n == 1, count=pd.Series([1] * n), observations=observations, found=found, name="A"
    )


def test_a_county_of_one_municipality_counts_no_municipalities():
    assert [text for text, _n in county.facts(place(0, 1))] == ["documented participation", "inhabitants"]


def test_none_is_not_counted_among_the_numbers_of_a_county():
    texts = [text for text, _n in county.facts(place(0, 6))]
    assert texts == ["municipalities in the county", "documented participations", "inhabitants"]
    assert ("of them is small and rural", 1) in county.facts(place(1, 6))


@pytest.mark.parametrize(
    ("small", "others", "found", "says"),
    [
        (0, 6, 0, "The county has no small rural municipalities."),
        (5, 0, 2, "All municipalities in the county are small and rural."),
        (1, 3, 1, "The county's only small rural municipality has documented participation."),
        (1, 3, 0, "The county's only small rural municipality has no documented participation."),
    ],
)
def test_small_rural_municipalities_of_a_county(small, others, found, says):
    assert county._small(place(small, others, found=found)) == says


@pytest.mark.parametrize(
    ("outside", "says"),
    [
        ([0], "It has no members in other counties."),
        ([2], "It has members in other counties."),
        ([1, 2], "Both have members in other counties."),
        ([1, 2, 3], "All have members in other counties."),
        ([0, 0], "No project has members in other counties."),
    ],
)
def test_joint_projects_that_reach_out_of_the_county(outside, says):
    assert county.joint_sentence(pd.DataFrame({"outside": outside})).endswith(says)


@pytest.mark.parametrize(
    ("x", "n", "says"),
    [
        (0, 1, "It is not a small rural municipality."),
        (1, 1, "It is a small rural municipality."),
        (0, 2, "Neither of them is a small rural municipality."),
        (2, 2, "Both are small and rural."),
        (0, 3, "None of them is a small rural municipality."),
        (3, 3, "All of them are small rural municipalities."),
        (1, 3, "One of the municipalities is small and rural."),
    ],
)
def test_small_rural_municipalities_of_a_programme(x, n, says):
    assert programme._small(x, n) == says


@pytest.mark.parametrize(
    ("granted", "of", "who"), [(1, 1, "the one participation"), (2, 2, "both participations")]
)
def test_grants_to_one_participation_and_to_both(granted, of, who):
    row = {
        "nok": 450_000.0,
        "eur": float("nan"),
        "granted": granted,
        "participations": of,
        "led": float("nan"),
    }
    assert county_rows._grants(row) == f"NOK 450,000 to {who}"


def test_a_former_county_is_told_by_those_of_today():
    eligibility = pd.DataFrame(
        {"programme_id": "network", "municipality_code": ["3301", "1804", "3103", "3303"]}
    )
    counties = {"18": "Nordland", "31": "Østfold", "33": "Buskerud"}
    network = pd.Series({"eligible": "30;18"}, name="network")
    told = programme_list.eligible(counties, network, eligibility)
    assert told == "Municipalities in Buskerud, Nordland and Østfold"
