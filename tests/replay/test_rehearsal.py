"""The weekly refresh as a whole: from the publishers' answers to a commit and the text of a pull request."""

from __future__ import annotations

import subprocess

import pytest
from tests.replay.rehearsal import ROOT, Rehearsal
from tests.replay.server import Mishap, Replay


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a repository to clone")
def test_a_refresh_ends_in_a_commit_and_a_proposal_that_names_what_moved(tmp_path):
    """Fetch, build, check, release, render; the same figures in all; one source refused and named."""
    with Replay() as server:
        server.mishaps.append(Mishap("html", "13551"))
        one = Rehearsal(tmp_path, server.url)
        changed = one.refresh()
        assert changed and all(line[3:].startswith("data/raw/") for line in changed)
        figures = one.make()
        assert all(left == right for left, right in figures.values()), figures
        assert figures["inhabitants, in the tables and on the page"][0] < 10_000  # those of the replay
        body = one.propose()
    sources, refused, numbers = (body.split(f"## {name}")[1] for name in ("Sources", "Refused", "Numbers"))
    assert "| ssb_population |" in sources
    assert "ssb_operating_statement" in refused.split("##")[0]
    assert "| figure | row |" in numbers
    assert one.git("status", "--porcelain") == ""
    named = one.git("show", "--name-only", "--format=", "HEAD").split()
    assert named and all(name.startswith(("data/raw/", "reports/")) for name in named)
    done = subprocess.run(["git", "diff", "--quiet", "HEAD~1", "--", "data/raw"], cwd=one.clone, check=False)
    assert done.returncode == 1
