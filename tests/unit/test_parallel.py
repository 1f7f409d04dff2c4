"""Work in forked processes: everything comes, one failure hides no other, an ended process is told."""

from __future__ import annotations

import os
import time

import pytest

from analysis.errors import AnalysisError
from analysis.report import parallel
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
