"""The planner covers each cell once in the fewest requests; the throttle never exceeds its window."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loaders import planner
from analysis.loaders.throttle import Throttle

SSB = 800_000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(1, 60))
def test_each_cell_is_asked_for_exactly_once_and_no_request_is_too_large(sizes, limit):
    selection = {f"v{n}": [f"{n}-{i}" for i in range(size)] for n, size in enumerate(sizes)}
    parts = planner.plan(selection, limit)
    asked = [cell for part in parts for cell in product(*part.values())]
    assert sorted(asked) == sorted(product(*selection.values()))
    assert all(prod(map(len, part.values())) <= limit for part in parts)
    assert len(parts) >= planner.lower_bound(sizes, limit)
    for part in parts:  # order kept within every part
        assert all(values == [v for v in selection[name] if v in values] for name, values in part.items())


@pytest.mark.parametrize(
    "sizes",
    [
        (357, 80, 3, 11),  # 12367: municipalities of today, functions, three arts, years
        (360, 1, 80, 3, 1, 11),
        (841, 2, 80, 5, 1, 11),  # with historic codes, both scopes, five arts
        (843, 2, 97, 5, 1, 11),
        (839, 97, 35, 11),  # everything in one scope
        (839, 2, 97, 35, 1, 11),  # everything
        (357, 2, 97, 35, 1, 1),
        (900, 41),
        (428, 107, 2, 40),  # population by age and sex
    ],
)
def test_realistic_selections_need_at_most_one_request_more_than_any_plan_needs(sizes):
    found = len(planner.boxes(sizes, SSB))
    assert planner.lower_bound(sizes, SSB) <= found <= planner.lower_bound(sizes, SSB) + 1


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(
        st.sampled_from([356, 357, 422, 428, 839, 841]) | st.integers(300, 900),
        st.integers(1, 2),
        st.integers(1, 97),
        st.integers(1, 35),
        st.integers(1, 3),
        st.integers(1, 12),
    )
)
def test_so_do_selections_like_them(sizes):
    assert len(planner.boxes(sizes, SSB)) <= planner.lower_bound(sizes, SSB) + 1


@pytest.mark.parametrize("selection", [{"a": []}, {"a": ["x", "x"]}])
def test_an_empty_or_doubled_variable_is_refused(selection):
    with pytest.raises(ValueError, match="a: values"):
        planner.plan(selection, 10)


class Clock:
    """Time that passes only when somebody sleeps, or when the test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert 0 < seconds < 1e6
        self.now += seconds


@settings(max_examples=200)
@given(
    st.integers(1, 6),
    st.floats(0.5, 60),
    st.lists(st.floats(0, 40), min_size=1, max_size=40),
    st.dictionaries(
        st.sampled_from(
            ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-policy", "x-ratelimit-reset"]
        ),
        st.sampled_from(["", "0", "1", "3", "40", "40;w=60s", "2;w=1s", "-1", "many", "1e9", "٣"]),
    ),
)
def test_no_window_ever_holds_more_calls_than_allowed_whatever_the_headers_say(calls, window, waits, headers):
    clock = Clock()
    throttle = Throttle(calls, window, clock=clock, sleep=clock.sleep)
    sent = []
    for wait in waits:
        clock.now += wait
        throttle.wait()
        sent.append(clock.now)
        throttle.heed(headers)
    for place in range(calls, len(sent)):
        # the tolerance is that of adding floats, far below a millisecond
        assert sent[place] - sent[place - calls] >= window - 1e-6


def test_none_remaining_means_waiting_for_the_window_that_the_server_names():
    clock = Clock()
    throttle = Throttle(25, 60, clock=clock, sleep=clock.sleep)
    throttle.wait()
    throttle.heed({"x-ratelimit-remaining": "0", "x-ratelimit-policy": "40;w=30s"})
    assert throttle.wait() == 30


def test_a_lower_limit_than_ours_becomes_ours_and_a_higher_one_does_not():
    clock = Clock()
    throttle = Throttle(25, 60, clock=clock, sleep=clock.sleep)
    throttle.heed({"x-ratelimit-limit": "40", "x-ratelimit-policy": "40;w=60s"})
    assert throttle.calls == 25
    throttle.heed({"x-ratelimit-limit": "10", "x-ratelimit-policy": "10;w=60s"})
    assert throttle.calls == 10
