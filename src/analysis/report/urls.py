"""The pages' file names, so that every page can point to every other."""

from __future__ import annotations

import re
import unicodedata

INDEX = "index.html"
NATIONAL = {"nb": "nasjonal.html", "en": "national.html"}
MUNICIPALITIES = {"nb": "kommuner.html", "en": "municipalities.html"}
COUNTY = {"nb": "fylke", "en": "county"}
LANGUAGE_NAMES = {"nb": "Norsk bokmål", "en": "English"}


def slug(text: str) -> str:
    """A text as part of an address: ``Møre og Romsdal`` → ``more-og-romsdal``."""
    plain = text.lower().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def county_file(language: str, code: str, name: str) -> str:
    """The file of a county's report: ``fylke-15-more-og-romsdal.html``."""
    return f"{COUNTY[language]}-{code}-{slug(name)}.html"
