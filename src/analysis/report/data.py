"""Everything a report reads, loaded once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from functools import cached_property

import geopandas as gpd
import pandas as pd

from analysis import raw, tables
from analysis.measures import comparison, counties
from analysis.measures.estimates import Estimates
from analysis.measures.observations import Observations


@dataclass(frozen=True, eq=False)
class Data:
    """The tables of data/processed that reports use, and where their rows come from.

    ``sources`` is the register's list of sources by ``source_id`` (url, title, publisher, date);
    ``catalogue`` describes the files of data/raw.
    """

    panel: pd.DataFrame
    participation: pd.DataFrame
    programmes: pd.DataFrame
    projects: pd.DataFrame
    published: pd.DataFrame
    reconciliation: pd.DataFrame
    national_purchases: pd.DataFrame
    boundaries: gpd.GeoDataFrame
    counties: gpd.GeoDataFrame
    sources: pd.DataFrame
    catalogue: pd.DataFrame
    eligibility: pd.DataFrame
    collections: pd.DataFrame

    @cached_property
    def observations(self) -> Observations:
        """Panel, participation and programmes: what every measure of participation takes."""
        return Observations(self.panel, self.participation, self.programmes, eligibility=self.eligibility)

    @cached_property
    def named(self) -> Observations:
        """The participations that pages count: the source names the municipality, not only a group with it."""
        return self.observations.where(basis="named")

    @cached_property
    def county_rates(self) -> Estimates:
        """How often the municipalities of each county take part (``counties.participations``), by its name."""
        return counties.participations(self.named)

    @cached_property
    def neighbours(self) -> pd.DataFrame:
        """The neighbours of each municipality (``comparison.neighbours``)."""
        return comparison.neighbours(self.boundaries)

    @cached_property
    def centres(self) -> gpd.GeoSeries:
        """A point in each municipality, by its code."""
        return self.boundaries.set_index("municipality_code").geometry.centroid

    def reconciled(self, measures: Collection[str]) -> pd.DataFrame:
        """Published counts of these measures beside what is found; those of a single project are not its programme's."""
        table = self.reconciliation[self.reconciliation["measure"].isin(measures)]
        return table[table["found"].notna() & ~table["round"].isin(self.projects["project_id"])]

    def of_county(self, county: str) -> Data:
        """The same, with only one county's municipalities in the panel and on the map.

        Participation is kept whole: ties out of the county are part of the county's report.
        """
        return replace(
            self,
            panel=self.panel[self.panel["county_code"] == county].reset_index(drop=True),
            boundaries=self.boundaries[self.boundaries["county_code"] == county].reset_index(drop=True),
        )

    def near(self, bounds: tuple[float, float, float, float]) -> Data:
        """The same, with only the municipalities whose land lies within bounds (EPSG:25833), cut off there."""
        inside = self.boundaries.clip(bounds, keep_geom_type=True).sort_values("municipality_code")
        is_near = self.panel["municipality_code"].isin(inside["municipality_code"])
        return replace(
            self, panel=self.panel[is_near].reset_index(drop=True), boundaries=inside.reset_index(drop=True)
        )


#: The table of each field of ``Data``; most have its name.
TABLES = {field.name: field.name for field in fields(Data) if field.name != "catalogue"}
TABLES |= {"published": "published_totals", "counties": "county_boundaries"}


@dataclass(frozen=True)
class County:
    """One county: its code and name, the whole country's data, and its own part of them."""

    code: str
    name: str
    country: Data
    own: Data

    @classmethod
    def load(cls, country: Data, code: str) -> County:
        """The county with a two-digit code."""
        own = country.of_county(code)
        return cls(code, str(own.panel["county_name"].iloc[0]), country, own)

    @property
    def panel(self) -> pd.DataFrame:
        """The county's municipalities."""
        return self.own.panel

    @property
    def observations(self) -> Observations:
        """The county's municipalities and the participations that count (:attr:`Data.named`)."""
        return self.own.named

    @cached_property
    def others(self) -> Observations:
        """The participations that count of the municipalities of all other counties."""
        codes = self.country.panel["county_code"].unique()
        return self.country.named.where(counties=[code for code in codes if code != self.code])

    @property
    def count(self) -> pd.Series:
        """Participations of each of the county's municipalities."""
        return self.observations.counts

    @property
    def found(self) -> int:
        """Municipalities of the county with a participation."""
        return int(self.observations.found.sum())

    @property
    def is_one(self) -> bool:
        """Whether the county is a single municipality (Oslo)."""
        return len(self.panel) == 1

    def rows(self) -> pd.DataFrame:
        """The register's rows of the county's municipalities and of the county itself, former ones included."""
        rows = self.country.participation
        is_former = rows["county_successors"].fillna("").str.split(";").map(lambda codes: self.code in codes)
        is_own = (rows["participant_type"] == "municipality") & (rows["county_code"] == self.code)
        return rows[is_own | ((rows["participant_type"] == "county") & is_former)]


def load() -> Data:
    """All tables that the reports use.

    Raises
    ------
    AnalysisError
        A table is not built; says what to run.
    """
    read = {name: tables.load(table) for name, table in TABLES.items()}
    catalogue = raw.catalogue()
    if all(map(tables.is_preloaded, TABLES.values())):
        for kept in _preloaded:
            if kept.catalogue.equals(catalogue):
                return kept
    read["programmes"] = _typeset(read["programmes"], "_nb$", r"(?<=\d) (?=\d{3}\b)", "\u202f")
    read["projects"] = _typeset(read["projects"], "^title", r"(?<= )-(?= )|(?<=\d{4})-(?=\d{4})", "–")
    return Data(**read | {"sources": read["sources"].set_index("source_id")}, catalogue=catalogue)


def _typeset(table: pd.DataFrame, columns: str, plain: str, printed: str) -> pd.DataFrame:
    """The register's texts as pages print them: thousands in groups that do not break, dashes for spaced hyphens."""
    texts = table.filter(regex=columns).apply(lambda text: text.str.replace(plain, printed, regex=True))
    return table.assign(**texts)


def preload() -> None:
    """Load now, and compute what the pages of all counties need, so that processes forked from this one need not."""
    tables.preload()
    _preloaded.clear()
    country = load()
    for name in ("county_rates", "neighbours", "centres"):
        getattr(country, name)
    for observations in (country.observations, country.named, country.named.at_risk):
        assert len(observations.counts)
    _preloaded.append(country)


_preloaded: list[Data] = []
