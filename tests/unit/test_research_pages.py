"""An executed research notebook on the site: everything that was shown, nothing that could act."""

from __future__ import annotations

import re

import nbformat
import pytest

from analysis.i18n import using
from analysis.report import research

PNG = "iVBORw0KGgo="
HOSTILE = (
    "<style scoped>td { color: red }</style><table border=1 style='x' onclick='a()'><thead><tr><th></th><th>n</th></tr></thead>"
    "<tbody><tr><th>Bod\u00f8 &lt;b&gt;</th><td><img src=x onerror=a()>3</td></tr></tbody></table><script>a()</script>"
)


def output(**data: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_output(
        "display_data", {key.replace("_", "/"): value for key, value in data.items()}
    )


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("x < 3  # <b>code</b>")
    cell.outputs = [
        nbformat.v4.new_output("stream", text="\x1b[31mred\x1b[0m <i>"),
        output(image_png=PNG, text_plain="<Figure>"),
        output(text_html=HOSTILE, text_plain="a table"),
        output(text_markdown="**3** of <script>a()</script> 4", text_plain="."),
    ]
    first = nbformat.v4.new_markdown_cell("# How *large*?\n\nIt is measured. Then turned round.\n")
    return nbformat.v4.new_notebook(cells=[first, nbformat.v4.new_markdown_cell("## By kind & size"), cell])


@pytest.mark.parametrize("language", ["nb", "en"])
def test_title_sections_code_and_every_output_are_there(notebook, language):
    with using(language):
        made = research.of_notebook(notebook)
    assert (made.title, made.description) == ("How large?", "It is measured.")
    assert made.headings == [("By-kind-&-size", "By kind & size")]
    body = str(made.body)
    assert 'id="By-kind-&amp;-size"' in body
    assert "x &lt; 3  # &lt;b&gt;code&lt;/b&gt;" in body and "red &lt;i&gt;" in body
    assert "Bod\u00f8 &lt;b&gt;" in body and "<strong>3</strong> of" in body
    assert f"data:image/png;base64,{PNG}" in body
    assert 'class="research" lang="en"' in body
    # What the frame adds is in the frame's language: who listens hears it so.
    (alt,) = re.findall(r'<img class="chart" lang="(\w+)" alt="([^"]+)"', body)
    assert alt[0] == language and "By kind &amp; size" in alt[1]
    # What scrolls is reached with the keyboard and has a name there.
    names = re.findall(r'<pre class="\w+" tabindex="0" role="group" aria-label="([^"]+)"', body)
    assert len(names) == body.count("<pre") and set(names) == {
        "Code: By kind &amp; size",
        "Output: By kind &amp; size",
    }


def test_nothing_but_text_and_tables_comes_from_outputs(notebook):
    with using("en"):
        body = str(research.of_notebook(notebook).body)
    assert not re.search(r"<script|<style|onclick|onerror|style=|src=x", body)
    assert '<th scope="col">n</th>' in body and '<th scope="row">Bod' in body
    assert '<caption class="visually-hidden" lang="en"><span>Table 1</span></caption>' in body
    assert body.count("<table") == body.count('class="table-box" tabindex="0" role="region"') == 1


def test_no_header_cell_is_empty(notebook):
    """A frame has nothing above its index; an empty header cell would be read aloud as one."""
    assert '<tr><td></td><th scope="col">n</th></tr>' in research.cleaned(HOSTILE)
