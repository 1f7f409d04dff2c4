"""Every guard is kept by a test: without it, that test fails."""

from __future__ import annotations

import pytest
from tests.slow import mutation

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("guards")
    mutation.copy(made)
    return made


def test_all_nineteen_guards_are_tried():
    assert {guard.number for guard in mutation.GUARDS} == set(range(1, 20))


@pytest.mark.parametrize("guard", mutation.GUARDS, ids=lambda guard: f"{guard.number} {guard.name}")
def test_a_guard_that_is_taken_out_is_missed(folder, guard):
    assert mutation.noticed(guard, folder) == "noticed"
