"""Fetched notices wait as candidates: proposed once, never counted before a person accepts them."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.replay import Replay

from analysis import cli, raw
from analysis.loaders.messages import OVERRIDE
from analysis.register import files, quality, review


@pytest.fixture
def fetched(project, replay, monkeypatch, capsys):
    monkeypatch.delenv("DOFFIN_API_KEY", raising=False)
    assert cli.main(["fetch", "--quiet", "brreg_organisations", "ted_notices"]) == 0
    before = quality.check()
    assert cli.main(["register", "candidates", "--write"]) == 0
    return replay, before, capsys.readouterr().out


@pytest.fixture(scope="module")
def checked():
    return quality.check()


BERGEN, OSLO = ("Bergen kommune", "964338531"), ("Oslo kommune", "958935420")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "proposed"),
    [
        ([("Doffin", "2024-1", "f-1", BERGEN), ("Doffin", "2024-2", "f-1", BERGEN), ("Doffin", "2024-3", "f-1", BERGEN)], ["2024-1"]),
        ([("TED", "000009-2024", "f-1", BERGEN), ("Doffin", "2024-2", "f-1", BERGEN)], ["000009-2024"]),
        ([("Doffin", "2024-1", "f-1", BERGEN), ("Doffin", "2024-2", "f-2", BERGEN)], ["2024-1", "2024-2"]),
        ([("TED", "000009-2024", "f-1", BERGEN), ("TED", "000009-2024", "f-1", OSLO), ("Doffin", "2024-2", "f-1", OSLO)], ["000009-2024"] * 2),
        ([("TED", "000009-2024", None, BERGEN), ("Doffin", "2024-2", None, BERGEN)], ["000009-2024", "2024-2"]),
    ],
)  # fmt: skip
def test_one_procedure_is_one_candidate_for_each_buyer(checked, sent, proposed):
    names = ["source", "publication_number", "procedure_id", "buyer"]
    notices = pd.DataFrame(sent, columns=names).assign(
        title="T", url="https://example.no", found_by="procedure"
    )
    notices[["buyer_name", "buyer_number"]] = pd.DataFrame(notices.pop("buyer").tolist())
    notices["publication_date"] = [f"2024-0{number}-01" for number in range(1, len(notices) + 1)]
    rows = review.from_notices(notices, raw.read("brreg_organisations"), checked)
    assert [title.split()[1] for title in rows["source_title"]] == proposed


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
