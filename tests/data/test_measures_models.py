import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.discrete.discrete_model import Logit, Poisson
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.tools import add_constant
from tests.slow.validation import simulator

from analysis.measures import covariates, diagnostics, models
from analysis.measures.covariates import CENTRALITY, MAIN, POPULATION, design_matrix
from analysis.measures.estimates import CoverageError, Estimates
from analysis.stats import logit

PROGRAMMES = simulator.programmes(whole="census", seen="sample")


@pytest.fixture(scope="module")
def world():
    panel = simulator.panel(np.random.default_rng(7))
    z = design_matrix(panel, (POPULATION, CENTRALITY)).to_numpy()
    mean = np.exp(-0.6 + z @ [0.4, 0.2])
    return panel, simulator.own_projects(panel, np.random.default_rng(8).poisson(mean), "whole")


def odds(frame, unit="odds ratio"):
    return frame[frame["unit"] == unit].set_index("term")


def test_logit_and_marginal_effects_are_statsmodels(world):
    panel, rows = world
    frame = models.any_participation(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION, CENTRALITY), models.REGION
    )
    data = models.prepare(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION, CENTRALITY), models.REGION
    )
    groups = pd.factorize(data.clusters)[0]
    second = Logit(data.any, data.x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    np.testing.assert_allclose(odds(frame)["estimate"], np.exp(second.params[1:]), rtol=1e-6)
    t = stats.t.ppf(0.975, len(np.unique(groups)) - 1)
    np.testing.assert_allclose(
        odds(frame)["conf_high"], np.exp(second.params[1:] + t * second.bse[1:]), rtol=1e-5
    )
    effects = odds(frame, "difference in the share of municipalities that took part")
    margins = second.get_margeff()
    np.testing.assert_allclose(effects["estimate"], margins.margeff, rtol=1e-5)
    np.testing.assert_allclose(effects["conf_high"], margins.margeff + t * margins.margeff_se, rtol=1e-4)


def test_limits_know_which_municipalities_came_in_together(world):
    """One project of five beside single ones: against the model fitted again without each project."""
    panel, rows = world
    rows = rows.assign(project_id=rows["project_id"].mask(np.arange(len(rows)) < 5, "together"))
    seen = simulator.observations(panel, rows.assign(programme_id="seen"), PROGRAMMES, ["seen"])
    frame = models.number_of_participations(seen, (POPULATION, CENTRALITY))
    poisson = frame[frame["model"] == "Poisson"].set_index("term")
    data = models.prepare(seen, (POPULATION, CENTRALITY))
    refits = []
    for project in range(data.n_clusters):
        count = data.count - np.bincount(data.unit[data.project == project], minlength=len(data.count))
        refits.append(GLM(count, data.x, family=families.Poisson()).fit().params[1:])
    error = np.sqrt((len(refits) - 1) / len(refits) * ((refits - np.mean(refits, axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(poisson["std_error"].iloc[:2], error, rtol=1e-3)
    assert (poisson["method"].iloc[0], data.n_clusters) == (
        f"robust, {data.n_clusters} projects",
        len(rows) - 4,
    )


def test_logit_of_single_projects_has_about_the_independent_errors(world):
    panel, rows = world
    seen = simulator.observations(panel, rows.assign(programme_id="seen"), PROGRAMMES, ["seen"])
    ours, plain = (
        odds(models.any_participation(seen, (POPULATION, CENTRALITY), c))
        for c in ("project", "municipality_code")
    )
    np.testing.assert_allclose(ours["estimate"], plain["estimate"])
    np.testing.assert_allclose(ours["std_error"], plain["std_error"], rtol=0.15)


def test_poisson_with_exposure_is_statsmodels(world):
    panel, rows = world
    frame = models.number_of_participations(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]),
        (POPULATION, CENTRALITY),
        exposure="population",
    )
    data = models.prepare(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION, CENTRALITY)
    )
    second = Poisson(data.count, data.x, exposure=data.panel["population"].to_numpy(float)).fit(disp=0)
    poisson = frame[frame["model"] == "Poisson"].set_index("term")
    np.testing.assert_allclose(poisson["estimate"].iloc[:2], np.exp(second.params[1:]), rtol=1e-5)
    pearson = ((data.count - second.predict()) ** 2 / second.predict()).sum() / (len(data.count) - 3)
    assert poisson.loc["dispersion", "estimate"] == pytest.approx(pearson, rel=1e-4)


@pytest.mark.slow
def test_negative_binomial_recovers_overdispersion():
    rng = np.random.default_rng(4)
    panel = simulator.panel(rng, 1_500)
    mean = np.exp(design_matrix(panel, (POPULATION,)).to_numpy()[:, 0] * np.log(1.5))
    rows = simulator.own_projects(panel, rng.poisson(mean * rng.gamma(1, 1, len(panel))), "whole")
    frame = models.number_of_participations(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION,)
    )
    negative = frame[frame["model"] == "negative binomial"].iloc[0]
    assert negative["conf_low"] < 1.5 < negative["conf_high"]
    assert frame.set_index("term").loc["dispersion", "estimate"] > 1.5


def test_negative_binomial_is_given_where_counts_vary_more(world):
    panel, rows = world
    few = models.number_of_participations(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION,)
    )
    assert few.loc[few["term"] == "dispersion", "estimate"].item() < models.DISPERSED
    assert set(few["model"]) == {"Poisson"}


def test_firth_on_a_two_by_two_table_adds_half_to_each_cell():
    # Firth's penalty in a saturated logit is the same as adding ½ to every cell (Heinze and Schemper 2002).
    panel = pd.DataFrame(
        {
            "municipality_code": [f"{i:03d}" for i in range(40)],
            "population": [2_000] * 20 + [4_000] * 20,
            "labour_market_region_code": [f"{i:03d}" for i in range(40)],
        }
    )
    seen = panel["municipality_code"].iloc[20:27]
    rows = simulator.participation(seen, seen, "seen")
    frame = models.any_participation(simulator.observations(panel, rows, PROGRAMMES, ["seen"]), (POPULATION,))
    assert (frame["model"] == "Firth logit").all()
    assert odds(frame)["estimate"].iloc[0] == pytest.approx((7.5 / 13.5) / (0.5 / 20.5), rel=1e-3)
    assert odds(frame)["conf_low"].iloc[0] > 1


def test_sample_model_is_about_recorded_shares(world):
    panel, rows = world
    frame = models.any_participation(
        simulator.observations(panel, rows.assign(programme_id="seen"), PROGRAMMES, ["seen"])
    )
    assert frame["unit"].str.contains("recorded in the register").any()
    with pytest.raises(CoverageError):
        Estimates(frame.assign(unit="difference in the share of municipalities that took part"))


def test_population_before_the_outcome_is_that_of_the_year():
    panel = pd.DataFrame({"municipality_code": ["a", "b"], "population": [900, 4_000]})
    table = pd.DataFrame(
        {"municipality_code": ["a", "a", "b"], "year": [2016, 2020, 2016], "population": [1_000, 950, 4_000]}
    )
    dated = covariates.with_population_of(panel, table, 2016)
    assert design_matrix(dated, [covariates.POPULATION_BEFORE]).iloc[:, 0].tolist() == [-1, 1]
    assert design_matrix(
        covariates.with_population_of(panel, table, 2020), [covariates.POPULATION_BEFORE]
    ).empty


def test_order_and_scale_do_not_matter(world):
    panel, rows = world
    first = models.any_participation(simulator.observations(panel, rows, PROGRAMMES, ["whole"]))
    shuffled = panel.sample(frac=1, random_state=1).assign(
        operating_expenditure_nok_thousand=lambda p: p["operating_expenditure_nok_thousand"] * 1000
    )
    second = models.any_participation(
        simulator.observations(shuffled, rows.sample(frac=1, random_state=2), PROGRAMMES, ["whole"])
    )
    columns = ["estimate", "conf_low", "conf_high"]
    np.testing.assert_allclose(first[columns], second[columns], rtol=1e-6)


# --- diagnostics ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(11)
    panel = simulator.panel(rng, 120)
    p = 1 / (1 + np.exp(-design_matrix(panel, (POPULATION,)).to_numpy()[:, 0]))
    return panel, simulator.own_projects(panel, rng.binomial(1, p), "whole")


def test_leave_one_out_is_near_a_true_refit(small):
    data = models.prepare(simulator.observations(*small, PROGRAMMES, ["whole"]), (POPULATION,))
    fit = GLM(data.any, data.x, family=families.Binomial()).fit()
    refits, moves = [], []
    for i in range(len(data.any)):
        keep = np.arange(len(data.any)) != i
        again = GLM(data.any[keep], data.x[keep], family=families.Binomial()).fit()
        refits.append(again.predict(data.x[[i]])[0])
        moves.append(fit.params - again.params)
    np.testing.assert_allclose(logit.leave_one_out(fit), refits, atol=0.01)
    np.testing.assert_allclose(logit.changes(fit), moves, atol=0.01)


def test_auc_is_mann_whitney():
    rng = np.random.default_rng(1)
    outcome, score = rng.integers(0, 2, 50), rng.integers(0, 9, 50)
    u = stats.mannwhitneyu(score[outcome == 1], score[outcome == 0]).statistic
    assert logit.auc(outcome, score) == pytest.approx(u / (outcome.sum() * (50 - outcome.sum())))


def test_comparison_has_statsmodels_criteria(small):
    frame = diagnostics.compare(simulator.observations(*small, PROGRAMMES, ["whole"])).set_index(
        ["model", "term"]
    )
    data = models.prepare(simulator.observations(*small, PROGRAMMES, ["whole"]), MAIN)
    population = Logit(data.any, data.x[:, :2]).fit(disp=0)
    full = Logit(data.any, data.x).fit(disp=0)
    assert frame.loc[("population", "AIC"), "estimate"] == pytest.approx(population.aic)
    assert frame.loc[("population", "BIC"), "estimate"] == pytest.approx(population.bic)
    assert frame.loc[("population", "McFadden R²"), "estimate"] == pytest.approx(population.prsquared)
    expected = stats.chi2.sf(2 * (full.llf - population.llf), 3)
    assert frame.loc[("population", "likelihood ratio"), "p_value"] == pytest.approx(expected)


def test_calibration_counts_every_municipality_once(small):
    frame = diagnostics.calibration(simulator.observations(*small, PROGRAMMES, ["whole"]), (POPULATION,))
    groups = frame[frame["term"] == "observed share"]
    data = models.prepare(simulator.observations(*small, PROGRAMMES, ["whole"]), (POPULATION,))
    assert groups["n"].sum() == len(data.any)
    assert groups["numerator"].sum() == data.any.sum()


@pytest.mark.slow
def test_calibration_of_a_true_model_is_not_rejected_too_often():
    rng = np.random.default_rng(21)
    rejected = 0
    for _ in range(100):
        panel = simulator.panel(rng, 300)
        p = 1 / (1 + np.exp(-0.5 * design_matrix(panel, (POPULATION,)).to_numpy()[:, 0]))
        rows = simulator.own_projects(panel, rng.binomial(1, p), "whole")
        frame = diagnostics.calibration(
            simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION,)
        )
        rejected += frame["p_value"].iloc[-1] < 0.05
    # 5 of 100 on average; 13 or more has a chance of 0.2 per cent.
    assert rejected < 13


# --- degenerate input -------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 0),
        ({}, 1),
        ({"population": 5_000, "centrality_index": 500}, None),
        ({"expenditure_need_index": np.nan}, None),
        ({"labour_market_region_code": "one"}, None),
        ({"centrality_index": lambda p: np.log2(p["population"]) * 3}, None),
    ],
)
def test_degenerate_input_gives_numbers_or_reasons(change, count):
    rng = np.random.default_rng(9)
    panel = simulator.panel(rng, 60).assign(**change)
    drawn = rng.poisson(0.7, 60) if count is None else np.full(60, count)
    rows = simulator.own_projects(panel, drawn, "whole")
    for function in (
        models.any_participation,
        models.number_of_participations,
        diagnostics.compare,
        diagnostics.calibration,
        diagnostics.influence,
    ):
        frame = function(simulator.observations(panel, rows, PROGRAMMES, ["whole"]))
        assert len(frame)
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()


@pytest.mark.filterwarnings("error")
def test_separated_outcome_uses_firth():
    panel = simulator.panel(np.random.default_rng(9), 200)
    rows = simulator.own_projects(panel, (panel["population"] > 6_000).to_numpy(int), "whole")
    frame = models.any_participation(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), (POPULATION,)
    )
    assert (frame["model"] == "Firth logit").all()
    assert frame["estimate"].notna().all()


def test_ratios_per_standard_deviation_are_those_of_standardised_covariates(world):
    panel, rows = world
    seen = simulator.observations(panel, rows, PROGRAMMES, ["whole"])
    covariates = (POPULATION, CENTRALITY)
    frame = diagnostics.rescaled(models.any_participation(seen, covariates, models.REGION), panel, covariates)
    x = design_matrix(panel, covariates)
    groups = pd.factorize(panel["labour_market_region_code"])[0]
    y = seen.found.to_numpy(float)
    second = Logit(y, add_constant((x / x.std()).to_numpy())).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups}
    )
    np.testing.assert_allclose(frame["estimate"], np.exp(second.params[1:]), rtol=1e-5)
    np.testing.assert_allclose(frame["std_error"], second.bse[1:], rtol=1e-4)
    tenth = diagnostics.rescaled(models.any_participation(seen, covariates), panel, covariates, "10 per cent")
    doubled = odds(models.any_participation(seen, covariates)).loc[POPULATION, "estimate"]
    assert tenth["term"].tolist() == [POPULATION]
    assert tenth["estimate"].iloc[0] == pytest.approx(doubled ** np.log2(1.1))


def test_per_krone_stands_unadjusted_beside_adjusted(world):
    panel, rows = world
    seen = simulator.observations(panel, rows, PROGRAMMES, ["whole"])
    frame = diagnostics.per_krone(seen)
    assert [model.split(",")[0] for model in frame["model"]] == ["unadjusted", "adjusted"]
    offset = np.log(panel["purchases_nok_thousand"].to_numpy(float))
    second = Poisson(seen.counts, add_constant(design_matrix(panel, (POPULATION,))), offset=offset).fit(
        disp=0
    )
    assert frame["n"].tolist() == [len(panel)] * 2
    assert frame["estimate"].iloc[0] == pytest.approx(float(np.exp(second.params.iloc[1])), rel=0.05)


def test_members_of_procurement_cooperations_with_their_coverage():
    panel = pd.DataFrame({"municipality_code": ["0001", "0002", "0003"]})
    cooperations = pd.DataFrame(
        {
            "cooperation_id": ["a", "a", "a", "b"],
            "kind": ["standing", "standing", "standing", "it_cooperation"],
            "municipality_code": ["0001", "0001", pd.NA, "0002"],
            "unnamed_members": [pd.NA, pd.NA, 3, pd.NA],
        }
    )
    found = diagnostics.cooperation_members(panel, cooperations)
    assert found["is_procurement_cooperation_member"].tolist() == [True, False, False]
    assert found["members_named"].unique().tolist() == [0.25]
