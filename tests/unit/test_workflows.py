"""The workflows are valid, safe, and run what any machine can run: Make targets and commands of the README."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
BIN = Path(sys.executable).parent


def run(tool: str, *arguments: object) -> str:
    command = BIN / tool
    if not command.exists():
        pytest.skip(f"{tool} is not installed here")
    done = subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_is_one_for_changes_refreshes_pages_and_releases():
    assert [path.stem for path in WORKFLOWS] == ["ci", "pages", "refresh", "release"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-workflows", WORKFLOWS), ("vendor.dependabot", [ROOT / ".github" / "dependabot.yml"])],
)
def test_they_are_valid(schema, files):
    run("check-jsonschema", "--builtin-schema", schema, *files)


@pytest.mark.slow
def test_an_auditor_finds_nothing():
    run("zizmor", "--offline", "--quiet", "--persona=pedantic", ROOT / ".github")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_actions_are_pinned_and_nothing_may_write_by_default(path):
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one) for one in used)
    assert "\npermissions:\n  contents: read\n" in text
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_every_target_that_they_make_is_there(path):
    made = re.findall(r"\bmake ((?:--silent )?[a-z][a-z -]*)", path.read_text(encoding="utf-8"))
    names = {name for line in made for name in line.split() if not name.startswith("-")}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert names <= targets


@pytest.mark.slow
def test_what_was_made_is_kept_also_when_a_test_fails():
    for name in ("ci", "refresh"):
        text = (FOLDER / f"{name}.yml").read_text(encoding="utf-8")
        steps = re.findall(r"uses: actions/upload-artifact@.*\n( +)(.*)", text)
        assert steps and all(line.startswith("if: always()") for _indent, line in steps)
