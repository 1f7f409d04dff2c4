"""Settings of the documentation: `make docs` writes it to reports/docs."""

from __future__ import annotations

import base64
import hashlib
import inspect
import re
import shutil
import tomllib
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

import analysis as an
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
exclude_patterns = ["generated/names.md"]  # a part of api.md
html_math_renderer = "mathml"
templates_path = ["_templates"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["documentation.css"]
html_js_files = ["documentation.js"]
html_title = project
html_copy_source = False
html_show_sphinx = False
html_show_sourcelink = False
language = "en"

HERE = Path(__file__).parent


def setup(app: Sphinx) -> None:
    """Write data dictionary, gallery and the list of names before pages are read; formulas as MathML, which needs no script."""
    # A page of a module that is gone would stop the build; those of the others are made anew.
    shutil.rmtree(HERE / "generated/api", ignore_errors=True)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("builder-inited", lambda _: _generate())
    app.connect("autodoc-process-docstring", _whole_sentence, priority=400)
    app.connect("build-finished", _finish)


def _whole_sentence(_app: object, what: str, *arguments: object) -> None:
    """Keep what a constant or a property is in one piece: napoleon, at 500, takes the words before a colon for its type."""
    if what in ("attribute", "data", "property"):
        arguments[-1][:0] = ["..", ""]  # type: ignore[index]


def _inline(writer: object, node: nodes.math) -> None:
    writer.body.append(convert(node.astext()))  # type: ignore[attr-defined]
    raise nodes.SkipNode


def _block(writer: object, node: nodes.math_block) -> None:
    formula = convert(node.astext(), display="block")
    writer.body.append(f'<div class="math" tabindex="0" role="group" aria-label="Formula">{formula}</div>')  # type: ignore[attr-defined]
    raise nodes.SkipNode


#: What Sphinx lists as the source of constants, and has no page of.
_NO_SOURCE = '<li><a href="builtins.html">builtins</a></li>'
#: What the theme leaves out for readers who use a keyboard or a screen reader → what it should be.
_ACCESSIBLE = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Contents of the documentation">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="Contents of the page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" hidden>',
    "<pre>": '<pre tabindex="0" role="group" aria-label="Code">',
    '<div class="table-wrapper ': '<div tabindex="0" role="group" aria-label="Table" class="table-wrapper ',
    # The theme's page of search results has no heading, and nothing that says how many there are.
    '<div id="search-results">': '<h1>Search</h1><p class="visually-hidden" role="status" id="search-status"></p><div id="search-results">',
}


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Headings with a level, landmarks with names, boxes that scroll reached by the keyboard; and what a page may load."""
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for old, new in _ACCESSIBLE.items():
            text = text.replace(old, new)
        text = text.replace(_NO_SOURCE, "")
        if page.name == "style.html":
            text = _norwegian(text)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy(text)}">'
        page.write_text(text.replace("<head>", f"<head>{meta}", 1), encoding="utf-8")


def _norwegian(page: str) -> str:
    """The guide to writing with its Norwegian words marked as such (WCAG 3.1.2): italics, and the columns headed so."""

    def marked(table: re.Match[str]) -> str:
        return re.sub(r"(<tr[^>]*><td>.*?</td>\s*<td)>", r'\1 lang="nb">', table[0], flags=re.DOTALL)

    page = re.sub(r"<table(?:(?!</table>).)*?<p>Norwegian</p>.*?</table>", marked, page, flags=re.DOTALL)
    return page.replace("<em>", '<em lang="nb">')


def _policy(page: str) -> str:
    """Only the documentation's own files, and of scripts on the page those that the theme writes; Sphinx needs style attributes."""
    scripts = dict.fromkeys(re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    own = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {own}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
    )


def _generate() -> None:
    """docs/generated: the pages that are made from the package."""
    target = HERE / "generated"
    target.mkdir(exist_ok=True)
    for name, text in {"tables": _tables(), "gallery": _gallery(target), "names": _names()}.items():
        page = target / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _names() -> str:
    """The public names with what each is for, by the first line of its docstring."""
    lines = ["| name | what it is |", "|---|---|"]
    for name in an.__all__[1:]:
        thing = getattr(an, name)
        said = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
        known = (
            said
            if inspect.isroutine(thing) or inspect.isclass(thing)
            else "Definitions of small and rural, by key."
        )
        lines.append(f"| {_link(name, thing)} | {known} |")
    return "\n".join([*lines, ""])


def _link(name: str, thing: object) -> str:
    """A public name that leads to what stands of it: on the page of names, or in its module's page."""
    api = (HERE / "api.md").read_text(encoding="utf-8")
    module, full = getattr(thing, "__module__", ""), getattr(thing, "__qualname__", "")
    if f":: analysis.{name}\n" in api:
        return f"{{py:obj}}`an.{name} <analysis.{name}>`"
    is_there = f":: {module}.{full}\n" in api or f"   {module}\n" in api
    return f"{{py:obj}}`an.{name} <{module}.{full}>`" if is_there else f"`an.{name}`"


def _gallery(target: Path) -> str:
    """Each figure of gallery.toml with the code that draws it."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("agg")
    lines = ["# Gallery", "", "Each figure with the code that draws it, from `import analysis as an` on.", ""]
    space = {"an": an, "obs": an.observations().where(basis="named")}
    for k, figure in enumerate(tomllib.loads((HERE / "gallery.toml").read_text(encoding="utf-8"))["figure"]):
        *before, last = figure["code"].strip().splitlines()
        exec("\n".join(before), space)
        drawn = eval(last, space) if last.startswith("an.") else exec(last, space)
        file = target / f"gallery-{k}.svg"
        if drawn is None:
            plt.gcf().savefig(file, bbox_inches="tight", metadata={"Date": None})
            plt.close("all")
        else:
            drawn.save(file)
        alt = figure["alt"] if drawn is None else drawn.alt
        lines += [f"## {figure['title']}", "", figure["text"], ""]
        lines += [f"![{alt}]({file.name})", "", "```python"]
        needs = (
            'obs = an.observations().where(basis="named")\n' if re.search(r"\bobs\b", figure["code"]) else ""
        )
        lines += [needs + figure["code"].strip(), "```", ""]
    return "\n".join(lines)


def _tables() -> str:
    """Each table and each of its columns, from what the package declares."""
    lines = [
        "# Tables and columns",
        "",
        "Every table of `data/processed`, as `an.describe(name)` says it. *Filled* is the share of rows with a value: a blank means not known,",
        "or what the meaning says of blanks, and never zero. A *partial date* is a year, a year and month, or a day. Codes are text.",
        "",
    ]
    for name in tables.names():
        described = dictionary.describe(name)
        lines += [f"## {name}", "", described.attrs["description"], ""]
        lines += [f"Source: {described.attrs['source']}.", ""]
        lines += ["| column | type | unit | meaning | filled |", "|---|---|---|---|---|"]
        for row in described.itertuples():
            meaning = row.description.replace("|", "\\|")
            filled = "" if row.filled != row.filled else dictionary.filled(row.filled)
            lines.append(f"| `{row.column}` | {row.type} | {row.unit} | {meaning} | {filled} |")
        lines.append("")
    return "\n".join(lines)
