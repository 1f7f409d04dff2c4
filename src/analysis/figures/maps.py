"""Choropleth maps as inline SVG: small, sharp in print, and readable region by region.

Every region is one path with its name and value in ``title`` and ``aria-label`` (matplotlib's SVG has
neither); places too small to see get a ring. Geometry comes in metres (EPSG:25833) and leaves as whole
tenths of a pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.figures import map_drawing, map_labels, style
from analysis.figures.figure import Figure, LegendItem
from analysis.figures.map_drawing import MISSING, SHARED, UNKNOWN, Inset
from analysis.i18n import N_, _, listed

SOURCE = N_("Boundaries: Kartverket, CC BY 4.0, simplified")
SHARED_NOTE = N_("Ålesund and Haram are one area on the map, striped, with Ålesund's colour.")


OSLO_AREA = Inset((212_000.0, 6_596_000.0, 318_000.0, 6_702_000.0), N_("Oslo and surroundings"))
OSLOFJORD = Inset((160_000.0, 6_530_000.0, 345_000.0, 6_715_000.0), N_("Around the Oslofjord"), 0.46)


@dataclass(frozen=True)
class Scale:
    """Classes of a map, few and with round bounds.

    Parameters
    ----------
    bounds : tuple of float
        Where each class begins, lowest first.
    names : tuple of str
        The classes in the legend.
    write : callable
        Formats one value.
    zero : str, optional
        Name of the class of what is exactly 0; without it zero is a value like any other.
    zero_is_unknown : bool
        Zero means that nothing is documented, not that there is nothing: it is hatched.
    missing : tuple of str
        Fill and name (a message) of regions without a value; default is crossed lines for "no data".
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...]
    write: Callable[[float], str]
    zero: str | None = None
    zero_is_unknown: bool = False
    missing: tuple[str, str] = (MISSING, N_("no data"))

    def colour(self, value: float) -> str:
        """The fill of a value; missing values get the hatch."""
        if pd.isna(value):
            return self.missing[0]
        if self.zero is not None and value == 0:
            return self._zero
        place = int(np.searchsorted(self.bounds, value, side="right")) - 1
        return self.colours[max(place, 0)]

    @property
    def _zero(self) -> str:
        return UNKNOWN if self.zero_is_unknown else style.ZERO

    @property
    def colours(self) -> tuple[str, ...]:
        """One colour a class, spread over the whole of the sequence."""
        picks = np.linspace(0, len(style.SEQUENTIAL) - 1, len(self.bounds)).round().astype(int)
        return tuple(style.SEQUENTIAL[i] for i in picks)

    def legend(self, values: pd.Series) -> tuple[LegendItem, ...]:
        """The classes that hold values, with how many."""
        classes = dict(zip(self.colours, self.names, strict=True))
        if self.zero is not None:
            classes = {self._zero: self.zero, **classes}
        if values.isna().any():
            fill, name = self.missing
            classes[fill] = _(name)
        fills = values.map(self.colour)
        items = (LegendItem(fill, name, int((fills == fill).sum())) for fill, name in classes.items())
        return tuple(item for item in items if item.n)


def choropleth(
    regions: gpd.GeoDataFrame,
    values: pd.DataFrame,
    *,
    code: str,
    scale: Scale,
    name: str,
    title: str,
    subtitle: str,
    alt: str,
    source: str,
    coverage: str = "",
    borders: str | None = None,
    inset: Inset | None = None,
    named: pd.Series | None = None,
    is_cut_out: bool = False,
    addresses: dict[str, str] | None = None,
    data: pd.DataFrame | None = None,
) -> Figure:
    """A map of values by region.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        One geometry a code, in metres; codes that share a geometry become one region that names both.
    values : pandas.DataFrame
        ``code``, ``name``, ``value``, and optionally ``text``: what a region says besides its name
        (default: its value).
    code : str
        Column of codes in both frames.
    scale : Scale
    name, title, subtitle, alt, source, coverage : str
        See :class:`~analysis.figures.figure.Figure`.
    borders : str, optional
        Column of ``regions`` whose groups (counties) get a line between them.
    inset : Inset, optional
        A part to be enlarged.
    named : pandas.Series, optional
        Texts to write on the map by code, the most important first.
    is_cut_out : bool
        The regions end where the map ends: no name stands outside them.
    addresses : dict, optional
        By code: makes the region a link.
    data : pandas.DataFrame, optional
        What the reader downloads (default: ``values``).
    """
    merged = _merged(regions, values, code, borders, scale)
    merged["address"] = [(addresses or {}).get(one, "") for one in merged[code]]
    drawn = map_drawing.draw(merged, code, inset, names_beside=named is not None and not is_cut_out)
    labels = map_drawing.place_names(drawn, named)
    hatch = style.short_id(name, "m") + "h"
    legend = scale.legend(values.loc[values[code].isin(regions[code]), "value"])
    legend += tuple(LegendItem(SHARED, _("one area: {names}", names=n)) for n in merged["shared"] if n)
    drawing = map_drawing.svg(drawn, labels, borders, hatch)
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=alt,
        source=f"{source}. {_(SOURCE)}.",
        coverage=coverage,
        data=values if data is None else data,
        drawings=(drawing,),
        legend=tuple(item._replace(fill=item.fill.format(hatch=hatch)) for item in legend),
        drawn=map_drawing.Painted(drawn, labels.get("wide", []), legend, borders),
        is_map=True,
        unwritten={width: _unwritten(named, placed) for width, placed in labels.items()},
    )


def _unwritten(named: pd.Series | None, placed: list[map_labels.Label]) -> str:
    """Names with their values, where values are written, of the regions that have no room for both."""
    lines = {label.key: len(label.lines) for label in placed}
    texts = {} if named is None else {str(key): str(text).split("\n") for key, text in named.items()}
    return ", ".join(
        " ".join(text) for key, text in texts.items() if len(text) > 1 and lines.get(key, 0) < len(text)
    )


def _merged(
    regions: gpd.GeoDataFrame, values: pd.DataFrame, code: str, borders: str | None, scale: Scale
) -> gpd.GeoDataFrame:
    """One row a shape: code, value, label, fill, geometry; of codes that share a shape the first, and their names."""
    columns = list(dict.fromkeys([code, *([borders] if borders else []), "geometry"]))
    joined = regions[columns].merge(values, on=code, how="left", validate="one_to_one")
    if "text" not in joined:
        joined["text"] = [_("no data") if pd.isna(v) else scale.write(v) for v in joined["value"]]
    joined["label"] = joined["name"].astype(str) + ": " + joined["text"].astype(str)
    joined["fill"] = joined["value"].map(scale.colour)
    joined["shape"] = shapely.to_wkb(joined.geometry.values)
    joined = joined.sort_values(code)
    first = joined.drop_duplicates("shape").set_index("shape")
    first["label"] = joined.groupby("shape")["label"].agg("; ".join)
    first["shared"] = joined.groupby("shape")["name"].agg(
        lambda n: listed([*map(str, n)]) if len(n) > 1 else ""
    )
    return first.reset_index(drop=True)
