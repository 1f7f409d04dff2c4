"""The Central Coordinating Register (Brønnøysund): organisation number of each municipality and county.

Contract: https://data.brreg.no/enhetsregisteret/api/docs/index.html . Licence NLOD 2.0.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.loaders.exchange import Asker, FetchError, question
from analysis.loaders.http import shared

PAGE = 1000
COLUMNS = ["organisation_number", "organisation_name", "organisation_form", "municipality_code", "deleted"]


def organisations(form: str, *, client: Asker | None = None) -> pd.DataFrame:
    """Units of one organisation form: ``KOMM`` municipalities, ``FYLK`` counties, ``IKS``, ``KF``.

    Returns organisation_number (nine digits), organisation_name, organisation_form, municipality_code
    (of the business address: for KOMM the municipality's own number, for others only the seat),
    deleted (ISO date, NA while in force). Pre-registrations and deleted units are left out.
    """
    asker = client or shared()
    rows: list[list[str | None]] = []
    page, pages = 0, 1
    # size * (page + 1) may not pass 10 000; the register answers 400 beyond it.
    while page < pages and PAGE * (page + 1) <= 10_000:
        asked = question("brreg", "/enheter", {"organisasjonsform": form, "size": PAGE, "page": page})
        answer = asker.ask(asked)
        content = answer.json()
        try:
            pages = int(content["page"]["totalPages"])
            # Without hits the register leaves "_embedded" out.
            rows += [_row(unit) for unit in content.get("_embedded", {}).get("enheter", [])]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise FetchError(asked, "sent no list of units", answer) from None
        page += 1
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    preliminary = frame["organisation_name"].str.upper().str.startswith("FORHÅNDSREGISTRERING", na=False)
    return frame[~preliminary & frame["deleted"].isna()].reset_index(drop=True)


def organisation(number: str, *, client: Asker | None = None) -> dict[str, str | None] | None:
    """One unit, also a deleted one (merged municipalities got new numbers); None if the register has none.

    Keys as the columns of :func:`organisations`.
    """
    asked = question("brreg", f"/enheter/{number}")
    try:
        answer = (client or shared()).ask(asked)
    except FetchError as error:
        if error.status in (404, 410):
            return None
        raise
    try:
        return dict(zip(COLUMNS, _row(answer.json()), strict=True))
    except (KeyError, TypeError, AttributeError):
        raise FetchError(asked, "sent no unit", answer) from None


def _row(unit: dict[str, Any]) -> list[str | None]:
    address = unit.get("forretningsadresse") or {}
    return [
        str(unit["organisasjonsnummer"]),
        str(unit["navn"]),
        str(unit["organisasjonsform"]["kode"]),
        address.get("kommunenummer"),
        unit.get("slettedato"),
    ]
