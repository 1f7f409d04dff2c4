"""The comparison of two folders of numbers says what moved, and accepts what was renamed on purpose."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "compare_numbers.py"


def folder(path: Path, **figures: str) -> Path:
    for name, text in figures.items():
        (path / "national").mkdir(parents=True, exist_ok=True)
        (path / "national" / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def run(*arguments: object) -> tuple[int, str]:
    done = subprocess.run([sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_equal_folders_are_equal_whatever_the_order_of_columns(tmp_path):
    old = folder(tmp_path / "old", a="label,low,n\nx,0.5,2\nx,0.7,3\n")
    new = folder(tmp_path / "new", a="label,n,low\nx,2,0.50\nx,3,0.7\n")
    assert run(old, new) == (0, "The numbers are the same.\n")


def test_a_moved_number_is_named_by_figure_row_and_column(tmp_path):
    old = folder(tmp_path / "old", a="label,low\nx,0.5\nx,0.7\n", b="label,n\nx,1\n")
    new = folder(tmp_path / "new", a="label,low\nx,0.5\nx,0.8\n")
    code, table = run(old, new)
    assert code == 1
    assert [line.split() for line in table.splitlines()[1:]] == [
        ["national/a", "x", "[2]", "low", "0.7", "0.8"],
        ["national/b", "(all)", "(figure)", "figure", "missing"],
    ]


@pytest.mark.parametrize(("listed", "code"), [(True, 0), (False, 1)])
def test_renamed_columns_codes_and_figures_are_accepted_where_listed(tmp_path, listed, code):
    old = folder(tmp_path / "old", a="label,group,low\nx,under 2 000,0.5\n")
    new = folder(tmp_path / "new", b="label,group,conf_low,x\nx,0-1999,0.5,1\n")
    renames = tmp_path / "renames.csv"
    renames.write_text(
        "kind,figure,old,new\ncolumn,,low,conf_low\ncolumn,national/b,,x\nvalue,,under 2 000,0-1999\n"
        "figure,,national/a,national/b\n"
    )
    assert run(old, new, *(["--renames", renames] if listed else []))[0] == code


def test_what_differs_from_the_last_commit_fails_and_is_printed(tmp_path):
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
            cwd=tmp_path,
            check=True,
        )

    numbers = folder(tmp_path / "reports/numbers", a="label,n\nx,1\ny,100000\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "numbers")

    def check() -> tuple[int, str]:
        command = [sys.executable, TOOL, "--committed", "--tolerance", "1e-6"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout

    assert check() == (0, "The numbers are the same.\n")
    folder(numbers, a="label,n\nx,1\ny,100000.01\n")
    assert check()[0] == 0
    folder(numbers, a="label,n\nx,2\ny,100000\n")
    code, table = check()
    assert code == 1 and table.splitlines()[1].split() == ["national/a", "x", "n", "1", "2"]


def test_a_proposal_names_what_was_refused_with_its_faults(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(TOOL.parent)
    log = tmp_path / "refresh.log"
    log.write_text(
        "source rows_before outcome\n"
        "ssb_x 1 refused\n\n"
        "ssb_x was refused: What the publisher sends now cannot replace what is here (2 faults):\n"
        "  ssb_x: one\n  ssb_x: two\n"
        "`git diff --stat data/raw` shows what changed\n",
        encoding="utf-8",
    )
    assert importlib.import_module("proposal").refused(log) == [
        "- ssb_x was refused: What the publisher sends now cannot replace what is here (2 faults):",
        "  - ssb_x: one",
        "  - ssb_x: two",
    ]
