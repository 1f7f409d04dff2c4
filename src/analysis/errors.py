"""Errors that are meant to be read by people.

The command line prints them without a traceback (``--verbose`` shows it). A check collects every
fault before it raises, so that one run of an editor's work shows all there is to mend.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from typing import Any

#: How many faults a message lists: one slip in a column is a fault of every row.
SHOWN = 500
#: How many names that exist a message lists where none is like the one asked for.
_NAMED = 40


def printable(text: str) -> str:
    """The text without what a terminal would obey or nobody can see: control, format and private characters.

    Examples
    --------
    >>> printable("title" + chr(27) + "[2J")
    'title[2J'
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


class AnalysisError(Exception):
    """Base of all errors this project raises on purpose; its text is for the reader.

    Examples
    --------
    >>> try:
    ...     raise UnknownName("table", "panl", ["panel"])
    ... except AnalysisError as error:
    ...     print(error)
    There is no table 'panl'; did you mean 'panel'?
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: the message and what belongs to it, not the arguments that they were made of."""
        return _restored, (type(self), self.args, vars(self))


def _restored(kind: type[AnalysisError], args: tuple[Any, ...], attributes: dict[str, Any]) -> AnalysisError:
    error = kind.__new__(kind, *args)
    vars(error).update(attributes)
    return error


class UnknownName(AnalysisError):
    """A name (programme, column, table …) that does not exist; says which one was probably meant.

    Parameters
    ----------
    what : str
        What the name should be one of, e.g. "programme".
    name : str
    known : iterable of str
        The names that exist. ``near`` is the one among them that was probably meant, in a list; or an empty one.
        A number is like no other: near ones belong to places that lie elsewhere.

    Examples
    --------
    >>> print(UnknownName("programme", "klimasat", ["klimasats", "gnist"]))
    There is no programme 'klimasat'; did you mean 'klimasats'?
    """

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        once: dict[str, str] = {}  # ids and names of one thing may differ in case only
        for each in map(str, known):
            once.setdefault(each.casefold(), each)
        name, known = str(name), list(once.values())
        names = [each for each in known if not each.isdigit()]
        self.near = [] if name.isdigit() else get_close_matches(name, names, n=1, cutoff=0.5)
        more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
        hint = (
            f"did you mean {self.near[0]!r}?"
            if self.near
            else f"there are: {', '.join(known[:_NAMED])}{more}"
        )
        super().__init__(f"There is no {what} {name!r}" + (f"; {hint}" if known else ""))


def one_of(what: str, given: object, known: Iterable[str]) -> str:
    """The word given, if it is one of those known.

    Raises
    ------
    AnalysisError
        Another word (says which one was probably meant), several words, or none.

    Examples
    --------
    >>> one_of("weight", "split", ("project", "split"))
    'split'
    """
    known = tuple(known)
    if not isinstance(given, str):
        raise AnalysisError(
            f"{what}: {given!r} was given; it takes one name, e.g. {next(iter(known), None)!r}"
        )
    if given not in known:
        raise UnknownName(what, given, known)
    return given


def whole_number(what: str, given: object, least: int = 0) -> int:
    """The number given, if it is a whole one from ``least`` up.

    Raises
    ------
    AnalysisError
        It is none; names what was given.

    Examples
    --------
    >>> whole_number("seed", 0)
    0
    """
    if isinstance(given, bool) or not isinstance(given, Integral) or given < least:
        raise AnalysisError(f"{what}={given!r}: it must be a whole number from {least} up")
    return int(given)


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one place of a data file.

    ``row`` counts as a spreadsheet does: the header is row 1, the first record row 2; ``None``
    where the fault concerns the whole file.
    """

    file: str
    row: int | None
    column: str | None
    value: object
    problem: str

    def __str__(self) -> str:
        """One line: file, row, column, value, and what is allowed."""
        where = self.file
        if self.row is not None:
            where += f", row {self.row}"
        if self.column is not None:
            where += f", column {self.column}"
        shown = "" if self.value is None else f" {str(self.value)[:80]!r}:"
        return f"{where}:{shown} {self.problem}"


class DataError(AnalysisError):
    """Faults in data/raw, a register or a published answer, all of them at once."""

    def __init__(self, faults: Iterable[Fault], headline: str = "The data cannot be used as it is") -> None:
        """Keep the faults in order of file, row and column; the message lists the first on a line each."""
        self.faults = sorted(faults, key=lambda f: (f.file, f.row or 0, f.column or "", f.problem))
        count = len(self.faults)
        noun = "fault" if count == 1 else "faults"
        lines = [f"{headline} ({count} {noun}):", *(f"  {fault}" for fault in self.faults[:SHOWN])]
        if count > SHOWN:
            lines.append(f"  and {count - SHOWN} more; put these right first")
        super().__init__("\n".join(lines))
