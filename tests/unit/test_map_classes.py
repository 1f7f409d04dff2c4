"""Classes of a map that somebody draws of a column of her own: computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.explore.maps import _scale
from analysis.i18n import using


def test_classes_of_counts_share_no_limit():
    scale = _scale(pd.Series([0, 0, 1, 1, 2, 3, 90, 4]), 4)
    assert scale.names == ("0", "1", "2–3", "4–90")
    assert scale.bounds == (0, 1, 2, 4)


def test_many_zeros_are_a_class_of_their_own_and_the_others_are_told_apart():
    scale = _scale(pd.Series([0] * 60 + [1] * 20 + [2] * 10 + [3] * 5 + [9] * 5), 5)
    assert scale.names == ("0", "1", "2", "3–9")
    assert _scale(pd.Series([False] * 90 + [True] * 10).astype(float), 2).names == ("0", "1")


@pytest.mark.parametrize("values", [[1.16, 2.0, 3.0, 4.0], [11_960, 20_000, 30_000, 40_000], [5, 5, 5]])
def test_the_lowest_value_is_in_the_lowest_class_also_where_its_rounding_is_above_it(values):
    scale = _scale(pd.Series(values, dtype=float), 4)
    assert scale.bounds[0] == min(values) and len(scale.names) == len(scale.bounds)


def _sizes(values, scale):
    return [int(n) for n in np.bincount(np.searchsorted(scale.bounds, values, side="right"))[1:]]


def test_classes_of_decimals_share_no_limit_and_are_about_equally_many():
    values = pd.Series(np.linspace(2, 19, 358) ** 0.9)  # 357 steps: quantiles lie evenly
    scale = _scale(values, 5)
    limits = [limit for name in scale.names for limit in name.split("–")]
    assert len(limits) == 10 == len(set(limits))
    assert all(abs(size - 358 / 5) < 8 for size in _sizes(values, scale))
    # What is read under the pointer is within the class that it is drawn in.
    for value in values:
        low, high = scale.names[int(np.searchsorted(scale.bounds, value, side="right")) - 1].split("–")
        assert float(low) <= float(scale.write(value)) <= float(high)


def test_classes_below_zero_are_written_with_a_word():
    names = _scale(pd.Series([-8.1, -6.2, -4.4, -2.6]), 2).names
    assert names == ("−8.1 to −5.4", "−5.3 to −2.6")
    with using("nb"):
        assert _scale(pd.Series([-8.1, -6.2, -4.4, -2.6]), 2).names == ("−8,1 til −5,4", "−5,3 til −2,6")


def test_many_zeros_among_decimals_leave_the_others_apart():
    scale = _scale(pd.Series([0.0] * 60 + [0.25] * 20 + [0.5] * 10 + [0.75] * 10), 5)
    assert _sizes(pd.Series([0.0, 0.25, 0.5, 0.75]), scale) == [1, 1, 1, 1]
