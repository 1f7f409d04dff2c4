"""The weekly refresh, rehearsed without the network: a scratch clone, the replayed publishers, a printed proposal.

``python -m tests.replay.rehearsal`` (``make rehearsal``) fetches, builds, checks and releases the register, makes
pages, holds the same figure in all of them against each other, commits in the clone and prints the text of
the pull request. The replayed publishers serve small made-up figures, so that what moves is seen at once.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.replay.server import Mishap, Replay

ROOT = Path(__file__).resolve().parents[2]
#: The municipality whose figure is followed through, and the pages made (all would take minutes).
PLACE = "3454"
PAGES = (f"municipality-{PLACE}", "index", "county-34")


class Rehearsal:
    """One rehearsal in a folder of its own.

    Parameters
    ----------
    folder : Path
        Empty; the clone is made in it.
    address : str
        Where the replayed publishers answer.
    pages : sequence of str
        Keys of the pages to make; none means all.
    """

    def __init__(self, folder: Path, address: str, pages: tuple[str, ...] = PAGES) -> None:
        self.clone, self.pages = folder / "clone", pages
        kept = {k: v for k, v in os.environ.items() if k not in ("ANALYSIS_ROOT", "DOFFIN_API_KEY")}
        source = {"PYTHONPATH": str(self.clone / "src"), "ANALYSIS_ENDPOINTS": address}
        self.env = kept | source
        self.git("clone", "--quiet", str(ROOT), str(self.clone), at=folder)
        self.git("switch", "--quiet", "-C", "refresh")

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """Standard output of a git command in the clone."""
        who = ("-c", "user.name=Refresh", "-c", "user.email=refresh@example.org")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=at or self.clone, check=True, capture_output=True, text=True
        )
        return done.stdout

    def run(self, *command: str, log: str = "", may_fail: bool = False) -> str:
        """Run a Python command in the clone, show what it is, keep its output where a log is named."""
        print(f"$ python {' '.join(command)}", flush=True)
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.clone,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if log:
            (self.clone / log).write_text(done.stdout, encoding="utf-8")
        if done.returncode and not may_fail:
            raise SystemExit(f"python {' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def refresh(self) -> list[str]:
        """Fetch everything; returns what ``git status`` then shows."""
        self.run("-m", "analysis", "fetch", "--quiet", log="refresh.log", may_fail=True)
        return self.git("status", "--porcelain").splitlines()

    def make(self) -> dict[str, tuple[int, int]]:
        """Build, check, release and render; figures that must be the same in two results."""
        for command in (["check"], ["build"], ["register", "check"], ["register", "release"]):
            self.run("-m", "analysis", *command, *([] if command[0] == "register" else ["--quiet"]))
        self.run("-m", "analysis", "report", "--quiet", *self.pages)
        return self.figures()

    def figures(self) -> dict[str, tuple[int, int]]:
        """Figures of one municipality that must be the same in two results, both read back from files."""
        code = (
            "from analysis import tables; p = tables.load('panel').set_index('municipality_code').population;"
            "r = tables.load('participation').set_index('municipality_code').population_then;"
            f"print(int(p['{PLACE}']), int(r[['{PLACE}']].iloc[0]))"
        )
        now, then = map(int, self.run("-c", code).split())
        (released,) = self.clone.glob("dist/*/participation_resolved.csv")
        with released.open(encoding="utf-8", newline="") as file:
            row = next(one for one in csv.DictReader(file) if one["municipality_code"] == PLACE)
        (page,) = self.clone.glob(f"reports/en/municipality-{PLACE}-*.html")
        shown = re.search(r"had ([^a-z]+) inhabitants", page.read_text(encoding="utf-8"))
        on_page = int(re.sub(r"\D", "", shown[1])) if shown else -1
        return {
            "inhabitants, in the tables and on the page": (now, on_page),
            "inhabitants then, in the tables and in the release": (then, int(float(row["population_then"]))),
        }

    def propose(self) -> str:
        """Commit what can be committed; returns the text of the pull request."""
        self.run("tools/compare_numbers.py", "--committed", "--tolerance", "1e-6", may_fail=True)
        body = self.run("tools/proposal.py", "--address", "https://github.com/example/observatory")
        for place in ("data/raw", "reports/numbers", "reports/figures"):
            if (self.clone / place).exists():
                self.git("add", place)
        self.git("commit", "--quiet", "-m", "Refresh: figures as published")
        return body


def main(argv: list[str] | None = None) -> int:
    """Rehearse and print; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="make every page (minutes)")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder, Replay() as server:
        server.mishaps.append(Mishap("html", "13551"))  # one source is to be refused and named
        one = Rehearsal(Path(folder), server.url, () if arguments.all else PAGES)
        changed = one.refresh()
        print("\n".join(["", "git status after the refresh:", *changed, ""]))
        figures = one.make()
        print(f"\nMunicipality {PLACE}: {figures}")
        body = one.propose()
        print("\nLast commit of the clone:", one.git("log", "--oneline", "--stat", "-1"), sep="\n")
        print("Text of the pull request:", body, sep="\n\n")
    is_same = all(one == other for one, other in figures.values())
    return 0 if is_same and all(line[3:].startswith("data/raw/") for line in changed) else 1


if __name__ == "__main__":
    sys.exit(main())
