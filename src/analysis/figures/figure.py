"""The Figure: a drawing with its title, subtitle, alt text, source, coverage and data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis import io
from analysis.errors import AnalysisError
from analysis.figures import markup, standalone, style
from analysis.figures.area import Drawn, canvas_of

MIME = "application/vnd.analysis.figure+json"
"""Under this type a notebook cell hands on what the figure says and the frame behind it."""


def described(*sentences: str) -> str:
    """The text that stands in for a picture: title, what is plotted, what each part says; each a sentence, none blank."""
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)


class LegendItem(NamedTuple):
    """A class of a map or a group of a chart: its fill, its name, and how many regions are in it."""

    fill: str
    name: str
    n: int | None = None

    @property
    def text(self) -> str:
        """Name and number."""
        return self.name if self.n is None else f"{self.name} ({self.n})"


@dataclass(frozen=True)
class Figure:
    """A finished figure; a notebook shows it, a page prints it, ``save`` writes it to a file.

    Parameters
    ----------
    name : str
        Part of its address on a page and of file names.
    title, subtitle, alt : str
        The finding; what is plotted; the same for a screen reader, with every group and value.
    source, coverage : str
        Where the data come from; what they leave out (empty for a census).
    data : pandas.DataFrame
        What the reader downloads.
    drawings : tuple of str
        Inline SVG, one for each width that the figure is drawn for, then the parts of a tall chart for print.
    legend : tuple of LegendItem
    table : str
        The same numbers as an HTML table (empty where the rows are too many to read).
    drawn : Drawn, optional
        Draws the figure anew with matplotlib, for a file or as a part of a sheet.
    is_map : bool
        Its parts can be reached one by one.
    unwritten : dict of str to str
        By width of the drawing: names and values that it has no room for.
    """

    name: str
    title: str
    subtitle: str
    alt: str
    source: str
    data: pd.DataFrame
    drawings: tuple[str, ...]
    coverage: str = ""
    legend: tuple[LegendItem, ...] = ()
    table: str = ""
    drawn: Drawn | None = field(default=None, repr=False, compare=False)
    is_map: bool = False
    unwritten: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name and title: the drawing itself is long."""
        return f"<Figure {self.name}: {self.title}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return self.bundle()

    def bundle(self, number: str = "") -> dict[str, object]:
        """The figure as a notebook's output: HTML, and what it says with its data as JSON.

        Where parts of it are links, the HTML of a page stands in the JSON, and a notebook shows it without them.
        """
        page, said = self.html(number), self.structured()
        if not self.is_map:
            return {"text/html": page, MIME: said}
        plain = replace(self, drawings=tuple(standalone.without_links(svg) for svg in self.drawings))
        return {"text/html": markup.notebook_style() + plain.html(number), MIME: {**said, "html": page}}

    def html(self, number: str = "") -> str:
        """The figure as an HTML ``figure``; ``number`` (as "Figure 3") stands over its title."""
        link = markup.download(self.data, self.name, about=number or self.title, source=self.source)
        return markup.render(
            "figure.html.j2",
            figure=self,
            number=number,
            download=link,
            outline=style.CONTEXT,
            spoken=self._beside_caption(number or self.title),
        )

    def _beside_caption(self, name: str) -> str:
        """The alt text where title and subtitle have just been read: the figure's name and the values."""
        said = described(self.title, self.subtitle)
        return f"{name}. {self.alt.removeprefix(said).strip()}" if self.alt.startswith(said) else self.alt

    def svg(self) -> str:
        """The figure as an SVG file of its own: title, legend, the drawing for a page, coverage and source."""
        return standalone.svg(
            self.drawings[0],
            title=self.title,
            subtitle=self.subtitle,
            alt=self.alt,
            legend=[(item.fill, item.text) for item in self.legend],
            below=[self.coverage, self.source],
        )

    def structured(self) -> dict[str, Any]:
        """What the figure says, its file (SVG) and its data (columns, rows) as values that JSON can hold."""
        cells = self.data.astype(object).where(self.data.notna(), None)
        rows = [[v.item() if hasattr(v, "item") else v for v in row] for row in cells.to_numpy().tolist()]
        texts = {
            key: getattr(self, key) for key in ("name", "title", "subtitle", "alt", "source", "coverage")
        }
        return {
            **texts,
            "is_map": self.is_map,
            "svg": self.svg(),
            "data": {"columns": [str(c) for c in self.data.columns], "rows": rows},
        }

    def save(self, path: str | Path, *, dpi: int = 200) -> Path:
        """Write the figure with its title and source to a file.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg`` or ``.png``.
        dpi : int
            Dots per inch of a PNG.

        Raises
        ------
        AnalysisError
            The file type is neither.
        """
        path = Path(path)
        if path.suffix not in (".svg", ".png"):
            raise AnalysisError(f"{path.name}: a figure is saved as .svg or .png.")
        if path.suffix == ".svg":
            return io.write_atomically(path, self.svg())
        assert self.drawn is not None, "charts and maps know how to draw themselves"
        return io.write_atomically(
            path,
            style.png(canvas_of(self.drawn, "wide"), dpi, self.title, self.subtitle, self.source),
        )


def frame_of(structured: dict[str, Any]) -> pd.DataFrame:
    """The data of a figure as ``Figure.structured`` handed it on."""
    return pd.DataFrame(structured["data"]["rows"], columns=structured["data"]["columns"])
