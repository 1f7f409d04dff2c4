"""What a refresh changed, as the text of a pull request (Markdown on standard output).

Compares the working tree with the last commit: which sources moved (data/raw/catalogue.csv), which numbers
behind the figures (reports/numbers), and which figures to look at (reports/figures). The log of the refresh
tells which sources were refused and why.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from compare_numbers import Renames, committed, compare

MAX_ROWS = 60


def git(*arguments: str) -> bytes:
    """Standard output of a git command; empty where it fails (a path that the commit does not have)."""
    return subprocess.run(["git", *arguments], capture_output=True, check=False).stdout


def catalogue(text: str) -> dict[str, dict[str, str]]:
    """Rows of data/raw/catalogue.csv by their source."""
    return {row["source_id"]: row for row in csv.DictReader(io.StringIO(text))}


def sources(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """A Markdown table of the sources whose file is not what it was."""
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, {}), after.get(name, {})
        if old.get("sha256") != new.get("sha256"):
            cells = [name, *(row.get(key, "") for key in ("updated", "rows") for row in (old, new))]
            lines.append(f"| {' | '.join(cell or '–' for cell in cells)} |")
    head = ["| source | updated before | updated now | rows before | rows now |", "|---|---|---|---|---|"]
    return [*head, *lines] if lines else ["No source has changed."]


def numbers(before: Path, after: Path) -> list[str]:
    """A Markdown table of the numbers behind the figures that moved."""
    found = compare(before, after, Renames()) if before.is_dir() and after.is_dir() else []
    if not found:
        return ["No number behind a figure has moved."]
    head = ["| figure | row | quantity | before | now |", "|---|---|---|---|---|"]
    lines = [f"| {' | '.join(cell.replace('|', '/') or '–' for cell in row)} |" for row in found[:MAX_ROWS]]
    more = [f"… and {len(found) - MAX_ROWS} more."] if len(found) > MAX_ROWS else []
    return [f"{len(found)} values in {len({row[0] for row in found})} figures.", "", *head, *lines, *more]


def refused(log: Path) -> list[str]:
    """Markdown list of what the refresh's log tells of sources that were refused or failed, with their faults."""
    if not log.exists():
        return ["No log of the refresh was found."]
    found: list[str] = []
    is_told = False
    for line in log.read_text(encoding="utf-8").splitlines():
        # The faults of a source stand below it, indented.
        is_told = " was refused: " in line or "failed" in line or (is_told and line.startswith("  "))
        if is_told:
            found.append(f"{'  ' if line.startswith('  ') else ''}- {line.strip()}")
    return found or ["No source was refused."]


def figures(names: list[str], address: str) -> list[str]:
    """A Markdown line a figure that is drawn anew; with the repository's address, links to before and after.

    Parameters
    ----------
    names : list of str
        Paths in the repository.
    address : str
        ``https://github.com/owner/name``; empty where it is not known.
    """
    if not address:
        return [f"- `{name}`" for name in names]
    sha = git("rev-parse", "HEAD").decode().strip()
    before, after = f"{address}/blob/{sha}", f"{address}/blob/refresh"
    return [f"- `{name}`: [before]({before}/{name}), [after]({after}/{name})" for name in names]


def main(argv: list[str] | None = None) -> int:
    """Print the proposal; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=Path, default=Path("refresh.log"), help="output of make refresh")
    parser.add_argument(
        "--address", default="", help="the repository's web address, for links to the figures"
    )
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        old = committed(Path(folder), "reports/numbers", "data/raw/catalogue.csv")
        before = old / "data/raw/catalogue.csv"
        text_before = before.read_text(encoding="utf-8") if before.exists() else ""
        text_now = Path("data/raw/catalogue.csv").read_text(encoding="utf-8")
        parts = [
            "Figures as their publishers have them now. Merge if the changes below are what was published.",
            "## Sources",
            "\n".join(sources(catalogue(text_before), catalogue(text_now))),
            "## Refused",
            "\n".join(refused(arguments.log)),
            "## Numbers",
            "\n".join(numbers(old / "reports/numbers", Path("reports/numbers"))),
        ]
    drawn = git("diff", "--name-only", "HEAD", "--", "reports/figures").decode().split()
    if drawn:
        parts += ["## Figures before and after", "\n".join(figures(drawn, arguments.address))]
    print("\n\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
