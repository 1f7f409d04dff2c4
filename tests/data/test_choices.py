"""Arguments with a few allowed words, and names of columns, are checked by every function that takes them."""

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Literal, get_args, get_origin, get_type_hints

import pandas as pd
import pytest

import analysis as an
import analysis.measures
import analysis.stats
from analysis.measures import adoption, robustness, spatial
from analysis.measures.observations import Observations


def _functions():
    """Public functions of measures and statistics, each once."""
    for room in (analysis.measures, analysis.stats):
        for found in pkgutil.iter_modules(room.__path__):
            module = importlib.import_module(f"{room.__name__}.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == module.__name__ and not name.startswith("_"):
                    yield function
    yield Observations.where


def _words(hint):
    """The words that an argument with this hint may be, or None."""
    each = (hint, *get_args(hint))
    return next((get_args(part) for part in each if get_origin(part) is Literal), None)


COLUMNS = ("by", "within", "strata", "cluster", "cells", "exposure")
COUNTS = (
    "n",
    "n_resamples",
    "n_permutations",
    "n_points",
    "n_groups",
    "seed",
    "first_year",
    "without_most_named",
)
FUNCTIONS = list(_functions())
CHOICES = [
    pytest.param(function, name, words, id=f"{function.__module__}.{function.__name__}({name})")
    for function in FUNCTIONS
    for name, hint in get_type_hints(function).items()
    if (words := _words(hint)) and name != "scopes"  # several scopes may be chosen
]
GROUPED = [
    pytest.param(function, name, id=f"{function.__module__}.{function.__name__}({name})")
    for function in FUNCTIONS
    for name, hint in get_type_hints(function).items()
    if name in COLUMNS and hint in (str, str | None) and "specifications" not in function.__module__
]
NUMBERS = [
    pytest.param(function, name, id=f"{function.__module__}.{function.__name__}({name})")
    for function in FUNCTIONS
    for name, hint in get_type_hints(function).items()
    if hint is int and name in COUNTS and "measures" in function.__module__
]
COVARIATES = [
    pytest.param(function, id=f"{function.__module__}.{function.__name__}")
    for function in FUNCTIONS
    if "covariates" in get_type_hints(function)
]
#: Tables that functions need beside the panel.
TABLES = {
    "collections": lambda: an.load("collections"),
    "boundaries": cache(lambda: an.load("boundaries")),
    "geometry": lambda: TABLES["boundaries"]().geometry,
    "neighbours": cache(lambda: spatial.neighbours(TABLES["boundaries"]())),
    "municipality_code": lambda: "0301",
    "place": lambda: 0,
    "published_totals": lambda: an.load("published_totals"),
    "projects": lambda: an.load("projects"),
    "dates": lambda: adoption.dates_of(an.load("participation")),
    "table": lambda: pd.DataFrame(
        {"municipality_code": ["0301"], "n_applied": [1], "n_granted": [1], "n_refused": [0]}
    ),
}


@pytest.fixture(scope="module")
def obs():
    return an.observations("horizon_2020")


def _call(function, obs, **given):
    """Call with the observations, or their panel, wherever such are needed; what else is needed is a panel too."""
    hints, needed = get_type_hints(function), {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is parameter.empty and name not in given:
            is_observations = hints.get(name) is Observations or name == "self"
            needed[name] = obs if is_observations else TABLES.get(name, lambda: obs.panel)()
    return function(**needed, **given)


def test_the_choices_are_found():
    assert len(CHOICES) >= 12 and len(GROUPED) >= 20


def _assert_refused(function, obs, name, wrong, said, **given):
    """That the argument is refused in these words, whatever is wrong with it."""
    for value in wrong:
        with pytest.raises(an.AnalysisError, match=said):
            _call(function, obs, **given, **{name: value})
            pytest.fail(f"{function.__name__}({name}={value!r}) is taken")


@pytest.mark.parametrize(("function", "name", "words"), CHOICES)
def test_a_word_that_is_no_choice_is_refused(obs, function, name, words):
    word = words[-1]
    _assert_refused(
        function, obs, name, [word.title(), (word,), [word], 1], f"There is no .*{word}|it takes one name"
    )


@pytest.mark.parametrize(("function", "name"), GROUPED)
def test_a_group_is_the_name_of_a_column(obs, function, name):
    chosen = an.observations("gnist") if "bounds" in function.__module__ else obs
    _assert_refused(
        function, chosen, name, [["size_band"], ("size_band",), "size_bands", 1], r"column of the panel"
    )


@pytest.mark.parametrize(("function", "name"), NUMBERS)
def test_a_number_is_a_whole_one(obs, function, name):
    # The Lorenz curve, which is the default, has no resamples.
    drawn = {"ranking": "population"} if function.__name__ == "curve" else {}
    _assert_refused(function, obs, name, [-1, 2.5, "5", None, True], "must be a whole number from", **drawn)


@pytest.mark.parametrize("function", COVARIATES)
def test_a_covariate_is_one_of_those_declared(obs, function):
    _assert_refused(
        function,
        obs,
        "covariates",
        [["populatoin, per doubling"], "populatoin, per doubling"],
        "did you mean",
    )


def test_one_covariate_needs_no_list(obs):
    one = an.hazard(obs, covariates="population, per doubling")
    pd.testing.assert_frame_equal(one, an.hazard(obs, covariates=["population, per doubling"]))


@pytest.mark.parametrize("kept", [(0.5, 2), (-0.5,), (0,), ("half",)])
def test_a_share_of_the_projects_is_a_share(obs, kept):
    with pytest.raises(an.AnalysisError, match="each must be a share of the projects, above 0 and at most 1"):
        an.rarefaction(obs, kept=kept)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda obs: an.describe(["panel"]), "table: .* it takes one name"),
        (lambda obs: an.read(["ssb_population"]), "source_id.*not one of"),
        (lambda obs: an.small_rural(obs), r"it takes a DataFrame, e.g. an.load\('panel'\)"),
        (lambda obs: an.intensity(obs, clusters="county_code"), "clusters is no Series"),
    ],
)
def test_the_wrong_kind_of_argument_is_answered(obs, call, said):
    with pytest.raises(an.AnalysisError, match=said):
        call(obs)


@pytest.mark.parametrize("measure", [robustness.specification_curve, robustness.joint_test])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"outcomes": ["fonud"]}, "outcome 'fonud'; did you mean 'found'"),
        ({"within": "county_cod"}, "did you mean 'county_code'"),
        ({"periods": [(2019, 2022)]}, "periods: .* it takes a dict"),
        ({"definitions": ["main"]}, "definitions: .* it takes a dict"),
    ],
)
def test_choices_of_specifications_are_known(obs, measure, given, said):
    with pytest.raises(an.AnalysisError, match=said):
        measure(obs, **given)


def test_yes_and_no_are_no_words(obs):
    with pytest.raises(an.AnalysisError, match="stated_only='no' is neither True nor False"):
        obs.where(stated_only="no")


def test_observations_take_what_a_notebook_has_as_parameters(obs):
    chosen = an.observations("klimasats", years="2019-2022", basis="named", definition="strict")
    same = (
        an.observations()
        .where(basis="named", programmes="klimasats", years=(2019, 2022))
        .with_definition("strict")
    )
    pd.testing.assert_frame_equal(chosen.rows, same.rows)
    pd.testing.assert_frame_equal(chosen.panel, same.panel)
    assert len(an.observations(None, years=None, basis=None, definition=None).rows) > len(chosen.rows)
