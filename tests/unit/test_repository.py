"""What a clone gives on every system."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone has what git checks out")


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
