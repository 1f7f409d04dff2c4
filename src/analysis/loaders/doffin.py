"""Doffin, the Norwegian notice database: only where a key is set in ``DOFFIN_API_KEY``.

Contract: the public interface at https://api.doffin.no/public . Like TED's, its notices are candidates
that a person must accept before they count.
"""

from __future__ import annotations

import os
import re
from datetime import date
from typing import Any

import pandas as pd

from analysis.loaders.exchange import Asker, FetchError, question

KEY = "DOFFIN_API_KEY"
FIRST_YEAR = 2017
_PAGE = 100
_REACHABLE = 1000
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def secrets() -> dict[str, dict[str, str]]:
    """The header that Doffin wants, or nothing where no key is set."""
    key = os.environ.get(KEY, "").strip()
    return {"doffin": {"Ocp-Apim-Subscription-Key": key}} if key else {}


def notices(*, client: Asker, last_year: int) -> pd.DataFrame:
    """Notices that mention an innovation partnership, in the columns of ``ted.innovation_partnerships``.

    ``found_by`` is "procedure" where the notice's own XML names the procedure, else "text": the search
    has no filter for procedures. Raises FetchError, also where a year has more hits than can be reached.
    """
    rows = [_row(hit, client) for year in range(FIRST_YEAR, last_year + 1) for hit in _year(year, client)]
    columns = ["publication_number", "publication_date", "notice_type", "procedure_type", "procedure_id"]
    columns += ["title", "buyer_names", "buyer_numbers", "url", "found_by"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.drop_duplicates("publication_number", ignore_index=True)


def _year(year: int, client: Asker) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = []
    for page in range(1, _REACHABLE // _PAGE + 1):
        parameters = {
            "searchString": "innovasjonspartnerskap",
            "issueDateFrom": date(year, 1, 1).isoformat(),
            "issueDateTo": date(year, 12, 31).isoformat(),
            "numHitsPerPage": _PAGE,
            "page": page,
            "sortBy": "PUBLICATION_DATE_ASC",
        }
        asked = question("doffin", "/v2/search", parameters)
        answer = client.ask(asked)
        content = answer.json()
        try:
            total, found = int(content["numHitsTotal"]), list(content["hits"])
        except (KeyError, TypeError, ValueError):
            raise FetchError(asked, "sent no list of hits", answer) from None
        if not all(isinstance(hit, dict) and hit.get("id") and _DATE.match(_published(hit)) for hit in found):
            raise FetchError(asked, "sent a notice without number or date", answer)
        # Unknown parameters are ignored without a word: a filter that has no effect must not pass.
        if any(str(hit.get("issueDate", ""))[:4] not in (str(year), "") for hit in found):
            raise FetchError(
                asked, f"sent notices from outside {year}: the date filter has no effect", answer
            )
        hits += found
        if not found or len(hits) >= total:
            return hits
    raise FetchError(asked, f"has {total} hits in {year}, and only {_REACHABLE} can be reached")


def _published(hit: dict[str, Any]) -> str:
    return str(hit.get("publicationDate") or hit.get("issueDate") or "")


def _row(hit: dict[str, Any], client: Asker) -> list[object]:
    number = str(hit.get("id", ""))
    listed = hit.get("buyer")
    buyers = [buyer for buyer in listed if isinstance(buyer, dict)] if isinstance(listed, list) else []
    numbers = [re.sub(r"\D", "", str(buyer.get("organizationId") or "")) for buyer in buyers]
    confirmed = _is_partnership(number, client)
    return [
        number,
        _published(hit)[:10],
        str(hit.get("type") or ""),
        "innovation" if confirmed else "",
        "",
        str(hit.get("heading") or ""),
        [str(buyer.get("name") or "") for buyer in buyers],
        [number if len(number) == 9 else "" for number in numbers],
        f"https://www.doffin.no/notices/{number}",
        "procedure" if confirmed else "text",
    ]


def _is_partnership(number: str, client: Asker) -> bool:
    """Whether the notice's eForms XML names the procedure ``innovation``; False if it has no XML."""
    try:
        answer = client.ask(question("doffin", f"/v2/download/{number}", accept="application/octet-stream"))
    except FetchError as error:
        if error.status == 404:
            return False
        raise
    return re.search(rb"<cbc:ProcedureCode[^>]*>\s*innovation\s*<", answer.body) is not None
