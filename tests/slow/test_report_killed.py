"""The report under what goes wrong on real machines: killed at any moment, two at once, no room, no right to write."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from tests.slow.test_kills import forked, killed_everywhere

from analysis import cli, paths
from analysis.report import kernels, record

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals")]
SRC = Path(__file__).resolve().parents[2] / "src"
PAGES = ("municipalities", "municipality-3454", "notebook-01", "notebook-02")
COMMAND = (sys.executable, "-m", "analysis", "report", "--quiet", *PAGES)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A project with the built tables and two notebooks of a few cells, its pages made once."""
    root = tmp_path / "project"
    for name in ("data/raw", "data/processed"):
        shutil.copytree(paths.root() / name, root / name, copy_function=os.link)
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    say(root, "first")
    subprocess.run(COMMAND, check=True, capture_output=True)
    return root


def say(root: Path, word: str) -> None:
    """Give the notebooks and so their pages another text."""
    (root / "notebooks").mkdir(exist_ok=True)
    for name in ("01_one", "02_two"):
        cells = [
            nbformat.v4.new_markdown_cell(f"# Title {word}\n\nText."),
            nbformat.v4.new_code_cell(
                f"from analysis import tables\nprint('{word}', len(tables.load('counties')))"
            ),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "notebooks" / f"{name}.ipynb")


def pages(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes() for p in sorted((root / "reports").rglob("*.html"))
    }


class Forked(kernels.ForkServer):
    """The process that starts kernels, forked from this one, which has imported already all that it would."""

    def __init__(self, env):
        asked, answered = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(asked[0], 0)
            os.dup2(answered[1], 1)
            os.closerange(3, 4096)
            sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
            os.environ.update(env)
            try:
                kernels._serve()
            finally:
                os._exit(0)
        os.close(asked[0])
        os.close(answered[1])
        self.stdin, self.stdout = os.fdopen(asked[1], "w"), os.fdopen(answered[0])
        self._process = self

    def wait(self, timeout=None):
        os.waitpid(self.pid, 0)


def test_killed_at_any_moment_every_page_is_old_or_new_and_the_next_run_finishes(site, monkeypatch):
    for name in kernels.PRELOADED:
        importlib.import_module(name)
    monkeypatch.setattr(kernels, "ForkServer", Forked)
    for name in ("_warm_up", "_read_tables"):
        monkeypatch.setattr(kernels, name, lambda: None)
    old = pages(site)
    shutil.copytree(site, site.parent / "spare", ignore=shutil.ignore_patterns("data", "notebooks"))
    say(site, "second")

    def work():
        return cli.main(["report", "--quiet", "municipality-3454", "notebook-01"])

    def put_back():
        for name in ("reports", ".cache"):
            shutil.rmtree(site / name)
            shutil.copytree(site.parent / "spare" / name, site / name)

    assert forked(work) == 0
    new = pages(site)
    assert old.keys() == new.keys() and sum(old[name] != new[name] for name in old) == 2

    def sound():
        now = pages(site)
        assert now.keys() == old.keys()
        assert all(now[name] in (old[name], new[name]) for name in now)
        return "old" if now == old else "new" if now == new else "page by page"

    def finish():
        assert forked(work) == 0
        assert pages(site) == new
        assert [path for path in (site / "reports").rglob(".*") if path.suffix == ".tmp"] == []

    seen = killed_everywhere(work, put_back, sound, finish)
    assert seen["killed"] > 10 and seen["old"] and seen["new"]


def test_two_runs_at_once_end_well_and_one_says_that_it_waits(site):
    say(site, "second")
    both = [
        subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [one.communicate(timeout=240) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum("waits until it has ended" in error for _out, error in said) == 1
    assert b"second" in pages(site)["reports/en/notebook-01-one.html"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize(("size", "said"), [("ro", "Read-only"), ("full", "No space left")])
def test_no_room_or_no_right_to_write_is_told_in_a_sentence_and_nothing_is_lost(site, size, said):
    reports = site / "reports"
    kept = pages(site)
    total = sum(path.stat().st_size for path in reports.rglob("*") if path.is_file())
    aside = site / "aside"
    shutil.copytree(reports, aside)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={total // 1024 + 500}k", "tmpfs", str(reports)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        shutil.copytree(aside, reports, dirs_exist_ok=True)
        if size == "ro":
            subprocess.run(["mount", "-o", "remount,ro", str(reports)], check=True)
        else:
            with (reports / "filler").open("wb", buffering=0) as file, pytest.raises(OSError):
                while True:
                    file.write(b"x" * 1024)
        say(site, "second")
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert said in done.stderr and "Traceback" not in done.stderr and "unexpected" not in done.stderr
        assert len(done.stderr.strip().splitlines()) <= 2 * len(PAGES)
        assert pages(site) == kept
    finally:
        subprocess.run(["umount", str(reports)], check=True)


def test_a_failing_notebook_keeps_its_last_good_page_and_hides_no_other(site):
    say(site, "second")
    kept = pages(site)["reports/en/notebook-01-one.html"]
    path = site / "notebooks" / "01_one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source += "\n1 / 0"
    nbformat.write(notebook, path)
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("01_one.ipynb stopped in code cell 1, line 3 of 3:")
    assert pages(site)["reports/en/notebook-01-one.html"] == kept
    assert b"second" in pages(site)["reports/en/notebook-02-two.html"]
    assert any(entry.key == "notebook-01" for entry in record.read().values())


def test_only_what_has_changed_is_made_again_and_status_says_why(site):
    def written(*options: str) -> set[str]:
        done = subprocess.run((*COMMAND, *options), check=True, capture_output=True, text=True)
        return {Path(line).name for line in done.stdout.splitlines()[:-1]}

    def status() -> str:
        command = (sys.executable, "-m", "analysis", "status")
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert written() == set()
    assert "all up to date" in status()
    path = site / "notebooks" / "02_two.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("Text.", "Other text."), encoding="utf-8")
    assert "notebook-02: its own text" in status()
    assert written() == {"analyse-02-two.html", "notebook-02-two.html"}
    (site / "reports/en/notebook-01-one.html").write_text("cut short", encoding="utf-8")
    assert "en/notebook-01-one.html is not as it was written" in status()
    assert written() == {"notebook-01-one.html"}
    cached = pages(site)
    assert len(written("--force")) == 8
    assert pages(site) == cached  # executed anew, the same bytes
    shutil.rmtree(site / "reports")
    assert len(written()) == 8  # from the kept notebooks, in another process
    assert pages(site) == cached
