"""Municipal innovation participation in Norway: from published data to reports.

Data travels one way: ``loaders`` (publishers) → ``raw`` (data/raw) → ``tables`` and ``register`` (tidy,
2024 codes) → ``measures`` (observations in, estimates out) → ``figures`` → ``report``. Notebooks import
these; nothing imports notebooks.

The names below are what most work needs; they are imported when first used.

Examples
--------
>>> import analysis as an
>>> an.gap(an.observations().where(programmes="horizon_2020"))  # doctest: +SKIP
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from operator import attrgetter
from typing import Any

__version__ = "0.1.0"

#: Public name → module and, where it is called otherwise there, its name in it.
_PUBLIC = {
    "AnalysisError": "errors",
    "DEFINITIONS": "definitions:SMALL_RURAL",
    "small_rural": "definitions",
    "use_language": "i18n:use",
    "catalogue": "raw",
    "read": "raw",
    "load": "tables",
    "Observations": "measures.observations",
    "observations": "measures.observations:Observations.load",
    "Coverage": "measures.estimates",
    "CoverageError": "measures.estimates",
    "Estimates": "measures.estimates",
    "uptake": "measures.uptake",
    "recorded_share": "measures.uptake",
    "recorded_share_by_programme": "measures.uptake",
    "composition": "measures.uptake",
    "gap": "measures.gap",
    "representation": "measures.gap",
    "intensity": "measures.intensity",
    "rarefaction": "measures.completeness",
    "purchases_share": "measures.procurement",
    "purchases_per_inhabitant": "measures.procurement",
    "hazard": "measures.first_time",
    "map": "explore.maps:map_column",
    "describe": "explore.dictionary",
    "municipality": "explore.profiles",
    "county": "explore.profiles",
    "compare": "explore.comparison",
    "peers": "explore.profiles",
}
_PARTS = (
    "build",
    "definitions",
    "errors",
    "explore",
    "figures",
    "i18n",
    "io",
    "loaders",
    "measures",
    "paths",
    "raw",
    "register",
    "report",
    "stats",
    "tables",
)

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    """A public name or a part of the package, imported at first use.

    Raises
    ------
    AttributeError
        There is no such name; says which one was probably meant.
    """
    if name in _PUBLIC:
        module, _, attribute = _PUBLIC[name].partition(":")
        value = attrgetter(attribute or name)(import_module(f"analysis.{module}"))
        globals()[name] = value
        return value
    if name in _PARTS:
        return import_module(f"analysis.{name}")
    close = get_close_matches(name, [*_PUBLIC, *_PARTS], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else " `dir(analysis)` lists what there is."
    raise AttributeError(f"module 'analysis' has no attribute {name!r}.{hint}")


def __dir__() -> list[str]:
    """The public names and the parts of the package."""
    return sorted([*__all__, *_PARTS])
