"""Classes of a map that somebody draws of a column of her own: computed by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.explore.maps import _scale


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
