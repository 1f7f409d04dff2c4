"""A comparison of two groups has an interval where each rests on five projects of its own, not where both do together."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures import completeness, counties, gap, intensity
from analysis.measures.claims import Basis, Figure, Verdict, verdict
from analysis.measures.observations import Observations


def observed(of_small: int, of_others: int) -> Observations:
    """Four small rural municipalities and four others; each project has one of them, in turn."""
    codes = [f"{3401 + k}" for k in range(8)]
    panel = pd.DataFrame({"municipality_code": codes, "is_small_rural": [True] * 4 + [False] * 4})
    panel = panel.assign(
        county_code="34", county_name=["A"] * 4 + ["B"] * 4, population=range(1000, 9000, 1000)
    )
    panel = panel.assign(purchases_nok_thousand=1.0, operating_expenditure_nok_thousand=2.0)
    members = [codes[k % 4] for k in range(of_small)] + [codes[4 + k % 4] for k in range(of_others)]
    rows = pd.DataFrame(
        {"municipality_code": members, "participant_type": "municipality", "programme_id": "p"}
    )
    rows["project_id"] = [f"x{k}" for k in range(len(rows))]
    return Observations(panel, rows, pd.DataFrame({"programme_id": ["p"], "coverage": ["sample"]}))


def has_limits(frame: pd.DataFrame) -> dict[str, bool]:
    return frame.groupby("term")["conf_high"].apply(lambda limits: bool(limits.notna().any())).to_dict()


# The small ones' four projects over four municipalities against six over four: 1 and 1.5 each, a ratio of 2/3.
@pytest.mark.parametrize(("of_small", "of_others", "enough"), [(4, 6, False), (6, 4, False), (5, 6, True)])
def test_every_comparison_asks_each_group_for_projects_of_its_own(of_small, of_others, enough):
    one = observed(of_small, of_others)
    ratio = of_small / of_others
    rates = intensity.intensity(one).set_index(["term", "group"])
    assert rates.loc[("ratio", "all"), "estimate"] == pytest.approx(ratio)
    assert rates.loc[("difference", "all"), "estimate"] == pytest.approx((of_small - of_others) / 4)
    for term in ("ratio", "difference"):
        row = rates.loc[(term, "all")]
        assert (np.isfinite(row["conf_low"]), np.isfinite(row["conf_high"])) == (enough, enough)
        assert row["reason"] == ("" if enough else "no interval: too few observations")
    assert np.isfinite(rates.loc[("rate", True), "conf_high"]) == (of_small >= 5)
    assert np.isfinite(rates.loc[("rate", False), "conf_high"]) == (of_others >= 5)
    within = intensity.intensity(one.with_panel(one.panel.assign(all_of="x")), within="all_of").iloc[0]
    assert within["estimate"] == pytest.approx(ratio) and np.isfinite(within["conf_high"]) == enough
    needed = completeness.sensitivity(one).iloc[0]
    assert needed["estimate"] == pytest.approx(1 / ratio) and np.isfinite(needed["conf_high"]) == enough
    assert has_limits(gap.gap(one)) == {"difference": enough, "ratio": enough}
    shares = gap.representation(one).set_index("term")
    part = of_small / (of_small + of_others)
    assert shares.loc["by municipalities", "estimate"] == pytest.approx(part / 0.5)
    assert shares["conf_high"].notna().all() == enough
    of_counties = counties.participations(one).set_index(["term", "group"])
    assert of_counties.loc[("ratio to the others", "A"), "estimate"] == pytest.approx(ratio)
    assert np.isfinite(of_counties.loc[("ratio to the others", "A"), "conf_high"]) == enough
    assert np.isfinite(of_counties.loc[("rate", "A"), "conf_high"]) == (of_small >= 5)


def test_a_group_without_any_has_an_upper_limit_where_the_others_have_projects_enough():
    """None against six: 0.025^(−1/6) − 1 = 0.8493, by R's poisson.test(c(0, 6)); none against four says too little."""
    ratio = intensity.intensity(observed(0, 6)).set_index("term").loc["ratio"]
    assert (ratio["estimate"], ratio["conf_low"]) == (0, 0)
    assert ratio["conf_high"] == pytest.approx(0.8493, abs=5e-5)
    few = intensity.intensity(observed(0, 4)).set_index("term").loc["ratio"]
    assert few["estimate"] == 0 and np.isnan(few["conf_high"]) and few["reason"].startswith("no interval")
    # Draws of projects never give the group any: its share of none is no certainty.
    assert gap.representation(observed(0, 6))["conf_high"].isna().all()


def test_one_project_of_many_counts_as_one():
    """Four participations of one project, and six projects of the others: the group rests on one."""
    one = observed(0, 6)
    rows = one.participation.iloc[[0] * 4].assign(
        project_id="joint", municipality_code=one.panel["municipality_code"][:4].to_numpy()
    )
    joint = one.with_participation(pd.concat([one.participation, rows], ignore_index=True))
    ratio = intensity.intensity(joint).set_index("term").loc["ratio"]
    assert ratio["estimate"] == pytest.approx(1 / 1.5) and np.isnan(ratio["conf_high"])


def test_a_claim_against_what_has_no_limits_cannot_be_decided():
    """The claimed side begins at the limit of the other figure; where that has none, there is nothing to be beyond."""
    unknown = Figure("x", 0.5, Basis.DIRECTION, claimed=np.nan, conf_low=0.3, conf_high=0.7, is_above=True)
    assert verdict(unknown) is Verdict.CANNOT_SAY
