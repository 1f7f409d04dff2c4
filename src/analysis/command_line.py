"""The commands as declared, a parser that shows examples and says what was probably meant, and text for 80 columns."""

from __future__ import annotations

import argparse
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from analysis.errors import UnknownName

WIDTH = 80
Run = Callable[[argparse.Namespace], int]
#: Command → its help, examples and arguments.
COMMANDS: dict[str, dict[str, Any]] = tomllib.loads(
    (resources.files("analysis") / "commands.toml").read_text(encoding="utf-8")
)


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with examples, and whose errors name the nearest command."""

    def format_help(self) -> str:
        """The help, its description wrapped, with the command's examples at the end."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        self.description = "\n".join(textwrap.wrap(self.description or "", WIDTH))
        command = self.prog.removeprefix("python -m analysis").strip()
        if command in COMMANDS:
            lines = [f"python -m analysis {example}" for example in COMMANDS[command]["examples"]]
            self.epilog = "\n".join(["examples:", *(shown for line in lines for shown in _example(line))])
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say in a sentence what is wrong, what is allowed or was meant, and where help is; no usage."""
        choice = re.fullmatch(r"(?:argument (.*?): )?invalid choice: '(.*?)' \(choose from (.*)\)", message)
        option = re.match(r"unrecognized arguments: (.*)", message)
        if choice:
            names = re.findall(r"[\w-]+", choice[3])
            said = f"{choice[1]} takes no {choice[2]!r}; it takes {', '.join(names)}."
            if choice[1] in (None, "COMMAND"):
                said = str(UnknownName("command", choice[2], names))
        elif option:
            options = [name for name in self._option_string_actions if name != "-h"]
            said = str(UnknownName("option", re.split(r"[ =]", option[1])[0], options))
        else:
            missing = "the following arguments are required: "
            said = message.replace(missing, "Missing: ").removeprefix("argument ") + "."
            if message == missing + "COMMAND":
                said = f"Say which command: {', '.join(self._commands())}."
        self.exit(2, paragraphs([said, f"`{self.prog} --help` says what there is, with examples."]) + "\n")

    def _commands(self) -> Iterable[str]:
        """The commands of this one."""
        return next(a.choices for a in self._actions if isinstance(a, argparse._SubParsersAction))


def _example(line: str) -> list[str]:
    """An example in lines of a terminal, each but the last continued."""
    wrapped = textwrap.wrap(line, WIDTH - 6, break_long_words=False, break_on_hyphens=False)
    return [
        "  " + ("  " if k else "") + part + (" \\" if part != wrapped[-1] else "")
        for k, part in enumerate(wrapped)
    ]


def add_commands(
    parser: argparse.ArgumentParser,
    runs: Mapping[str, Run | None],
    parents: Sequence[argparse.ArgumentParser] = (),
    prefix: str = "",
) -> dict[str, argparse.ArgumentParser]:
    """Give a parser its commands as ``commands.toml`` declares them; each sets ``run``, a function of the arguments.

    Parameters
    ----------
    parser : ArgumentParser
    runs : mapping of str to callable
        What each command does, by its name; None for one that only has commands of its own.
    parents : sequence of ArgumentParser
        Parsers with options that every command takes.
    prefix : str
        The commands are those whose names begin so: ``"register "``.

    Returns
    -------
    dict of str to ArgumentParser
        The parser of each command.
    """
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    made: dict[str, argparse.ArgumentParser] = {}
    for name, run in runs.items():
        said = COMMANDS[prefix + name]
        shared = list(parents) if run else []
        made[name] = subparsers.add_parser(name, help=said["help"], description=said["help"], parents=shared)
        if run:
            made[name].set_defaults(run=run, parser=made[name])
        if said.get("writes"):
            text = "do it; without this it is only shown"
            made[name].add_argument("--write", action="store_true", help=text)
        groups: dict[str, Any] = {}
        for argument in said.get("arguments", []):
            options = {key: value for key, value in argument.items() if key not in ("name", "either")}
            if options.get("type") == "path":
                options["type"] = Path
            either = argument.get("either")
            if either and either not in groups:
                groups[either] = made[name].add_mutually_exclusive_group()
            groups.get(either, made[name]).add_argument(argument["name"], **options)
    return made


def understood(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; what a command does not know is answered by that command."""
    arguments, left = parser.parse_known_args(argv)
    if left:
        getattr(arguments, "parser", parser).error(f"unrecognized arguments: {' '.join(left)}")
    return arguments


def counted(n: int, noun: str) -> str:
    """A number of things in English.

    Examples
    --------
    >>> counted(1, "new source"), counted(3, "row")
    ('1 new source', '3 rows')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def paragraphs(lines: Iterable[str]) -> str:
    """Lines wrapped at the terminal's 80 columns, the rest of each a little to the right."""
    return "\n".join(
        textwrap.fill(line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for line in lines
    )
