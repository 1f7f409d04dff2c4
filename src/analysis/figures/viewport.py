"""From the ground to the drawing: which part of the country a map shows, and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True)
class Frame:
    """From metres to the map's pixels."""

    left: float
    top: float
    per_metre: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Sequence[float], width: int, pad: int = 10, tallest: int = 860) -> Frame:
        """The frame that shows ``bounds`` as large as ``width`` and the tallest page allow."""
        left, bottom, right, top = bounds
        k = min((width - 2 * pad) / (right - left), (tallest - 2 * pad) / (top - bottom))
        aside = (width - (right - left) * k) / 2
        return cls(left - aside / k, top + pad / k, k, width, round((top - bottom) * k + 2 * pad))

    def pixels(self, geometry: np.ndarray) -> np.ndarray:
        """Geometries in tenths of a pixel, y downwards, whole numbers."""
        shift = np.array([self.left, self.top])
        turn = np.array([self.per_metre, -self.per_metre]) * 10
        return shapely.transform(geometry, lambda xy: np.round((xy - shift) * turn))

    def inset_box(self) -> tuple[float, float, float, float]:
        """Where the inset stands: the lower right corner, which mainland Norway leaves free."""
        side = self.width * 0.42
        return (self.width - side - 2, self.height - side - 2, self.width - 2, self.height - 2)
