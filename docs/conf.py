"""Settings of the documentation: `make docs` writes it to reports/docs."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

from analysis import __version__, tables
from analysis.explore import dictionary

project = "Municipal innovation participation in Norway"
author = "The contributors"
project_copyright = "The contributors. Code: MIT. Data: see each source."
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
autosummary_generate = True
autodoc_typehints = "none"  # types stand in the docstrings
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = True
exclude_patterns: list[str] = []
html_math_renderer = "mathml"
templates_path = ["_templates"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sphinx = False
html_show_sourcelink = False
language = "en"

HERE = Path(__file__).parent


def setup(app: Sphinx) -> None:
    """Write the data dictionary before pages are read; formulas as MathML, which needs no script."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("builder-inited", lambda _: _write_tables())
    app.connect("build-finished", _finish)


def _inline(writer: object, node: nodes.math) -> None:
    writer.body.append(convert(node.astext()))  # type: ignore[attr-defined]
    raise nodes.SkipNode


def _block(writer: object, node: nodes.math_block) -> None:
    formula = convert(node.astext(), display="block")
    writer.body.append(f'<div class="math" tabindex="0" role="group" aria-label="Formula">{formula}</div>')  # type: ignore[attr-defined]
    raise nodes.SkipNode


#: What the theme leaves out for readers who use a keyboard or a screen reader → what it should be.
_ACCESSIBLE = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Contents of the documentation">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="Contents of the page">',
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper ': '<div tabindex="0" class="table-wrapper ',
}


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Headings with a level, landmarks with names, boxes that scroll reached by the keyboard; and what a page may load."""
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for old, new in _ACCESSIBLE.items():
            text = text.replace(old, new)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy(text)}">'
        page.write_text(text.replace("<head>", f"<head>{meta}", 1), encoding="utf-8")


def _policy(page: str) -> str:
    """Only the documentation's own files, and of scripts on the page those that the theme writes; Sphinx needs style attributes."""
    scripts = dict.fromkeys(re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    own = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {own}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
    )


def _write_tables() -> None:
    """docs/generated/tables.md: each table and each of its columns, from what the package declares."""
    lines = [
        "# Tables and columns",
        "",
        "Every table of `data/processed`, as `an.describe(name)` says it.",
        "",
    ]
    for name in tables.names():
        described = dictionary.describe(name)
        lines += [f"## {name}", "", described.attrs["description"], ""]
        lines += [f"Source: {described.attrs['source']}.", ""]
        lines += ["| column | type | unit | meaning | filled |", "|---|---|---|---|---|"]
        for row in described.itertuples():
            meaning = row.description.replace("|", "\\|")
            filled = "" if row.filled != row.filled else f"{row.filled:.0%}"
            lines.append(f"| `{row.column}` | {row.type} | {row.unit} | {meaning} | {filled} |")
        lines.append("")
    target = HERE / "generated" / "tables.md"
    target.parent.mkdir(exist_ok=True)
    text = "\n".join(lines)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
