"""How often a publisher may be asked: a sliding window per host."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping


class Throttle:
    """At most ``calls`` in any ``window`` seconds; lowered or held back by what the publisher's headers say.

    Not for parallel use: publishers ask for one request at a time, and the client sends one at a time.
    """

    def __init__(
        self,
        calls: int,
        window: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``clock`` and ``sleep`` are replaced in tests."""
        if calls < 1 or window <= 0:
            raise ValueError("a throttle needs at least one call and a window above 0 seconds")
        self.calls, self.window = calls, window
        self._clock, self._sleep = clock, sleep
        self._sent: deque[float] = deque()
        self._not_before = float("-inf")

    def wait(self) -> float:
        """Sleep until the next call is allowed, count it, and return the seconds slept."""
        slept = 0.0
        while (pause := self._pause(self._clock())) > 0:
            self._sleep(pause)
            slept += pause
        self._sent.append(self._clock())
        return slept

    def _pause(self, now: float) -> float:
        while self._sent and now - self._sent[0] >= self.window:
            self._sent.popleft()
        full = self._sent[-self.calls] + self.window - now if len(self._sent) >= self.calls else 0.0
        return max(full, self._not_before - now)

    def remember(self, age: float) -> None:
        """Count a call made ``age`` seconds ago, by a process that has ended since."""
        self._sent = deque(sorted([*self._sent, self._clock() - age]))

    def heed(self, headers: Mapping[str, str]) -> None:
        """Obey ``x-ratelimit-*``: a lower limit than ours becomes ours; none remaining means wait.

        SSB sends e.g. ``x-ratelimit-limit: 40``, ``x-ratelimit-policy: 40;w=60s``,
        ``x-ratelimit-remaining: 39``. Without a stated window, the wait is our own window.
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
            self._not_before = max(self._not_before, self._clock() + pause)


def _number(text: str) -> float | None:
    """A plain number of at most six digits; anything else a header may hold is no number."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
