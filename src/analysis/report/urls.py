"""The pages' file names, so that every page can point to every other."""

from __future__ import annotations

from analysis import io

INDEX = "index.html"
NATIONAL = {"nb": "nasjonal.html", "en": "national.html"}
MUNICIPALITIES = {"nb": "kommuner.html", "en": "municipalities.html"}
COUNTY = {"nb": "fylke", "en": "county"}
LANGUAGE_NAMES = {"nb": "Norsk bokmål", "en": "English"}


def county_file(language: str, code: str, name: str) -> str:
    """The file of a county's report.

    Examples
    --------
    >>> county_file("nb", "15", "Møre og Romsdal")
    'fylke-15-more-og-romsdal.html'
    """
    return f"{COUNTY[language]}-{code}-{io.slug(name)}.html"
