"""Every name of the public face has an example, and each gives what it says on the embedded data."""

from __future__ import annotations

import doctest
import inspect
import sys

import pytest

import analysis as an
from analysis.i18n import using

NAMES = [name for name in an.__all__ if callable(getattr(an, name))]


class _Said(doctest.OutputChecker):
    """What an example says must come; one that says nothing may show anything."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return not want or super().check_output(want, got, optionflags)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_runs_on_the_embedded_data(name):
    made = getattr(an, name)
    namespace = {**vars(sys.modules[inspect.unwrap(made).__module__]), "an": an}
    found = doctest.DocTestParser().get_doctest(inspect.getdoc(made) or "", namespace, name, None, None)
    assert found.examples, f"{name} has no example"
    for example in found.examples:
        example.options.pop(doctest.SKIP, None)  # skipped where no tables are built; here they are
    with using("en"):
        result = doctest.DocTestRunner(_Said(), verbose=False).run(found)
    assert result.failed == 0


@pytest.mark.parametrize("name", [n for n in NAMES if inspect.isfunction(getattr(an, n))])
def test_every_function_says_what_it_takes_and_gives(name):
    said = inspect.getdoc(getattr(an, name)) or ""
    takes = [p for p in inspect.signature(getattr(an, name)).parameters if p not in ("self", "cls")]
    assert not takes or "Parameters" in said or len(takes) == 1
    assert "Returns" in said or name in ("use_language", "observations")
