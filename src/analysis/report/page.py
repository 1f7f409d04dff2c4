"""What a report notebook says, cell by cell: headings, sentences, figures, tables, downloads.

Each call shows one block of HTML as the cell's output; ``render`` gathers the blocks into a page. All
text is escaped here, so that a name from a register can hold anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from analysis import i18n as language
from analysis.figures.figure import Figure, download, prose
from analysis.figures.html_table import html_table
from analysis.i18n import _, filled, number
from analysis.report.urls import slug

_state: dict[str, object] = {"figures": 0, "ids": set()}


def start(language_code: str, kicker: str = "") -> None:
    """Begin a page in a language (``nb`` or ``en``); ``kicker`` says above the title what kind it is."""
    language.use(language_code)
    _state.update(figures=0, ids=set())
    if kicker:
        _show(f'<p class="kicker">{escape(_(kicker))}</p>')


def title(text: str, **values: object) -> None:
    """The page's title: the finding, or whom the page is about."""
    _show(f"<h1>{prose(filled(text, **values))}</h1>")


def lead(*sentences: str) -> None:
    """The finding, set larger than the rest."""
    _show("".join(f'<p class="lead">{prose(s)}</p>' for s in sentences if s))


def heading(text: str) -> None:
    """A section; the contents list is made of these."""
    _show(f'<h2 id="{anchor(text)}">{escape(text)}</h2>')


def subheading(text: str) -> None:
    """A part of a section."""
    _show(f"<h3>{escape(text)}</h3>")


def say(text: str, **values: object) -> None:
    """A paragraph made of a translated message and the numbers in it."""
    _show(f"<p>{prose(filled(text, **values))}</p>")


def note(text: str, **values: object) -> None:
    """A paragraph that the reader should not miss, set apart."""
    _show(f'<p class="note">{prose(filled(text, **values))}</p>')


def facts(*pairs: tuple[str, object]) -> None:
    """Key figures: (what it is, the number; whole numbers are formatted)."""
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(number(v) if isinstance(v, int) else str(v))}</dd></div>"
        for name, v in pairs
    )
    _show(f'<dl class="facts">{items}</dl>')


def paragraphs(sentences: Sequence[str]) -> None:
    """Sentences that the data may leave out, together as one paragraph; nothing where there are none."""
    if sentences:
        say(" ".join(sentences))


def show(figure: Figure | None) -> None:
    """A figure with its running number; nothing where the data give none."""
    if figure is None:
        return
    _state["figures"] = int(_state["figures"]) + 1  # type: ignore[call-overload]
    _show(figure.html(_("Figure {n}", n=_state["figures"])))


def table(frame: pd.DataFrame, caption: str, **options: object) -> None:
    """A table of ready-made texts (options as in :func:`analysis.figures.html_table.html_table`); none if empty."""
    if frame.empty:
        return
    _show(html_table(frame, caption, **options))  # type: ignore[arg-type]


def bullets(items: Sequence[str]) -> None:
    """A list of sentences."""
    _show(f"<ul>{''.join(f'<li>{prose(i)}</li>' for i in items)}</ul>")


def downloads(frames: Sequence[tuple[str, str, pd.DataFrame]]) -> None:
    """Links that save whole tables: (file name without ending, what it is, frame)."""
    named = [(name, _("{what} (CSV, {n} rows)", what=what, n=len(f)), f) for name, what, f in frames]
    items = "".join(f"<li>{download(frame, name, label)}</li>" for name, label, frame in named)
    _show(f'<ul class="downloads">{items}</ul>')


def anchor(text: str) -> str:
    """An id for a heading, unique on the page: ``What the data can't say`` → ``what-the-data-can-t-say``."""
    base = slug(text) or "section"
    ids: set[str] = _state["ids"]  # type: ignore[assignment]
    made, k = base, 2
    while made in ids:
        made, k = f"{base}-{k}", k + 1
    ids.add(made)
    return made


def _show(html: str) -> None:
    from IPython.display import HTML, display

    display(HTML(html))
