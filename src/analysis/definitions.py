"""What "small", "rural" and "size band" mean: limits, classes, their labels and their sources.

Nothing else in the project may spell out a limit or a class: sentences, titles and tables take them from
here. All functions take the panel (one row per 2024 municipality) and return a Series on its index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import and_

import pandas as pd

from analysis.errors import AnalysisError, one_of
from analysis.i18n import N_, _, listed, number

SIZE_BAND_LIMITS = (0, 2_000, 5_000, 10_000, 20_000, 50_000)
"""Lowest number of inhabitants of each size band."""
SIZE_BANDS = (
    *(f"{low}-{high - 1}" for low, high in pairwise(SIZE_BAND_LIMITS)),
    f"{SIZE_BAND_LIMITS[-1]}+",
)
"""Codes of the size bands, smallest first: ``0-1999``, ``2000-4999``, …, ``50000+``."""

CENTRALITY_CLASSES = 6
"""Classes of SSB's centrality index (KLASS 128); the last is the least central."""
KOSTRA_SMALL = 2_000
"""Population limit of KOSTRA's groups of small municipalities (KLASS 112)."""


def size_band(population: pd.Series) -> pd.Series:
    """Size band of each population, as an ordered categorical of ``SIZE_BANDS``.

    Source: SSB's three groups (cuts at 5 000 and 20 000 inhabitants), divided further by this project.

    Parameters
    ----------
    population : pandas.Series
        Persons; missing values give a missing band.

    Examples
    --------
    >>> size_band(pd.Series([1_999, 2_000, 50_000])).tolist()
    ['0-1999', '2000-4999', '50000+']
    """
    values = pd.to_numeric(population, errors="coerce").astype("Float64")
    bands = pd.cut(
        values.to_numpy(float, na_value=float("nan")),
        bins=[*SIZE_BAND_LIMITS, float("inf")],
        right=False,
        labels=list(SIZE_BANDS),
        ordered=True,
    )
    return pd.Series(bands, index=population.index, name="size_band")


@dataclass(frozen=True)
class Definition:
    """One way to say which municipalities are small and rural; all its conditions must hold.

    Parameters
    ----------
    key : str
    source : str
        Who draws the line there (an English message with a translation).
    population_below : int, optional
        Fewer inhabitants than this.
    centrality_from : int, optional
        This class of SSB's centrality index or a less central one.
    kostra_groups : tuple of int
        Member of one of these KOSTRA groups (KLASS 112).

    Examples
    --------
    >>> Definition("own", "an example", population_below=3_000, centrality_from=5).label
    'under 3,000 inhabitants and centrality class 5–6'
    """

    key: str
    source: str
    population_below: int | None = None
    centrality_from: int | None = None
    kostra_groups: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """The definition in words and numbers, in the language in use."""
        parts = []
        if self.population_below is not None:
            parts.append(_("under {limit} inhabitants", limit=self.population_below))
        if self.centrality_from is not None:
            parts.append(
                _("centrality class {classes}", classes=_span(self.centrality_from, CENTRALITY_CLASSES))
            )
        if self.kostra_groups:
            groups = _span(min(self.kostra_groups), max(self.kostra_groups))
            parts.append(
                _(
                    "KOSTRA groups {groups} (under {limit} inhabitants, by SSB's economic grouping)",
                    groups=groups,
                    limit=KOSTRA_SMALL,
                )
            )
        return listed(parts)

    def applies(self, panel: pd.DataFrame) -> pd.Series:
        """Nullable boolean per row of the panel: missing where what it rests on is missing."""
        conditions = []
        if self.population_below is not None:
            conditions.append(_whole_numbers(panel, "population") < self.population_below)
        if self.centrality_from is not None:
            conditions.append(_whole_numbers(panel, "centrality_class") >= self.centrality_from)
        if self.kostra_groups:
            codes, group = {f"EKG{n:02d}" for n in self.kostra_groups}, _column(panel, "kostra_group")
            conditions.append(group.isin(codes).astype("boolean").mask(group.isna()))
        return reduce(and_, conditions).astype("boolean")


def _column(panel: pd.DataFrame, name: str) -> pd.Series:
    return panel[one_of("column of the panel", name, panel.columns)]


def _whole_numbers(panel: pd.DataFrame, name: str) -> pd.Series:
    """A column of counts or classes, missing where unknown; refuses what is none."""
    given = _column(panel, name)
    values = pd.to_numeric(given, errors="coerce").astype("Float64")
    odd = given[given.notna() & (values.isna() | (values < 0) | (values % 1 != 0)).fillna(True)]
    if len(odd):
        raise AnalysisError(f"{name}: {odd.tolist()[0]!r} is no whole number from 0 up")
    return values.astype("Int64")


def _span(first: int, last: int) -> str:
    return number(first) if first == last else f"{number(first)}–{number(last)}"


SMALL_RURAL: dict[str, Definition] = {
    definition.key: definition
    for definition in (
        Definition(
            "main",
            N_(
                "SSB's limit for a small municipality and the ministry's for a district municipality; the "
                "combination is our choice"
            ),
            population_below=5_000,
            centrality_from=4,
        ),
        Definition(
            "strict",
            N_("our choice, narrower than the main definition"),
            population_below=3_000,
            centrality_from=5,
        ),
        Definition("small", N_("SSB's limit for a small municipality"), population_below=5_000),
        Definition(
            "very_small",
            N_("lowest population limit of the KOSTRA groups (KLASS 112)"),
            population_below=2_000,
        ),
        Definition(
            "least_central",
            N_("SSB's centrality index (KLASS 128), the two least central classes"),
            centrality_from=5,
        ),
        Definition(
            "district",
            N_("the ministry's district municipalities (Regionale utviklingstrekk 2023)"),
            centrality_from=4,
        ),
        Definition("kostra", N_("SSB's KOSTRA groups (KLASS 112)"), kostra_groups=(14, 15, 16)),
    )
}


def small_rural(panel: pd.DataFrame, definition: str | Definition = "main") -> pd.Series:
    """Whether each municipality is small and rural by the named definition.

    Parameters
    ----------
    panel : pandas.DataFrame
        With population, centrality_class and kostra_group.
    definition : str or Definition
        A key of ``SMALL_RURAL``, or one of your own.

    Returns
    -------
    pandas.Series
        Nullable boolean ``is_small_rural``.

    Raises
    ------
    AnalysisError
        There is no definition of that key, or the panel lacks a column that it rests on; says which one was probably
        meant. A value of it is no whole number.

    Notes
    -----
    Unit: yes or no. Source: Statistics Norway's population and centrality; of the limits,
    ``Definition.source``.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [{"population": 1_591, "centrality_class": 6}, {"population": 700_000, "centrality_class": 1}]
    >>> small_rural(pd.DataFrame(rows)).tolist()
    [True, False]
    """
    if not isinstance(panel, pd.DataFrame):
        raise AnalysisError(f"panel: {panel!r} was given; it takes a DataFrame, e.g. an.load('panel')")
    if isinstance(definition, Definition):
        chosen = definition
    else:
        chosen = SMALL_RURAL[one_of("definition", definition, SMALL_RURAL)]
    return chosen.applies(panel).rename("is_small_rural")
