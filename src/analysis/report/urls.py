"""The pages' file names, so that every page can point to every other."""

from __future__ import annotations

import re

from analysis import io

INDEX = "index.html"
NATIONAL = {"nb": "nasjonal.html", "en": "national.html"}
MUNICIPALITIES = {"nb": "kommuner.html", "en": "municipalities.html"}
COUNTY = {"nb": "fylke", "en": "county"}
MUNICIPALITY = {"nb": "kommune", "en": "municipality"}
PROGRAMME = {"nb": "ordning", "en": "programme"}
PROGRAMMES = {"nb": "ordninger.html", "en": "programmes.html"}
NOTEBOOK = {"nb": "analyse", "en": "notebook"}
NOTEBOOKS = {"nb": "analyser.html", "en": "notebooks.html"}
SELECTION = {"nb": "utvalg.html", "en": "selection.html"}
ACCESSIBILITY = {"nb": "tilgjengelighet.html", "en": "accessibility.html"}
LANGUAGE_NAMES = {"nb": "Norsk bokmål", "en": "English"}


def county_file(language: str, code: str, name: str) -> str:
    """The file of a county's report.

    Examples
    --------
    >>> county_file("nb", "15", "Møre og Romsdal")
    'fylke-15-more-og-romsdal.html'
    """
    return f"{COUNTY[language]}-{code}-{io.slug(name)}.html"


def municipality_file(language: str, code: str, name: str) -> str:
    """The file of a municipality's page; what tells namesakes apart is left out of it.

    Examples
    --------
    >>> municipality_file("nb", "3419", "Våler (Innlandet)")
    'kommune-3419-valer.html'
    """
    return f"{MUNICIPALITY[language]}-{code}-{io.slug(re.sub(r' [(].*[)]$', '', name))}.html"


def programme_file(language: str, programme_id: str) -> str:
    """The file of a programme's page.

    Examples
    --------
    >>> programme_file("en", "horizon_2020")
    'programme-horizon-2020.html'
    """
    return f"{PROGRAMME[language]}-{io.slug(programme_id)}.html"


def notebook_file(language: str, stem: str) -> str:
    """The file of an executed research notebook.

    Examples
    --------
    >>> notebook_file("nb", "04_gap")
    'analyse-04-gap.html'
    """
    return f"{NOTEBOOK[language]}-{io.slug(stem)}.html"
