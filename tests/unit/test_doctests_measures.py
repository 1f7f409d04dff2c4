"""The examples in the docstrings of measures and stats give what they say."""

import doctest
import importlib
import pkgutil

import pytest

from analysis import errors, measures, stats

MODULES = [
    importlib.import_module(found.name)
    for package in (measures, stats)
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("module", [errors, *MODULES], ids=lambda module: module.__name__)
def test_examples(module):
    result = doctest.testmod(module)
    assert result.failed == 0


def test_there_are_examples():
    assert sum(len(doctest.DocTestFinder().find(module)) for module in MODULES) > 20
