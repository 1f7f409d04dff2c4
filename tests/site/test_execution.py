"""Running notebooks: parameters, failures told in a sentence, kernels side by side, the same bytes twice."""

from __future__ import annotations

import threading
from pathlib import Path

import nbformat
import pytest

from analysis import paths
from analysis.errors import AnalysisError
from analysis.report import notebooks as execute
from analysis.report import site as site_module


def notebook(path: Path, *cells: str, tag: bool = True) -> Path:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    if tag:
        made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, path)
    return path


def test_parameters_are_set_in_the_tagged_cell_and_nowhere_else(tmp_path):
    path = notebook(tmp_path / "a.ipynb", 'language = "en"\ncounty = "15"', 'county = "99"')
    made = execute.prepared(execute.Job(path, {"county": "03", "language": "nb"}))
    assert made.cells[0].source == "language = 'nb'\ncounty = '03'"
    assert made.cells[1].source == 'county = "99"'


def test_a_parameter_that_nothing_takes_is_refused(tmp_path):
    with pytest.raises(AnalysisError, match="does not set county"):
        execute.prepared(execute.Job(notebook(tmp_path / "a.ipynb", 'language = "en"'), {"county": "03"}))
    with pytest.raises(AnalysisError, match="exactly one cell"):
        execute.prepared(execute.Job(notebook(tmp_path / "b.ipynb", "x = 1", tag=False), {"x": 2}))


def test_two_kernels_run_and_a_failing_cell_names_notebook_and_error(tmp_path):
    good = notebook(tmp_path / "good.ipynb", "n = 1", "from analysis import paths\nprint(n + 1)")
    done = {}
    execute.run_all(
        [execute.Job(good, {"n": 10}), execute.Job(good, {"n": 20})],
        lambda job, made: done.update({job.parameters["n"]: made.cells[1].outputs[0]["text"]}),
    )
    assert done == {10: "11\n", 20: "21\n"}
    bad = notebook(tmp_path / "bad.ipynb", "n = 1", "1 / 0")
    with pytest.raises(AnalysisError, match=r"bad\.ipynb \(n=3\) stopped: ZeroDivisionError"):
        execute.run_all([execute.Job(bad, {"n": 3})], lambda job, made: None)
    assert threading.active_count() < 20


def test_a_page_of_another_process_is_the_same_byte_for_byte(site, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "reports", lambda: tmp_path)
    written = site_module.build_site(only=["national", "county-03"], progress=False)
    assert [p.relative_to(tmp_path).as_posix() for p in written] == [
        "nb/nasjonal.html",
        "nb/fylke-03-oslo.html",
        "en/national.html",
        "en/county-03-oslo.html",
    ]
    for path in written:
        assert path.read_bytes() == (site / path.relative_to(tmp_path)).read_bytes(), path.name
    assert not list(tmp_path.rglob("*.tmp"))


def test_an_unknown_page_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "reports", lambda: tmp_path)
    with pytest.raises(AnalysisError, match=r"No such page: county-99\. There are: index, national"):
        site_module.build_site(only=["county-99"], progress=False)
