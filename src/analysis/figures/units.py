"""How quantities are written in charts: as shares, ratios or counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.i18n import number, number_range, percent, percent_range


@dataclass(frozen=True)
class Unit:
    """How a quantity is written: one value, an interval, and a tick of the axis (default: as a value)."""

    one: Callable[[float], str]
    span: Callable[[float, float], str]
    is_log: bool = False
    tick: Callable[[float], str] | None = None


SHARE = Unit(lambda v: percent(v, 0 if v >= 0.1 or v == 0 else 1), lambda a, b: percent_range(a, b, 0))
"""A share between 0 and 1, written as a percentage (one decimal below ten per cent)."""
SHARE_1 = Unit(lambda v: percent(v, 1), lambda a, b: percent_range(a, b, 1), tick=percent)
RATIO = Unit(lambda v: number(v, 2), lambda a, b: number_range(a, b, 2), is_log=True)
COUNT = Unit(lambda v: number(v), lambda a, b: number_range(a, b))
