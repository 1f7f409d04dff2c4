"""An executed notebook is used again only while everything that made it is unchanged."""

from __future__ import annotations

import nbformat
import pytest

from analysis import paths
from analysis.report import cache, inputs
from analysis.report.cache import Stored
from analysis.report.inputs import Snapshot


def notebook(*cells: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def made_from(book: nbformat.NotebookNode, **parameters: object) -> dict[str, str]:
    path = paths.root() / "book.ipynb"
    nbformat.write(book, path)
    return Snapshot().notebook(path, parameters)


@pytest.fixture(autouse=True)
def own_root(tmp_path, monkeypatch):
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    (tmp_path / "requirements.lock").write_text("pandas==3.1.1\n")
    return tmp_path


def names(source: str) -> set[str]:
    return {path.relative_to(inputs.PACKAGE).as_posix() for path in inputs.modules(source)}


def test_code_reached_follows_imports_and_leaves_out_the_rest():
    reached = names("from analysis.stats import proportions")
    assert "stats/proportions.py" in reached
    assert not {name for name in reached if name.startswith(("report/", "register/", "loaders/"))}
    assert names("import numpy as np\n%matplotlib inline\n!ls") == set()


def test_the_public_face_reaches_every_module():
    every = {p.relative_to(inputs.PACKAGE).as_posix() for p in inputs.PACKAGE.rglob("*.py")}
    assert names("import analysis as an") == every


def test_declarations_and_scripts_of_the_whole_package_make_a_notebook_too():
    """What a source must hold or a map's script does stands in no module; only pages' own templates come later."""
    said = set(made_from(notebook("1 + 1")))
    for place in (
        "contents.toml",
        "loaders/research_council.toml",
        "measures/claims.toml",
        "explore/interactive.js",
    ):
        assert place in said, place
    assert "report/templates/layout.html.j2" not in said


def changes(book, tables):
    return cache.changes(cache.load("book"), made_from(book), tables)


def test_a_kept_result_is_used_until_one_input_changes(own_root):
    book = notebook("from analysis.stats import proportions", "1 + 1")
    tables = {"panel": "a", "participation": "b"}
    assert cache.load("book") is None
    cache.save(Stored("book", 2.5, made_from(book), {"panel": "a"}, book))
    assert cache.seconds() == {"book": 2.5}
    assert changes(book, tables) == []
    assert changes(book, tables | {"participation": "c"}) == []  # it did not read it
    assert changes(book, tables | {"panel": "c"}) == ["table panel"]
    other = notebook("from analysis.stats import proportions", "1 + 2")
    assert changes(other, tables) == ["its own text"]
    (own_root / "requirements.lock").write_text("pandas==3.1.2\n")
    assert changes(book, tables) == ["requirements.lock"]


def test_changed_code_that_it_reaches_is_named():
    book = notebook("from analysis.stats import proportions")
    cache.save(Stored("book", 0.0, {**made_from(book), "stats/proportions.py": "another"}, {}, book))
    assert changes(book, {}) == ["stats/proportions.py"]


def test_a_template_that_cells_fill_in_is_an_input_and_the_frame_around_a_page_is_none():
    reached = made_from(notebook("from analysis.report.pages import county"))
    assert {"report/templates/sortable.html.j2", "report/templates/county_brief.html.j2"} <= set(reached)
    assert "report/templates/layout.html.j2" not in reached


@pytest.mark.parametrize("content", ["", "[]", "null", '{"inputs": {}}', "\x00"])
def test_an_unreadable_entry_counts_as_never_executed(content):
    book = notebook("1")
    cache.save(Stored("book", 0.0, made_from(book), {}, book))
    cache._path("book").write_text(content)
    assert cache.load("book") is None
    assert cache.seconds() == {}
