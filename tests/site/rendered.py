"""The site, rendered once for all tests that read it: few pages in every run, a sample in CI, all in the slow run.

Notebooks run in this process, cell by cell in a namespace of their own, which takes a second a page
instead of a kernel's five; ``test_report_execute`` holds a kernel's pages against these, byte by byte.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from analysis import io, paths
from analysis.i18n import current, using
from analysis.report import data, page, render, research
from analysis.report import notebooks as execute
from analysis.report import site as site_module
from analysis.report.pages import index, poster

#: Municipalities whose pages are in the sample: largest, smallest, split, merged, without documented
#: participation, with Sámi name, island, named in a group only, and those with most on their sheet of paper.
PROFILES = ("0301", "1151", "1580", "1508", "5007", "3454", "5612", "1875", "4217", "1856", "4005", "1860")
PROGRAMMES = ("klimasats", "horizon-2020", "gnist", "regional-startoff", "lup-project")
#: Counties likewise, in one language or in both: of one municipality, with a scheme of its own, parted in 2024;
#: with most municipalities, with a group that is not named.
COUNTIES = {"nb": ("03", "15", "34", "42", "56"), "en": ("03", "15", "56")}
#: The pages of every run, at least one of each kind but the national report, which takes longest.
FEW = (
    *(("index", language) for language in ("nb", "en")),
    *(("county-03", language) for language in ("nb", "en")),
    ("county-56", "en"),
    *((key, "nb") for key in ("municipalities", "programmes", "notebook-01", "programme-klimasats")),
    *((f"municipality-{code}", "nb") for code in ("0301", "3454", "5612")),
)


def is_in_sample(file: str) -> bool:
    """Whether a page is in the sample: all but those of single municipalities and programmes.

    Of these a fixed choice, in one of the languages each; a slow test looks at all.
    """
    language, _slash, name = file.partition("/")
    kind, _hyphen, rest = name.removesuffix(".html").partition("-")
    if kind in ("kommune", "municipality"):
        place = PROFILES.index(rest[:4]) if rest[:4] in PROFILES else None
    elif kind in ("ordning", "programme"):
        place = PROGRAMMES.index(rest) if rest in PROGRAMMES else None
    else:
        return True
    return place is not None and ("nb", "en")[place % 2] == language


VOID = {"meta", "link", "input", "br", "wbr", "img", "hr"}


def run_here(job: execute.Job) -> nbformat.NotebookNode:
    """The notebook with what its cells show, executed without a kernel."""
    notebook = execute.prepared(job)
    bundles: list[dict] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page.Page, "_display", lambda _page, bundle: bundles.append(bundle))
        namespace: dict[str, object] = {}
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            bundles.clear()
            exec(compile(cell.source, f"{job.label} {cell['id']}", "exec"), namespace)
            # Through JSON, as a kernel sends it.
            cell.outputs = [
                nbformat.v4.new_output("display_data", json.loads(json.dumps(bundle))) for bundle in bundles
            ]
    return notebook


def written(country: data.Data, folder: Path, keys: Collection[str | tuple[str, str]] | None = None) -> Path:
    """The pages of the site below a folder, from data that are loaded already.

    All of them, or those of some keys, in both languages or, where a key comes with its language, in that.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "reports", lambda: folder)
        patch.setattr(data, "load", lambda: country)
        every = site_module.pages()
        for one in every:
            if keys and one.key not in keys and (one.key, one.language) not in keys:
                continue
            with using(one.language):
                if one.is_research:  # their frame and text; that they run is another test's
                    content = research.of_notebook(execute.prepared(one.job))
                else:
                    content = render.of_notebook(run_here(one.job)) if one.job else one.content(country)
                site_module.write_page(one, content, every)
        io.write_atomically(folder / "index.html", index.redirect())
    return folder


@pytest.fixture(scope="session")
def few_site(tmp_path_factory: pytest.TempPathFactory, _built: None) -> Path:
    """Folder with the pages of every run; the poster, which has tests of its own, is an empty file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poster, "files", lambda _country: {poster.PDF.format(language=current()): b""})
        return written(data.load(), tmp_path_factory.mktemp("few"), FEW)


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory, _built: None) -> Path:
    """Folder with the pages on the country, and those of the sample of counties, municipalities and programmes."""
    keys: list[str | tuple[str, str]] = [("national", "nb")]  # it takes longest; the whole site has both
    keys += ["index", "municipalities", "programmes", "notebooks", "notebook-01"]
    keys += [(f"county-{code}", language) for language, codes in COUNTIES.items() for code in codes]
    keys += [f"municipality-{code}" for code in PROFILES]
    keys += [f"programme-{name.replace('-', '_')}" for name in PROGRAMMES]
    return written(data.load(), tmp_path_factory.mktemp("sample"), keys)


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory, _built: None) -> Path:
    """Folder with every page of the site."""
    return written(data.load(), tmp_path_factory.mktemp("whole"))


@pytest.fixture(
    scope="module",
    params=[
        "few",
        pytest.param("sample", marks=pytest.mark.slow),
        pytest.param("whole", marks=[pytest.mark.slow, pytest.mark.whole]),
    ],
)
def site(request: pytest.FixtureRequest) -> Path:
    """The few pages of every run; in the slow run also a sample, and all of them."""
    return request.getfixturevalue(f"{request.param}_site")


def is_whole(site: Path) -> bool:
    """Whether this is the whole site."""
    return site.name.startswith("whole")


def skip_unless_made(site: Path, file: str) -> None:
    """Leave a test of a page that is not among those made here to the slow run."""
    if not is_whole(site) and not (site / file).exists():
        pytest.skip("not among these pages; the slow run has all")


class Node:
    """An element with its attributes, children and text."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Node | None) -> None:
        self.tag, self.attrs, self.parent = tag, attrs, parent
        self.children: list[Node | str] = []

    def all(self, tag: str | None = None, **attrs: str) -> list[Node]:
        """Every descendant with this tag and these attributes (``cls`` for one of its classes)."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                is_so = tag in (None, child.tag) and all(
                    v in child.attrs.get("class", "").split() if k == "cls" else child.attrs.get(k) == v
                    for k, v in attrs.items()
                )
                found += ([child] if is_so else []) + child.all(tag, **attrs)
        return found

    @property
    def text(self) -> str:
        """All text below, without line breaks inside intervals."""
        return "".join(c.text if isinstance(c, Node) else c for c in self.children).replace("\u2060", "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Node("", {}, None)
        self.faults: list[str] = []

    def handle_starttag(self, tag, attrs):
        node = Node(tag, {k: v or "" for k, v in attrs}, self.at)
        self.at.children.append(node)
        if tag not in VOID:
            self.at = node

    def handle_startendtag(self, tag, attrs):
        self.at.children.append(Node(tag, {k: v or "" for k, v in attrs}, self.at))

    def handle_endtag(self, tag):
        if self.at.tag != tag:
            self.faults.append(f"</{tag}> closes <{self.at.tag}>")
        elif self.at.parent:
            self.at = self.at.parent

    def handle_data(self, text):
        self.at.children.append(text)


def read(path: Path) -> Node:
    """A page as a tree; every element must be closed in order."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert not reader.faults, f"{path.name}: {reader.faults[:3]}"
    return reader.root
