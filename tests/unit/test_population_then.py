"""The municipalities of 2016: their place in the 2024 structure, and what a division leaves open."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.tables import population_then, reforms

NOW = pd.DataFrame(
    {
        "municipality_code": ["1806", "1875", "3905", "3907"],
        "municipality_name_official": ["Narvik - Áhkánjárga", "Hábmer - Hamarøy", "Tønsberg", "Sandefjord"],
        "centrality_class": [4, 6, 2, 3],
    }
)
CHANGES = pd.DataFrame(
    [
        ("2017-01-01", "0704", "Tønsberg", "0704", "Tønsberg"),
        ("2017-01-01", "0706", "Sandefjord", "0710", "Sandefjord"),
        ("2017-01-01", "0720", "Stokke", "0704", "Tønsberg"),
        ("2017-01-01", "0720", "Stokke", "0710", "Sandefjord"),
        ("2020-01-01", "0704", "Tønsberg", "3905", "Tønsberg"),
        ("2020-01-01", "0710", "Sandefjord", "3907", "Sandefjord"),
        ("2020-01-01", "1850", "Tysfjord", "1806", "Narvik - Áhkánjárga"),
        ("2020-01-01", "1850", "Tysfjord", "1875", "Hábmer - Hamarøy"),
    ],
    columns=["change_date", "old_code", "old_name", "new_code", "new_name"],
)
SERIES = pd.DataFrame({"old_code": ["0720", "1850"], "series_code": ["3907", None]})


def people(**persons: int) -> pd.DataFrame:
    then = {"0704": 43_000, "0706": 45_820, "0720": 11_657, "1850": 1_974} | {
        k[1:]: v for k, v in persons.items()
    }
    return pd.DataFrame({"code": list(then), "year": 2016, "population": list(then.values())})


def built(population: pd.DataFrame) -> pd.DataFrame:
    walk = reforms.build(NOW, CHANGES, SERIES)
    # Narvik and Hamarøy are themselves newer than 2016.
    walk = walk[~walk["code"].isin(["1806", "1875"])]
    return population_then.build(population, walk, NOW).set_index("code")


def test_a_merged_unit_takes_the_class_of_its_successor():
    sandefjord = built(people()).loc["0706"]
    assert sandefjord[["municipality_code", "centrality_class", "successors"]].tolist() == ["3907", 3, "3907"]
    assert str(sandefjord["size_band"]) == "20000-49999" and not sandefjord["is_small_rural"]


def test_a_divided_unit_stands_where_the_series_place_it():
    stokke = built(people()).loc["0720"]
    assert stokke["is_split"] and stokke["successors"] == "3905;3907"
    assert stokke[["municipality_code", "centrality_class"]].tolist() == ["3907", 3]


def test_a_divided_unit_without_place_is_rural_if_all_its_successors_are():
    tysfjord = built(people()).loc["1850"]
    assert pd.isna(tysfjord["municipality_code"]) and pd.isna(tysfjord["centrality_class"])
    assert tysfjord["is_small_rural"]


def test_codes_and_population_must_fit_each_other():
    with pytest.raises(DataError) as caught:
        built(people(_9999=100).query("code != '0706'"))
    assert {(fault.value, "not in force" in fault.problem) for fault in caught.value.faults} == {
        ("9999", True),
        ("0706", False),
    }
