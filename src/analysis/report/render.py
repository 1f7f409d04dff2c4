"""From what a notebook hands on to one self-contained, accessible HTML page.

The page carries its own styles and script, allowed by their hashes alone: its content security policy
lets nothing else run and nothing be fetched, so that it is safe to open and works without a network.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbformat import NotebookNode

from analysis.figures import figure, markup, style
from analysis.i18n import _
from analysis.report import about, page
from analysis.report.about import SITE_NAME

TEMPLATES = Path(__file__).parent / "templates"
HEAD_LENGTH = 90
"""Of the running head on paper, in letters."""


@dataclass(frozen=True)
class Content:
    """What a page says.

    Parameters
    ----------
    body : Markup
        The content of ``main``.
    title, description : str
        In plain text, for the browser's tab and for search engines.
    cited : str
        The title in the citation, where that is another.
    headings : list of tuple
        (anchor, text) of the sections; the contents list is made of them.
    figures : list of dict
        What each figure says and its data (see ``Figure.structured``).
    opening : Markup
        Title and first sentences of a page with sections: they come before the contents list, ``body`` after it.
    files : dict of str to bytes
        Other files that are written with the page, by their path below ``reports``.
    """

    body: Markup
    title: str
    description: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    opening: Markup = field(default_factory=Markup)
    files: dict[str, bytes] = field(default_factory=dict)
    cited: str = ""


@dataclass(frozen=True)
class Link:
    """A link of the page's header; ``language`` where it leads to another, ``is_current`` for this page."""

    name: str
    address: str
    language: str = ""
    is_current: bool = False


@dataclass(frozen=True)
class Frame:
    """What stands around a page's own content.

    Its path below ``reports``, header links, a notice above the content, closing lines, scripts and, besides ``page.css``,
    style sheets of the template folder.
    """

    language: str
    home: str
    file: str = ""
    links: Sequence[Link] = ()
    notice: str = ""
    footer: Sequence[str] = ()
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


def of_notebook(notebook: NotebookNode) -> Content:
    """The content that the cells of an executed notebook have shown; code and remarks stay in the notebook."""
    bundles = (
        output["data"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    )
    blocks: list[Markup] = []
    opening: list[Markup] = []
    first: dict[str, str] = {}
    headings, figures = [], []
    for bundle in bundles:
        block = bundle.get(page.MIME, {})
        kind = block.get("kind", "")
        if kind == "style":
            continue
        if kind == "heading":
            headings.append((block["id"], block["text"]))
        elif kind:
            first.setdefault(kind, block["text"])
        if figure.MIME in bundle:
            figures.append(bundle[figure.MIME])
        is_opening = not blocks and (kind in ("title", "lead") or not opening)
        html = bundle.get(figure.MIME, {}).get("html", bundle["text/html"])
        (opening if is_opening else blocks).append(Markup(html))
    title, lead = first.get("title", _(SITE_NAME)), first.get("lead", "")
    start, body = Markup("\n").join(opening), Markup("\n").join(blocks)
    if not headings:  # without a contents list there is nothing between them
        start, body = Markup(""), Markup("\n").join([*opening, *blocks])
    return Content(body, title, lead, headings, figures, start)


def template(name: str, /, **context: object) -> Markup:
    """One of the report's templates, filled in."""
    return Markup(markup.environment(TEMPLATES).get_template(name).render(**context))


def compile_templates() -> None:
    """Compile every template now, so that processes forked from this one need not."""
    for made in (markup.environment(), markup.environment(TEMPLATES)):
        for name in made.list_templates(extensions=["j2"]):
            made.get_template(name)


def html(content: Content, frame: Frame) -> str:
    """The whole page."""
    of_figures = ["figure.js"] if content.figures else []
    of_maps = ["map.js"] if any(f["is_map"] for f in content.figures) else []
    said = about.of_page(content.cited or content.title, frame.file)
    css = "".join(_minified(name) for name in ("page.css", *frame.styles)) + running_head(
        content.title, said.date
    )
    css += style.css() if content.figures else ""
    names = ["page.js", *of_maps, *of_figures, *frame.scripts]
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    text = template(
        "layout.html.j2",
        content=content,
        frame=frame,
        about=said,
        site_name=_(SITE_NAME),
        css=Markup(css),
        script=Markup(script),
        policy=policy(css, script),
    )
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def running_head(title: str, date: str) -> str:
    """A rule that prints the page's title and the date of its data at the head of every sheet of paper."""
    shown = title if len(title) <= HEAD_LENGTH else title[:HEAD_LENGTH].rstrip() + " …"
    left, right = (re.sub(r'["\\\\<\n]', " ", text) for text in (shown, _("Data as of {date}", date=date)))
    font = "font:8pt Arial,'Liberation Sans',sans-serif;color:#52606d"
    return f'@page{{@top-left{{content:"{left}";{font};width:75%}}@top-right{{content:"{right}";{font}}}}}'


def policy(css: str, script: str) -> str:
    """A content security policy that allows this style, this script, and nothing from anywhere."""
    parts = [
        "default-src 'none'",
        f"style-src {_hash(css)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if script:
        parts.append(f"script-src {_hash(script)}")
    return "; ".join(parts)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _minified(name: str) -> str:
    """A style sheet without comments and needless spaces."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"\s*([{};,>])\s*|\s+", lambda m: m[1] or " ", text).strip()
