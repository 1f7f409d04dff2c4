"""What every page says about itself: the date of its data, the version, how to cite it, whom to write to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from analysis import __version__, raw
from analysis.figures.html_table import safe_address
from analysis.i18n import N_, _, current
from analysis.report import labels
from analysis.report.urls import ACCESSIBILITY

SITE_TOML = Path(__file__).with_name("site.toml")
SITE_NAME = N_("Municipal innovation observatory")


@dataclass(frozen=True)
class Site:
    """The values of ``site.toml``: contact for corrections, address of the site, next update."""

    contact: str = ""
    address: str = ""
    next_update: str = ""

    @property
    def contact_address(self) -> str:
        """The contact as the target of a link; empty where it is none."""
        if "@" in self.contact and ":" not in self.contact:
            return f"mailto:{self.contact}"
        return safe_address(self.contact)


@cache
def site() -> Site:
    """The configuration that comes with the package."""
    return Site(**tomllib.loads(SITE_TOML.read_text(encoding="utf-8")))


@cache
def data_date() -> date:
    """The day on which the newest of the files of ``data/raw`` was retrieved."""
    return date.fromisoformat(max(str(day) for day in raw.catalogue()["retrieved"].dropna()))


@dataclass(frozen=True)
class About:
    """What stands below every page, in the language in use.

    Parameters
    ----------
    date, version, updates, citation : str
        Ready-made texts.
    contact, contact_address : str
        Whom to tell of errors, and the target of the link; empty where nobody is named.
    accessibility : str
        Address of the accessibility statement.
    """

    date: str
    version: str
    updates: str
    citation: str
    contact: str
    contact_address: str
    accessibility: str


def of_page(title: str, file: str) -> About:
    """What a page says about itself.

    Parameters
    ----------
    title : str
        The page's title.
    file : str
        Its path below ``reports``.
    """
    known, day = site(), labels.date(data_date().isoformat())
    updates = (
        labels.date(known.next_update)
        if known.next_update
        else _("When a source changes. The sources are checked every Monday.")
    )
    citation = _(
        "{site} ({year}). {title}. Version {version}, data as of {date}.",
        site=_(SITE_NAME),
        year=str(data_date().year),
        title=title.rstrip("."),
        version=__version__,
        date=day,
    )
    address = f"{known.address.rstrip('/')}/{file}" if known.address else ""
    return About(
        date=day,
        version=__version__,
        updates=updates,
        citation=f"{citation} {address}".strip(),
        contact=known.contact,
        contact_address=known.contact_address,
        accessibility=ACCESSIBILITY[current()],
    )
