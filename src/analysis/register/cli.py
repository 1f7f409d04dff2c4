"""``python -m analysis register …``: the register's commands. Nothing is changed without ``--write``."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence

from analysis.command_line import COMMANDS, Run, add_commands
from analysis.register import commands


def add_arguments(parser: argparse.ArgumentParser, parents: Sequence[argparse.ArgumentParser] = ()) -> None:
    """Give the parser of ``register`` its commands; each sets ``run``, a function of the arguments.

    Parameters
    ----------
    parser : ArgumentParser
        The parser that the top command line made for ``register``.
    parents : sequence of ArgumentParser
        Parsers with options that every command takes.
    """
    prefix = "register "
    runs: dict[str, Run] = {}
    for name, said in COMMANDS.items():
        if name.startswith(prefix):
            run = getattr(commands, said["run"])
            runs[name.removeprefix(prefix)] = _exclusive(run) if said.get("writes") else run
    add = add_commands(parser, runs, parents, prefix)["add"]
    add.usage = "%(prog)s [-h] [--write] [--COLUMN VALUE ...]"  # else one line a column
    for column, described in commands.form_fields().items():
        add.add_argument("--" + column.replace("_", "-"), metavar="VALUE", help=described)


def _exclusive(run: Run) -> Run:
    """The command run alone where it writes: two at once would each save the register without the other."""

    def alone(arguments: argparse.Namespace) -> int:
        from analysis.register import files

        with files.locked() if arguments.write else contextlib.nullcontext():
            return run(arguments)

    return alone
