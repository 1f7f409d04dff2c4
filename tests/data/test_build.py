"""``build`` and the command line: all or nothing, in plain words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis import build, cli, tables
from analysis import raw as snapshots
from analysis.errors import AnalysisError

SRC = str(Path(__file__).resolve().parents[2] / "src")


def test_build_writes_all_tables_and_says_from_what(built_project):
    about = json.loads((built_project / "data/processed/manifest.json").read_text(encoding="utf-8"))
    assert about["rows"]["panel"] == 357
    assert build.is_current()
    assert tables.load("boundaries").crs.to_epsg() == 25833
    for name, rows in about["rows"].items():
        assert len(tables.load(name)) == rows, name


@pytest.mark.slow
def test_same_input_same_bytes_and_data_raw_is_never_written(built_project):
    def state():
        return {p: p.read_bytes() for p in (built_project / "data").rglob("*.*") if p.is_file()}

    before = state()
    build.build(progress=False)
    assert state() == before


def finished(root):
    """Each built file with its bytes; what a killed build began lies in a folder and is no table."""
    return {p.name: p.read_bytes() for p in (root / "data/processed").iterdir() if p.is_file()}


def test_a_fault_keeps_what_was_built_before(built_project, capsys):
    before = finished(built_project)
    path = built_project / "data/raw/ssb/population.csv"
    path.write_bytes(path.read_bytes().replace(b"647676", b"647677"))
    assert cli.main(["build", "--quiet"]) == 1
    told = capsys.readouterr().err
    assert "ssb/population.csv" in told and "Traceback" not in told
    assert finished(built_project) == before
    assert not list((built_project / "data/processed").glob(".new-*"))
    assert cli.main(["build", "--quiet", "--verbose"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_changed_input_makes_the_build_stale(built_project):
    path = built_project / "data/raw/ssb/population.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert not build.is_current()


@pytest.mark.slow
def test_a_changed_definition_makes_the_build_stale(built_project, tmp_path):
    package = tmp_path / "src" / "analysis"
    shutil.copytree(Path(SRC) / "analysis", package, ignore=shutil.ignore_patterns("__pycache__"))
    ask = [sys.executable, "-c", "from analysis import build; print(build.is_current())"]

    def is_current():
        env = os.environ | {"PYTHONPATH": str(package.parent)}
        return subprocess.run(ask, env=env, capture_output=True, text=True, check=True).stdout.strip()

    assert is_current() == "True"
    path = package / "definitions.py"
    changed = path.read_text(encoding="utf-8").replace("5_000", "3_000")
    path.write_text(changed, encoding="utf-8")
    assert is_current() == "False"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b'{"outputs": 3}', b"\xff", None])
def test_an_odd_manifest_means_not_current(built_project, content):
    manifest = built_project / "data/processed/manifest.json"
    if content is None:
        manifest.unlink()
    else:
        manifest.write_bytes(content)
    assert not build.is_current()


def test_a_table_changed_by_hand_or_broken_is_told(built_project):
    path = built_project / "data/processed/panel.parquet"
    pd.read_parquet(path).assign(population=1).to_parquet(path)
    assert not build.is_current()
    path.write_bytes(b"PAR1")
    with pytest.raises(AnalysisError, match=r"panel\.parquet.*python -m analysis build"):
        tables.load("panel")


@pytest.mark.slow
def test_two_builds_at_once_both_end_well(project):
    command = [sys.executable, "-m", "analysis", "build", "--quiet"]
    env = {**os.environ, "PYTHONPATH": SRC}
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert build.is_current()


@pytest.mark.slow
def test_what_a_killed_build_left_is_no_table_and_goes_with_the_next_build(built_project):
    before = finished(built_project)
    begun = built_project / "data/processed/.new-killed"
    begun.mkdir()
    (begun / "panel.csv").write_text("half")
    assert build.is_current() and finished(built_project) == before
    assert cli.main(["build", "--quiet"]) == 0
    assert not begun.exists() and finished(built_project) == before


def test_missing_table_says_what_to_do(project):
    with pytest.raises(Exception, match="python -m analysis build"):
        tables.load("panel")


@pytest.mark.parametrize("argv", [["--help"], ["build", "--help"], ["check", "--help"], ["report", "--help"]])
def test_every_command_has_help(argv, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(argv)
    assert stopped.value.code == 0
    assert "usage" in capsys.readouterr().out


@pytest.mark.slow
def test_killed_at_any_moment_check_accepts_and_the_next_build_completes(project):
    """``kill -9`` at moments from the first import to the last file."""
    command = [sys.executable, "-m", "analysis", "build", "--quiet"]
    whole = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": SRC})
    whole = time.monotonic() - whole
    expected = finished(project)
    for part in range(1, 6):
        # The last tenth of the time is where files are written: most of the moments lie there.
        moment = whole * (0.5 if part == 1 else 0.8 + 0.04 * part)
        running = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": SRC},
        )
        time.sleep(moment)
        running.kill()
        running.wait()
        assert snapshots.verify() == []
        if build.is_current():  # whoever claims to be complete is
            assert finished(project) == expected
    # In processes of their own, as the tables above: this one may keep texts otherwise.
    for words in (["check"], ["build", "--quiet"]):
        done = [sys.executable, "-m", "analysis", *words]
        subprocess.run(done, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": SRC})
    assert finished(project) == expected
    assert not list((project / "data/processed").glob(".new-*"))
