"""Names of municipalities and counties as they are compared: rules 1 to 3 of :mod:`analysis.register.resolve`."""

from __future__ import annotations

import re
import unicodedata

_ENDING = re.compile(
    r"\s+(fylkeskommune|fylkeskommunen|fylke|kommune|kommunen|kommuna|suohkan|gielda|tjïelte|tjielte|komuuni|herred)$"
)
_PARTS = re.compile(r"\s+[-–]\s+|\s*/\s*")
_BRACKET = re.compile(r"^(?P<name>.*\S)\s*\((?P<county>[^()]+)\)$")


def key(name: str) -> str:
    """A name as it is compared: one case, single spaces, no *kommune* at the end.

    Examples
    --------
    >>> key("  stor-elvdal   KOMMUNE ")
    'stor-elvdal'
    """
    folded = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    return _ENDING.sub("", folded)


def parts(name: str) -> list[str]:
    """The keys of a name's language parts, brackets left out.

    Examples
    --------
    >>> parts("HARSTAD KOMMUNE / HÁRSTTÁID SUOHKAN")
    ['harstad', 'hársttáid']
    """
    bare = _BRACKET.sub(r"\g<name>", " ".join(name.split()))
    return list(dict.fromkeys(key(part) for part in _PARTS.split(bare) if part.strip()))


def bracket(name: str) -> str:
    """The key of what stands in brackets after a name, or nothing.

    Examples
    --------
    >>> bracket("Os (Hordaland)")
    'hordaland'
    """
    found = _BRACKET.match(" ".join(name.split()))
    return key(found["county"]) if found else ""
