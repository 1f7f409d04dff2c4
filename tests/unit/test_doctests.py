"""The examples in docstrings give what they say."""

import doctest
import importlib
import pkgutil

import pytest

from analysis import definitions, errors, figures, i18n, io, measures, report, stats

MODULES = [
    importlib.import_module(found.name)
    for package in (measures, stats, figures, report)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize(
    "module", [definitions, errors, i18n, io, *MODULES], ids=lambda module: module.__name__
)
def test_examples(module):
    result = doctest.testmod(module)
    assert result.failed == 0


def test_there_are_examples():
    assert sum(len(doctest.DocTestFinder().find(module)) for module in MODULES) > 20
