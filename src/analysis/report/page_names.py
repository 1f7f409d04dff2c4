"""What people call a page → its key: names of counties, municipalities and programmes, and codes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis.errors import UnknownName
from analysis.register import places

_NORWEGIAN = {
    "nasjonal": "national",
    "forside": "index",
    "plakat": "index",  # the front page's run draws the poster, too
    "poster": "index",
    "kommuner": "municipalities",
    "ordninger": "programmes",
    "notatboker": "notebooks",
}
_CODE = re.compile(r"(?:fylke|county|kommune|municipality)?-?(?P<code>\d{2}|\d{4})")


def page_key(name: str, keys: Iterable[str]) -> str:
    """Key of the page that a name stands for.

    Parameters
    ----------
    name : str
        A key (``county-56``), a code (``56``, ``3454``), ``fylke-56``, or the name of a county, municipality or
        programme.
    keys : iterable of str
        The pages that there are.

    Returns
    -------
    str

    Raises
    ------
    UnknownName
        Nothing has that name; says which one was probably meant.
    """
    known = set(keys)
    text = " ".join(name.split())
    asked = _NORWEGIAN.get(text.lower(), text)
    if asked in known:
        return asked
    found = _CODE.fullmatch(asked.lower())
    if found:
        kind = "county" if len(found["code"]) == 2 else "municipality"
        if f"{kind}-{found['code']}" in known:
            return f"{kind}-{found['code']}"
    near: list[str] = []
    lookups = (
        ("county", places.county_code),
        ("municipality", places.municipality_code),
        ("programme", places.programme_id),
    )
    for kind, lookup in lookups:
        try:
            key = f"{kind}-{lookup(text)}"
        except UnknownName as error:
            near += error.near
            continue
        if key in known:
            return key
    pages = sorted(key for key in known if not key.startswith(("municipality-", "programme-")))
    raise UnknownName("page (counties, municipalities and programmes go by name)", text, [*pages, *near])
