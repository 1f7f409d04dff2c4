"""Whatever bytes a publisher or a person sends: a result, or the project's own error; seeded and bounded."""

from __future__ import annotations

import contextlib
import datetime
import json
import random

import pandas as pd
import pytest
from tests.replay import Replay, World
from tests.replay.test_robust import Canned, places, replaced
from tests.unit.test_jsonstat import dataset

from analysis.errors import AnalysisError, DataError
from analysis.loaders import jsonstat, update, validate
from analysis.register import declarations, edit, files, quality, spreadsheet

pytestmark = pytest.mark.slow

SEED = 20261126
ODD = [
    None, True, False, 0, -1, 1, 2**63, 10**30, 1e308, 0.5, "", "x", "0", "\x00", "\x1b[2J", "\ud800", "9" * 400,
    [], {}, [[]], [None], ["a", 1], {"a": {}}, {"0": 0}, "=1+1", "æ" * 2000,
]  # fmt: skip
BYTES = [
    b"",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b'"',
    b"\\",
    b"{",
    b"]",
    b"e9999",
    b"-",
    b"NaN",
    b"<",
    b"\r\n",
    b"\\ud800",
]


def nested(chance: random.Random) -> object:
    """A value inside many others, as only an attack sends it."""
    value: object = None
    for _ in range(chance.choice([3, 60, 400])):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def mutated(body: bytes, chance: random.Random) -> bytes:
    """The answer with a place of its document changed, or with its bytes cut, flipped, doubled or inserted."""
    kind = chance.choice(["place", "place", "place", "cut", "flip", "insert", "double"])
    if kind == "place":
        with contextlib.suppress(ValueError):
            document = json.loads(body)
            for _ in range(chance.choice([1, 1, 2, 4])):
                path = chance.choice(sorted(places(document), key=len)[: chance.choice([30, 1000])])
                value = chance.choice(ODD) if chance.random() < 0.95 else nested(chance)
                document = replaced(document, path, "gone" if path and chance.random() < 0.2 else value)
            return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    out = bytearray(body)
    for _ in range(chance.choice([1, 1, 3, 20])):
        at = chance.randrange(len(out) + 1)
        if kind == "cut":
            del out[at : at + chance.choice([1, 10, len(out)])]
        elif kind == "double":
            out[at:at] = out[at : at + chance.choice([1, 50, 1000])]
        elif kind == "insert":
            out[at:at] = chance.choice(BYTES)
        elif at < len(out):
            out[at] = chance.randrange(256)
    return bytes(out)


def test_ten_thousand_json_stat_documents():
    chance = random.Random(SEED)
    body, read = dataset(), 0
    for _ in range(10_000):
        with contextlib.suppress(DataError):
            jsonstat.decode(mutated(body, chance))
            read += 1
    assert 500 < read < 9_500  # both outcomes are reached


@pytest.fixture(scope="module")
def replay():
    """A replay of few municipalities, so that an answer is small and most of its bytes matter."""
    world = World()
    world.structures = {year: dict(list(codes.items())[:2]) for year, codes in world.structures.items()}
    for table in world.tables.values():
        for variable in table.variables:
            variable.labels = dict(list(variable.labels.items())[:3])
    return Replay(world)


@pytest.mark.parametrize(
    "name",
    [
        "ssb_municipalities",  # KLASS and Kartverket's list
        "ssb_code_changes",
        "kartverket_boundaries",
        "research_council_applications",
        "brreg_organisations",
        "ted_notices",
        "doffin_notices",
    ],
)
def test_a_thousand_answers_of_each_publisher(replay, monkeypatch, name):
    monkeypatch.setenv("ANALYSIS_ENDPOINTS", "http://replay")
    chance = random.Random(SEED)
    for _ in range(1_000):
        client = Canned(replay, chance.choice([1, 1, 2, 3]), lambda body: mutated(body, chance))
        with contextlib.suppress(AnalysisError):
            validate.problems(update.DATASETS[name], update._load(name, client))


GOOD = {
    "programme_id": "klimasats",
    "year": "2021",
    "participant_name": "Utsira",
    "role": "lead",
    "source_kind": "publisher",
}
CELLS = [
    "", " ", "Våler", "Oslo kommune", "0301", "1e999", "-1", "2021-02-30", "99999999999999999999", "=1+1", "a;b",
    "https://[::1", "http://", "https://x.no", "\x00", "\u202e", "\U000e0041", "x" * 6000, '"', "\r\n", "NaN", "None",
    "NA", "group", "municipality", "county", "\ufeff", "é", "½", "2021,5", "1 000", "True", "[]", "%s", "\\",
]  # fmt: skip


def test_a_thousand_faulty_rows_of_a_form(tmp_path):
    chance = random.Random(SEED)
    checked = quality.check()
    columns = list(declarations.form())
    path = tmp_path / "form.csv"
    for number in range(25):
        rows = []
        for row in range(40):
            good = {"project_title": f"Prosjekt {row}", "source_url": f"https://example.no/{row}"} | GOOD
            junk = {chance.choice(columns): chance.choice(CELLS) for _ in range(chance.randint(1, 4))}
            rows.append(good | junk)
        form = pd.DataFrame(rows, columns=columns)
        body = form.to_csv(index=False, sep=chance.choice(",;\t"), lineterminator="\n").encode(
            chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"]), "replace"
        )
        path.write_bytes(mutated(body, chance) if number % 2 else body)
        frame, _, faults = spreadsheet.read(path, columns)
        if not faults:
            plan = edit.plan(frame, checked.register, checked.reforms, path.name, datetime.date(2026, 11, 26))
            assert str(plan)
            refused = plan.records.index[plan.records["outcome"] == "refused"]
            assert {fault.row for fault in plan.faults} == set(refused)


def test_the_registers_own_files_with_any_bytes(project):
    chance = random.Random(SEED)
    for resource in files.package()["resources"]:
        path = files.folder() / resource["path"]
        clean = path.read_bytes()
        path.write_bytes(mutated(clean, chance))
        with contextlib.suppress(AnalysisError):
            quality.check()
        for _ in range(3):
            path.write_bytes(mutated(clean, chance))
            files.read()
            with contextlib.suppress(AnalysisError):
                spreadsheet.tidy()
        path.write_bytes(clean)
