from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from tests.slow.validation import simulator

from analysis.measures import cooperation
from analysis.measures.recurrence import recurrence
from analysis.stats import bipartite, proportions

PROGRAMMES = simulator.programmes(p="sample", lup_partner="partial").assign(is_cooperation=[True, False])
BANDS = ["small", "middle", "large"]


@pytest.fixture
def panel():
    return pd.DataFrame(
        {
            "municipality_code": list("abcdef"),
            "size_band": pd.Categorical(["small"] * 3 + ["middle", "middle", "large"], BANDS, ordered=True),
            "is_small_rural": [True] * 3 + [False] * 3,
            "county_code": ["01", "01", "02", "01", "02", "02"],
            "labour_market_region_code": ["1", "1", "2", "1", "2", "3"],
        }
    )


def register(projects, **columns):
    pairs = [(code, name) for name, codes in projects.items() for code in codes]
    return simulator.participation([c for c, _ in pairs], [p for _, p in pairs], "p", **columns)


def test_joint_share_by_hand(panel):
    # a alone, a with b, c with f: small ones have four participations, three of them joint.
    rows = register({"1": "a", "2": "ab", "3": "cf"})
    table = cooperation.joint_share(simulator.observations(panel, rows, PROGRAMMES)).set_index("group")
    assert table.loc["small", ["numerator", "denominator", "n"]].tolist() == [3, 4, 3]
    assert table.loc["large", "estimate"] == 1
    assert table.loc["middle", "reason"] == "not estimable: no participant recorded"


def test_a_grant_under_two_programmes_counts_once(panel):
    # b's grant in project 2 is the one that it also has in project 1: two municipalities, not three participations.
    rows = register({"1": "ab", "2": "b"}, same_grant_as=[None, None, "1"])
    table = cooperation.joint_share(simulator.observations(panel, rows, PROGRAMMES)).set_index("group")
    assert table.loc["small", ["numerator", "denominator", "n"]].tolist() == [2, 2, 1]


def test_three_old_neighbours_that_merged_count_as_a_joint_project(panel):
    rows = register({"1": "aaa"}, code_then=["0001", "0002", "0003"])
    table = cooperation.joint_share(simulator.observations(panel, rows, PROGRAMMES)).set_index("group")
    assert table.loc["small", ["numerator", "denominator"]].tolist() == [3, 3]
    now = cooperation.joint_share(simulator.observations(panel, rows, PROGRAMMES), units="now")
    assert now.set_index("group").loc["small", ["numerator", "denominator"]].tolist() == [1, 1]


def test_partner_of_the_programme_is_not_cooperation(panel):
    rows = register({"1": "abc"}).assign(programme_id="lup_partner")
    assert (
        cooperation.joint_share(simulator.observations(panel, rows, PROGRAMMES))["denominator"] == 0
    ).all()


def test_with_whom(panel):
    rows = register({"1": "a", "2": "ab", "3": "ad", "4": "af", "5": "cf", "6": "ef"})
    small = cooperation.partners(simulator.observations(panel, rows, PROGRAMMES), by="is_small_rural")
    small = small[small["group"] == True].set_index("term")["numerator"]  # noqa: E712
    # a alone once; a and b are equals; a–d share a region; a–f and c–f do not.
    assert small.to_dict() == {
        "alone": 1,
        "with equals or smaller": 2,
        "with a larger neighbour": 1,
        "with a larger one elsewhere": 2,
    }
    border = pd.DataFrame({"municipality_code": ["c"], "neighbour_code": ["f"]})
    near = cooperation.partners(
        simulator.observations(panel, rows, PROGRAMMES), by="is_small_rural", neighbours=border
    )
    near = near[(near["group"] == True) & (near["term"] == "with a larger neighbour")]  # noqa: E712
    assert near["numerator"].tolist() == [2]


def test_kinds_of_company_sum_to_one(panel):
    rows = register({"1": "a", "2": "abd", "3": "adf", "4": "bcef", "5": "cf"})
    sums = (
        cooperation.partners(simulator.observations(panel, rows, PROGRAMMES))
        .groupby("group")["estimate"]
        .sum()
    )
    assert sums.tolist() == pytest.approx([1, 1, 1])


def test_lead_share_is_of_joint_projects(panel):
    rows = register({"1": "a", "2": "ab", "3": "cf"}, role=["lead", "participant", "lead", "partner", "lead"])
    table = cooperation.lead_share(simulator.observations(panel, rows, PROGRAMMES)).set_index("group")
    assert table.loc["small", ["numerator", "denominator"]].tolist() == [1, 3]


def test_clustered_share_without_clusters_is_wilson():
    hits = np.r_[np.ones(12), np.zeros(28)]
    found = proportions.clustered(hits, np.arange(40))
    # Residual variance with one member per cluster is p(1−p)·n/(n−1): a design effect of 40/39.
    low, high = proportion_confint(12 * 39 / 40, 39, method="wilson")
    assert (found.conf_low, found.conf_high) == pytest.approx((low, high))


def test_clustered_share_of_alike_members_counts_clusters():
    found = proportions.clustered(np.repeat([1, 0, 1, 0], 25), np.repeat(range(4), 25))
    low, high = proportion_confint(1.5, 3, method="wilson")
    assert (found.conf_low, found.conf_high) == pytest.approx((low, high))
    assert proportions.clustered(np.ones(100), np.repeat(range(4), 25)).conf_low == pytest.approx(
        proportion_confint(4, 4, method="wilson")[0]
    )


def test_ties_and_network_are_networkx(panel):
    rows = register({"1": "ab", "2": "abd", "3": "cf", "4": "e"})
    ties = cooperation.ties(simulator.observations(panel, rows, PROGRAMMES))
    assert ties.set_index(["municipality_code", "partner_code"])["projects"].to_dict() == {
        ("a", "b"): 2,
        ("a", "d"): 1,
        ("b", "d"): 1,
        ("c", "f"): 1,
    }
    graph = nx.bipartite.weighted_projected_graph(
        nx.Graph([(p, m) for p, m in zip(rows["project_id"], rows["municipality_code"], strict=True)]),
        list("abcdef"),
    )
    assert {tuple(sorted(e)): d["weight"] for *e, d in graph.edges(data=True)} == {
        (t.municipality_code, t.partner_code): t.projects for t in ties.itertuples()
    }
    counts = cooperation.network(ties).set_index("term")["estimate"]
    assert counts.to_dict() == {
        "municipalities with a tie": 5,
        "ties": 4,
        "ties of two or more projects": 1,
        "components": 2,
        "largest component": 3,
    }


# --- recurrence ---------------------------------------------------------------------------------


def test_rewiring_keeps_degrees_and_blocks():
    rng = np.random.default_rng(2)
    start = rng.random((8, 12)) < 0.4
    project, town = np.nonzero(start)
    county = rng.integers(0, 3, 12)
    chains = bipartite.rewire(project, town, county[town], 50, seed=1)
    assert (chains.sum(axis=1) == start.sum(axis=0)).all()
    assert (chains.sum(axis=2) == start.sum(axis=1)).all()
    for block in range(3):
        assert (chains[:, :, county == block].sum(axis=2) == start[:, county == block].sum(axis=1)).all()
    assert (chains != start).any()


def test_rewiring_reaches_all_graphs_equally_often():
    # All 3×3 incidences with row and column sums (1, 2, 1) and (1, 1, 2), counted by brute force.
    rows, columns = (1, 2, 1), (1, 1, 2)
    every = set()
    for bits in range(2**9):
        matrix = np.array([(bits >> i) & 1 for i in range(9)]).reshape(3, 3)
        if tuple(matrix.sum(axis=1)) == rows and tuple(matrix.sum(axis=0)) == columns:
            every.add(tuple(matrix.ravel()))
    start = np.array(sorted(every)[0]).reshape(3, 3)
    project, town = np.nonzero(start)
    chains = bipartite.rewire(project, town, np.zeros(4, int), 6_000, seed=3)
    found = pd.Series([tuple(c.ravel().astype(int)) for c in chains]).value_counts()
    assert set(found.index) == every
    expected = 6_000 / len(every)
    statistic = ((found - expected) ** 2 / expected).sum()
    assert statistic < stats.chi2.ppf(0.9999, len(every) - 1)


def test_recurring_pairs_by_brute_force():
    rng = np.random.default_rng(5)
    present = rng.random((4, 7, 6)) < 0.5
    for chain, found in zip(present, bipartite.recurring_pairs(present), strict=True):
        pairs = combinations(range(6), 2)
        assert found == sum((chain[:, i] & chain[:, j]).sum() >= 2 for i, j in pairs)


def test_fixed_constellations_are_found_and_random_ones_are_not():
    rng = np.random.default_rng(1)
    panel = simulator.panel(rng, 60)
    codes = panel["municipality_code"].to_numpy()
    fixed = {f"{i}": codes[5 * (i % 12) : 5 * (i % 12) + 5] for i in range(36)}
    loose = {f"{i}": rng.choice(codes, 5, replace=False) for i in range(36)}
    p_values = []
    for projects in (fixed, loose):
        frame = recurrence(
            simulator.observations(panel, register(projects), PROGRAMMES), n_resamples=399, seed=2
        )
        p_values.append(frame.set_index("term").loc["recurring pairs", "p_value"])
    assert p_values[0] == pytest.approx(1 / 400)
    assert p_values[1] > 0.02


def test_same_seed_same_answer(panel):
    rows = register({"1": "ab", "2": "abd", "3": "cf", "4": "def"})
    frames = [
        recurrence(simulator.observations(panel, rows, PROGRAMMES), n_resamples=99, seed=4) for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*frames)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("projects", [{}, {"1": "a"}, {"1": "ab"}, {"1": "abcdef"}, {"1": "ab", "2": "ab"}])
def test_degenerate_input_gives_numbers_or_reasons(panel, projects):
    rows = register(projects)
    rows["code_then"] = rows["municipality_code"]
    for frame in (
        cooperation.joint_share(simulator.observations(panel, rows, PROGRAMMES)),
        cooperation.partners(simulator.observations(panel, rows, PROGRAMMES)),
        cooperation.lead_share(simulator.observations(panel, rows, PROGRAMMES)),
        cooperation.network(cooperation.ties(simulator.observations(panel, rows, PROGRAMMES))),
        recurrence(simulator.observations(panel, rows, PROGRAMMES), n_resamples=19),
        recurrence(simulator.observations(panel, rows, PROGRAMMES), within="county_code", n_resamples=19),
    ):
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()


def test_members_of_a_project_and_of_its_renewal_share_an_undertaking_but_no_tie(panel):
    """a and b meet in 1; a is in 2, and b in its renewal 3: together in two undertakings, named together in one project."""
    rows = register(
        {"1": "ab", "2": "ac", "3": "bc"}, continues_project_id=[None, None, None, None, "2", "2"]
    )
    observed = simulator.observations(panel, rows, PROGRAMMES)
    found = recurrence(observed, n_resamples=19).set_index("term")
    assert found.loc["recurring pairs", "estimate"] == 1
    ties = cooperation.ties(observed).set_index(["municipality_code", "partner_code"])["projects"]
    assert ties.to_dict() == {("a", "b"): 1, ("a", "c"): 1, ("b", "c"): 1}
