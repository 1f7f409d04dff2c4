"""The pages' file names, so that every page can point to every other."""

from __future__ import annotations

import re
import unicodedata

INDEX = "index.html"
NATIONAL = {"nb": "nasjonal.html", "en": "national.html"}
MUNICIPALITIES = {"nb": "kommuner.html", "en": "municipalities.html"}
COUNTY = {"nb": "fylke", "en": "county"}
MUNICIPALITY = {"nb": "kommune", "en": "municipality"}
PROGRAMME = {"nb": "ordning", "en": "programme"}
PROGRAMMES = {"nb": "ordninger.html", "en": "programmes.html"}
LANGUAGE_NAMES = {"nb": "Norsk bokmål", "en": "English"}


def slug(text: str) -> str:
    """A text as part of an address: ``Møre og Romsdal`` → ``more-og-romsdal``."""
    plain = text.lower().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def county_file(language: str, code: str, name: str) -> str:
    """The file of a county's report: ``fylke-15-more-og-romsdal.html``."""
    return f"{COUNTY[language]}-{code}-{slug(name)}.html"


def municipality_file(language: str, code: str, name: str) -> str:
    """The file of a municipality's page: ``kommune-3454-vang.html``; what tells namesakes apart is left out."""
    plain = re.sub(r" \(.*\)$", "", name)
    return f"{MUNICIPALITY[language]}-{code}-{slug(plain)}.html"


def programme_file(language: str, programme_id: str) -> str:
    """The file of a programme's page: ``ordning-klimasats.html``."""
    return f"{PROGRAMME[language]}-{slug(programme_id)}.html"
