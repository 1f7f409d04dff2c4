"""From what a notebook hands on to one self-contained, accessible HTML page.

The page carries its own styles and script, allowed by their hashes alone: its content security policy
lets nothing else run and nothing be fetched, so that it is safe to open and works without a network.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbformat import NotebookNode

from analysis.figures import figure, markup
from analysis.i18n import N_, _
from analysis.report import page

TEMPLATES = Path(__file__).parent / "templates"
SITE_NAME = N_("Municipal innovation observatory")


@dataclass(frozen=True)
class Content:
    """What a page says.

    Parameters
    ----------
    body : Markup
        The content of ``main``.
    title, description : str
        In plain text, for the browser's tab and for search engines.
    headings : list of tuple
        (anchor, text) of the sections; the contents list is made of them.
    figures : list of dict
        What each figure says and its data (see ``Figure.structured``).
    """

    body: Markup
    title: str
    description: str = ""
    headings: list[tuple[str, str]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)


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

    Header links, a notice above the content, closing lines, scripts and, besides ``page.css``, style sheets of the template folder.
    """

    language: str
    home: str
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
    return of_bundles(bundles)


def of_bundles(bundles: Iterable[dict[str, Any]]) -> Content:
    """The content of blocks as :class:`analysis.report.page.Page` hands them on."""
    blocks: list[Markup] = []
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
        blocks.append(Markup(bundle["text/html"]))
    return Content(
        Markup("\n").join(blocks), first.get("title", _(SITE_NAME)), first.get("lead", ""), headings, figures
    )


def template(name: str, /, **context: object) -> Markup:
    """One of the report's templates, filled in."""
    return Markup(markup.environment(TEMPLATES).get_template(name).render(**context))


def html(content: Content, frame: Frame) -> str:
    """The whole page."""
    scripts = [*(["map.js"] if any(f["is_map"] for f in content.figures) else []), *frame.scripts]
    css = "".join(_minified(name) for name in ("page.css", *frame.styles))
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in scripts)
    text = template(
        "layout.html.j2",
        content=content,
        frame=frame,
        site_name=_(SITE_NAME),
        css=Markup(css),
        script=Markup(script),
        policy=policy(css, script),
    )
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


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
