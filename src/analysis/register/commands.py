"""What each command of ``python -m analysis register`` does: arguments in, exit code out.

Libraries are imported where they are used, so that the command line answers at once.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from typing import TYPE_CHECKING

from analysis.command_line import counted
from analysis.register import declarations

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the form that `register add` asks for where they are not given.
ASKED = ("programme_id", "project_title", "year", "participant_name", "role", "source_url", "source_kind")


def form_fields() -> dict[str, str]:
    """Columns of the form with a word on each, for the options of ``add``."""
    return {name: said.get("description", "") for name, said in declarations.form().items()}


def check(arguments: argparse.Namespace) -> int:
    """Check the whole register and count what is there."""
    from analysis.register import quality

    print(quality.summary(quality.in_force()))
    print("The register is sound.")
    return 0


def tidy(arguments: argparse.Namespace) -> int:
    """Show, or put right, what a spreadsheet did to the register's files."""
    from analysis.register import spreadsheet

    repairs, tables = spreadsheet.tidy(arguments.encoding)
    for item in repairs:
        print(item)
    return _finish(tables, arguments.write, counted(len(repairs), "repair"))


def add(arguments: argparse.Namespace) -> int:
    """Plan one record from the options, and from answers at a terminal; write it if asked."""
    import pandas as pd

    columns = form_fields()
    given = {column: getattr(arguments, column) for column in columns}
    if sys.stdin.isatty():
        for column in ASKED:
            if given[column] is None and not (column == "project_title" and given["project_id"]):
                given[column] = input(f"{column} ({columns[column]}): ").strip() or None
    rows = pd.DataFrame([given], index=[1], dtype="str")
    return _plan(rows, "the new record", arguments.write)


def add_programme(arguments: argparse.Namespace) -> int:
    """Plan one programme from ``column=value`` pairs; write it if asked."""
    import pandas as pd

    from analysis.errors import AnalysisError, UnknownName
    from analysis.register import files, programmes

    columns = files.columns(programmes.form(files.package(), "programmes"))
    given: dict[str, str | None] = dict.fromkeys(columns)
    for pair in arguments.values:
        column, equals, value = pair.partition("=")
        if not equals:
            raise AnalysisError(f"{pair!r} is no column=value, e.g. kind=grant")
        if column not in given:
            raise UnknownName("column of programmes", column, columns)
        given[column] = value
    rows = pd.DataFrame([given], index=[1], dtype="str")
    return _add_rows("programmes", rows, "the new programme", arguments.write)


def import_records(arguments: argparse.Namespace) -> int:
    """Plan the records, candidates or rows of a spreadsheet; write them if asked."""
    from analysis.register import quality, review, spreadsheet
    from analysis.register.files import package, resource

    if arguments.table:
        return _import_rows(arguments.table, arguments)
    form = resource(package(), "form")
    rows = _read_form(arguments, form)
    if not arguments.candidates:
        return _plan(rows, arguments.file.name, arguments.write, arguments.collection)
    rows, repairs = spreadsheet.repair(rows, form, arguments.file.name)
    for item in repairs:
        print(f"repaired  {item}")
    checked = quality.check()
    return _propose(review.add_candidates(rows, checked), checked, len(rows), arguments.write)


def import_totals(arguments: argparse.Namespace) -> int:
    """Plan published totals from a spreadsheet; write them if asked."""
    return _import_rows("published_totals", arguments)


def _import_rows(table: str, arguments: argparse.Namespace) -> int:
    from analysis.register import files, programmes

    rows = _read_form(arguments, programmes.form(files.package(), table))
    if table == "published_totals":
        rows = programmes.translate_totals(rows)
    return _add_rows(table, rows, arguments.file.name, arguments.write)


def _add_rows(table: str, rows: pd.DataFrame, file: str, write: bool) -> int:
    from analysis.register import files, programmes, quality

    register = files.read()
    register.raise_faults()
    tables, repairs = programmes.add_rows(table, rows, register, file, datetime.date.today())
    for item in repairs:
        print(f"repaired  {item}")
    # Names of members and groups are judged as well, also where nothing is written.
    files.write(tables, check=quality.resolved, dry_run=True)
    n_sources = len(tables.get("sources", register["sources"])) - len(register["sources"])
    n_rows, n_new = counted(len(rows), "row"), counted(n_sources, "new source")
    return _finish(tables, write, f"{n_rows} of {table}, {n_new}")


def print_template(arguments: argparse.Namespace) -> int:
    """Print the header of a form."""
    from analysis.register import files, programmes

    package = files.package()
    form = programmes.form(package, arguments.table) if arguments.table else files.resource(package, "form")
    print(_explained(form["schema"]["fields"]) if arguments.explain else ",".join(files.columns(form)))
    return 0


def _explained(fields: list[dict]) -> str:
    """Each column of a form: whether it must be filled in, what it means, what is allowed."""
    from analysis.command_line import paragraphs

    lines = []
    for field in fields:
        rules = field.get("constraints", {})
        is_needed = rules.get("required") and "(default)" not in field.get("description", "")
        must = " (must be filled in)" if is_needed else ""
        allowed = f" One of: {', '.join(map(str, rules['enum']))}." if "enum" in rules else ""
        lines.append(f"{field['name']}{must}: {field.get('description', '').rstrip('.')}.{allowed}")
    return paragraphs(lines)


def print_official_grants(arguments: argparse.Namespace) -> int:
    """Print the Research Council's own grants, or new participants in Horizon 2020, as a form of import."""
    from analysis import tables
    from analysis.io import csv_text
    from analysis.register import files, research_council

    if arguments.eu:
        print(csv_text(research_council.missing_eu(files.read(), arguments.eu_participants())), end="")
        return 0
    print(csv_text(research_council.import_form(files.read(), tables.load("reforms"))), end="")
    return 0


def _read_form(arguments: argparse.Namespace, form: dict) -> pd.DataFrame:
    from analysis.errors import AnalysisError, DataError
    from analysis.register import files, spreadsheet

    if not arguments.file.exists():
        raise AnalysisError(f"{arguments.file}: no such file")
    columns, table = files.columns(form), form["name"]
    rows, repairs, faults = spreadsheet.read(arguments.file, columns, arguments.encoding, table=table)
    for item in repairs:
        print(f"repaired  {item}")
    if faults:
        raise DataError(faults, "Nothing was imported")
    return rows


def add_candidates(arguments: argparse.Namespace) -> int:
    """Plan the fetched notices as candidates; write them if asked."""
    from analysis.register import quality, review

    checked = quality.check()
    rows = review.from_notices(*review.fetched_notices(), checked)
    return _propose(review.add_candidates(rows, checked), checked, len(rows), arguments.write)


def _propose(tables: dict, checked, n_rows: int, write: bool) -> int:
    added = len(tables["candidates"]) - len(checked.register["candidates"])
    return _finish(tables, write, f"{counted(added, 'new candidate')}, {n_rows - added} known already")


def _plan(rows: pd.DataFrame, name: str, write: bool, collection: str | None = None) -> int:
    from analysis.errors import AnalysisError, DataError
    from analysis.register import edit, quality

    checked = quality.check()
    known = checked.register["collections"]["collection_id"].tolist()
    if collection is not None and collection not in known:
        raise AnalysisError(
            f"{collection}: no such collection; there are {', '.join(known)} (collections.csv)"
        )
    today = datetime.date.today()
    made = edit.plan(rows, checked.register, checked.reforms, name, today, collection)
    print(made)
    if made.faults:
        raise DataError(made.faults, "Nothing was imported")
    n_new = int(made.records["outcome"].isin(("added", "source added")).sum())
    return _finish(edit.apply(made, checked.register), write, counted(n_new, "row"))


def _finish(tables: dict, write: bool, what: str) -> int:
    from analysis.register import files

    if not files.changed(tables):
        print(f"Nothing was written: nothing is new ({what}).")
        return 0
    if not write:
        print(f"Nothing is written yet ({what}). Add --write to do it.")
        return 0
    files.write(tables)
    print(f"Written to data/raw/participation ({what}); in a clone of the repository, `git diff` shows it.")
    return 0


def review_candidates(arguments: argparse.Namespace) -> int:
    """List the open candidates, or accept or reject one."""
    import pandas as pd

    from analysis.errors import AnalysisError, UnknownName
    from analysis.register import quality, review

    checked = quality.check()
    if arguments.candidate is None and (arguments.accept or arguments.reject):
        raise AnalysisError("Say which candidate: register review C0001 --accept|--reject --reason 'why'")
    if arguments.candidate is None:
        waiting = review.open_candidates(checked)
        for row in waiting.itertuples():
            cells = [row.candidate_id, row.programme_id, row.project_title, row.year, row.participant_name]
            print("  ".join(cell for cell in cells if pd.notna(cell)))
            print(f"       {row.source_url}  {'' if pd.isna(row.note) else row.note}")
        print(f"{len(waiting)} open. Decide: register review C0001 --accept|--reject --reason 'why' --write")
        return 0
    if not (arguments.accept or arguments.reject):
        known = checked.register["candidates"]["candidate_id"]
        if arguments.candidate not in set(known):
            raise UnknownName("candidate", arguments.candidate, known)
        raise AnalysisError("Say --accept or --reject, and --reason")
    plan, tables = review.decide(
        checked,
        arguments.candidate,
        arguments.accept,
        arguments.reason,
        arguments.source_kind,
        datetime.date.today(),
    )
    if plan is not None:
        print(plan)
    return _finish(tables, arguments.write, f"{arguments.candidate} {'accepted' if plan else 'rejected'}")


def print_quality(arguments: argparse.Namespace) -> int:
    """Print how well the records are supported; write the addresses to check if asked."""
    from analysis import io
    from analysis.register import quality

    register = quality.check().register
    print(quality.support_summary(quality.records(register["participations"], register["sources"])))
    if arguments.links:
        links = quality.links(register["participations"], register["sources"])
        io.write_atomically(arguments.links, io.csv_text(links))
        print(f"Links: {arguments.links}")
    return 0


def print_codebook(arguments: argparse.Namespace) -> int:
    """Print the codebook, as Markdown or as a page."""
    from analysis.register import codebook, quality

    write = codebook.html if arguments.html else codebook.markdown
    print(write(*codebook.describe(quality.in_force())))
    return 0


def write_release(arguments: argparse.Namespace) -> int:
    """Write a release, list its files, and seal it if asked."""
    from analysis.register import quality, release

    checked = quality.in_force()
    folder = release.release(checked, datetime.date.today())
    print(f"Release: {folder}")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            print(f"  {path.relative_to(folder)}  {path.stat().st_size:,} bytes".replace(",", " "))
    if arguments.seal:
        release.seal(checked)
        print("Its records are remembered in data/raw/participation/released.csv: commit that file.")
    return 0
