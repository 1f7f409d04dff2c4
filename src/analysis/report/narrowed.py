"""The report under another definition, or a page on a selection, in a folder of its own.

The tables are laid out there and pages made from them; nothing of the whole report is touched. The table
``selection`` says in that folder what was chosen, and every page prints it. Programmes, years, basis and
municipalities make one page of their own: the usual pages speak of complete lists and of the whole country,
and a part of them is neither.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import io, paths, tables
from analysis.definitions import SMALL_RURAL, Definition, small_rural
from analysis.errors import AnalysisError, UnknownName, one_of
from analysis.i18n import _
from analysis.manifest import MANIFEST
from analysis.measures.groups import year_span
from analysis.measures.observations import Observations
from analysis.register import encodings, places

SELECTION = "selection"
#: What the first line of a list of municipalities may be called, in small letters and without signs.
_HEADS = {
    *("municipality", "municipalitycode", "municipalityname", "municipalitynumber", "name", "code", "number"),
    *("kommune", "kommunenr", "kommunenummer", "kommunekode", "kommunenavn", "kommunenamn"),
    *("navn", "namn", "kode", "knr", "nr", "nummer"),
}
_PATH = re.compile(r"[/\\]|\.\w{1,5}$")


@dataclass(frozen=True)
class Choice:
    """What a report is narrowed to; empty where nothing is.

    Parameters
    ----------
    definition : str
        A key of ``SMALL_RURAL``.
    programmes : tuple of str
        Ids.
    years : tuple of int
        First and last.
    basis : str
        "named": only participations whose source names the municipality, as on all pages; "all": groups as well.
    municipalities, counties : tuple of str
        Codes of 2024.
    """

    definition: str = "main"
    programmes: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    basis: str = "named"
    municipalities: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()

    @property
    def is_selection(self) -> bool:
        """Whether more than the definition is chosen: then there is one page on the selection."""
        return self != Choice(definition=self.definition)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the notebook of the selection takes."""
        said = {k: v for k, v in asdict(self).items() if k != "definition"}
        return {k: list(v) if isinstance(v, tuple) and v else v or None for k, v in said.items()}

    @property
    def folder(self) -> Path:
        """Where the report goes unless a folder is named."""
        parts = [self.definition, *self.programmes, *map(str, self.years), self.basis, *self.counties]
        name = io.slug("-".join(parts))[:80].strip("-")
        if self.municipalities:
            name += f"-{io.sha256(';'.join(self.municipalities).encode())[:6]}"
        return paths.root() / "narrowed" / (name if self.is_selection else self.definition)

    def frame(self) -> pd.DataFrame:
        """The choice as a table: what and value."""
        said = {k: v if isinstance(v, str) else ";".join(map(str, v)) for k, v in asdict(self).items()}
        return pd.DataFrame(list(said.items()), columns=["what", "value"])

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Choice:
        """The choice that a table says."""
        said = frame.set_index("what")["value"].to_dict()
        lists = {
            k: tuple(filter(None, said[k].split(";"))) for k in ("programmes", "municipalities", "counties")
        }
        years = tuple(int(year) for year in said["years"].split(";") if year)
        return cls(said["definition"], basis=said["basis"], years=years, **lists)


def choose(
    *,
    definition: str = "main",
    programmes: Sequence[str] = (),
    years: str = "",
    basis: str = "named",
    municipalities: Sequence[str] = (),
    counties: Sequence[str] = (),
) -> Choice:
    """What people write on the command line as a choice, checked.

    Parameters
    ----------
    definition, basis : str
    programmes : sequence of str
        Ids or names.
    years : str
        One year, or the first and the last: ``2019-2026``.
    municipalities : sequence of str
        Names or codes, or one file: a name or code on each line, or the first column of a CSV.
    counties : sequence of str
        Names or codes.

    Raises
    ------
    AnalysisError
        Names that do not exist, all of them; or years that are none.
    """
    one_of("definition", definition, SMALL_RURAL)
    choice = Choice(
        definition=definition,
        programmes=_found(places.programme_id, programmes),
        years=year_span(years) if years else (),
        basis=basis,
        municipalities=_found(_municipality, _listed(municipalities)),
        counties=_found(places.county_code, counties),
    )
    Observations.load().where(**choice.parameters)  # refuses what does not exist
    return choice


def _found(find: Callable[[str], str], names: Sequence[str]) -> tuple[str, ...]:
    """The code or id of each name, once; refuses all that are none together."""
    found: dict[str, None] = {}
    faults: list[AnalysisError] = []
    for name in names:
        try:
            found[find(name)] = None
        except AnalysisError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:  # without the names that there are: they would be listed anew for each
        raise AnalysisError("\n".join(str(error).partition("; there are:")[0] for error in faults))
    return tuple(found)


def _municipality(name: str) -> str:
    """The code of a municipality; a name that looks like that of a file is refused as one."""
    try:
        return places.municipality_code(name)
    except UnknownName:
        if _PATH.search(name) and not Path(name).exists():
            raise AnalysisError(f"The file {name!r} does not exist") from None
        raise


def _listed(names: Sequence[str]) -> list[str]:
    """The names as they are, or those that the one file named holds."""
    if len(names) != 1 or not Path(names[0]).is_file():
        return list(names)
    try:
        text, _encoding = encodings.decode(Path(names[0]).read_bytes())
    except ValueError:
        raise AnalysisError(
            f"{names[0]} is not UTF-8, and it cannot be told which encoding it is; save it as CSV UTF-8."
        ) from None
    first = [
        re.split(r"[;,\t]", line)[0].strip().strip('"') for line in text.removeprefix("\ufeff").splitlines()
    ]
    filled = list(filter(None, first))
    has_head = filled and re.sub(r"[\W_]", "", filled[0]).lower() in _HEADS
    return filled[1:] if has_head else filled


def lay_out(folder: Path, choice: Choice) -> None:
    """Write the tables under a definition, and what else pages are made of, to a folder of their own.

    Parameters
    ----------
    folder : Path
        Empty, not there yet, or of an earlier report of this kind.
    choice : Choice

    Raises
    ------
    AnalysisError
        A folder that holds something else.
    """
    processed = folder / "data" / "processed"
    if folder.exists() and any(folder.iterdir()) and not (processed / f"{SELECTION}.parquet").exists():
        raise AnalysisError(f"{folder} holds something else; name a folder that is empty or not there yet.")
    io.copy_project(paths.root(), folder)
    for name in ("requirements.lock", "CITATION.cff"):
        if (paths.root() / name).exists():
            shutil.copy(paths.root() / name, folder / name)
    processed.mkdir(parents=True, exist_ok=True)
    (processed / MANIFEST).unlink(missing_ok=True)
    for name, frame in under({name: tables.load(name) for name in tables.names()}, choice).items():
        frame.to_parquet(processed / f"{name}.parquet", index=False)
    # Last: without it the tables count as unfinished. It is no build's manifest, so `build` would make them anew.
    (processed / MANIFEST).write_text("{}\n", encoding="utf-8")


def under(whole: dict[str, pd.DataFrame], choice: Choice) -> dict[str, pd.DataFrame]:
    """The tables with ``is_small_rural`` by another definition, and the table ``selection``.

    Parameters
    ----------
    whole : dict of str to DataFrame
        All tables by name.
    choice : Choice

    Returns
    -------
    dict of str to DataFrame
        The same tables but ``panel``, and ``selection`` with the columns what and value.
    """
    is_small_rural = small_rural(whole["panel"], choice.definition).fillna(False).astype(bool)
    return {**whole, "panel": whole["panel"].assign(is_small_rural=is_small_rural), SELECTION: choice.frame()}


def chosen() -> Choice:
    """What the report in this folder is narrowed to."""
    return Choice.of(tables.load(SELECTION)) if SELECTION in tables.names() else Choice()


def definition() -> Definition:
    """Who is small and rural in this report: the main definition unless another was chosen."""
    return SMALL_RURAL[chosen().definition]


def notice() -> str:
    """What the pages say of another definition; empty where the tables are those of the whole report."""
    if chosen().definition == "main":
        return ""
    return _(
        "This report uses another definition. Small rural means {definition}.", definition=definition().label
    )
