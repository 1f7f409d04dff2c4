"""Compare two folders of figure numbers (reports/numbers): did a change of code or data move a result?

Every CSV is matched by its path, every row by its first column (the n-th row of a label with the n-th
row of the same label), every quantity by its column name. What was renamed on purpose stands in a CSV
given with --renames, columns kind, figure, old, new:

    kind,figure,old,new
    column,,low,conf_low           a column has a new name in every figure
    column,,,x                     a column is new (old is empty) or gone (new is empty)
    value,,under 2 000,0-1999      a code or label is written in another way
    figure,,national/kinds,national/kind-of-programme    a figure has a new name

``figure`` limits a line to figures (path below the folder, without .csv, with * and ?); empty means all.
With --committed the folder before is reports/numbers as the last commit has it: so a run tells whether the
numbers that it gave are those that were reviewed.

Exit code 0: nothing differs; 1: something does, each difference is printed; 2: a folder is missing.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

NUMBERS = Path("reports/numbers")
Difference = tuple[str, str, str, str, str]
"""Figure, row, column, old, new."""


@dataclass
class Renames:
    """What was renamed on purpose, by kind (column, value, figure)."""

    lines: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path | None) -> Renames:
        """The renames of a CSV file; none without a path."""
        if path is None:
            return cls()
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(line for line in file if line.strip() and not line.startswith("#")))
        for line in lines:
            if set(line) != {"kind", "figure", "old", "new"} or line["kind"] not in (
                "column",
                "value",
                "figure",
            ):
                raise SystemExit(f"{path}: not a rename: {line}. Columns are kind, figure, old, new.")
        return cls(lines)

    def _lines(self, kind: str, figure: str) -> list[dict[str, str]]:
        return [x for x in self.lines if x["kind"] == kind and fnmatch(figure, x["figure"] or "*")]

    def of(self, kind: str, figure: str = "") -> dict[str, str]:
        """Old name → new name of one kind, for one figure."""
        return {x["old"]: x["new"] for x in self._lines(kind, figure) if x["old"] or kind == "value"}

    def added(self, figure: str) -> set[str]:
        """Columns of a figure that are meant to be new."""
        return {x["new"] for x in self._lines("column", figure) if not x["old"]}


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names and rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def keyed(rows: list[dict[str, str]], column: str) -> dict[str, dict[str, str]]:
    """Rows by the value of a column, repeats numbered."""
    seen: Counter[str] = Counter()
    out = {}
    for row in rows:
        name = row.get(column, "")
        seen[name] += 1
        out[name if seen[name] == 1 else f"{name} [{seen[name]}]"] = row
    return out


def same(old: str, new: str, tolerance: float) -> bool:
    """Whether two cells hold the same number (within a relative tolerance) or the same text."""
    if old == new:
        return True
    try:
        return math.isclose(float(old), float(new), rel_tol=tolerance, abs_tol=tolerance)
    except ValueError:
        return False


def compare_figure(
    figure: str, old: Path, new: Path, renames: Renames, tolerance: float = 0.0
) -> Iterator[Difference]:
    """The differences between two CSV files of one figure."""
    columns, values = renames.of("column", figure), renames.of("value", figure)
    old_columns, old_rows = read(old)
    new_columns, new_rows = read(new)
    wanted = [columns.get(c, c) for c in old_columns]
    renamed = [
        {columns.get(c, c): values.get(v, v) for c, v in row.items() if columns.get(c, c)} for row in old_rows
    ]
    wanted = [c for c in wanted if c]
    for column in wanted:
        if column not in new_columns:
            yield figure, "(all)", column, "column", "missing"
    for column in new_columns:
        if column not in wanted and column not in renames.added(figure):
            yield figure, "(all)", column, "missing", "column"
    key = wanted[0] if wanted else ""
    before, after = keyed(renamed, key), keyed(new_rows, key)
    for row in before.keys() - after.keys():
        yield figure, row, "(row)", "row", "missing"
    for row in after.keys() - before.keys():
        yield figure, row, "(row)", "missing", "row"
    for row in (r for r in before if r in after):
        for column in wanted:
            was, now = before[row][column], after[row].get(column)
            if now is not None and not same(was, now, tolerance):
                yield figure, row, column, was, now


def compare(
    old: Path, new: Path, renames: Renames, tolerance: float = 0.0, only: list[str] | None = None
) -> list[Difference]:
    """The differences between two folders, in the order of their figures."""

    def figures(folder: Path) -> dict[str, Path]:
        found = {p.relative_to(folder).with_suffix("").as_posix(): p for p in sorted(folder.rglob("*.csv"))}
        return {name: p for name, p in found.items() if not only or name.split("/")[0] in only}

    names = renames.of("figure")
    before = {names.get(name, name): path for name, path in figures(old).items()}
    after = figures(new)
    out: list[Difference] = []
    for figure in sorted(before.keys() | after.keys()):
        if figure not in after:
            out.append((figure, "(all)", "(figure)", "figure", "missing"))
        elif figure not in before:
            out.append((figure, "(all)", "(figure)", "missing", "figure"))
        else:
            out += sorted(compare_figure(figure, before[figure], after[figure], renames, tolerance))
    return out


def committed(folder: Path, *names: str) -> Path:
    """Put files and folders of the last commit below ``folder``; what the commit does not have is left out.

    Parameters
    ----------
    folder : Path
    names : str
        Paths in the repository.

    Returns
    -------
    Path
        ``folder``.
    """
    for name in names:
        packed = subprocess.run(
            ["git", "archive", "--format=zip", "HEAD", name], capture_output=True, check=False
        ).stdout
        if packed:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                archive.extractall(folder)
    return folder


def main(argv: list[str] | None = None) -> int:
    """Print the differences as a table; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path, nargs="?", help="folder with the numbers before")
    parser.add_argument("new", type=Path, nargs="?", help="folder with the numbers after (reports/numbers)")
    parser.add_argument(
        "--committed", action="store_true", help="before is the last commit, after what lies here"
    )
    parser.add_argument("--renames", type=Path, metavar="CSV", help="what was renamed on purpose")
    parser.add_argument("--only", nargs="+", metavar="PAGE", help="compare only these pages, e.g. national")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, help="relative difference that is no difference (default 0)"
    )
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.committed:
            arguments.old = committed(Path(folder), NUMBERS.as_posix()) / NUMBERS
            arguments.new = arguments.new or NUMBERS
        if arguments.old is None or arguments.new is None:
            parser.error("name two folders, or say --committed")
        return report(arguments)


def report(arguments: argparse.Namespace) -> int:
    """Compare and print; returns the exit code."""
    for folder in (arguments.old, arguments.new):
        if not folder.is_dir():
            print(f"{folder}: there is no such folder.", file=sys.stderr)
            return 2
    renames = Renames.read(arguments.renames)
    found = compare(arguments.old, arguments.new, renames, arguments.tolerance, arguments.only)
    if not found:
        print("The numbers are the same.")
        return 0
    table = [("figure", "row", "column", "old", "new"), *found]
    widths = [min(48, max(len(row[i]) for row in table)) for i in range(5)]
    for row in table:
        print("  ".join(cell[:48].ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    print(f"{len(found)} differences in {len({f[0] for f in found})} figures.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
