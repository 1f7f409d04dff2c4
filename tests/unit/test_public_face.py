"""``import analysis as an``: few names, imported when used, and an answer to a wrong one."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import analysis as an


def test_every_name_of_the_public_face_exists_and_is_listed():
    assert len(an.__all__) <= 30
    for name in an.__all__:
        assert getattr(an, name) is not None
    assert set(an.__all__) <= set(dir(an))


@pytest.mark.parametrize("code", ["import analysis", "from analysis import cli; cli.parser()"])
def test_importing_the_package_imports_no_library(code):
    """Nor does the command line: a report that is up to date, or ``--help``, answers without them."""
    code += "; import sys; print([n for n in ('pandas', 'matplotlib', 'statsmodels') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_name_says_which_one_was_meant():
    with pytest.raises(AttributeError, match="Did you mean 'observations'"):
        _ = an.obsrvations
    with pytest.raises(AttributeError, match="lists what there is"):
        _ = an.xyzzy


GIVING = [n for n in an.__all__ if inspect.isroutine(getattr(an, n)) and n != "use_language"]


@pytest.mark.parametrize("name", GIVING)
def test_every_function_says_its_unit_and_its_source(name):
    said = inspect.getdoc(getattr(an, name)) or ""
    assert "Unit: " in said and "Source: " in said
