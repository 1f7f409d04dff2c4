"""``python -m analysis register …``: the register's commands. Nothing is changed without ``--write``."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.register import commands

Command = Callable[[argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser, parents: Sequence[argparse.ArgumentParser] = ()) -> None:
    """Give the parser of ``register`` its commands; each sets ``run``, a function of the arguments.

    Parameters
    ----------
    parser : ArgumentParser
        The parser that the top command line made for ``register``.
    parents : sequence of ArgumentParser
        Parsers with options that every command takes.
    """
    subparsers = parser.add_subparsers(dest="register_command", required=True, metavar="COMMAND")

    def command(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        made = subparsers.add_parser(name, help=text, description=text, parents=list(parents))
        made.set_defaults(run=run, parser=made)
        return made

    def writing(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        made = command(name, _exclusive(run), text)
        made.add_argument("--write", action="store_true", help="do it; without this it is only shown")
        return made

    command(
        "check",
        commands.check,
        "Check every file, key and name; say all faults at once; count what is there.",
    )
    tidy = writing("tidy", commands.tidy, "Put right what a spreadsheet did to the register's own files.")
    add = writing("add", commands.add, "Add one record; asks for what is not given.")
    add.usage = "%(prog)s [-h] [--write] [--COLUMN VALUE ...]"  # else one line a column
    for column, described in commands.form_fields().items():
        add.add_argument("--" + column.replace("_", "-"), metavar="VALUE", help=described)
    programme = writing("add-programme", commands.add_programme, "Add one programme, with its source.")
    programme.add_argument(
        "values",
        nargs="+",
        metavar="COLUMN=VALUE",
        help="e.g. programme_id=my_scheme kind=grant; `register template programmes --explain` says what each column means",
    )
    imported = writing(
        "import", commands.import_records, "Add the records of a spreadsheet (CSV): all or none."
    )
    imported.add_argument(
        "file", type=Path, metavar="FILE.csv", help="a form of `register template`, filled in"
    )
    kind = imported.add_mutually_exclusive_group()
    kind.add_argument("--candidates", action="store_true", help="as candidates for review, not as records")
    kind.add_argument(
        "--table", metavar="NAME", help="rows of another table, in its own columns, e.g. claims"
    )
    imported.add_argument(
        "--collection", metavar="ID", help="collection of the new records (collections.csv)"
    )
    totals = writing(
        "import-totals", commands.import_totals, "Add published totals of programmes that are there."
    )
    totals.add_argument(
        "file",
        type=Path,
        metavar="FILE.csv",
        help="a form of `register template published_totals`, filled in",
    )
    for reading in (tidy, imported, totals):
        reading.add_argument(
            "--encoding", metavar="NAME", help="of a file that is not UTF-8, e.g. 'Mac Roman', 'DOS 850'"
        )
    official = command(
        "official-grants",
        commands.print_official_grants,
        "Print the Research Council's own grants as a form of import.",
    )
    official.add_argument(
        "--eu", action="store_true", help="participants in Horizon 2020 that the register lacks (fetched now)"
    )
    template = command(
        "template", commands.print_template, "Print the header of a form, to be filled in as a spreadsheet."
    )
    template.add_argument(
        "table", nargs="?", metavar="TABLE", help="e.g. programmes; without it the form of `register import`"
    )
    template.add_argument("--explain", action="store_true", help="say what each column means instead")
    writing(
        "candidates",
        commands.add_candidates,
        "Add the fetched procurement notices to the candidates for review.",
    )
    review = writing("review", commands.review_candidates, "List the open candidates, or decide on one.")
    review.add_argument(
        "candidate", nargs="?", metavar="C0001", help="the one to decide on; without it all are listed"
    )
    choice = review.add_mutually_exclusive_group()
    choice.add_argument("--accept", action="store_true", help="make it a record; wants a --reason")
    choice.add_argument("--reject", action="store_true", help="keep it out; wants a --reason")
    review.add_argument("--reason", default="", help="why; kept with the candidate")
    review.add_argument(
        "--source-kind", metavar="KIND", help="publisher, participant or press, for a new source"
    )
    quality = command(
        "quality", commands.print_quality, "How well the records are supported; those on one press source."
    )
    quality.add_argument("--links", type=Path, metavar="FILE.csv", help="write the addresses to check again")
    codebook = command("codebook", commands.print_codebook, "Print the codebook (Markdown).")
    codebook.add_argument("--html", action="store_true", help="as a page instead")
    release = command("release", commands.write_release, "Write a release of the data set to dist/.")
    release.add_argument("--seal", action="store_true", help="remember its records as the last release")


def _exclusive(run: Command) -> Command:
    """The command run alone where it writes: two at once would each save the register without the other."""

    def alone(arguments: argparse.Namespace) -> int:
        from analysis.register import files

        with files.locked() if arguments.write else contextlib.nullcontext():
            return run(arguments)

    return alone
