"""No answer, however odd its shape, makes a loader hang or raise anything but the project's own error."""

from __future__ import annotations

import contextlib
import copy
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.replay import Replay, World

from analysis.errors import AnalysisError
from analysis.loaders import update, validate
from analysis.loaders.client import Client
from analysis.loaders.messages import FetchError, Response

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just({"a": [1]}),
    st.just(10**30),
)


@pytest.fixture(scope="module")
def replay():
    world = World()
    world.structures = {year: dict(list(codes.items())[:3]) for year, codes in world.structures.items()}
    for table in world.tables.values():
        for variable in table.variables:
            variable.labels = dict(list(variable.labels.items())[:6])
    world.codelists["agg_KommSummer"]["codes"] = {"K-0301": "Oslo"}
    world.tables["07459"].variable("Region").labels = {"0": "Landet", "0301": "Oslo"}
    return Replay(world)


class Canned(Client):
    """Answers without a network; one of them is altered."""

    def __init__(self, replay, number, alter):
        super().__init__()
        self.replay, self.number, self.alter, self.asked = replay, number, alter, 0

    def send(self, request):
        self.asked += 1
        if self.asked > 60:
            raise AssertionError("the loader does not end")
        target = f"/{request.service}{request.url.removeprefix('http://replay/' + request.service)}"
        body = (request.body or "").encode()
        headers = {"accept": request.accept, "ocp-apim-subscription-key": "a-key"}
        reply = self.replay.answer(request.method, target, body, headers)
        content = self.alter(reply.body) if self.asked == self.number else reply.body
        response = Response(
            request, reply.status, {"content-type": reply.kind}, content, "2024-06-01T00:00:00+00:00"
        )
        if reply.status != 200:
            raise FetchError.refused(response)
        return response


def places(node, path=()):
    """Every place in a JSON document."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from places(child, (*path, key))


def replaced(document, path, value):
    if not path:
        return value
    changed = copy.deepcopy(document)
    node = changed
    for step in path[:-1]:
        node = node[step]
    if value == "gone":
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


#: Looked at in every run: a table, a classification, a register; the slow run has all.
QUICK = ("ssb_operating_statement", "ssb_code_changes", "brreg_organisations")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in update.DATASETS],
)
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_altered_answers_end_in_a_frame_or_in_the_projects_own_error(replay, monkeypatch, name, data):
    monkeypatch.setenv("ANALYSIS_ENDPOINTS", "http://replay")
    value = data.draw(JUNK | st.just("gone"))
    seed = data.draw(st.integers(0, 10_000))
    cut = data.draw(st.booleans())

    def alter(body):
        chance = random.Random(seed)
        try:
            document = json.loads(body)
        except ValueError:
            cut_at = chance.randrange(len(body) or 1)
            return body[:cut_at] if cut else body[:cut_at] + b"\xff" + body[cut_at + 1 :]
        # Shallow places first: that is where shapes are decided.
        found = sorted(places(document), key=len)
        path = found[min(int(chance.expovariate(8 / len(found))), len(found) - 1)]
        return json.dumps(replaced(document, path, value)).encode()

    client = Canned(replay, data.draw(st.integers(1, 12)), alter)
    with contextlib.suppress(AnalysisError):
        validate.problems(update.DATASETS[name], update._load(name, client))
