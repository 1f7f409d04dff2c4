"""The JSON-stat decoder against the standard, against pyjstat, and against arbitrary bytes."""

from __future__ import annotations

import contextlib
import json
from itertools import product
from math import prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyjstat import pyjstat

from analysis.errors import DataError
from analysis.loaders import jsonstat
from analysis.loaders.jsonstat_header import RESERVED

SYMBOLS = [".", "..", ":"]


def dataset(**changes):
    """The shape of SSB's answer for table 12134, three municipalities."""
    regions = {"0301": "Oslo - Oslove", "4601": "Bergen", "5001": "Trondheim - Tråante"}
    plain = {
        "version": "2.0",
        "class": "dataset",
        "label": "12134: Utvalgte nøkkeltall, etter region og år",
        "source": "Statistisk sentralbyrå",
        "updated": "2026-03-16T07:00:00Z",
        "note": ["Ni nøkkeltall", "Brudd i tidsserien"],
        "role": {"time": ["Tid"], "geo": ["Region"], "metric": ["ContentsCode"]},
        "id": ["Region", "ContentsCode", "Tid"],
        "size": [3, 1, 1],
        "dimension": {
            "Region": {
                "label": "region",
                "category": {"index": {c: n for n, c in enumerate(regions)}, "label": regions},
                "extension": {"elimination": False},
            },
            "ContentsCode": {
                "label": "statistikkvariabel",
                "category": {
                    "index": {"KOSAG110000": 0},
                    "label": {"KOSAG110000": "Frie inntekter"},
                    "unit": {"KOSAG110000": {"base": "kr", "decimals": 0}},
                },
            },
            "Tid": {"label": "år", "category": {"index": {"2024": 0}, "label": {"2024": "2024"}}},
        },
        "extension": {"noteMandatory": {"1": True}, "px": {"tableid": "12134"}},
        "value": [81240, None, 62853],
        "status": {"1": ":"},
    }
    return json.dumps(plain | changes).encode()


def test_codes_labels_values_status_units_and_attributes_are_all_kept():
    frame = jsonstat.decode(dataset())
    assert list(frame["Region"]) == ["0301", "4601", "5001"]
    assert list(frame["Region_label"]) == ["Oslo - Oslove", "Bergen", "Trondheim - Tråante"]
    assert frame["value"].tolist()[::2] == [81240.0, 62853.0]
    assert np.isnan(frame["value"][1])
    assert frame["status"].astype(object).where(frame["status"].notna(), None).tolist() == [None, ":", None]
    assert set(frame["unit"]) == {"kr"}
    assert isinstance(frame["Region"].dtype, pd.CategoricalDtype)
    assert frame.attrs["updated"] == "2026-03-16T07:00:00Z"
    assert frame.attrs["notes"] == ["Ni nøkkeltall", "Brudd i tidsserien"]
    assert frame.attrs["mandatory_notes"] == ["Brudd i tidsserien"]
    assert frame.attrs["table_id"] == "12134"
    assert "Statistisk sentralbyrå" in frame.attrs["source_line"]


@pytest.mark.parametrize(
    ("changes", "cell_1"),
    [
        ({"status": {"1": ".."}}, ".."),
        ({"status": [None, ".", None]}, "."),
        ({"status": ":"}, ":"),
        ({"status": [":"]}, ":"),
        ({"value": {"0": 81240, "2": 62853}}, ":"),
    ],
)
def test_every_form_of_status_and_value(changes, cell_1):
    frame = jsonstat.decode(dataset(**changes))
    assert frame["status"][1] == cell_1
    assert frame["value"][0] == 81240
    assert np.isnan(frame["value"][1])


def test_two_codes_with_one_label_stay_two_codes():
    names = {"0821": "Bø", "1867": "Bø", "0301": "Oslo"}
    region = {"label": "region", "category": {"index": list(names), "label": names}}
    document = json.loads(dataset())
    document["dimension"]["Region"] = region
    frame = jsonstat.decode(json.dumps(document).encode())
    assert list(frame["Region"]) == ["0821", "1867", "0301"]
    assert list(frame["Region_label"]) == ["Bø", "Bø", "Oslo"]


def test_notes_on_single_categories_are_kept_and_the_mandatory_ones_marked():
    document = json.loads(dataset())
    region = document["dimension"]["Region"]
    region["category"]["note"] = {"0301": ["Også fylke"], "5001": ["Ny kode"]}
    region["extension"]["categoryNoteMandatory"] = {"5001": {"0": True}}
    frame = jsonstat.decode(json.dumps(document).encode())
    assert frame.attrs["notes"][2:] == ["Også fylke", "Ny kode"]
    assert frame.attrs["mandatory_notes"] == ["Brudd i tidsserien", "Ny kode"]


@st.composite
def datasets(draw):
    """A dataset in a random legal form, and the same one in the only form that pyjstat reads."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
    ids = draw(st.lists(text, min_size=len(sizes), max_size=len(sizes), unique=True))
    reserved = {*RESERVED, *(f"{i}_label" for i in ids)}
    if reserved & set(ids):
        ids = [f"dimension {n}" for n in range(len(sizes))]
    cells = prod(sizes)
    number = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False, width=32)
    values = draw(st.lists(st.none() | number, min_size=cells, max_size=cells))
    symbols = draw(st.lists(st.none() | st.sampled_from(SYMBOLS), min_size=cells, max_size=cells))
    one_symbol = draw(st.sampled_from(SYMBOLS))
    plain_dimension, dimension = {}, {}
    for name, size in zip(ids, sizes, strict=True):
        codes = draw(st.lists(text, min_size=size, max_size=size, unique=True))
        positions = {code: n for n, code in enumerate(codes)}
        shuffled = {code: positions[code] for code in draw(st.permutations(codes))}
        labels = {code: f"label of {code}" for code in codes}
        forms = [{"index": shuffled}, {"index": codes}] + ([{}] if size == 1 else [])
        category = dict(draw(st.sampled_from(forms)))
        if draw(st.booleans()) or "index" not in category:
            category["label"] = labels
        dimension[name] = {"label": name, "category": category}
        plain_dimension[name] = {"label": name, "category": {"index": positions, "label": labels}}
    base = {"version": "2.0", "class": "dataset", "id": ids, "size": sizes}
    value = draw(st.sampled_from([values, {str(n): v for n, v in enumerate(values) if v is not None}]))
    expected, status = draw(
        st.sampled_from(
            [
                (symbols, symbols),
                (symbols, {str(n): s for n, s in enumerate(symbols) if s is not None}),
                ([one_symbol] * cells, one_symbol),
                ([one_symbol] * cells, [one_symbol]),
                ([None] * cells, None),
            ]
        )
    )
    # A list of one entry speaks for all cells, which for one cell is the same thing.
    form = base | {"dimension": dimension, "value": value}
    form |= {"status": status} if status is not None else {}
    return form, base | {"dimension": plain_dimension, "value": values}, expected


def agree(case, separators):
    form, plain, symbols = case
    frame = jsonstat.decode(json.dumps(form, separators=separators).encode())
    theirs = pyjstat.Dataset.read(json.dumps(plain)).write("dataframe", naming="id")
    np.testing.assert_array_equal(frame["value"].to_numpy(), theirs["value"].to_numpy(dtype=float))
    for name in plain["id"]:
        assert frame[name].tolist() == theirs[name].tolist()
    found = [None if pd.isna(s) else s for s in frame["status"].astype(object)]
    assert found == symbols


def test_byte_order_marks_and_raw_line_breaks_are_read_as_publishers_send_them():
    clean = dataset()
    pd.testing.assert_frame_equal(jsonstat.decode(b"\xef\xbb\xbf" + clean), jsonstat.decode(clean))
    broken = jsonstat.decode(clean.replace(b"Oslo", b"Os\nlo"))
    assert "Os\nlo - Os\nlove" in set(broken["Region_label"])


SEPARATORS = st.sampled_from([(",", ":"), (", ", ": ")])


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(datasets(), SEPARATORS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_agrees_with_pyjstat_on_every_legal_form(case, separators):
    agree(case, separators)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(datasets(), SEPARATORS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_agrees_with_pyjstat_on_many_forms(case, separators):
    agree(case, separators)


def test_order_is_row_major_by_hand():
    document = {
        "version": "2.0", "class": "dataset", "id": ["a", "b"], "size": [2, 3],
        "dimension": {"a": {"category": {"index": ["x", "y"]}},
                      "b": {"category": {"index": ["1", "2", "3"]}}},
        "value": [1, 2, 3, 4, 5, 6],
    }  # fmt: skip
    frame = jsonstat.decode(json.dumps(document).encode())
    assert list(zip(frame["a"], frame["b"], strict=True)) == list(product("xy", "123"))
    assert frame["value"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": [1, 2]}, "value"),
        ({"value": [1, 2, "3"]}, "value"),
        ({"value": [1, 2, True]}, "value"),
        ({"value": [1, 2, 1e999]}, "infinit"),
        ({"value": None}, "value"),
        ({"value": {"3": 1}}, "value"),
        ({"value": {"-1": 1}}, "value"),
        ({"value": {"١": 1}}, "value"),
        ({"status": {"9": "."}}, "status"),
        ({"status": {"0": 4}}, "status"),
        ({"status": {"0": ["."]}}, "status"),
        ({"status": 3}, "status"),
        ({"size": [3, 1]}, "size"),
        ({"size": [3, 1, 2]}, "index"),
        ({"size": [-3, 1, 1]}, "size"),
        ({"id": ["Region", "Region", "Tid"]}, "id"),
        ({"dimension": {}}, "dimension.Region"),
        ({"class": "collection"}, "class"),
        ({"version": "1.0"}, "class"),
    ],
)
def test_what_is_not_legal_is_refused_with_the_field_named(changes, field):
    body = dataset(**changes).replace(b"Infinity", b"1e999")
    with pytest.raises(DataError, match=field.replace(".", r"\.")):
        jsonstat.decode(body, source="SSB 12134")


def test_a_list_of_numbers_elsewhere_is_not_taken_for_the_values():
    document = json.loads(dataset())
    document["extension"]["value"] = [7, 8, 9]
    plain = {k: v for k, v in document.items() if k not in ("value", "extension")}
    body = json.dumps(plain | {"extension": document["extension"]}, separators=(",", ":"))
    body = body[:-1] + ', "value" : [1, 2, 3]}'
    assert jsonstat.decode(body.encode())["value"].tolist() == [1, 2, 3]


def test_a_huge_size_in_few_bytes_is_refused_at_once():
    codes = [str(n) for n in range(1000)]
    dimension = {name: {"category": {"index": codes}} for name in "abcd"}
    document = {"version": "2.0", "class": "dataset", "id": list("abcd"), "size": [1000] * 4}
    with pytest.raises(DataError, match="at most"):
        jsonstat.decode(json.dumps(document | {"dimension": dimension, "value": {}}).encode())


@pytest.mark.parametrize(
    "body", [b"", b"<html><h1>Vedlikehold</h1></html>", b"[" * 100_000, b"null", b"\xff\xfe"]
)
def test_bodies_that_are_no_dataset(body):
    with pytest.raises(DataError):
        jsonstat.decode(body)


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_bytes_make_it_raise_anything_but_the_projects_own_error(data):
    body = bytearray(dataset())
    kind = data.draw(st.sampled_from(["arbitrary", "cut", "flipped", "replaced"]))
    if kind == "arbitrary":
        body = bytearray(data.draw(st.binary(max_size=200)))
    elif kind == "cut":
        del body[data.draw(st.integers(0, len(body) - 1)) :]
    elif kind == "flipped":
        for _ in range(data.draw(st.integers(1, 4))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    else:
        document = json.loads(body)
        junk = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children),
        )
        node, path = document, data.draw(st.sampled_from(PATHS))
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = data.draw(junk)
        body = bytearray(json.dumps(document).encode())
    with contextlib.suppress(DataError):
        jsonstat.decode(bytes(body))


PATHS = [
    *([key] for key in json.loads(dataset())),
    ["dimension", "Region"],
    *(["dimension", "ContentsCode", "category", key] for key in ("index", "label", "unit", "note")),
    ["dimension", "ContentsCode", "category", "unit", "KOSAG110000"],
    *(
        ["dimension", "Region", "extension", key]
        for key in ("codelists", "noteMandatory", "categoryNoteMandatory")
    ),
    ["extension", "px"],
    ["role", "geo"],
]


@pytest.mark.parametrize(
    "number", ["01", "+2", ".5", "1.", "-01", "-.5", "1.e3", "00", "1e", "--1", "nul", "ull"]
)
@pytest.mark.parametrize("space", ["", " "])
def test_numbers_that_json_does_not_know_are_refused_with_and_without_spaces(number, space):
    body = dataset().replace(b'"value": [81240, null, 62853]', f'"value":[{space}{number},null,3]'.encode())
    with pytest.raises(DataError):
        jsonstat.decode(body)


@pytest.mark.parametrize("number", ["0", "-0", "0.5", "-0.5", "1e3", "1E-2", "10", "1.5e+3", "100"])
def test_numbers_that_json_knows_are_read_with_and_without_spaces(number):
    for space in ("", " "):
        body = dataset().replace(
            b'"value": [81240, null, 62853]', f'"value":[{space}{number},null,3]'.encode()
        )
        assert jsonstat.decode(body)["value"].tolist()[0] == float(number)
