"""``register check`` is run after every edit: it starts without the libraries that are slow to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("pandera", "hypothesis", "geopandas", "scipy", "statsmodels", "matplotlib", "requests")


@pytest.mark.slow
def test_the_check_imports_no_slow_library():
    code = (
        "import sys; from analysis.register import commands, quality; quality.check(); "
        f"print(sorted(set({SLOW}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
