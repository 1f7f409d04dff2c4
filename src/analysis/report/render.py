"""From what a notebook shows to one self-contained, accessible HTML page.

The page carries its own styles and script, allowed by their hashes alone: its content security policy
lets nothing else run and nothing be fetched, so that it is safe to open and works without a network.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path

from nbformat import NotebookNode

from analysis.i18n import N_, _

TEMPLATE = Path(__file__).parent / "templates"
SITE_NAME = N_("Municipal innovation observatory")


@dataclass(frozen=True)
class Frame:
    """What stands around a page's own content.

    ``links`` are (name, address, language or "", is this page); ``footer`` are the closing lines.
    ``scripts`` names the template folder's scripts that the page runs.
    """

    language: str
    home: str
    links: Sequence[tuple[str, str, str, bool]] = ()
    footer: Sequence[str] = ()
    scripts: tuple[str, ...] = ("map.js",)
    styles: tuple[str, ...] = ("page.css",)
    description: str = ""
    has_contents: bool = True


def from_notebook(notebook: NotebookNode, frame: Frame) -> str:
    """The page of an executed notebook."""
    from nbconvert.exporters import TemplateExporter

    # Not HTMLExporter: it passes the page through a parser that knows no SVG, and adds styles of its own.
    exporter = TemplateExporter(
        template_name=TEMPLATE.name,
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATE.parent)],
    )
    blocks = [
        output["data"]["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    text, _resources = exporter.from_notebook_node(
        notebook, resources={"page": _context("".join(blocks), frame)}
    )
    return _tidy(text)


def from_body(body: str, frame: Frame) -> str:
    """A page of ready-made HTML in the same frame."""
    return _tidy(
        _environment().get_template("layout.html.j2").render(page={"body": body, **_context(body, frame)})
    )


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


@cache
def _environment():  # type: ignore[no-untyped-def]
    from jinja2 import Environment, FileSystemLoader

    return Environment(loader=FileSystemLoader(TEMPLATE), autoescape=True)


def _context(body: str, frame: Frame) -> dict[str, object]:
    css = "".join(_minified(name) for name in frame.styles)
    used = [s for s in frame.scripts if s != "map.js" or 'class="region"' in body]
    script = "".join((TEMPLATE / name).read_text(encoding="utf-8") for name in used)
    first = re.search(r"<h1[^>]*>(.*?)</h1>", body, flags=re.S)
    leads = re.findall(r'<p class="lead">(.*?)</p>', body, flags=re.S)
    toc = re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', body, flags=re.S) if frame.has_contents else []
    return {
        "lang": frame.language,
        "title": unescape(first[1]) if first else _(SITE_NAME),
        "site_name": _(SITE_NAME),
        "description": frame.description or (unescape(leads[0]) if leads else ""),
        "css": css,
        "script": script,
        "csp": policy(css, script),
        "home": frame.home,
        "links": [
            {"name": name, "href": href, "lang": lang, "current": current}
            for name, href, lang, current in frame.links
        ],
        "toc": [(anchor, unescape(text)) for anchor, text in toc],
        "footer": list(frame.footer),
        "words": {"skip": _("Skip to the content"), "pages": _("Pages"), "contents": _("Contents")},
    }


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


def _minified(name: str) -> str:
    text = (TEMPLATE / name).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"\s*([{};,>])\s*|\s+", lambda m: m[1] or " ", text).strip()
