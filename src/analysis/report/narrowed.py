"""A report on a part of the data: chosen programmes, years, rows, municipalities, or another definition.

The tables are narrowed in a folder of their own and the usual pages are made from them there; nothing of the
whole report is touched. The table ``selection`` says in that folder what was chosen, and every page prints it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import paths, tables
from analysis.definitions import SMALL_RURAL
from analysis.errors import AnalysisError, UnknownName
from analysis.i18n import _, current, listed
from analysis.measures.observations import Observations

SELECTION = "selection"


@dataclass(frozen=True)
class Selection:
    """What a report is narrowed to; what is not given is as in the whole report.

    Attributes
    ----------
    programmes : tuple of str
        Ids; empty for all.
    years : tuple of int, optional
        First and last year.
    stated_only : bool
        Leave out rows whose membership or year is inferred.
    definition : str
        Who is small and rural, a key of ``SMALL_RURAL``.
    municipalities : tuple of str
        Codes of 2024; empty for all.
    """

    programmes: tuple[str, ...] = ()
    years: tuple[int, int] | None = None
    stated_only: bool = False
    definition: str = "main"
    municipalities: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is narrowed."""
        return self == Selection()


def words(chosen: pd.DataFrame, programmes: pd.DataFrame) -> str:
    """What a report is narrowed to, in the language in use.

    Parameters
    ----------
    chosen : DataFrame
        The table ``selection``: what, value.
    programmes : DataFrame
        With name_nb and name_en.
    """
    by_what = chosen.groupby("what")["value"].agg(list)
    parts = []
    if "programme" in by_what:
        names = programmes.set_index("programme_id")[f"name_{current()}"]
        parts.append(_("programmes: {names}", names=listed([str(names[i]) for i in by_what["programme"]])))
    if "year" in by_what:
        first, last = by_what["year"]
        parts.append(_("years {first}–{last}", first=first, last=last))
    if "stated_only" in by_what:
        parts.append(_("only what sources state outright"))
    if "definition" in by_what:
        label = SMALL_RURAL[by_what["definition"][0]].label
        parts.append(_("small rural means {definition}", definition=label))
    if "municipalities" in by_what:
        parts.append(_("{n} chosen municipalities", n=int(by_what["municipalities"][0])))
    return _("This report is narrowed. It shows {parts}.", parts="; ".join(parts))


def lay_out(folder: Path, selection: Selection) -> None:
    """Write the narrowed tables, and what else pages are made of, to a folder of their own.

    Parameters
    ----------
    folder : Path
        Empty, not there yet, or of an earlier narrowed report.
    selection : Selection

    Raises
    ------
    AnalysisError
        An unknown programme, definition or municipality, years in wrong order, nothing left, or a folder that
        holds something else.
    """
    if folder.exists() and any(folder.iterdir()) and not _table(folder, SELECTION).exists():
        raise AnalysisError(f"{folder} holds something else; name a folder that is empty or not there yet.")
    made = narrow({name: tables.load(name) for name in tables.names()}, selection)
    for part in ("data/raw", "notebooks"):
        leave_out = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(paths.root() / part, folder / part, ignore=leave_out, dirs_exist_ok=True)
    for name in ("requirements.lock", "CITATION.cff"):
        if (paths.root() / name).exists():
            shutil.copy(paths.root() / name, folder / name)
    _table(folder, SELECTION).parent.mkdir(parents=True, exist_ok=True)
    for name, frame in made.items():
        frame.to_parquet(_table(folder, name), index=False)


def narrow(whole: dict[str, pd.DataFrame], selection: Selection) -> dict[str, pd.DataFrame]:
    """The tables with what is not chosen left out, and the table ``selection``.

    Parameters
    ----------
    whole : dict of str to DataFrame
        All tables by name.
    selection : Selection

    Returns
    -------
    dict of str to DataFrame
        The same tables; ``participation`` has fewer rows, ``programmes`` and what hangs on them too,
        ``panel`` the municipalities chosen and ``is_small_rural`` by the definition; ``selection`` has the
        columns what and value.

    Raises
    ------
    AnalysisError
        See :func:`lay_out`.
    """
    if selection.definition not in SMALL_RURAL:
        raise UnknownName("definition", selection.definition, SMALL_RURAL)
    programmes = whole["programmes"]
    every = Observations(whole["panel"], whole["participation"], programmes)
    kept = every.where(
        programmes=selection.programmes or None,
        years=selection.years,
        stated_only=selection.stated_only,
        municipalities=selection.municipalities or None,
    ).with_definition(selection.definition)
    ids = set(selection.programmes) or set(programmes["programme_id"])
    rows = _rows(whole["participation"], selection, ids)
    if rows.empty or kept.panel.empty:
        raise AnalysisError("Nothing is left: no participation is documented within what was chosen.")
    of_programme: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame[  # noqa: E731
        frame["programme_id"].isin(ids)
    ].reset_index(drop=True)
    out = {
        name: of_programme(frame) if "programme_id" in frame and name != "participation" else frame
        for name, frame in whole.items()
    }
    codes = set(kept.panel["municipality_code"])
    for name in ("municipalities", "boundaries"):
        frame = whole[name]
        out[name] = frame[frame["municipality_code"].isin(codes)].reset_index(drop=True)
    for name in ("counties", "county_boundaries"):
        frame = whole[name]
        out[name] = frame[frame["county_code"].isin(kept.panel["county_code"])].reset_index(drop=True)
    return {**out, "participation": rows, "panel": kept.panel, SELECTION: _chosen(selection)}


def _rows(participation: pd.DataFrame, selection: Selection, ids: set[str]) -> pd.DataFrame:
    """The register's rows within the selection; those without a year where their bounds lie within."""
    keep = participation["programme_id"].isin(ids)
    if selection.stated_only:
        keep &= participation["confidence"] == "stated"
    if selection.years is not None:
        year = participation["year"].astype("Int64")
        first, last = (year.fillna(participation[f"year_{end}"].astype("Int64")) for end in ("from", "to"))
        within = first.ge(selection.years[0]) & last.le(selection.years[1])
        keep &= within.fillna(False).astype(bool)
    return participation[keep].reset_index(drop=True)


def _chosen(selection: Selection) -> pd.DataFrame:
    rows: list[tuple[str, str]] = [("programme", i) for i in selection.programmes]
    rows += [("year", str(year)) for year in selection.years or ()]
    rows += [("stated_only", "yes")] if selection.stated_only else []
    rows += [("definition", selection.definition)] if selection.definition != "main" else []
    rows += [("municipalities", str(len(selection.municipalities)))] if selection.municipalities else []
    return pd.DataFrame(rows, columns=["what", "value"], dtype=str)


def notice(names: Sequence[str]) -> str:
    """The words of a narrowed report; empty where the tables are those of the whole one.

    Parameters
    ----------
    names : sequence of str
        Names of the tables that are there.
    """
    if SELECTION not in names:
        return ""
    return words(tables.load(SELECTION), tables.load("programmes"))


def _table(folder: Path, name: str) -> Path:
    return folder / "data" / "processed" / f"{name}.parquet"
