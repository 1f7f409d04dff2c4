"""What a clone gives on every system."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone has what git checks out")
def test_a_clone_with_windows_line_ends_holds_the_same_data(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "-c", "core.autocrlf=true", str(ROOT), str(clone)], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "data/raw"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert len(listed) > 20
    changed = subprocess.run(
        ["git", "diff", "--quiet", "HEAD", "--", "data/raw"], cwd=ROOT, check=False
    ).returncode
    if changed:
        pytest.skip("data/raw of this checkout is not what is committed")
    assert all((clone / name).read_bytes() == (ROOT / name).read_bytes() for name in listed)


def test_every_dependency_is_used_by_the_package_or_a_notebook():
    """What only tests and benchmarks need is installed with ``dev``; JupyterLab is the tool of ``make lab``."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.match(r"[\w-]+", requirement)[0].replace("-", "_") for requirement in declared}
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    unused = {name for name in names if not re.search(rf"\b(import|from) {name}\b|\"{name}[.\"]", text)}
    assert unused <= {"jupyterlab"}


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one worker needs no groups")
def test_tests_of_a_group_stay_on_one_worker(request):
    """A version of pytest ended the groups without a word, and each worker rendered the site for itself."""
    assert request.node.nodeid.endswith("@test_repository.py")


def test_tests_named_in_the_documentation_exist():
    named = re.findall(
        r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/robustness.md").read_text(encoding="utf-8")
    )
    assert len(named) > 50
    assert not [
        f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ]
