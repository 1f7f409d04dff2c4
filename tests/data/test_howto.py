"""The steps of the how-to pages work as they are written."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from analysis import paths

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [DOCS / "start.md", *sorted((DOCS / "howto").glob("*.md"))]
SLOW = {"programme", "other-tools"}  # several commands, each a process of its own
_BLOCK = re.compile(
    r"^```(?P<kind>python|sh|\{code-block\} text)\n(?::caption: (?P<file>\S+)\n)?(?P<text>.*?)^```$",
    re.M | re.S,
)


@pytest.fixture
def workspace(_built, tmp_path, monkeypatch):
    """A project of one's own with its tables built, and a folder in it to work in."""
    for folder in ("raw", "processed"):
        shutil.copytree(getattr(paths, folder)(), tmp_path / "data" / folder)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    return work


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=[pytest.mark.slow] * (p.stem in SLOW), id=p.stem) for p in PAGES]
)
def test_the_steps_of_the_page_work(page, workspace):
    mpl.use("Agg")
    names: dict[str, object] = {"__name__": "howto"}
    blocks = list(_BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert blocks or page.stem == "report", page
    for block in blocks:
        if block["kind"] == "python":
            exec(compile(block["text"], page.name, "exec"), names)
        elif block["kind"] == "sh":
            for line in block["text"].splitlines():
                _run(shlex.split(line))
        else:
            (workspace / block["file"]).write_text(block["text"], encoding="utf-8")


def _run(command: list[str]) -> None:
    assert command[:3] == ["python", "-m", "analysis"], command
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_that_the_methods_name_has_a_page():
    named = re.findall(r"\{mod\}`([\w.]+)`", (DOCS / "methods.md").read_text(encoding="utf-8"))
    assert named and set(named) <= set((DOCS / "api.md").read_text(encoding="utf-8").split())


def test_every_how_to_page_is_in_the_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in (DOCS / "howto").glob("*.md"):
        assert f"howto/{page.stem}" in index
