"""The Research Council of Norway's open data: every application, and Norwegian participants in EU programmes.

Contract: https://github.com/Forskningsradet/open-data (NLOD). One CSV file a data set, comma, UTF-8,
titles with line breaks inside quotes. Fields about persons are not taken:
the leader's gender is left out, and so is the name of an owner who is a person (personal grants).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import resources

import pandas as pd

from analysis.errors import DataError, Fault
from analysis.loaders.client import Client, shared
from analysis.loaders.csv_rows import STOP, cell_faults, read
from analysis.loaders.messages import Request

#: Words in the registered names of municipalities, counties and their companies.
MUNICIPAL = r"kommune|\bherad\b|\bF?KF\b|\bIKS\b|interkommunal|regionråd"
#: What is taken of each file, and what the phases of a project mean (``research_council.toml``).
DECLARED = tomllib.loads((resources.files(__package__) / "research_council.toml").read_text(encoding="utf-8"))
STATUS = DECLARED["status"]
_DATE_FORMATS = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S")


def fetch(*, client: Client | None = None) -> pd.DataFrame:
    """Fetch and parse every application from the Research Council's repository.

    Parameters
    ----------
    client : Client, optional

    Returns
    -------
    DataFrame
        See :func:`parse_applications`.

    Raises
    ------
    FetchError, DataError
    """
    return parse_applications(_body("soknader2", client))


def fetch_eu(*, client: Client | None = None) -> pd.DataFrame:
    """Fetch and parse Norwegian participants in EU programmes; see :func:`fetch` and :func:`parse_eu`."""
    return parse_eu(_body("bevilgningereu", client))


def municipal_applications(*, client: Client | None = None) -> pd.DataFrame:
    """Fetch the applications whose owner may be a municipality, a county or a company of them.

    Returns
    -------
    DataFrame
        See :func:`municipal_owners`; sorted by project number.
    """
    frame = municipal_owners(fetch(client=client))
    return frame.sort_values("project_number", ignore_index=True)


def _body(dataset: str, client: Client | None) -> bytes:
    request = Request("research_council", f"/{dataset}/dataset.csv", accept="text/csv, text/plain")
    return (client or shared()).send(request).body


def parse_applications(content: bytes, file: str = "soknader2/dataset.csv") -> pd.DataFrame:
    """Applications to the Research Council, granted or not, one row per project number.

    Parameters
    ----------
    content : bytes
        The file soknader2; columns that are not used may be absent.
    file : str
        How errors call it.

    Returns
    -------
    DataFrame
        project_number, title, deadline and applied_date (dates; NA in open calls), call_title,
        application_type, application_subtype, phase (the publisher's word), status (``pending``,
        ``refused``, ``granted``, or ``no_amount``: granted by its phase, with 0 kroner), start_year,
        end_year, owner_kind, owner_name (lowest level of the organisation; NA for persons),
        organisation_number (nine digits, else NA), sector, category, place_code (municipality where the
        research is done, not the owner's), main_activity, activity, field, applied_nok, granted_nok (NOK).

    Raises
    ------
    DataError
        Absent columns (all of them), rows of other length, values that cannot be read, a phase that is
        not in :data:`STATUS`, a project number that stands twice.
    """
    frame, rows = _parse(content, file, "applications")
    status = frame["phase"].map(STATUS)
    faults = cell_faults(
        file, rows, "prosjektfase", frame["phase"], frame["phase"].notna() & status.isna(),
        f"not a known phase; known are {', '.join(STATUS)}: decide its status in research_council.toml",
    )  # fmt: skip
    faults += _repeated(file, rows, frame, ["project_number"], "prosjektnummer")
    if faults:
        raise DataError(faults, f"{file} cannot be used")
    empty = status.eq("granted") & ~frame["granted_nok"].gt(0).fillna(False)
    person = frame["owner_kind"].ne("Organisasjon").fillna(True)
    hidden = ["owner_name", "organisation_number"]
    frame[hidden] = frame[hidden].mask(person)
    frame.insert(frame.columns.get_loc("phase") + 1, "status", status.mask(empty, "no_amount"))
    return frame


def municipal_owners(applications: pd.DataFrame) -> pd.DataFrame:
    """Keep applications whose owner may be a municipality, a county or a company of them.

    The whole file is tens of megabytes; data/raw holds these rows alone.

    Parameters
    ----------
    applications : DataFrame
        See :func:`parse_applications`.

    Returns
    -------
    DataFrame
        The rows whose owner_name has a word of :data:`MUNICIPAL`.
    """
    return applications[applications["owner_name"].str.contains(MUNICIPAL, case=False).fillna(False)]


def parse_eu(content: bytes, file: str = "bevilgningereu/dataset.csv") -> pd.DataFrame:
    """Norwegian participants in EU research programmes, one row per project and participant.

    Parameters
    ----------
    content, file
        As in :func:`parse_applications`; the file bevilgningereu.

    Returns
    -------
    DataFrame
        framework_programme, project_number, acronym, title, topic_code, topic, action_code, action,
        contract_status, start_date, end_date, applied_date, organisation_number, organisation_name,
        role, participant_number, sector, place_code (four digits; of the structure when the project was
        registered), granted_eur (EUR to this participant, to the cent).

    Raises
    ------
    DataError
        As :func:`parse_applications`.
    """
    frame, rows = _parse(content, file, "eu")
    key = ["framework_programme", "project_number", "participant_number", "organisation_number"]
    if faults := _repeated(file, rows, frame, key, "Prosjektnr"):
        raise DataError(faults, f"{file} cannot be used")
    return frame


def _parse(content: bytes, file: str, declared: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The typed frame, and for each of its rows the ``row`` (header 1) and text ``line`` where it begins."""
    columns = DECLARED[declared]
    read_as_text, faults = read(content, file, list(columns))
    rows, frame = read_as_text[["row", "line"]], {}
    if rows.empty and not faults:
        faults.append(Fault(file, None, None, None, "no rows; fetch it again, the answer was cut short"))
    for column, (name, kind) in columns.items():
        text = _single_spaced(read_as_text[column])
        frame[name], problem = _KINDS[kind](text)
        if problem and len(faults) < STOP:
            faults += cell_faults(file, rows, column, text, text.notna() & frame[name].isna(), problem)
    if faults:
        raise DataError(faults, f"{file} cannot be used")
    return pd.DataFrame(frame), rows


def _repeated(file: str, rows: pd.DataFrame, frame: pd.DataFrame, key: list[str], column: str) -> list[Fault]:
    again = frame.duplicated(key) | frame["project_number"].isna()
    problem = (
        "blank, or stands a second time; each must stand once: fetch the file again or tell the publisher"
    )
    return cell_faults(file, rows, column, frame["project_number"], again, problem)


def _date(text: pd.Series) -> tuple[pd.Series, str]:
    found = pd.Series(pd.NaT, text.index, dtype="datetime64[s]")
    for form in _DATE_FORMATS:
        if (left := found.isna() & text.notna()).any():
            read = pd.to_datetime(text[left], format=form, errors="coerce")
            found = found.fillna(read.astype("datetime64[s]"))
    return found.dt.normalize(), "not a date such as 2012-10-17 13:00:00 or 25.05.2020 00:00"


def _single_spaced(text: pd.Series) -> pd.Series:
    """Line breaks and runs of spaces become one space, blanks NA; each distinct value is looked at once."""
    codes, values = pd.factorize(text)
    clean = pd.Series([" ".join(value.split()) or None for value in values], dtype="str")
    return clean.take(codes).set_axis(text.index)


def _number(text: pd.Series, digits: int) -> pd.Series:
    plain = text.str.replace(" ", "").str.replace(",", ".")
    numbers = pd.to_numeric(plain, errors="coerce").astype("Float64")
    return numbers.where(numbers.abs() < 1e15).round(digits)


def _code(text: pd.Series, pattern: str) -> pd.Series:
    """Codes of digits, also where they were written as numbers (``4036.0``) or with spaces; NA for all else."""
    digits = text.str.replace(" ", "").str.replace(r"\.0+$", "", regex=True)
    return digits.where(digits.str.fullmatch(pattern).fillna(False))


def _year(text: pd.Series) -> tuple[pd.Series, str]:
    years = _number(text, 2)
    fits = years.between(1950, 2100) & years.eq(years.round())
    return years.where(fits).astype("Int64"), "not a year from 1950 to 2100"


_KINDS: dict[str, Callable[[pd.Series], tuple[pd.Series, str]]] = {
    "text": lambda text: (text, ""),
    "date": _date,
    "year": _year,
    "kroner": lambda text: (_number(text, 0).astype("Int64"), "not an amount in kroner"),
    "euro": lambda text: (_number(text, 2), "not an amount in euro"),
    # Foreign owners and "0" (unknown) have no Norwegian number: blank, no fault.
    "organisation": lambda text: (_code(text, r"\d{9}"), ""),
    "municipality": lambda text: (_code(text, r"\d{3,4}").str.zfill(4), ""),
}
