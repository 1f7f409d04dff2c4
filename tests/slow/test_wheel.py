"""The wheel works outside the repository, on the data that it carries along."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str, cwd: Path, packages: Path) -> str:
    env = {k: v for k, v in os.environ.items() if k != "ANALYSIS_ROOT"} | {"PYTHONPATH": str(packages)}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's content in a folder of its own, before the checkout on the path."""
    work = tmp_path_factory.mktemp("wheel")
    # An environment that uv made has no pip (as in the Makefile).
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(work)]
    if uv := shutil.which("uv"):
        build = [uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", str(work)]
    subprocess.run([*build, "--no-build-isolation", str(ROOT)], check=True, capture_output=True)
    (file,) = work.glob("*.whl")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(file), str(work / "packages")], check=True)
    return work / "packages"


@pytest.mark.slow
def test_the_first_number_outside_the_repository(installed, tmp_path):
    where = run("-c", "import analysis; print(analysis.__file__)", cwd=tmp_path, packages=installed)
    assert where.startswith(str(installed))
    run("-m", "analysis", "init", "mine", cwd=tmp_path, packages=installed)
    run("-m", "analysis", "build", "--quiet", cwd=tmp_path / "mine", packages=installed)
    code = "import analysis as an; print(an.load('panel')['population'].sum())"
    said = run("-c", code, cwd=tmp_path / "mine" / "notebooks", packages=installed)
    assert said.strip() == "5550203"  # SSB, 1 January 2024


@pytest.mark.slow
def test_without_data_it_says_what_to_do(installed, tmp_path):
    env = {k: v for k, v in os.environ.items() if k != "ANALYSIS_ROOT"} | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "analysis", "build"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "analysis init" in done.stderr
    assert "Traceback" not in done.stderr
