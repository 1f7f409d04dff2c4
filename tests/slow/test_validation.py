"""The kept evidence, and that a small run of the same studies agrees with it."""

import numpy as np
import pandas as pd
import pytest
from tests.slow.validation import __main__ as validation
from tests.slow.validation import replicates, studies

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def evidence():
    return pd.read_csv(validation.EVIDENCE).set_index("estimator")


def test_limits_hold_the_truth_as_often_as_they_say(evidence):
    assert validation.outside(evidence.reset_index()).empty
    assert (evidence["replicates"] >= 900).all()
    assert (evidence["replicates"] >= 1_000).mean() > 0.85


def test_every_topic_is_validated(evidence):
    names = " ".join(evidence.index)
    for topic in ("Wilson", "Newcombe", "score", "Mantel–Haenszel", "representation", "recording", "bounds",
                  "logit", "Firth", "Poisson", "negative binomial", "Yun", "Kitagawa", "purchases", "elasticity",
                  "joint", "recurrence", "Gini", "Kaplan–Meier"):  # fmt: skip
        assert topic in names


@pytest.mark.parametrize("study", [studies.proportions, studies.logit, studies.recording])
def test_a_small_run_agrees_with_the_evidence(evidence, study):
    runs = min(replicates(24), 1_000)
    # Seeds that the kept run did not use.
    outcomes = validation.replicate(study, range(10_000, 10_000 + runs))
    frame = pd.DataFrame(outcomes, columns=["estimator", "truth", "estimate", "low", "high"])
    for name, rows in frame.groupby("estimator"):
        if "type I error" in name:
            continue
        error = rows["estimate"] - rows["truth"]
        assert abs(error.mean() - evidence.loc[name, "bias"]) < 4.5 * error.std() / np.sqrt(runs)


def test_summary_counts_what_the_limits_hold():
    outcomes = [("a", 1.0, 1.2, 0.9, 1.5), ("a", 1.0, 0.7, 0.5, 0.9), ("b", 0.0, np.nan, np.nan, np.nan)]
    table = validation.summarise(outcomes).set_index("estimator")
    assert table.index.tolist() == ["a"]
    assert table.loc["a", ["replicates", "bias", "coverage_pct"]].tolist() == pytest.approx([2, -0.05, 50])
    assert len(validation.outside(table.reset_index())) == 1
