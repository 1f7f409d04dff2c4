"""What a researcher looks at first: a column of the municipalities as a map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup

from analysis import tables
from analysis.errors import AnalysisError
from analysis.figures import maps
from analysis.figures.figure import Figure
from analysis.figures.markup import environment, notebook_style
from analysis.figures.style import SEQUENTIAL
from analysis.i18n import _, current, number, number_range
from analysis.io import write_atomically
from analysis.measures.groups import codes_once, known_codes, named_column
from analysis.tables.boundaries import from_file

N_CLASSES = 5
LARGEST = 1e15
"""Beyond this a decimal fraction cannot hold a value's digits."""
_YES_OR_NO = (0, 1)
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class InteractiveMap:
    """A map of :func:`map_column` with a search field, a reading and zoom.

    Attributes
    ----------
    figure : Figure
        The map as it is drawn.
    """

    figure: Figure

    def _repr_html_(self) -> str:
        """The map with its controls; the script is in the output itself."""
        script = (_FOLDER / "interactive.js").read_text(encoding="utf-8")
        template = environment(_FOLDER).get_template("interactive.html.j2")
        return template.render(style=notebook_style(), figure=self.figure, script=Markup(script))

    def save(self, path: str | Path) -> Path:
        """Write the map to a file: ``.html`` keeps search, reading and zoom; ``.svg`` and ``.png`` are pictures.

        Raises
        ------
        AnalysisError
            The file type is none of these.
        """
        if Path(path).suffix != ".html":
            return self.figure.save(path)
        head = f"{_HEAD}<title>{escape(self.figure.title)}</title>"
        body = self._repr_html_().replace("<h3>", '<h3 aria-level="1">', 1)
        page = f'<!DOCTYPE html>\n<html lang="{current()}"><head>{head}</head><body><main>{body}</main></body></html>\n'
        return write_atomically(Path(path), page)


#: Of a map's own page: as wide as the phone it is opened on, in the letters of the other pages.
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<style>body{font:1rem/1.5 Arial,"Liberation Sans",sans-serif;margin:1rem}figure{margin:1rem 0}</style>'
)


def map_column(
    frame: pd.DataFrame,
    column: str,
    title: str = "",
    n_classes: int = N_CLASSES,
    interactive: bool = False,
    counties: str | Iterable[str] | None = None,
    boundaries: str | Path | gpd.GeoDataFrame | None = None,
    boundaries_code: str | None = None,
    zero: str | None = None,
) -> Figure | InteractiveMap:
    """A map of the municipalities by a column of numbers.

    Parameters
    ----------
    frame : DataFrame
        ``municipality_code`` (four-digit text; municipalities that are left out are drawn as "no data") and
        the column.
    column : str
        Numbers, or yes and no.
    title : str, optional
        Title of the figure; the column's name by default.
    n_classes : int
        Number of classes, of about equally many municipalities each as far as equal values and round limits allow.
    interactive : bool
        With a search field, a reading under the pointer and zoom, in a notebook, without the network.
    counties : str or iterable of str, optional
        Only the municipalities of these counties, by names or numbers, with their names and values on the map and
        classes of their own values.
    boundaries : str, Path or GeoDataFrame, optional
        Municipalities of another year: a file (GeoJSON, GeoPackage, Shapefile), or what
        :func:`analysis.tables.boundaries.from_file` made of one; by default those of 2024.
    boundaries_code : str, optional
        Column of municipality numbers in the file, where it has an unusual name.
    zero : str, optional
        What 0 means where it does not mean none, as in counts from an incomplete list ("none documented"): these
        municipalities are hatched. By default 0 is a number like any other.

    Returns
    -------
    Figure or InteractiveMap
        Shows itself in a notebook; ``save("map.svg")`` or ``save("map.png")`` keeps it, ``save("map.html")`` an
        interactive one.

    Raises
    ------
    AnalysisError
        There is no such column, its values are no numbers or infinite, the codes are missing, doubled, numbers
        instead of text or not those of the boundaries, a county is not known or has no value, or the file of
        boundaries is not sound.

    Notes
    -----
    Unit: that of the column. Source: the frame's; boundaries by Kartverket.

    Examples
    --------
    >>> an.map(an.load("panel"), "population")  # doctest: +SKIP
    >>> an.map(an.load("panel"), "population", counties="Nordland")  # doctest: +SKIP
    """
    if n_classes not in range(1, len(SEQUENTIAL) + 1):
        raise AnalysisError(
            f"n_classes={n_classes!r}: a map has 1 to {len(SEQUENTIAL)} classes of one colour each"
        )
    codes, values = codes_once("frame", frame), named_column(frame, column)
    given = values.dropna()
    if len(given) and not pd.api.types.is_numeric_dtype(values):
        raise AnalysisError(f"{column}: {given.iloc[0]!r} is not a number, so it has no place on a scale.")
    endless = codes[np.isinf(values.astype("Float64").to_numpy(float, na_value=np.nan))]
    if len(endless):
        raise AnalysisError(
            f"{column}: the value of {endless.iloc[0]!r} is infinite (of {len(endless)} in all; a division by 0?) and has "
            "no place on a scale. Make it missing: frame.replace([np.inf, -np.inf], np.nan)"
        )
    if len(given) and given.astype(float).abs().max() >= LARGEST:
        raise AnalysisError(
            f"{column}: {given.astype(float).abs().max():g} is too large to be written; change its unit"
        )
    if boundaries is None:
        regions = tables.load("boundaries")
        names = tables.load("municipalities").rename(columns={"municipality_name": "name"})
        subtitle = _("{column} by municipality (2024 division)", column=column)
    else:
        regions = (
            boundaries if isinstance(boundaries, gpd.GeoDataFrame) else from_file(boundaries, boundaries_code)
        )
        if lacking := {"municipality_code", "county_code", "name"} - set(regions):
            raise AnalysisError(
                f"boundaries: the frame has no column {', '.join(sorted(lacking))}; give the file, or make the frame with "
                "analysis.tables.boundaries.from_file"
            )
        names = regions
        subtitle = _("{column} by municipality (boundaries from a file)", column=column)
    strange = codes[~codes.isin(regions["municipality_code"])]
    if len(strange):
        raise AnalysisError(
            f"municipality_code: {len(strange)} of {len(codes)} codes have no boundary, first {strange.iloc[0]!r}; "
            "codes and boundaries must be of the same year."
        )
    if counties is not None:
        where = "the 2024 division" if boundaries is None else "the boundaries given"
        regions = regions[
            regions["county_code"].isin(known_codes("county", counties, regions["county_code"], where))
        ]
        names = names[names["municipality_code"].isin(regions["municipality_code"])]
    known = pd.Series(values.astype("Float64").to_numpy(float, na_value=np.nan), index=codes)
    rows = names[["municipality_code", "name"]].copy()
    rows["value"] = rows["municipality_code"].map(known)
    scale = (
        _yes_or_no()
        if pd.api.types.is_bool_dtype(values)
        else _scale(rows["value"].dropna(), n_classes, zero)
    )
    if scale.zero is not None:
        rows["text"] = [
            scale.zero if value == 0 else _("no data") if pd.isna(value) else scale.write(value)
            for value in rows["value"]
        ]
    figure = maps.choropleth(
        regions,
        rows,
        code="municipality_code",
        borders="county_code" if regions["county_code"].nunique() > 1 else None,
        inset=maps.OSLO_AREA if _covers(regions, maps.OSLO_AREA.bounds) else None,
        named=_named(rows, scale) if counties is not None else None,
        scale=scale,
        name=f"map-{column.replace('_', '-')}",
        title=title or column,
        subtitle=subtitle,
        alt=_(
            "Map of Norway's municipalities by {column}. Municipalities in each class: {classes}.",
            column=column,
            classes="; ".join(f"{item.name}: {number(item.n or 0)}" for item in scale.legend(rows["value"])),
        ),
        source=_("Data given to an.map"),
    )
    return InteractiveMap(figure) if interactive else figure


def _named(rows: pd.DataFrame, scale: maps.Scale) -> pd.Series:
    """Names with their values by code (yes and no are colours), the highest first: it keeps its name where room is short."""
    ordered = rows.sort_values(["value", "municipality_code"], ascending=[False, True])
    names = (
        ordered.set_index("municipality_code")["name"].astype(str).str.replace(r" \(.*\)$", "", regex=True)
    )
    if scale.bounds == _YES_OR_NO:
        return names
    return names + ["" if pd.isna(value) else f"\n{scale.write(value)}" for value in ordered["value"]]


def _covers(regions: gpd.GeoDataFrame, bounds: tuple[float, float, float, float]) -> bool:
    """Whether the regions reach beyond a rectangle on all sides but the west."""
    _left, bottom, right, top = regions.total_bounds
    return bool(bottom < bounds[1] and right > bounds[2] and top > bounds[3])


def _yes_or_no() -> maps.Scale:
    """Two classes, named by what they mean."""
    names = (_("no"), _("yes"))
    return maps.Scale(_YES_OR_NO, names, lambda value: names[int(value)])


def _scale(values: pd.Series, n_classes: int, zero: str | None = None) -> maps.Scale:
    """Classes of about equal size; their bounds are as round as the narrowest class allows.

    Where ``zero`` is given, 0 is a class of that name beside them.
    """
    if values.empty:
        raise AnalysisError("There is no value to draw: every municipality lacks one.")
    if zero is not None:
        if (values == 0).all():
            return maps.Scale((0.0,), (zero,), number, zero=zero, zero_is_unknown=True)
        values = values[values != 0]
    whole = bool((values == values.round()).all())
    above = values[values > values.min()]
    if 0 < len(above) < len(values) * (1 - 1 / n_classes):  # many zeros: a class of their own
        edges = np.quantile(above, np.arange(n_classes - 1) / (n_classes - 1))
    else:
        edges = np.quantile(values, np.arange(1, n_classes) / n_classes)
    lowest, highest = float(values.min()), float(values.max())
    gaps = np.diff(np.unique([lowest, *edges, highest]))
    narrowest = min(gaps[gaps > abs(values).max() * 1e-4], default=abs(highest) or 1)
    places = int(np.ceil(1 - np.log10(narrowest)))
    digits = 0 if whole else max(0, places)
    unit = 10.0**-digits  # the last digit shown: a class ends one unit before the next begins
    rounded = np.ceil(edges.round(min(places, 12))) if whole else edges.round(places)
    begins = sorted({float(edge) for edge in rounded if lowest < edge <= highest})
    ends = [*(begin - unit for begin in begins), highest]
    names = tuple(_class_name(a, b, digits) for a, b in zip([lowest, *begins], ends, strict=True))
    # What is shown as a limit belongs to the class that it begins: half a unit below it is rounded up to it.
    bounds = (lowest, *(begin if whole else begin - unit / 2 for begin in begins))
    return maps.Scale(
        bounds, names, lambda value: number(value, digits), zero=zero, zero_is_unknown=zero is not None
    )


def _class_name(low: float, high: float, digits: int) -> str:
    shown = number(low, digits)
    return shown if shown == number(high, digits) else number_range(low, high, digits)
