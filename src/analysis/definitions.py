"""What "small", "rural" and "size class" mean, each as a function with its source.

Nothing else in the project may spell out a threshold: a definition that is used twice must be the same
twice. All functions take the panel (one row per 2024 municipality) and give a Series on its index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

SIZE_BAND_LABELS = (
    "under 2 000",
    "2 000–4 999",
    "5 000–9 999",
    "10 000–19 999",
    "20 000–49 999",
    "50 000 and over",
)
_SIZE_BAND_EDGES = (0, 2_000, 5_000, 10_000, 20_000, 50_000, float("inf"))

_KOSTRA_SMALL = {f"EKG{number:02d}" for number in (14, 15, 16)}


def size_band(population: pd.Series) -> pd.Series:
    """Ordered size band of each population; missing where the population is missing.

    Source: SSB's three groups (cuts at 5 000 and 20 000 inhabitants), divided further at 2 000, 10 000
    and 50 000 by this project.
    """
    values = (
        pd.to_numeric(population, errors="coerce").astype("Float64").to_numpy(float, na_value=float("nan"))
    )
    bands = pd.cut(
        values, bins=list(_SIZE_BAND_EDGES), right=False, labels=list(SIZE_BAND_LABELS), ordered=True
    )
    return pd.Series(bands, index=population.index, name="size_band")


def _below(panel: pd.DataFrame, limit: int) -> pd.Series:
    return panel["population"].astype("Int64") < limit


def _rural(panel: pd.DataFrame, first_class: int) -> pd.Series:
    return panel["centrality_class"].astype("Int64") >= first_class


@dataclass(frozen=True)
class Definition:
    """One way to say who the small rural municipalities are.

    ``applies`` gives a nullable boolean per panel row: missing where what it rests on is missing.
    """

    key: str
    label_en: str
    label_nb: str
    source: str
    applies: Callable[[pd.DataFrame], pd.Series]


SMALL_RURAL: dict[str, Definition] = {
    definition.key: definition
    for definition in (
        Definition(
            "main",
            "under 5 000 inhabitants and centrality class 4–6",
            "under 5 000 innbyggere og sentralitetsklasse 4–6",
            "this project's choice: SSB's limit for a small municipality together with the ministry's for "
            "a district municipality (centrality 4–6, Regionale utviklingstrekk 2023)",
            lambda panel: _below(panel, 5_000) & _rural(panel, 4),
        ),
        Definition(
            "strict",
            "under 3 000 inhabitants and centrality class 5–6",
            "under 3 000 innbyggere og sentralitetsklasse 5–6",
            "this project's choice, a narrower variant of the main definition",
            lambda panel: _below(panel, 3_000) & _rural(panel, 5),
        ),
        Definition(
            "small",
            "under 5 000 inhabitants",
            "under 5 000 innbyggere",
            "SSB: a small municipality has fewer than 5 000 inhabitants",
            lambda panel: _below(panel, 5_000),
        ),
        Definition(
            "very_small",
            "under 2 000 inhabitants",
            "under 2 000 innbyggere",
            "lowest population limit of the KOSTRA groups (SSB KLASS 112)",
            lambda panel: _below(panel, 2_000),
        ),
        Definition(
            "least_central",
            "centrality class 5–6",
            "sentralitetsklasse 5–6",
            "SSB centrality index (KLASS 128), the two least central classes",
            lambda panel: _rural(panel, 5),
        ),
        Definition(
            "district",
            "centrality class 4–6",
            "sentralitetsklasse 4–6",
            "Regionale utviklingstrekk 2023 (ministry): a district municipality has SSB centrality 4, 5 or 6",
            lambda panel: _rural(panel, 4),
        ),
        Definition(
            "kostra",
            "KOSTRA groups 14–16 (under 2 000 inhabitants, by SSB's economic grouping)",
            "KOSTRA-gruppe 14–16 (under 2 000 innbyggere, etter SSBs økonomiske gruppering)",
            "SSB KLASS 112, groups EKG14, EKG15 and EKG16",
            lambda panel: (
                panel["kostra_group"].isin(_KOSTRA_SMALL).astype("boolean").mask(panel["kostra_group"].isna())
            ),
        ),
    )
}


def small_rural(panel: pd.DataFrame, definition: str = "main") -> pd.Series:
    """Nullable boolean: is the municipality small and rural by the named definition of ``SMALL_RURAL``."""
    return SMALL_RURAL[definition].applies(panel).astype("boolean").rename("is_small_rural")


# The literature holds that the design of a scheme decides who enters it: the programmes' own kind.
PROGRAMME_KINDS = ("partnership", "project", "network", "grant", "award")
