"""What is expected of data/raw beyond its hashes: ``counts.csv`` and ``accepted.csv``.

``counts.csv`` says how many values each source has by year and group; ``accepted.csv`` which findings of
:mod:`analysis.plausibility` are true after all, each with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis import paths, plausibility
from analysis.errors import DataError, Fault
from analysis.io import locked, write_atomically

COUNTS = "counts.csv"
ACCEPTED = "accepted.csv"
_DECISION = ["source_id", "finding", "reason", "date"]


def counts() -> pd.DataFrame:
    """How many values each source is recorded to have.

    Returns
    -------
    DataFrame
        See :func:`analysis.plausibility.counts`.

    Raises
    ------
    DataError
        The file is missing or damaged.
    """
    frame = _read(COUNTS, plausibility.COUNT_COLUMNS)
    if not frame["rows"].str.fullmatch(r"\d+").all():
        raise _damaged(COUNTS, "rows must be whole numbers")
    return frame.astype({"rows": "int64"})


def counts_with(source_id: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The counts as they are when a frame has taken the place of a source's file."""
    kept = counts()
    counted = pd.concat([kept[kept["source_id"] != source_id], plausibility.counts(source_id, frame)])
    return counted.sort_values(plausibility.COUNT_COLUMNS[:3])


def accepted() -> pd.DataFrame:
    """Findings that are true after all: source_id, finding, reason, date; see :func:`accept`."""
    return _read(ACCEPTED, _DECISION)


def accept(source_id: str, findings: Iterable[str], reason: str, date: str) -> None:
    """Record that findings are true after all: ``check``, ``build`` and ``fetch`` pass them over from then on.

    Parameters
    ----------
    source_id : str
    findings : iterable of str
        As they were told.
    reason : str
    date : str
        ISO date of the decision.
    """
    with locked(paths.raw() / ".lock"):
        rows = [(source_id, finding, reason, date) for finding in findings]
        new = pd.concat([accepted(), pd.DataFrame(rows, columns=_DECISION, dtype="str")])
        new = new.drop_duplicates(_DECISION[:2]).sort_values(_DECISION[:2])
        write_atomically(paths.raw() / ACCEPTED, new.to_csv(index=False, lineterminator="\n"))


def doubtful(source_id: str, findings: Iterable[str]) -> list[str]:
    """The findings of a source that nobody has accepted."""
    known = accepted()
    passed = set(known.loc[known["source_id"] == source_id, "finding"])
    return [finding for finding in findings if finding not in passed]


def faults(frames: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> list[Fault]:
    """What the sources lack against their recorded counts, and what of them cannot well be true.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Sources by id.
    names : mapping of str to str
        Their files in data/raw.
    """
    recorded = counts()
    found = []
    for source_id, frame in frames.items():
        own = recorded[recorded["source_id"] == source_id]
        for problem in plausibility.lost(own, plausibility.counts(source_id, frame)):
            remedy = f"restore it with `git checkout data/raw/{names[source_id]}`; if it is right, correct {COUNTS}"
            found.append(Fault(names[source_id], None, None, None, f"{problem}: {remedy}"))
    known = accepted()
    passed = set(zip(known["source_id"], known["finding"], strict=True))
    told = [(name, said) for name, frame in frames.items() for said in plausibility.findings(name, frame)]
    remedy = f"if it is true, add it to data/raw/{ACCEPTED} (source_id, finding, reason, date)"
    for name, finding in [*told, *plausibility.together(frames)]:
        if (name, finding) not in passed:
            problem = f"{finding}; fetch it again, or {remedy}"
            found.append(Fault(names[name], None, None, None, problem))
    return found


def _read(name: str, columns: list[str]) -> pd.DataFrame:
    """Text, blanks as empty text."""
    try:
        frame = pd.read_csv(paths.raw() / name, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise _damaged(name, str(error)) from None
    if list(frame.columns) != columns:
        raise _damaged(name, f"must have the columns {', '.join(columns)}")
    return frame


def _damaged(name: str, problem: str) -> DataError:
    told = f"cannot be read ({problem}); restore it with `git checkout data/raw/{name}`"
    return DataError([Fault(name, None, None, None, told)])
