"""Fetched notices wait as candidates: proposed once, never counted before a person accepts them."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.replay import Replay

from analysis import cli
from analysis.loaders.messages import OVERRIDE
from analysis.register import files, quality


@pytest.fixture
def fetched(project, replay, monkeypatch, capsys):
    monkeypatch.delenv("DOFFIN_API_KEY", raising=False)
    assert cli.main(["fetch", "--quiet", "brreg_organisations", "ted_notices"]) == 0
    before = quality.check()
    assert cli.main(["register", "candidates", "--write"]) == 0
    return replay, before, capsys.readouterr().out


@pytest.mark.slow
def test_notices_become_open_candidates_with_their_notice_as_source(fetched):
    _, before, printed = fetched
    table = files.read()["candidates"]
    new = table[~table["candidate_id"].isin(before.register["candidates"]["candidate_id"])]
    assert f"{len(new)} new candidates" in printed
    # The replayed notices: Oslo (two notices of one procedure), Bergen, Rana with Nordland county; the
    # other buyers are health trusts.
    buyers = ["Bergen kommune", "Nordland fylkeskommune", "Oslo kommune", "Rana kommune"]
    assert sorted(new["participant_name"]) == buyers
    assert new["status"].eq("open").all()
    assert new["source_url"].str.startswith("https://ted.europa.eu/").all()
    assert new["programme_id"].eq("innovation_partnership").all()


def test_a_fetch_alone_does_not_touch_the_register(project, monkeypatch):
    before = files.read()["candidates"]
    with Replay() as server:
        monkeypatch.setenv(OVERRIDE, server.url)
        assert cli.main(["fetch", "--quiet", "brreg_organisations", "ted_notices"]) == 0
    pd.testing.assert_frame_equal(files.read()["candidates"], before)


@pytest.mark.slow
def test_they_are_not_counted(fetched):
    _, before, _ = fetched
    pd.testing.assert_frame_equal(quality.check().tables["participation"], before.tables["participation"])


@pytest.mark.slow
def test_notices_fetched_again_are_not_proposed_again(fetched, capsys):
    server, _, _ = fetched
    server.world.notices[5]["notice-title"] = {"eng": "A changed title"}
    count = len(files.read()["candidates"])
    assert cli.main(["fetch", "--quiet", "ted_notices"]) == 0
    assert cli.main(["register", "candidates", "--write"]) == 0
    assert "0 new candidates" in capsys.readouterr().out
    assert len(files.read()["candidates"]) == count
