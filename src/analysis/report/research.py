"""An executed research notebook as the content of a page: text, code, and what the cells have shown.

Everything but the project's own figures is rebuilt from a short list of HTML elements, so that nothing that
a table or a name holds can do more on the page than be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from itertools import count

from markupsafe import Markup, escape
from nbformat import NotebookNode

from analysis.figures import figure
from analysis.i18n import N_, _, current
from analysis.report.render import Content

#: The notebooks are written in English, whatever language the page's frame is in.
LANGUAGE = "en"
KICKER = N_("Research notebook")
_KEPT = frozenset(
    "p strong em b i code pre ul ol li blockquote br small sub sup a h1 h2 h3 h4 table thead tbody tr th td".split()  # noqa: SIM905
)
_DROPPED = ("style", "script", "caption")
_EMPTY = ("br",)
#: Kinds of charts by the call that draws them.
_CHARTS = {"lineplot": "Line chart", "scatterplot": "Scatter chart", "boxplot": "Box plot"}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def of_notebook(notebook: NotebookNode) -> Content:
    """The page of an executed notebook, in the language in use around it.

    Parameters
    ----------
    notebook : NotebookNode
        Its first cell is Markdown and begins with the title (``# …``).

    Returns
    -------
    Content
        Title and sections from the notebook's headings; the body is marked as English.
    """
    title, lead = opening(notebook)
    headings: list[tuple[str, str]] = []
    numbers = count(1)  # of the tables
    blocks = [Markup('<p class="kicker" lang="{}">{}</p>').format(current(), _(KICKER))]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            html = markdown(cell.source, numbers)
            headings += [
                (unescape(anchor), unescape(re.sub(r"<[^>]+>", "", text)))
                for anchor, text in re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', html)
            ]
            blocks.append(html)
        elif cell.cell_type == "code":
            section = headings[-1][1] if headings else title
            blocks.append(_box("code", Markup("<code>{}</code>").format(cell.source), section))
            blocks += _outputs(cell, section, numbers)
    body = Markup('<div class="research" lang="{}">{}</div>').format(LANGUAGE, Markup("\n").join(blocks))
    return Content(body, title, lead, headings)


def opening(notebook: NotebookNode) -> tuple[str, str]:
    """Title and first sentence of a notebook, in plain text."""
    first, _line, rest = notebook.cells[0].source.partition("\n")
    text = " ".join(rest.split("\n\n")[0].split() or rest.split("\n\n")[1:2])
    sentence = re.split(r"(?<=[.?!]) ", text)[0]
    return re.sub(r"[*`_#]", "", first).strip(), re.sub(r"[*`_]", "", sentence)


def _outputs(cell: NotebookNode, section: str, numbers: Iterator[int]) -> Iterator[Markup]:
    for output in cell.outputs:
        if output.output_type == "stream":
            text = _ANSI.sub("", output.text)
            yield _box("output", text, section)
            continue
        data = output.get("data", {})
        if figure.MIME in data:
            yield Markup(data[figure.MIME].get("html", data["text/html"]))
        elif "image/png" in data:
            language, alt = _described(cell.source, section)
            picture = Markup('<img class="chart" lang="{}" alt="{}" src="data:image/png;base64,{}">')
            yield picture.format(language, alt, "".join(data["image/png"].split()))
        elif "text/html" in data:
            yield cleaned(data["text/html"], numbers)
        elif "text/markdown" in data:
            yield Markup('<div class="said">{}</div>').format(markdown(data["text/markdown"], numbers))
        elif "text/plain" in data:
            yield _box("output", data["text/plain"], section)


def _box(kind: str, content: str, section: str) -> Markup:
    """Code or output that scrolls by itself, named by its section for whoever reaches it with the keyboard."""
    return Markup('<pre class="{}" tabindex="0" role="group" aria-label="{}: {}">{}</pre>').format(
        kind, kind.capitalize(), section, content
    )


def _described(code: str, section: str) -> tuple[str, str]:
    """Language and text of what stands in for a picture: its axes as the code names them, else its section."""
    x, y = (re.search(rf'{axis}label="([^"]+)"', code) for axis in "xy")
    if x and y:
        kind = next((said for call, said in _CHARTS.items() if call in code), "Chart")
        across = kind == "Box plot"  # lies: its groups stand on the upright axis
        value, by = (x, y) if across else (y, x)
        return LANGUAGE, f"{kind}: {value[1]}, by {by[1]}."
    return current(), _(
        "Chart of the section “{section}”; the sentences and tables beside it say what it shows.",
        section=section,
    )


def markdown(text: str, numbers: Iterator[int] | None = None) -> Markup:
    """Markdown as safe HTML.

    Examples
    --------
    >>> markdown("A *word* <script>x</script>")
    Markup('<p>A <em>word</em> </p>')
    """
    from nbconvert.filters import markdown2html

    html = re.sub(r'<a class="anchor-link".*?</a>', "", markdown2html(text))
    return cleaned(html, numbers)


def cleaned(html: str, numbers: Iterator[int] | None = None) -> Markup:
    """HTML rebuilt from elements of text and tables alone; tables scroll by themselves and have header cells.

    Examples
    --------
    >>> cleaned('<p onclick="x()" style="color:red">Text<script>x()</script></p>')
    Markup('<p>Text</p>')
    """
    cleaner = _Cleaner(numbers or count(1))
    cleaner.feed(html)
    cleaner.close()
    return Markup("".join(cleaner.out)).strip()


class _Cleaner(HTMLParser):
    def __init__(self, numbers: Iterator[int]) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.numbers = numbers
        self.dropping = 0
        self.in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self.dropping += 1
        elif tag in _KEPT and not self.dropping:
            given = {name: value or "" for name, value in attrs}
            shown: dict[str, str] = {
                name: given[name] for name in ("id", "rowspan", "colspan") if name in given
            }
            if tag == "a" and given.get("href", "").startswith(("https://", "http://", "#")):
                shown["href"] = given["href"]
                if not given["href"].startswith("#"):
                    shown["rel"] = "noopener noreferrer external"
            if tag == "thead":
                self.in_head = True
            if tag == "th":
                shown["scope"] = "col" if self.in_head else "row"
            if tag == "table":
                label = _("Table {n}", n=next(self.numbers))
                start = Markup(
                    '<div class="table-box" tabindex="0" role="region" lang="{}" aria-label="{}"><table lang="{}">'
                    '<caption class="visually-hidden" lang="{}"><span>{}</span></caption>'
                )
                self.out.append(start.format(current(), label, LANGUAGE, current(), label))
                return
            attributes = (Markup(' {}="{}"').format(name, value) for name, value in shown.items())
            self.out.append(f"<{tag}{''.join(attributes)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self.dropping = max(self.dropping - 1, 0)
        elif tag in _KEPT and tag not in _EMPTY and not self.dropping:
            if tag == "thead":
                self.in_head = False
            if tag == "th" and self.out[-1].startswith("<th "):  # above an index: empty, so it heads nothing
                tag = "td"
                self.out[-1] = self.out[-1].replace("<th ", "<td ").replace(' scope="col"', "")
            self.out.append(f"</{tag}>" + ("</div>" if tag == "table" else ""))

    def handle_data(self, data: str) -> None:
        if not self.dropping:
            self.out.append(str(escape(data)))
