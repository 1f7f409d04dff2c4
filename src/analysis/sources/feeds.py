"""Every feed that ``fetch`` keeps: how it is loaded, and what must hold before it replaces anything.

A feed's ``load`` asks for its answers and gives a frame. It runs the same way over the network and over
stored answers, so what is read later is exactly what was validated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd

from analysis.sources import brreg, doffin, endpoints, kartverket, klass, kostra, population, ssb, ted
from analysis.sources.exchange import Asker

#: Municipalities by the first year of each structure since 2020. Live KLASS codes are counted against it.
MUNICIPALITIES = {2020: 356, 2024: 357}
COUNTIES = 15
#: A little before the first structure that any table here covers.
KLASS_START = "2013-01-01"

Problems = list[str]


def _nothing(frame: pd.DataFrame) -> Problems:
    return []


@dataclass(frozen=True)
class Feed:
    """One source in ``data/raw/live``."""

    id: str
    service: str
    title: str
    table_id: str
    load: Callable[[Asker], pd.DataFrame]
    check: Callable[[pd.DataFrame], Problems] = _nothing
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


def expected(year: int) -> int | None:
    """Municipalities in a year, None before 2020 (many did not report to KOSTRA then)."""
    return next(
        (count for first, count in sorted(MUNICIPALITIES.items(), reverse=True) if year >= first), None
    )


def missing_municipalities(frame: pd.DataFrame, region: str, period: str) -> Problems:
    """Years since 2020 in which the table lacks municipalities.

    A code counts as there if any of its cells has a value or another reason than ``.`` (not in use).
    A municipality that the table's own notes name is excused: SSB tells of withdrawn figures there.
    """
    in_use = frame[
        frame["value"].notna() | (frame["status"].notna() & (frame["status"].astype(object) != "."))
    ]
    there = in_use[[region, period]].drop_duplicates().astype("str")
    there[region] = there[region].str.removeprefix("K-")
    # Four digits and a county: 21xx is Svalbard, 9999 unspecified.
    there = there[there[region].str.fullmatch(r"(?:[0134]\d|5[0-6])\d\d")]
    years = there[period].str[:4].astype(int)
    there = there.assign(era=years.map(lambda year: max((f for f in MUNICIPALITIES if f <= year), default=0)))
    excused = " ".join(map(str, frame.attrs.get("notes", [])))
    problems = []
    for (era, year), rows in there[years >= min(MUNICIPALITIES)].groupby(["era", period]):
        members = set(there.loc[there["era"] == era, region])
        absent = sorted(code for code in members - set(rows[region]) if code not in excused)
        found = len(members) - len(absent)
        if found != MUNICIPALITIES[era]:
            named = f"; missing: {', '.join(absent[:10])}" if absent else ""
            problems.append(f"{year} has {found} municipalities, {MUNICIPALITIES[era]} are expected{named}")
    return problems


def _check_purchases(frame: pd.DataFrame) -> Problems:
    absent = missing_municipalities(frame, kostra.REGION, "Tid")
    return kostra.meaning_problems(frame, kostra.PURCHASE_ARTS, kostra.ART) + absent


def _check_statement(frame: pd.DataFrame, words: dict[str, str]) -> Problems:
    return kostra.meaning_problems(frame, words) + missing_municipalities(frame, kostra.REGION, "Tid")


def _check_persons(frame: pd.DataFrame) -> Problems:
    labels = [str(label).lower() for label in frame["ContentsCode_label"].cat.categories]
    wrong = [] if any("person" in label for label in labels) else [f"no contents in persons; found {labels}"]
    # A code that is not in use has 0 or no inhabitants, whatever its status says.
    positive = frame[frame["value"] > 0].assign(status=pd.NA)
    return wrong + missing_municipalities(positive, "Region", "Tid")


def _check_merged(frame: pd.DataFrame) -> Problems:
    newest = frame[frame["Tid"] == frame["Tid"].cat.categories[-1]]
    return _check_count(newest[newest["value"] > 0]["Region"].nunique())


def _check_count(found: int, count: int = MUNICIPALITIES[2024]) -> Problems:
    return [] if found == count else [f"{found} units, {count} are expected"]


def _codes(classification: int, client: Asker) -> pd.DataFrame:
    return klass.codes(classification, KLASS_START, client=client)


def _check_codes(frame: pd.DataFrame, count: int) -> Problems:
    return _check_count(frame.loc[frame["valid_to"].isna(), "code"].nunique(), count)


def _changes(classification: int, client: Asker) -> pd.DataFrame:
    return klass.changes(classification, KLASS_START, client=client)


def _check_changes(frame: pd.DataFrame) -> Problems:
    split = frame[(frame["old_code"] == "1507") & (frame["change_date"] == "2024-01-01")]
    found = set(split["new_code"].dropna())
    return (
        []
        if found == {"1508", "1580"}
        else [f"1507 must become 1508 and 1580 in 2024; found {sorted(found)}"]
    )


def _correspondence(target: int, client: Asker) -> pd.DataFrame:
    # The period ends with the day of the first answer, which is stored: asked again, it is the same.
    newest = _codes(klass.MUNICIPALITIES, client)
    frame = klass.correspondence(
        klass.MUNICIPALITIES, target, "2020-01-01", newest.attrs["retrieved"][:10], client=client
    )
    if target == klass.CENTRALITY:
        frame["target_code"] = klass.two_digits(frame["target_code"])
    return frame.assign(in_force=frame["source_code"].isin(newest.loc[newest["valid_to"].isna(), "code"]))


def _check_correspondence(frame: pd.DataFrame, pattern: str) -> Problems:
    wrong = frame.loc[~frame["target_code"].str.fullmatch(pattern, na=False), "target_code"].unique()
    shape = [f"target codes must match {pattern}; found {list(wrong[:5])}"] if len(wrong) else []
    return shape + _check_count(frame.loc[frame["in_force"], "source_code"].nunique())


def _organisations(client: Asker) -> pd.DataFrame:
    forms = [brreg.organisations(form, client=client) for form in ("KOMM", "FYLK")]
    return pd.concat(forms, ignore_index=True)


def _check_organisations(frame: pd.DataFrame) -> Problems:
    municipal = frame[frame["organisation_form"] == "KOMM"]
    twice = municipal.loc[municipal["municipality_code"].duplicated(), "municipality_code"].tolist()
    problems = [f"two organisations for municipality {', '.join(map(str, twice))}"] if twice else []
    return problems + _check_count(municipal["municipality_code"].nunique())


def _check_places(frame: pd.DataFrame) -> Problems:
    counties = _check_count(frame["county_code"].nunique(), COUNTIES)
    return counties + _check_count(frame["municipality_code"].nunique())


def _check_boundaries(frame: pd.DataFrame) -> Problems:
    wrong = [] if frame.geometry.is_valid.all() and not frame.geometry.is_empty.any() else ["broken geometry"]
    return wrong + _check_count(frame["municipality_code"].nunique())


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
        partial(_check_statement, words=words),
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
            partial(_check_codes, count=MUNICIPALITIES[2024]),
        ),
        Feed(
            "klass_104",
            "klass",
            "Counties over time",
            "KLASS 104",
            partial(_codes, klass.COUNTIES),
            partial(_check_codes, count=COUNTIES),
        ),
        Feed(
            "klass_131_changes",
            "klass",
            "Changes of municipal codes",
            "KLASS 131",
            partial(_changes, klass.MUNICIPALITIES),
            _check_changes,
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
            partial(_check_correspondence, pattern="0[1-6]"),
            "source_code",
        ),
        Feed(
            "klass_kostra_groups",
            "klass",
            "Municipalities to KOSTRA groups",
            "KLASS 131-112",
            partial(_correspondence, klass.KOSTRA_GROUPS),
            partial(_check_correspondence, pattern=r"(EKG)?\d{1,2}"),
            "source_code",
        ),
        Feed(
            "ssb_07459",
            "ssb",
            "Population on 1 January, municipalities of the time",
            "07459",
            population.fetch_then,
            _check_persons,
            "Region",
            "Tid",
        ),
        Feed(
            "ssb_07459_merged",
            "ssb",
            "Population on 1 January, merged to today's municipalities",
            "07459",
            population.fetch_merged,
            _check_merged,
            "Region",
            "Tid",
        ),
        Feed(
            "ssb_11342",
            "ssb",
            "Area and population",
            "11342",
            population.fetch_area,
            _check_persons,
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
            _check_purchases,
            kostra.REGION,
            "Tid",
        ),
        Feed(
            "kartverket_municipalities",
            "kartverket",
            "Municipalities and counties of today",
            "kommuneinfo",
            lambda client: kartverket.municipalities(client=client),
            _check_places,
            "municipality_code",
        ),
        Feed(
            "kartverket_boundaries",
            "geonorge",
            "Municipal boundaries of today",
            "Administrative enheter kommuner",
            lambda client: kartverket.boundaries(client=client),
            _check_boundaries,
            "municipality_code",
        ),
        Feed(
            "brreg_organisations",
            "brreg",
            "Organisation numbers of municipalities and counties",
            "Enhetsregisteret",
            _organisations,
            _check_organisations,
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
