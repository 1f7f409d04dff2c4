"""The pace at which a publisher is asked: its own limit, or a lower one that it announces."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from analysis.loaders.messages import SERVICES

#: However long a publisher says that nothing is allowed, it is asked again after so many seconds: 429 says so itself.
LONGEST_PAUSE = 300.0


class RateLimiter:
    """At most ``calls`` requests in any ``window`` seconds, fewer where the publisher's headers say so."""

    def __init__(
        self,
        calls: int,
        window: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``clock`` and ``sleep`` are replaced in tests."""
        self.calls, self.window = calls, window
        self._clock, self._sleep = clock, sleep
        self.sent: deque[float] = deque()
        self._not_before = float("-inf")

    def wait(self) -> float:
        """Sleep until the next request is allowed, count it, and return the seconds slept."""
        slept = 0.0
        while (pause := self._pause(self._clock())) > 0:
            self._sleep(pause)
            slept += pause
        self.sent.append(self._clock())
        return slept

    def _pause(self, now: float) -> float:
        while self.sent and now - self.sent[0] >= self.window:
            self.sent.popleft()
        full = self.sent[-self.calls] + self.window - now if len(self.sent) >= self.calls else 0.0
        return max(full, self._not_before - now)

    def remember(self, age: float) -> None:
        """Count a request sent ``age`` seconds ago, by a process that has ended since."""
        self.sent = deque(sorted([*self.sent, self._clock() - age]))

    def update_from_headers(self, headers: Mapping[str, str]) -> None:
        """Take over a lower limit than ours from ``x-ratelimit-*``; none remaining means to wait.

        SSB sends ``x-ratelimit-limit: 40``, ``x-ratelimit-policy: 40;w=60s``, ``x-ratelimit-remaining: 39``.
        """
        window = self.window
        for part in headers.get("x-ratelimit-policy", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == "w":
                window = _number(value.rstrip("s")) or window
        limit = _number(headers.get("x-ratelimit-limit", ""))
        # Only a limit for a window of ours or longer can be compared with ours.
        if limit and window >= self.window:
            self.calls = max(1, min(self.calls, int(limit)))
        remaining = _number(headers.get("x-ratelimit-remaining", ""))
        if remaining is not None and remaining < 1:
            reset = _number(headers.get("x-ratelimit-reset", ""))
            pause = window if reset is None or reset > window else reset
            self._not_before = max(self._not_before, self._clock() + min(pause, LONGEST_PAUSE))


#: One pace per host for the whole process, however many clients ask.
LIMITERS: dict[str, RateLimiter] = {}


def limiter(service: str) -> RateLimiter:
    """The rate limiter of a service's host; services on one host share it."""
    about = SERVICES[service]
    return LIMITERS.setdefault(
        urlsplit(about["base"]).hostname or "", RateLimiter(about["calls"], about["window"])
    )


def _number(text: str) -> float | None:
    """A plain number of at most six digits; anything else a header may hold is no number."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
