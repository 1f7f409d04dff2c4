"""A selection is cut so that each cell is asked for once; the rate limiter never exceeds its window."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loaders import statbank
from analysis.loaders.rate_limit import RateLimiter

SSB = 800_000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(1, 60))
def test_each_cell_is_asked_for_exactly_once_and_no_request_is_too_large(sizes, limit):
    selection = {f"v{n}": [f"{n}-{i}" for i in range(size)] for n, size in enumerate(sizes)}
    parts = statbank.split(selection, limit)
    asked = [cell for part in parts for cell in product(*part.values())]
    assert sorted(asked) == sorted(product(*selection.values()))
    assert all(prod(map(len, part.values())) <= limit for part in parts)
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
def test_realistic_selections_need_hardly_more_requests_than_cells_over_limit(sizes):
    selection = {f"v{n}": [str(i) for i in range(size)] for n, size in enumerate(sizes)}
    least = -(-prod(sizes) // SSB)
    assert least <= len(statbank.split(selection, SSB)) <= least + max(1, least // 10)


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
    limiter = RateLimiter(calls, window, clock=clock, sleep=clock.sleep)
    sent = []
    for wait in waits:
        clock.now += wait
        limiter.wait()
        sent.append(clock.now)
        limiter.update_from_headers(headers)
    for place in range(calls, len(sent)):
        # the tolerance is that of adding floats, far below a millisecond
        assert sent[place] - sent[place - calls] >= window - 1e-6


def test_none_remaining_means_waiting_for_the_window_that_the_server_names():
    clock = Clock()
    limiter = RateLimiter(25, 60, clock=clock, sleep=clock.sleep)
    limiter.wait()
    limiter.update_from_headers({"x-ratelimit-remaining": "0", "x-ratelimit-policy": "40;w=30s"})
    assert limiter.wait() == 30


def test_a_lower_limit_than_ours_becomes_ours_and_a_higher_one_does_not():
    clock = Clock()
    limiter = RateLimiter(25, 60, clock=clock, sleep=clock.sleep)
    limiter.update_from_headers({"x-ratelimit-limit": "40", "x-ratelimit-policy": "40;w=60s"})
    assert limiter.calls == 25
    limiter.update_from_headers({"x-ratelimit-limit": "10", "x-ratelimit-policy": "10;w=60s"})
    assert limiter.calls == 10


@pytest.mark.parametrize("reset", ["999999", "1893456000", ""])
def test_a_wait_of_days_is_not_waited_for(reset):
    """A broken header (milliseconds, a moment in place of a duration) would hold a refresh for eleven days."""
    clock = Clock()
    limiter = RateLimiter(25, 60, clock=clock, sleep=clock.sleep)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-policy": "40;w=999999s", "x-ratelimit-reset": reset}
    limiter.update_from_headers(headers)
    assert limiter.wait() == 300
