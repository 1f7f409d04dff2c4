"""``python -m analysis register …``: the register's commands. Nothing is changed without ``--write``."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser, parents: Sequence[argparse.ArgumentParser] = ()) -> None:
    """Give the parser of ``register`` its commands; each sets ``run``, a function of the arguments.

    Args:
        parser: the parser that the top command line made for ``register``.
        parents: parsers with options that every command takes.
    """
    commands = parser.add_subparsers(dest="register_command", required=True, metavar="COMMAND")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, parents=list(parents))
        made.set_defaults(run=run)
        return made

    def writes(made: argparse.ArgumentParser) -> None:
        made.add_argument("--write", action="store_true", help="do it; without this it is only shown")

    command("check", _check, "Check every file, key and name; say all faults at once; count what is there.")
    writes(command("tidy", _tidy, "Put right what a spreadsheet did to the register's own files."))
    add = command("add", _add, "Add one record; asks for what is not given.")
    for column, text in _OPTIONS.items():
        add.add_argument("--" + column.replace("_", "-"), help=text)
    writes(add)
    imported = command("import", _import, "Add the records of a spreadsheet (CSV): all or none.")
    imported.add_argument("file", type=Path)
    imported.add_argument(
        "--candidates", action="store_true", help="as candidates for review, not as records"
    )
    writes(imported)
    review = command("review", _review, "List the open candidates, or decide on one.")
    review.add_argument("candidate", nargs="?", metavar="C0001")
    choice = review.add_mutually_exclusive_group()
    choice.add_argument("--accept", action="store_true")
    choice.add_argument("--reject", action="store_true")
    review.add_argument("--reason", default="", help="why; kept with the candidate")
    review.add_argument("--source-kind", help="publisher, participant or press, for a new source")
    writes(review)
    quality = command("quality", _quality, "How well the records are supported; those on one press source.")
    quality.add_argument("--links", type=Path, metavar="FILE.csv", help="write the addresses to check again")
    codebook = command("codebook", _codebook, "Print the codebook (Markdown).")
    codebook.add_argument("--html", action="store_true", help="as a page instead")
    release = command("release", _release, "Write a release of the data set to dist/.")
    release.add_argument("--seal", action="store_true", help="remember its records as the last release")


_OPTIONS = {
    "programme_id": "e.g. klimasats",
    "project_id": "of a project that is there",
    "project_title": "of a new project, or of one that is there",
    "project_title_nb": "title of a new project in bokmål; pages show project_title without it",
    "year": "year of award or start, as the source says",
    "participant_name": "as the source names it",
    "participant_type": "municipality (default), county, state, health, other or group",
    "county_hint": "county, where the name is not the only one",
    "name_year": "year the name belongs to, where other than year",
    "role": "lead, partner or participant (default)",
    "stage": "taking_part (default), winner, nominee or candidate",
    "confidence": "stated (default) or inferred",
    "group_id": "for type group",
    "own_amount_nok": "what this participant itself got",
    "amount_nok": "grant to the whole (new) project",
    "topic": "subject of a new project",
    "source_url": "where it is written; no record without",
    "source_title": "title of a new source",
    "source_publisher": "publisher or site of a new source",
    "source_date": "date of a new source, as far as known",
    "source_kind": "publisher, participant or press, for a new source",
    "note": "what a reader should know",
}
_ASKED = ("programme_id", "project_title", "year", "participant_name", "role", "source_url", "source_kind")


def _check(arguments: argparse.Namespace) -> int:
    from analysis.register import check

    checked = check.check()
    print(check.summary(checked))
    print("The register is sound.")
    return 0


def _tidy(arguments: argparse.Namespace) -> int:
    from analysis.register import tidy

    repairs, tables = tidy.tidy()
    for item in repairs:
        print(item)
    return _finish(tables if repairs else {}, arguments.write, f"{len(repairs)} repairs")


def _add(arguments: argparse.Namespace) -> int:
    import pandas as pd

    from analysis.register import form

    given = {column: getattr(arguments, column) for column in _OPTIONS}
    if sys.stdin.isatty():
        for column in _ASKED:
            if given[column] is None and not (column == "project_title" and given["project_id"]):
                given[column] = input(f"{column} ({_OPTIONS[column]}): ").strip() or None
    rows = pd.DataFrame([given], index=[1], columns=form.COLUMNS, dtype="str")
    return _plan(rows, "the new record", arguments.write)


def _import(arguments: argparse.Namespace) -> int:
    from analysis.errors import AnalysisError, DataError
    from analysis.register import check, form, review, spreadsheet

    if not arguments.file.exists():
        raise AnalysisError(f"{arguments.file}: no such file")
    rows, repairs, faults = spreadsheet.read(arguments.file, form.COLUMNS)
    for item in repairs:
        print(f"repaired  {item}")
    if faults:
        raise DataError(faults, "Nothing was imported")
    if not arguments.candidates:
        return _plan(rows, arguments.file.name, arguments.write)
    checked = check.check()
    rows, repairs = spreadsheet.repair(rows, form.fields(checked.register), arguments.file.name)
    for item in repairs:
        print(f"repaired  {item}")
    tables = review.add_candidates(rows, checked)
    added = len(tables["candidates"]) - len(checked.register["candidates"])
    return _finish(tables, arguments.write, f"{added} candidates, {len(rows) - added} known already")


def _plan(rows, name: str, write: bool) -> int:
    from analysis.errors import DataError
    from analysis.register import check, edit

    checked = check.check()
    made = edit.plan(rows, checked.register, checked.reforms, name, datetime.date.today())
    print(made)
    if made.faults:
        raise DataError(made.faults, "Nothing was imported")
    return _finish(edit.apply(made, checked.register), write, f"{len(made.records)} rows")


def _finish(tables: dict, write: bool, what: str) -> int:
    from analysis.register import edit

    if not write:
        print(f"Nothing is written yet ({what}). Add --write to do it.")
        return 0
    edit.write(tables)
    print(f"Written ({what}). Look at it with `git diff data/raw/participation`.")
    return 0


def _review(arguments: argparse.Namespace) -> int:
    import pandas as pd

    from analysis.errors import AnalysisError
    from analysis.register import check, review

    checked = check.check()
    if arguments.candidate is None:
        waiting = review.open_candidates(checked)
        for row in waiting.itertuples():
            told = [row.candidate_id, row.programme_id, row.project_title, row.year, row.participant_name]
            print("  ".join(word for word in told if pd.notna(word)))
            print(f"       {row.source_url}  {'' if pd.isna(row.note) else row.note}")
        print(f"{len(waiting)} open. Decide: register review C0001 --accept|--reject --reason 'why' --write")
        return 0
    if not (arguments.accept or arguments.reject):
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


def _quality(arguments: argparse.Namespace) -> int:
    from analysis.register import check, export, quality

    register = check.check().register
    print(quality.summary(quality.records(register["participations"], register["sources"])))
    if arguments.links:
        export.write_csv(quality.links(register["participations"], register["sources"]), arguments.links)
        print(f"Links: {arguments.links}")
    return 0


def _codebook(arguments: argparse.Namespace) -> int:
    from analysis.register import check, codebook

    described, frames = codebook.describe(check.check())
    text = codebook.html(described, frames) if arguments.html else codebook.markdown(described, frames)
    print(text)
    return 0


def _release(arguments: argparse.Namespace) -> int:
    from analysis.register import check, release

    checked = check.check()
    folder = release.release(checked, datetime.date.today())
    print(f"Release: {folder}")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            print(f"  {path.relative_to(folder)}  {path.stat().st_size:,} bytes".replace(",", " "))
    if arguments.seal:
        release.seal(checked)
        print("Its records are remembered in data/raw/participation/released.csv: commit that file.")
    return 0
