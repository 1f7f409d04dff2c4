"""Work in forked processes: everything comes, errors come whole and hide no other, an ended process is told."""

from __future__ import annotations

import os
import pickle
import time
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.errors import AnalysisError, DataError, Fault, UnknownName
from analysis.loaders.messages import FetchError, Request
from analysis.measures.estimates import CoverageError
from analysis.report import parallel, site
from analysis.report.parallel import forked

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def test_every_item_comes_once_and_from_other_processes():
    made = {
        item: result
        for item, result, error in forked(lambda n: [str(os.getpid())], range(20), 3)
        if not error
    }
    assert sorted(made) == list(range(20))
    assert len({pid for (pid,) in made.values()}) == 3
    assert str(os.getpid()) not in {pid for (pid,) in made.values()}


def test_an_error_is_handed_on_and_the_others_come():
    def make(n: int) -> list[str]:
        if n == 4:
            raise AnalysisError("four is not there")
        if n == 5:
            raise OSError(28, "No space left on device", "a.html")
        return [str(n)]

    results = {item: (result, error) for item, result, error in forked(make, range(10), 2)}
    assert results.pop(4) == (None, "four is not there")
    assert results.pop(5) == (None, "No space left on device (a.html)")
    assert all(result == [str(n)] and not error for n, (result, error) in results.items())


def test_a_process_that_ends_is_told():
    with pytest.raises(AnalysisError, match="ended before its work was done"):
        list(forked(lambda n: os._exit(1) if n == 7 else [], range(10), 2))


def test_a_process_that_ends_before_it_is_asked_is_told(monkeypatch):
    monkeypatch.setattr(parallel, "_work", lambda *_: os._exit(9))
    with pytest.raises(AnalysisError, match="ended before its work was done"):
        list(forked(lambda n: [], range(10), 2))


def test_processes_end_quietly_where_the_caller_has_had_enough(capfd):
    results = forked(lambda n: [str(n)], range(20), 2)
    next(results)
    time.sleep(0.3)  # the others are made meanwhile, and nobody will read them
    results.close()
    assert capfd.readouterr().err == ""


def test_work_goes_on_beside_the_body_and_its_error_comes_whole():
    faults = [Fault("a.csv", row, "year", "x", "is no year") for row in (3, 2)]

    def work() -> None:
        raise DataError(faults, "The tables cannot be built")

    done = []
    with pytest.raises(DataError) as raised, parallel.beside(work):
        done.append("body")
    assert done == ["body"]
    assert str(raised.value) == str(DataError(faults, "The tables cannot be built"))
    assert raised.value.faults == DataError(faults).faults


class Unsendable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__("cannot be made again from its message")


@pytest.mark.parametrize("error", [KeyError("year"), Unsendable(1, 2)], ids=["known", "unsendable"])
def test_an_unexpected_error_of_work_beside_says_where_it_was(error):
    def work_of_a_child() -> None:
        raise error

    with pytest.raises((KeyError, RuntimeError)) as raised, parallel.beside(work_of_a_child):
        pass
    told = "".join(traceback.format_exception(raised.value))
    assert str(error) in told
    assert "in work_of_a_child" in told


def test_work_beside_that_ends_without_a_word_is_told(capfd):
    with (
        pytest.raises(AnalysisError, match="ended before its work was done"),
        parallel.beside(lambda: os._exit(9)),
    ):
        pass
    assert capfd.readouterr().err == ""


def test_an_error_of_the_body_is_not_hidden_by_the_work_beside(tmp_path):
    with pytest.raises(ValueError, match="body"), parallel.beside((tmp_path / "made").touch):
        raise ValueError("body")
    assert (tmp_path / "made").exists()  # it was waited for


@pytest.mark.parametrize(
    "error",
    [
        AnalysisError("no"),
        UnknownName("programme", "klimasat", ["klimasats"]),
        DataError([Fault("a.csv", 2, "year", "x", "is no year")]),
        FetchError(Request("ssb", "/table"), "timed out"),
        CoverageError("no rate"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_the_way_between_processes(error):
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert str(there) == str(error)
    assert vars(there) == vars(error)


def test_a_fault_that_all_pages_have_stops_after_a_few(monkeypatch):
    """A wrong row of the register fails every page of the tables: 800 of them took ten minutes to say the same."""

    def content(_country):
        raise AnalysisError("participations.csv, row 7: no such year")

    class Bar:
        n = 0

        def update(self):
            self.n += 1

        def set_postfix_str(self, _text):
            pass

    monkeypatch.setattr(site.data, "load", lambda: Path(os.environ[site.tables.READS_VARIABLE]).touch())
    listed = [
        SimpleNamespace(key=str(k), file=f"nb/{k}.html", language="nb", content=content) for k in range(90)
    ]
    run, bar = object.__new__(site._Run), Bar()
    run.every = listed
    monkeypatch.setattr(run, "keep", lambda *_args: None, raising=False)
    said, rest = run.from_data(listed, bar)
    assert said.count(".html") == site.SAME and said.count("row 7") == 1
    assert rest == f"{90 - site.SAME} more pages were not tried after that."
    assert bar.n == site.SAME
