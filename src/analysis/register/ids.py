"""Ids of new projects, sources and records: readable, stable, never used twice."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "đ": "d"})


def slug(text: str, length: int = 40) -> str:
    """Text as an id: lower-case words of a–z and digits joined by hyphens."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    out = ""
    for word in re.findall(r"[a-z0-9]+", folded.encode("ascii", "ignore").decode()):
        if out and len(out) + len(word) + 1 > length:
            break
        out = f"{out}-{word}" if out else word[:length]
    return out or "x"


def unused(wanted: str, taken: set[str]) -> str:
    """An id that is not taken: the wanted one, or with -2, -3 … after it; the set then holds it."""
    number, out = 1, wanted
    while out in taken:
        number += 1
        out = f"{wanted}-{number}"
    taken.add(out)
    return out


def same_address(url: str) -> str:
    """An address as it is compared: no scheme, www, fragment or closing slash."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/") + query


def source_slug(url: str) -> str:
    """An id for an address: the site's name and the last part of the path that says something."""
    parts = urlsplit(url)
    site = parts.netloc.lower().removeprefix("www.").split(".")
    # www.baerum.kommune.no is Bærum's, not "kommune".
    name = site[0] if site[-2:] == ["kommune", "no"] else site[-2]
    said = [part for part in re.split(r"[/?&=]", unquote(f"{parts.path}/{parts.query}")) if len(part) > 3]
    return slug(f"{name} {said[-1] if said else ''}", 48)
