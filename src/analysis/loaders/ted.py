"""TED, the EU's notices of public procurement: innovation partnerships with Norwegian buyers.

Contract: https://docs.ted.europa.eu/api/latest/search.html (v3). Notices become *candidates* for the
participation register: nothing found here is counted before a person has accepted it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from analysis.loaders.exchange import Asker, FetchError, question
from analysis.loaders.http import shared

#: The notice names its procedure so (eForms, from late 2023; older notices only partly).
BY_PROCEDURE = "buyer-country=NOR AND procedure-type=innovation AND publication-date>=20150101"
#: Older notices are found by the words; such a hit may only mention the procedure.
BY_TEXT = 'buyer-country=NOR AND FT ~ "innovasjonspartnerskap" AND publication-date>=20150101'
FIELDS = [
    "publication-number",
    "publication-date",
    "notice-type",
    "procedure-type",
    "procedure-identifier",
    "notice-title",
    "buyer-name",
    "organisation-identifier-buyer",
    "links",
]
# limit x fields may be at most 10 000 and limit at most 250; smaller pages follow when TED times out.
PAGE_SIZES = (250, 100, 25)
MAX_PAGES = 200
_LANGUAGES = ("nor", "nob", "nno", "eng", "mul")
CANDIDATE_COLUMNS = [
    "candidate_id",
    "programme_id",
    "project",
    "year",
    "participant_name",
    "organisation_number",
    "participant_type",
    "role",
    "source_url",
    "source_title",
    "source_date",
    "note",
]


def search(query: str, *, client: Asker | None = None) -> pd.DataFrame:
    """All notices that match an expert query.

    Returns one row per notice: publication_number, publication_date (ISO), notice_type,
    procedure_type, procedure_id, title, buyer_names and buyer_numbers (lists of text, numbers of nine
    digits), url.

    Raises FetchError: TED refuses the query, or sends only a part even in small pages.
    """
    asker = client or shared()
    for size in PAGE_SIZES:
        notices = _pages(query, size, asker)
        if notices is not None:
            frame = pd.DataFrame([_notice(notice) for notice in notices], columns=_NOTICE_COLUMNS)
            return frame.drop_duplicates("publication_number", ignore_index=True)
    raise FetchError(question("ted", "/notices/search"), "timed out at every page size; try again later")


def innovation_partnerships(*, client: Asker | None = None) -> pd.DataFrame:
    """Notices found by their procedure, then those found only by their text; ``found_by`` says which."""
    asker = client or shared()
    found = [search(query, client=asker).assign(found_by=by) for by, query in _QUERIES.items()]
    return pd.concat(found).drop_duplicates("publication_number", ignore_index=True)


_QUERIES = {"procedure": BY_PROCEDURE, "text": BY_TEXT}
_NOTICE_COLUMNS = [
    "publication_number",
    "publication_date",
    "notice_type",
    "procedure_type",
    "procedure_id",
    "title",
    "buyer_names",
    "buyer_numbers",
    "url",
]


def candidates(
    notices: pd.DataFrame,
    organisations: pd.DataFrame,
    resolve: Callable[[str, int], str | None],
    *,
    source: str = "TED",
) -> pd.DataFrame:
    """Candidate records of the participation register, one per procedure and buyer.

    Args:
        notices: as :func:`innovation_partnerships` (or :func:`analysis.loaders.doffin.notices`) gives them.
        organisations: organisation_number, organisation_form, municipality_code (see ``brreg``).
        resolve: the register's resolver, name and year to a municipality code or None.
        source: what stands before the notice's number in ``candidate_id``.

    Returns the columns ``CANDIDATE_COLUMNS``; ``note`` says how a buyer was matched and to which code.
    A procedure with several notices (competition, change, award) is one project: its earliest notice.
    """
    known = organisations.set_index("organisation_number")
    ordered = notices.sort_values(["publication_date", "publication_number"])
    # Without a procedure identifier each notice speaks for itself.
    project = ordered["procedure_id"].where(ordered["procedure_id"] != "", ordered["publication_number"])
    rows: list[list[object]] = []
    for notice in ordered[~project.duplicated()].itertuples():
        year = int(notice.publication_date[:4])
        names = list(dict.fromkeys(notice.buyer_names))
        # Names and numbers are separate lists in TED; they belong together only where both are one.
        numbers = notice.buyer_numbers if len(notice.buyer_numbers) == len(names) else [""] * len(names)
        for place, (name, number) in enumerate(zip(names, numbers, strict=True)):
            kind, how = _match(name, number, year, known, resolve)
            found = {"procedure": "procedure type innovation", "text": "only the text mentions the procedure"}
            rows.append(
                [
                    f"{source}-{notice.publication_number}-{place + 1}",
                    "innovation_partnership",
                    notice.title,
                    year,
                    name,
                    number,
                    kind,
                    "lead" if len(names) == 1 else "participant",
                    notice.url,
                    f"{source} {notice.publication_number}",
                    notice.publication_date,
                    f"{how}; {found[notice.found_by]}",
                ]
            )
    return pd.DataFrame(rows, columns=CANDIDATE_COLUMNS)


def _match(
    name: str, number: str, year: int, known: pd.DataFrame, resolve: Callable[[str, int], str | None]
) -> tuple[str, str]:
    if number and number in known.index:
        unit = known.loc[number]
        if unit["organisation_form"] == "KOMM":
            return "municipality", f"organisation number matches municipality {unit['municipality_code']}"
        if unit["organisation_form"] == "FYLK":
            return "county", "organisation number matches a county"
    if re.search(r"fylkeskommune", name, re.IGNORECASE):
        return "county", "the name says a county; county to be confirmed"
    code = resolve(name, year)
    if code:
        return "municipality", f"name matches municipality {code}"
    return "other", "no municipality matched"


def _pages(query: str, size: int, asker: Asker) -> list[dict[str, Any]] | None:
    """All notices in pages of a size; None where TED gave up on one (its answer is then a part)."""
    notices: list[dict[str, Any]] = []
    token: str | None = None
    for _ in range(MAX_PAGES):
        body: dict[str, object] = {
            "query": f"{query} SORT BY publication-date DESC",
            "fields": FIELDS,
            "limit": size,
            "scope": "ALL",
            "checkQuerySyntax": False,
            "paginationMode": "ITERATION",
            "onlyLatestVersions": True,
        }
        if token:
            body["iterationNextToken"] = token
        asked = question("ted", "/notices/search", body=body)
        answer = asker.ask(asked)
        content = answer.json()
        page = content.get("notices") if isinstance(content, dict) else None
        total = content.get("totalNoticeCount") if isinstance(content, dict) else None
        if not isinstance(page, list) or not isinstance(total, int):
            raise FetchError(asked, "sent no list of notices", answer)
        if content.get("timedOut"):
            return None
        if not all(map(_is_notice, page)):
            raise FetchError(asked, "sent a notice without number or date", answer)
        notices += page
        following = content.get("iterationNextToken")
        token = following if isinstance(following, str) else None
        # The token goes on after the last notice: only an empty page or the count ends the search.
        if not page or len(notices) >= total or not token:
            if len(notices) < total:
                raise FetchError(asked, f"sent {len(notices)} of {total} notices", answer)
            return notices
    raise FetchError(question("ted", "/notices/search"), f"has more than {MAX_PAGES} pages")


def _is_notice(raw: object) -> bool:
    dated = isinstance(raw, Mapping) and re.match(r"\d{4}-\d\d-\d\d", _first(raw.get("publication-date")))
    return bool(dated) and isinstance(raw, Mapping) and bool(_first(raw.get("publication-number")))


def _notice(raw: Mapping[str, Any]) -> list[object]:
    numbers = [organisation_number(text) for text in texts(raw.get("organisation-identifier-buyer"))]
    links = raw.get("links")
    html = links.get("html") if isinstance(links, Mapping) else None
    number = _first(raw.get("publication-number"))
    return [
        number,
        # Dates carry an offset: "2026-12-01+01:00".
        _first(raw.get("publication-date"))[:10],
        _first(raw.get("notice-type")),
        _first(raw.get("procedure-type")),
        _first(raw.get("procedure-identifier")),
        _first(raw.get("notice-title")),
        texts(raw.get("buyer-name")),
        list(dict.fromkeys(n for n in numbers if n)),
        _first(html) or f"https://ted.europa.eu/en/notice/-/detail/{number}",
    ]


def texts(value: Any) -> list[str]:
    """A field of TED as a list of texts, whether it is a scalar, a list, or a map by language of either.

    Of a map, one language is taken: Norwegian, else English, else the first there is.
    """
    if isinstance(value, Mapping):
        lowered = {str(key).lower(): content for key, content in value.items()}
        chosen = next((lowered[language] for language in _LANGUAGES if language in lowered), None)
        return texts(next(iter(lowered.values()), None) if chosen is None else chosen)
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [] if value is None else [str(value)]


def organisation_number(text: str) -> str:
    """Nine digits out of ``NO 958 935 420 MVA`` and the like; empty where there are none."""
    digits = re.sub(r"[\s.]", "", re.sub(r"(?i)\bmva\b|\bno\b|^no:?", "", text))
    found = re.fullmatch(r"\D*(\d{9})\D*", digits)
    return found[1] if found else ""


def _first(value: Any) -> str:
    return next(iter(texts(value)), "")
