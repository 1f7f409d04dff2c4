"""Numbers of municipality and programme pages, counted anew from data/processed with pandas alone.

Nothing of the package is imported here: what the pages say is held against a second, independent reading.
"""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd


class Recount:
    """The tables as a reader of the parquet files sees them."""

    def __init__(self, folder: Path):
        def load(name: str) -> pd.DataFrame:
            return pd.read_parquet(folder / f"{name}.parquet")

        self.panel = load("panel").set_index("municipality_code")
        self.programmes = load("programmes").set_index("programme_id")
        self.projects = load("projects").set_index("project_id")
        rows = load("participation")
        rows = rows[(rows["participant_type"] == "municipality") & rows["municipality_code"].notna()]
        rows = rows[~rows["stage"].isin(["candidate", "nominee", "declined"])]
        self.named = rows[rows["basis"] == "named"]
        pairs = self.named.drop_duplicates(["municipality_code", "project_id"])
        pairs = pairs.assign(scope=pairs["programme_id"].map(self.programmes["scope"]))
        pairs = pairs[pairs["form"].ne("scheme") & pairs["scope"].isin(["procurement", "development"])]
        # One grant may stand under two programmes: it is one participation, of the scope of each.
        scope_of = pairs.set_index(["municipality_code", "project_id"])["scope"]
        twins = pd.MultiIndex.from_frame(pairs[["municipality_code", "same_grant_as"]])
        is_twin = twins.isin(scope_of.index)
        is_again = is_twin & (pairs["scope"].to_numpy() == scope_of.reindex(twins).to_numpy())
        self.total = (
            pairs["municipality_code"][~is_twin].value_counts().reindex(self.panel.index, fill_value=0)
        )
        by_scope = pairs[~is_again].groupby(["municipality_code", "scope"]).size().unstack(fill_value=0)
        self.counts = by_scope.reindex(self.panel.index, fill_value=0)[["procurement", "development"]]
        self.purchases = self._purchases(load("procurement"), load("population"))
        self.land = gpd.read_parquet(folder / "boundaries.parquet").set_index("municipality_code").geometry

    @staticmethod
    def _purchases(procurement: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
        """NOK per inhabitant on 1 January after the accounts year, and the share of operating expenditure."""
        procurement = procurement[procurement["scope"] == "A"]
        is_own = procurement["measure"] == "purchases_own_production"
        year = procurement.loc[is_own & procurement["amount_nok_thousand"].notna(), "year"].max()
        table = procurement[procurement["year"] == year].set_index(["municipality_code", "measure"])
        amount = table["amount_nok_thousand"].astype(float).unstack()
        people = population[population["year"] == year + 1].set_index("municipality_code")["population"]
        people = people.reindex(amount.index).astype(float)
        own, replacing = amount["purchases_own_production"], amount["purchases_replacing_production"]
        return pd.DataFrame(
            {
                "own": own * 1000 / people,
                "replacing": replacing * 1000 / people,
                "share": (own + replacing) / amount["operating_expenditure"],
            }
        )

    def group(self, code: str, kind: str) -> list[str]:
        """Codes of a group around a municipality; the municipality itself among them, as on its page."""
        column = {"kostra": "kostra_group", "region": "labour_market_region_code", "county": "county_code"}
        if kind == "country":
            return list(self.panel.index)
        if kind in column:
            own = self.panel[column[kind]]
            return list(own.index[own == own[code]])
        return self.alike(code) if kind == "alike" else self.neighbours(code)

    def neighbours(self, code: str) -> list[str]:
        """Municipalities whose polygons meet this one's, else the three whose land is nearest."""
        others = self.land.drop(code)
        touching = others.index[others.intersects(self.land[code])]
        if len(touching):
            return list(touching)
        return list(others.distance(self.land[code]).sort_values(kind="stable").index[:3])

    def alike(self, code: str, n: int = 10) -> list[str]:
        """The ten nearest in standardised log population, centrality, expenditure per head and need."""
        p = self.panel.sort_index()
        x = np.column_stack(
            [
                np.log(p["population"]),
                p["centrality_index"],
                p["operating_expenditure_nok_thousand"] / p["accounts_population"],  # as KOSTRA divides
                p["expenditure_need_index"].astype(float),
            ]
        ).astype(float)
        z = (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0)
        i = p.index.get_loc(code)
        distance = np.sqrt(np.nanmean((z - z[i]) ** 2, axis=1))
        distance[i] = np.inf
        return list(p.index[np.argsort(distance, kind="stable")[:n]])


def number(text: str) -> float:
    """A number as either language writes it, read back."""
    plain = re.sub(r"[\u202f\u00a0\u00ad\s%]", "", text).replace("\u2212", "-")
    return float(plain.replace(",", ".") if re.fullmatch(r"-?\d+,\d", plain) else plain.replace(",", ""))


WORDS = {
    "nb": ["ingen", "én", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv"],
    "en": [
        "none",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ],
}


def counted(text: str, language: str) -> list[int]:
    """Numbers of a text, in digits or words; ``all nine`` and ``both`` are all of as many."""
    words = {word: i for i, word in enumerate(WORDS[language])} | {"begge": 2, "both": 2}
    found = re.findall(r"\d+|[a-zøåé]+", text.lower())
    return [int(w) if w.isdigit() else words[w] for w in found if w.isdigit() or w in words]


def out_of(x: int, n: int, language: str) -> str:
    """How a table says how many of a whole: words for all and for none."""
    word = WORDS[language][n] if n < len(WORDS[language]) else str(n)
    if n == 1:
        return {"nb": ("ingen", "den ene"), "en": ("none", "the only one")}[language][x]
    if x == n:
        both, all_ = {"nb": ("begge", "alle"), "en": ("both", "all")}[language]
        return both if n == 2 else f"{all_} {word}"
    none, of = {"nb": ("ingen av", "av"), "en": ("none of", "of")}[language]
    return f"{x} {of} {n}" if x else f"{none} {word}"
