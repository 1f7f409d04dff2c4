"""The headline by collection: a search aimed at small municipalities cannot pass for a finding."""

from __future__ import annotations

import pytest

from analysis.measures.observations import Observations
from analysis.measures.selection import NOT_AIMED, by_collection


@pytest.fixture(scope="module")
def named(made):
    names = ("panel", "participation", "programmes")
    return Observations(*(made[name] for name in names)).where(basis="named")


@pytest.fixture(scope="module")
def table(named, made):
    return by_collection(named, made["collections"], n_resamples=100)


def ratio(table, name):
    return table[(table["term"] == "ratio") & (table["collection"] == name)]["estimate"].iloc[0]


def test_only_the_search_for_small_ones_was_aimed_at_them(made):
    aimed = made["collections"].set_index("collection_id")["aimed_at_small"]
    assert aimed.index[aimed].tolist() == ["small_rural"]


def test_the_counts_of_a_collection_are_its_own(table, named):
    """Counted again from the rows: distinct municipality and project."""
    small = named.panel.set_index("municipality_code")["is_small_rural"]
    for name in ("core", "small_rural", "research_council"):
        rows = named.records[named.records["collection_id"] == name]
        pairs = rows.drop_duplicates(["municipality_code", "project_id"])["municipality_code"].map(small)
        rates = table[(table["term"] == "rate") & (table["collection"] == name)].set_index("group")
        assert rates.loc[True, "numerator"] == pairs.sum()
        assert rates.loc[False, "numerator"] == (~pairs).sum()


def test_the_ratio_is_higher_where_small_ones_were_looked_for(table):
    assert ratio(table, "small_rural") > ratio(table, "all") > ratio(table, NOT_AIMED)
    assert ratio(table, "small_rural") > 0.8 > 0.4 > ratio(table, "core")
    assert ratio(table, "horizon_2020") == 0


def test_collections_without_rows_that_count_are_left_out(named, made):
    procurement = named.where(scopes="procurement")
    found = by_collection(procurement, made["collections"], n_resamples=20)["collection"].unique()
    assert found.tolist() == ["all", NOT_AIMED, "core", "grants_and_lup"]


def test_a_collection_of_complete_lists_has_no_interval(table):
    owners = table[(table["collection"] == "research_council") & (table["term"] == "rate")]
    assert len(owners) == 2 and owners["estimate"].gt(0).all()
    assert owners[["conf_low", "conf_high"]].isna().all(axis=None)
    core = table[(table["collection"] == "core") & (table["term"] == "ratio")]
    assert len(core) == 0 or core[["conf_low", "conf_high"]].notna().all(axis=None)
