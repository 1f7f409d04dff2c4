"""The Central Coordinating Register (Brønnøysund): organisation number of each municipality and county.

Contract: https://data.brreg.no/enhetsregisteret/api/docs/index.html . Licence NLOD 2.0.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.loaders.client import Client, shared
from analysis.loaders.messages import FetchError, Request

PAGE = 1000
#: size * (page + 1) may not pass this; the register answers 400 beyond it.
REACHABLE = 10_000
COLUMNS = ["organisation_number", "organisation_name", "organisation_form", "municipality_code", "deleted"]


def organisations(form: str, *, client: Client | None = None) -> pd.DataFrame:
    """Units of one organisation form.

    Parameters
    ----------
    form : str
        ``KOMM`` municipalities, ``FYLK`` counties, ``IKS``, ``KF`` ….
    client : Client, optional

    Returns
    -------
    DataFrame
        organisation_number (nine digits), organisation_name, organisation_form, municipality_code (of the
        business address: for KOMM the municipality's own number, for others only the seat), deleted (ISO date,
        NA while in force). Pre-registrations and deleted units are left out.

    Raises
    ------
    AnalysisError
        ``form`` is no code of a form.
    FetchError
        The register cannot be reached, refuses, has more units than can be reached, or sends others.
    """
    if not isinstance(form, str) or not re.fullmatch("[A-ZÆØÅ]{2,5}", form):
        raise AnalysisError(
            f"There is no organisation form {form!r}; forms are codes such as 'KOMM' or 'FYLK'"
        )
    client = client or shared()
    rows: list[list[str | None]] = []
    page, pages, retrieved = 0, 1, ""
    while page < pages:
        parameters = {"organisasjonsform": form, "size": PAGE, "page": page}
        request = Request.make("brreg", "/enheter", parameters)
        response = client.send(request)
        content = response.json()
        retrieved = max(retrieved, response.retrieved)
        try:
            pages = int(content["page"]["totalPages"])
            total = int(content["page"]["totalElements"])
            # Without hits the register leaves "_embedded" out.
            rows += [_row(unit) for unit in content.get("_embedded", {}).get("enheter", [])]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise FetchError(request, "sent no list of units", response) from None
        if max(total, PAGE * pages if pages > REACHABLE // PAGE else 0) > REACHABLE:
            raise FetchError(request, f"{total} units, only {REACHABLE} can be reached", response)
        page += 1
    if (different := len({row[0] for row in rows})) != total:
        raise FetchError(request, f"sent {different} different units of {total}", response)
    if others := {row[2] for row in rows} - {form}:
        raise FetchError(
            request, f"sent units of other forms than {form}: {sorted(map(str, others))}", response
        )
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    preliminary = frame["organisation_name"].str.upper().str.startswith("FORHÅNDSREGISTRERING", na=False)
    frame = frame[~preliminary & frame["deleted"].isna()].reset_index(drop=True)
    frame.attrs = {"retrieved": retrieved, "source_line": "Kilde: Brønnøysundregistrene"}
    return frame


def municipal_organisations(*, client: Client | None = None) -> pd.DataFrame:
    """Municipalities and counties in force.

    Returns
    -------
    DataFrame
        organisation_number, organisation_name, organisation_form (KOMM, FYLK), municipality_code.

    Raises
    ------
    FetchError
        See :func:`organisations`; or there is none of a form.
    """
    forms = [organisations(form, client=client) for form in ("KOMM", "FYLK")]
    if any(form.empty for form in forms):
        raise FetchError(Request("brreg", "/enheter"), "sent no municipality, or no county, that is in force")
    frame = pd.concat(forms).drop(columns="deleted").sort_values("organisation_number", ignore_index=True)
    frame.attrs = forms[0].attrs
    return frame


def organisation(number: str, *, client: Client | None = None) -> dict[str, str | None] | None:
    """One unit, also a deleted one (merged municipalities got new numbers); None if the register has none.

    Keys as the columns of :func:`organisations`. A number that has not nine digits is an ``AnalysisError``.
    """
    digits = re.sub(r"\s", "", str(number))
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise AnalysisError(f"An organisation number has nine digits; {number!r} has not")
    request = Request("brreg", f"/enheter/{digits}")
    try:
        response = (client or shared()).send(request)
    except FetchError as error:
        if error.status in (404, 410):
            return None
        raise
    try:
        found = dict(zip(COLUMNS, _row(response.json()), strict=True))
    except (KeyError, TypeError, AttributeError):
        raise FetchError(request, "sent no unit", response) from None
    if found["organisation_number"] != digits:
        raise FetchError(request, f"sent another unit: {found['organisation_number']}", response)
    return found


def _row(unit: dict[str, Any]) -> list[str | None]:
    address = unit.get("forretningsadresse") or {}
    number, form = unit["organisasjonsnummer"], unit["organisasjonsform"]["kode"]
    if number is None or form is None:
        raise KeyError
    name, code, deleted = unit["navn"], address.get("kommunenummer"), unit.get("slettedato")
    return [
        str(number),
        None if name is None else str(name),
        str(form),
        None if code is None else str(code),
        None if deleted is None else str(deleted),
    ]
