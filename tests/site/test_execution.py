"""Running notebooks: parameters, failures told in a sentence, kernels side by side, the same bytes twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest

from analysis import paths
from analysis.errors import AnalysisError
from analysis.report import cache
from analysis.report import notebooks as execute
from analysis.report import site as site_module

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Executed notebooks of these tests are kept in a folder of their own."""
    monkeypatch.setattr(cache, "_folder", lambda: tmp_path / "executed")


def runs_kernels(test):
    """Mark a test that starts kernels: slow, since their server imports the whole stack first."""
    return pytest.mark.slow(pytest.mark.usefixtures("kernel_server")(test))


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


@runs_kernels
def test_two_kernels_run_and_a_failing_cell_names_notebook_and_error(tmp_path):
    good = notebook(tmp_path / "good.ipynb", "n = 1", "from analysis import paths\nprint(n + 1)")
    done = {}
    execute.run_all(
        [execute.Job(good, {"n": 10}), execute.Job(good, {"n": 20})],
        lambda job, made, _read: done.update({job.parameters["n"]: made.cells[1].outputs[0]["text"]}),
    )
    assert done == {10: "11\n", 20: "21\n"}
    bad = notebook(tmp_path / "bad.ipynb", "n = 1", "n += 1\n1 / 0\nn += 1")
    failed = execute.run_all([execute.Job(bad, {"n": 3})], lambda job, made, _read: None)
    assert failed == [
        "bad.ipynb (n=3) stopped in code cell 2, line 2 of 3:\n      1  n += 1\n  >   2  1 / 0\n      3  n += 1\n"
        "ZeroDivisionError: division by zero"
    ]
    assert threading.active_count() < 20


@runs_kernels
def test_the_others_come_though_one_fails(tmp_path):
    good = notebook(tmp_path / "good.ipynb", "n = 1", "n + 1")
    bad = notebook(tmp_path / "bad.ipynb", "n = 1", "1 / 0")
    done = []
    failed = execute.run_all(
        [execute.Job(bad, {"n": 1}), execute.Job(good, {"n": 1})],
        lambda job, made, _read: done.append(job.label),
    )
    assert len(failed) == 1 and failed[0].startswith("bad.ipynb")
    assert done == ["good.ipynb (n=1)"]


@runs_kernels
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("def f():\n    return 1 / 0\n\nn\nf()", "line 5 of 5"),
        ("n\nn = = 2", "line 2 of 2"),
        ("\n".join(["n += 1"] * 40) + "\nmissing", "line 41 of 41"),
        ("raise ValueError('x' * 5000 + '\\n' * 50)", "line 1 of 1"),
    ],
)
def test_a_failing_cell_is_told_in_ten_lines(tmp_path, cell, said):
    bad = notebook(tmp_path / "bad.ipynb", "n = 1", cell)
    (failed,) = execute.run_all([execute.Job(bad)], lambda job, made, _read: None)
    lines = failed.splitlines()
    assert said in lines[0]
    assert len(lines) <= 10 and max(map(len, lines)) <= 310
    assert sum(line.startswith("  >") for line in lines) == 1


@runs_kernels
def test_a_notebook_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "TIMEOUT_SECONDS", 1)
    slow = notebook(tmp_path / "slow.ipynb", "n = 1", "import time\ntime.sleep(60)")
    (failed,) = execute.run_all([execute.Job(slow)], lambda job, made, _read: None)
    assert failed.startswith("slow.ipynb stopped: ") and "timed out" in failed
    monkeypatch.setattr(execute, "TIMEOUT_SECONDS", 30)
    monkeypatch.setattr(execute, "TOTAL_SECONDS", 2)
    (failed,) = execute.run_all([execute.Job(slow)], lambda job, made, _read: None)
    assert failed == "slow.ipynb stopped: it took longer than 2 s in all."


@runs_kernels
def test_the_longest_is_started_first(tmp_path, monkeypatch):
    """By the time that each took before; one never executed counts as longest."""
    jobs = [execute.Job(notebook(tmp_path / f"{name}.ipynb", "n = 1")) for name in ("short", "long", "new")]
    order = []
    monkeypatch.setattr(cache, "seconds", lambda: {"short.ipynb": 1.5, "long.ipynb": 30.0})
    execute.run_all(jobs, lambda job, made, _read: order.append(job.label), workers=1, force=True)
    assert order == ["new.ipynb", "long.ipynb", "short.ipynb"]


@runs_kernels
def test_a_chart_of_a_notebook_is_kept_as_a_picture(tmp_path):
    """Also where another way of drawing was imported before the kernel began."""
    path = notebook(tmp_path / "chart.ipynb", "n = 1", "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    outputs = []
    assert not execute.run_all(
        [execute.Job(path)], lambda job, made, _read: outputs.extend(made.cells[1].outputs)
    )
    assert [sorted(output["data"]) for output in outputs] == [["image/png", "text/plain"]]


@runs_kernels
def test_kernels_leave_nothing_to_each_other(tmp_path):
    """What one notebook does to modules, environment and folder is not there in the next."""
    spoil = notebook(
        tmp_path / "spoil.ipynb",
        "n = 1",
        "import os, pandas, builtins\nos.environ['SPOILT'] = '1'; pandas.spoilt = True; builtins.spoilt = 1; os.chdir('/')",
    )
    look = notebook(
        tmp_path / "look.ipynb",
        "n = 1",
        "import os, pandas\nprint('SPOILT' in os.environ, hasattr(pandas, 'spoilt'), 'spoilt' in dir(__builtins__), os.getcwd())",
    )
    seen = []
    for n in (1, 2):
        jobs = [execute.Job(spoil, {"n": n}), execute.Job(look, {"n": n})]
        execute.run_all(jobs, lambda job, made, _read: seen.append(made.cells[1].outputs), workers=1)
    texts = [outputs[0]["text"] for outputs in seen if outputs]
    assert texts == [f"False False False {tmp_path}\n"] * 2


@runs_kernels
def test_an_executed_notebook_is_used_again_until_its_text_changes(tmp_path):
    path = notebook(tmp_path / "clock.ipynb", "n = 1", "import time\nprint(time.time_ns())")
    texts = []

    def run(**options):
        execute.run_all(
            [execute.Job(path)],
            lambda job, made, _read: texts.append(made.cells[1].outputs[0]["text"]),
            **options,
        )

    run()
    run()
    assert texts[0] == texts[1]
    run(force=True)
    notebook(path, "n = 2", "import time\nprint(time.time_ns())")
    run()
    assert len(set(texts)) == 3


@runs_kernels
@pytest.mark.parametrize(
    ("key", "files"),
    [
        ("county-03", ["nb/fylke-03-oslo.html", "en/county-03-oslo.html"]),
        pytest.param(
            "national", ["nb/nasjonal.html", "en/national.html"], marks=[pytest.mark.slow, pytest.mark.whole]
        ),
    ],
)
def test_a_page_of_another_process_is_the_same_byte_for_byte(request, tmp_path, monkeypatch, key, files):
    site = request.getfixturevalue("whole_site" if key == "national" else "few_site")
    monkeypatch.setattr(paths, "reports", lambda: tmp_path)
    written = site_module.build_site(only=[key], progress=False)
    assert [p.relative_to(tmp_path).as_posix() for p in written] == files
    for path in written:
        assert path.read_bytes() == (site / path.relative_to(tmp_path)).read_bytes(), path.name
    assert not list(tmp_path.rglob("*.tmp"))


def test_an_unknown_page_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "reports", lambda: tmp_path)
    with pytest.raises(AnalysisError, match=r"There is no page .* 'county-99'; did you mean"):
        site_module.build_site(only=["county-99"], progress=False)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
@pytest.mark.parametrize("seconds", [1.0, 4.0, 7.0, 10.0])
def test_ctrl_c_ends_a_run_with_one_word(tmp_path, seconds):
    """From the build to the notebooks: nbclient answers the signal by itself, and each notebook said that it failed."""
    for name in ("data/raw", "notebooks", "requirements.lock", "CITATION.cff"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "analysis", "report", "--quiet"]
    env = {**os.environ, "ANALYSIS_ROOT": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not (tmp_path / ".cache/report.lock").exists():  # however busy the machine is
        time.sleep(0.05)
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert said.strip().splitlines()[-1:] == ["Stopped."]
    # Where the signal comes while Python makes a dataclass (inside ``exec``), Python ends itself by the same signal; shells
    # report 130 for both.
    assert run.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in said and "never retrieved" not in said
