"""Every feed that ``fetch`` keeps: how it is loaded, and what must hold before it replaces anything.

A feed's ``load`` asks for its answers and gives a frame. It runs the same way over the network and over
stored answers, so what is read later is exactly what was validated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from analysis.loaders import brreg, checks, doffin, endpoints, kartverket, klass, kostra, population, ssb, ted
from analysis.loaders.exchange import Asker

#: A little before the first structure that any table here covers.
KLASS_START = "2013-01-01"


def _nothing(frame: pd.DataFrame) -> checks.Problems:
    return []


@dataclass(frozen=True)
class Feed:
    """One source in ``data/raw/live``."""

    id: str
    service: str
    title: str
    table_id: str
    load: Callable[[Asker], pd.DataFrame]
    check: Callable[[pd.DataFrame], checks.Problems] = _nothing
    #: Column that holds the municipality, and the period, where there are any.
    region: str | None = None
    period: str | None = None
    #: A word to skip the feed with, where it cannot be asked.
    skip: Callable[[], str | None] = lambda: None

    @property
    def about(self) -> endpoints.Service:
        """Publisher, licence and attribution."""
        return endpoints.SERVICES[self.service]

    def updated(self, client: Asker) -> str | None:
        """When the publisher last changed it, asked cheaply; None where it does not say."""
        return ssb.metadata(self.table_id, client=client).updated if self.service == "ssb" else None


def _codes(classification: int, client: Asker) -> pd.DataFrame:
    return klass.codes(classification, KLASS_START, client=client)


def _changes(classification: int, client: Asker) -> pd.DataFrame:
    return klass.changes(classification, KLASS_START, client=client)


def _correspondence(target: int, client: Asker) -> pd.DataFrame:
    # The period ends with the day of the first answer, which is stored: asked again, it is the same.
    newest = _codes(klass.MUNICIPALITIES, client)
    frame = klass.correspondence(
        klass.MUNICIPALITIES, target, "2020-01-01", newest.attrs["retrieved"][:10], client=client
    )
    if target == klass.CENTRALITY:
        frame["target_code"] = klass.two_digits(frame["target_code"])
    return frame.assign(in_force=frame["source_code"].isin(newest.loc[newest["valid_to"].isna(), "code"]))


def _organisations(client: Asker) -> pd.DataFrame:
    forms = [brreg.organisations(form, client=client) for form in ("KOMM", "FYLK")]
    return pd.concat(forms, ignore_index=True)


def _doffin(client: Asker) -> pd.DataFrame:
    # The year of a stored answer as the last one: asked again, the questions are the same.
    retrieved = _codes(klass.COUNTIES, client).attrs["retrieved"]
    return doffin.notices(client=client, last_year=int(retrieved[:4]))


def _statement(table_id: str, title: str, words: dict[str, str]) -> Feed:
    return Feed(
        f"ssb_{table_id}",
        "ssb",
        title,
        table_id,
        partial(kostra.fetch_statement, table_id),
        partial(checks.statement, words=words),
        kostra.REGION,
        "Tid",
    )


FEEDS = {
    feed.id: feed
    for feed in (
        Feed(
            "klass_131",
            "klass",
            "Municipalities over time",
            "KLASS 131",
            partial(_codes, klass.MUNICIPALITIES),
            partial(checks.codes, count=checks.MUNICIPALITIES[2024]),
        ),
        Feed(
            "klass_104",
            "klass",
            "Counties over time",
            "KLASS 104",
            partial(_codes, klass.COUNTIES),
            partial(checks.codes, count=checks.COUNTIES),
        ),
        Feed(
            "klass_131_changes",
            "klass",
            "Changes of municipal codes",
            "KLASS 131",
            partial(_changes, klass.MUNICIPALITIES),
            checks.changes,
            period="change_date",
        ),
        Feed(
            "klass_104_changes",
            "klass",
            "Changes of county codes",
            "KLASS 104",
            partial(_changes, klass.COUNTIES),
            period="change_date",
        ),
        Feed(
            "klass_centrality",
            "klass",
            "Municipalities to centrality classes",
            "KLASS 131-128",
            partial(_correspondence, klass.CENTRALITY),
            partial(checks.correspondence, pattern="0[1-6]"),
            "source_code",
        ),
        Feed(
            "klass_kostra_groups",
            "klass",
            "Municipalities to KOSTRA groups",
            "KLASS 131-112",
            partial(_correspondence, klass.KOSTRA_GROUPS),
            partial(checks.correspondence, pattern=r"(EKG)?\d{1,2}"),
            "source_code",
        ),
        Feed(
            "ssb_07459",
            "ssb",
            "Population on 1 January, municipalities of the time",
            "07459",
            population.fetch_then,
            checks.persons,
            "Region",
            "Tid",
        ),
        Feed(
            "ssb_07459_merged",
            "ssb",
            "Population on 1 January, merged to today's municipalities",
            "07459",
            population.fetch_merged,
            checks.merged,
            "Region",
            "Tid",
        ),
        Feed(
            "ssb_11342",
            "ssb",
            "Area and population",
            "11342",
            population.fetch_area,
            checks.persons,
            "Region",
            "Tid",
        ),
        _statement("12137", "Financial key figures, group accounts", kostra.ACCOUNT_LINES),
        _statement("13551", "Operating statement by art, group accounts", kostra.STATEMENT_LINES["13551"]),
        _statement("13552", "Investment statement by art, group accounts", kostra.STATEMENT_LINES["13552"]),
        Feed(
            "ssb_12367",
            "ssb",
            "Purchases by function and art",
            "12367",
            kostra.fetch_purchases,
            checks.purchases,
            kostra.REGION,
            "Tid",
        ),
        Feed(
            "kartverket_municipalities",
            "kartverket",
            "Municipalities and counties of today",
            "kommuneinfo",
            lambda client: kartverket.municipalities(client=client),
            checks.places,
            "municipality_code",
        ),
        Feed(
            "kartverket_boundaries",
            "geonorge",
            "Municipal boundaries of today",
            "Administrative enheter kommuner",
            lambda client: kartverket.boundaries(client=client),
            checks.boundaries,
            "municipality_code",
        ),
        Feed(
            "brreg_organisations",
            "brreg",
            "Organisation numbers of municipalities and counties",
            "Enhetsregisteret",
            _organisations,
            checks.organisations,
            "municipality_code",
        ),
        Feed(
            "ted_innovation_partnerships",
            "ted",
            "Innovation partnerships with Norwegian buyers",
            "TED v3",
            lambda client: ted.innovation_partnerships(client=client),
            period="publication_date",
        ),
        Feed(
            "doffin_innovation_partnerships",
            "doffin",
            "Notices that mention innovation partnerships",
            "Doffin v2",
            _doffin,
            period="publication_date",
            skip=lambda: None if doffin.secrets() else f"{doffin.KEY} is not set",
        ),
    )
}
