"""Safe replacement: a bad answer never replaces a good one, and no crash leaves half of anything."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.replay import Mishap, Replay
from tests.replay.world import ART_LABELS, REGION

from analysis import raw as snapshots
from analysis.errors import AnalysisError, DataError
from analysis.loaders import endpoints, feeds, http, kostra, live, refresh
from analysis.loaders.http import Client

SRC = Path(__file__).resolve().parents[2] / "src"
PURCHASES = ["ssb_12367"]


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("DOFFIN_API_KEY", raising=False)


@pytest.fixture
def replay(monkeypatch, project):
    with Replay() as server:
        server.world.max_cells = 20_000
        monkeypatch.setenv(endpoints.OVERRIDE, server.url)
        yield server


def run(sources=None, **options):
    options.setdefault("client", Client(sleep=lambda _: None, read_timeout=5))
    return refresh.refresh(sources, progress=False, **options)


def outcome(summary):
    return dict(zip(summary.frame["source"], summary.frame["outcome"], strict=True))


def reason(summary):
    return summary.frame["reason"].iloc[0]


def newer(replay, table="12367"):
    replay.world.tables[table].updated = "2026-06-30T06:00:00Z"


def test_every_source_is_fetched_stored_and_read_back_without_the_network(replay, monkeypatch):
    summary = run()
    found = outcome(summary)
    assert found.pop("doffin_innovation_partnerships") == "skipped"
    assert set(found.values()) == {"changed"}
    assert set(found) == set(feeds.FEEDS) - {"doffin_innovation_partnerships"}
    assert summary.exit_code == 0
    assert live.verify() == []
    assert snapshots.verify() == []
    monkeypatch.setenv(endpoints.OVERRIDE, "http://127.0.0.1:9")  # nobody answers there
    before = len(replay.requests)
    for name in found:
        frame = refresh.latest(name)
        assert len(frame), name
    assert len(replay.requests) == before
    assert refresh.latest("doffin_innovation_partnerships") is None


def test_what_is_stored_is_what_was_sent_with_the_request_that_asked_for_it(replay):
    run(PURCHASES)
    entry = live.entries()["ssb_12367"]
    bodies = [gzip.decompress((live.folder().parent / r["file"]).read_bytes()) for r in entry["answers"]]
    posts = [(r, body) for r, body in zip(entry["answers"], bodies, strict=True) if r["method"] == "POST"]
    assert len(posts) == replay.count("POST") == 3  # 56 520 cells, 20 000 allowed
    record, body = posts[0]
    sent = [b for method, _, b, _ in replay.requests if method == "POST"]
    assert record["body"].encode() == sent[0]
    assert json.loads(body)["class"] == "dataset"
    assert record["status"] == 200
    assert record["headers"]["content-type"].startswith("application/json")
    assert record["retrieved"][:4].isdigit()


def test_a_second_run_asks_ssb_for_no_numbers_when_nothing_is_newer(replay):
    run(PURCHASES)
    replay.requests.clear()
    assert outcome(run(PURCHASES)) == {"ssb_12367": "unchanged"}
    assert replay.count("POST") == 0
    newer(replay)
    assert outcome(run(PURCHASES)) == {"ssb_12367": "unchanged"}  # a new date, the same numbers
    assert replay.count("POST") == 3


def rename(replay):
    replay.world.tables["12367"].variable("KOKart0000").labels = ART_LABELS | {"AG16": "Lønn og annet"}


def other_unit(replay):
    replay.world.tables["12367"].variable("ContentsCode").units = {"KOSbelop0000": {"base": "mill. kr"}}


def one_too_few(replay):
    in_use = replay.world.in_use
    replay.world.in_use = lambda code, year: in_use(code, year) and (code, year) != ("5001", "2025")


def one_year_less(replay):
    labels = replay.world.tables["12367"].variable("Tid").labels
    replay.world.tables["12367"].variable("Tid").labels = {y: y for y in list(labels)[:-1]}


def a_scope_gone(replay):
    variable = replay.world.tables["12367"].variable("KOKregnskapsomfa0000")
    variable.labels = {"A": variable.labels["A"], "B": "Kommuner/fylkeskommuner"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rename, "AG16 meant 'Lønnsutgifter inkl. sosiale utgifter' and is now 'Lønn og annet'"),
        (other_unit, "mill. kr"),
        (one_too_few, "missing: 5001"),
        (one_year_less, "over 10 % fewer"),
        (a_scope_gone, "scopes must be"),
        *(
            (lambda replay, kind=kind: replay.mishaps.append(Mishap(kind, where="POST", after=1)), "12367")
            for kind in ("html", "html-as-json", "truncated", "wrong-type", "503", "cut", "404")
        ),
    ],
)
def test_a_bad_refresh_says_why_keeps_the_old_and_goes_on_with_the_others(replay, change, words):
    run(PURCHASES)
    entry, frame = live.entries()["ssb_12367"], refresh.latest("ssb_12367")
    newer(replay)
    change(replay)
    summary = run(["ssb_12367", "brreg_organisations", "klass_104"])
    found = outcome(summary)
    assert found.pop("ssb_12367") == "refused"
    assert set(found.values()) == {"changed"}
    assert summary.exit_code == 1
    told = summary.frame.set_index("source").loc["ssb_12367"]
    assert words in told["reason"]
    assert told["rows_before"] == told["rows_after"] == entry["rows"]
    assert live.entries()["ssb_12367"] == entry
    assert live.verify() == []
    assert refresh.latest("ssb_12367").equals(frame)
    # and when the publisher is well again, the next run takes the new
    replay.mishaps = []
    replay.world = type(replay.world)()
    replay.world.max_cells = 20_000
    newer(replay)
    assert run(PURCHASES).exit_code == 0
    assert live.entries()["ssb_12367"]["updated"] == "2026-06-30T06:00:00Z"


@pytest.mark.parametrize(
    ("source", "path", "old", "new", "words"),
    [
        ("klass_131", "codes", b'"code": "0301"', b'"code": "0302"', ""),
        ("klass_131", "codes", b'"codes"', b'"kodes"', "sent no list of codes"),
        ("klass_131_changes", "changes", b'"1580"', b'"1508"', "1507 must become 1508 and 1580"),
        ("klass_centrality", "corresponds", b'"targetCode": "6"', b'"targetCode": "7"', "must match"),
        ("brreg_organisations", "enheter", b'"0301"', b'"4601"', "two organisations"),
        ("brreg_organisations", "enheter", b'"page"', b'"side"', "sent no list of units"),
        ("kartverket_municipalities", "fylkerkommuner", b'"5001"', b'"5003"', ""),
        ("kartverket_municipalities", "fylkerkommuner", b'"kommuner"', b'"x"', "sent no list of counties"),
        ("ted_innovation_partnerships", "notices", b'"notices"', b'"n"', "sent no list of notices"),
    ],
)
def test_other_publishers_answers_are_validated_too(replay, source, path, old, new, words):
    good = replay.answer

    def altered(method, target, body, headers):
        reply = good(method, target, body, headers)
        if path in target:
            reply.body = reply.body.replace(old, new)
        return reply

    run([source])
    before = live.entries()[source]
    replay.answer = altered
    summary = run([source])
    if words:
        assert outcome(summary) == {source: "refused"}
        assert words in reason(summary)
        assert live.entries()[source] == before
    else:  # another code is a change, not a fault
        assert outcome(summary) == {source: "changed"}


def test_a_municipality_that_the_tables_notes_name_may_be_missing(replay):
    one_too_few(replay)
    replay.world.tables["12367"].notes.append("Kommune 5001 Trondheim har trukket tallene.")
    assert outcome(run(PURCHASES)) == {"ssb_12367": "changed"}


def test_a_broken_run_continues_where_it_stopped(replay):
    replay.mishaps = [Mishap("503", where="POST", after=2)]
    assert outcome(run(PURCHASES)) == {"ssb_12367": "refused"}
    assert refresh.latest("ssb_12367") is None
    replay.mishaps = []
    replay.requests.clear()
    assert outcome(run(PURCHASES)) == {"ssb_12367": "changed"}
    assert replay.count("POST") == 1
    assert replay.count("metadata") == 0


def test_what_was_staged_before_the_publisher_changed_is_asked_for_anew(replay):
    replay.mishaps = [Mishap("503", where="POST", after=2)]
    run(PURCHASES)
    replay.mishaps = []
    newer(replay)
    assert outcome(run(PURCHASES)) == {"ssb_12367": "changed"}
    assert live.entries()["ssb_12367"]["updated"] == "2026-06-30T06:00:00Z"


def test_a_run_right_after_another_keeps_the_pace_of_both(replay, monkeypatch):
    run(["klass_104", "ssb_13552"])
    monkeypatch.setattr(http, "_THROTTLES", {})
    run(["klass_104"])
    throttle = http._THROTTLES["data.ssb.no"]
    assert len(throttle._sent) == 4  # one from KLASS, then metadata, limits and numbers


def test_candidates_come_from_the_notices_that_were_fetched(replay):
    def resolve(name, year):
        return {"Bergen kommune": "4601"}.get(name)

    assert refresh.candidates(resolve).empty
    run(["ted_innovation_partnerships"])
    found = refresh.candidates(resolve).set_index("participant_name")
    assert "4601" in found.loc["Bergen kommune", "note"]
    assert found.loc["Oslo kommune", "participant_type"] == "other"  # made-up numbers are not in the snapshot
    run(["brreg_organisations"])
    found = refresh.candidates(resolve).set_index("participant_name")
    assert found.loc["Oslo kommune", "participant_type"] == "municipality"


def test_a_year_of_zeros_is_no_year(replay):
    world = replay.world
    cell = world.tables["12367"].cell
    world.tables["12367"].cell = lambda codes: (0, None) if codes["Tid"] == "2025" else cell(codes)
    summary = run(PURCHASES)
    assert outcome(summary) == {"ssb_12367": "refused"}
    assert "2025 holds only zeros" in reason(summary)


def test_a_disk_that_cannot_be_written_stops_the_run_with_a_sentence(replay, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(AnalysisError, match="No space left"):
        run(["klass_104"])
    assert live.verify() == []
    assert not list(live.folder().rglob("*.tmp"))


def test_a_dry_run_says_what_would_change_and_writes_nothing(replay):
    run(PURCHASES)
    newer(replay)
    replay.world.regions["0301"] = "Oslo"  # a new name is new data, though not a new meaning
    before = {p: p.read_bytes() for p in live.folder().rglob("*") if p.is_file()}
    found = outcome(run(["ssb_12367", "klass_104"], dry_run=True))
    assert found == {"ssb_12367": "would change", "klass_104": "would change"}
    assert {p: p.read_bytes() for p in live.folder().rglob("*") if p.is_file()} == before


def test_unknown_sources_and_a_second_fetch_are_refused_at_once(replay):
    with pytest.raises(AnalysisError, match="No source named ssb_1"):
        run(["ssb_1"])
    with live.locked(), pytest.raises(AnalysisError, match="Another fetch"):
        run(PURCHASES)


def test_a_flipped_byte_is_named_never_read_and_mended_by_the_next_fetch(replay):
    run(PURCHASES)
    path = sorted((live.folder() / "ssb_12367").glob("*.gz"))[0]
    content = bytearray(path.read_bytes())
    content[4] ^= 1
    path.write_bytes(content)
    assert path.name in str(live.verify()[0])
    with pytest.raises(DataError, match=path.name):
        refresh.latest("ssb_12367")
    assert run(PURCHASES).exit_code == 0
    assert live.verify() == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "feeds": {"a": 1}}'])
def test_a_damaged_catalogue_is_told_in_a_sentence(replay, content):
    live.folder().mkdir(parents=True)
    (live.folder() / "catalogue.json").write_bytes(content)
    assert "live/catalogue.json" in str(live.verify()[0])
    assert run(["klass_104"]).exit_code == 1


def test_a_changed_meaning_can_be_accepted_by_removing_the_folder(replay):
    run(PURCHASES)
    newer(replay)
    rename(replay)
    summary = run(PURCHASES)
    assert "remove the folder data/raw/live/ssb_12367" in reason(summary)
    shutil.rmtree(live.folder() / "ssb_12367")
    assert outcome(run(PURCHASES)) == {"ssb_12367": "changed"}


def test_status_tells_source_period_age_coverage_licence_and_what_is_preliminary(replay):
    replay.world.tables["12367"].updated = "2026-03-16T07:00:00Z"
    run(["ssb_12367", "brreg_organisations"])
    table = refresh.status(today=date(2030, 1, 1)).set_index("source")
    purchases = table.loc["ssb_12367"]
    assert (purchases["newest_period"], purchases["coverage"]) == ("2025", "357 municipalities")
    assert purchases["is_preliminary"]
    assert purchases["licence"] == "CC BY 4.0"
    assert purchases["age_days"] > 365
    embedded = table.loc["ssb_population"]
    assert (embedded["kind"], embedded["newest_period"]) == ("embedded", "2026")
    assert refresh.latest("ssb_12367").attrs["preliminary_years"] == ["2025"]


def test_progress_names_the_source_and_counts(replay, capsys):
    refresh.refresh(PURCHASES, progress=True, client=Client())
    told = capsys.readouterr().err
    assert "ssb_12367" in told
    assert "5/5" in told  # metadata, limits and three parts


def test_the_functions_summed_are_those_of_the_table(replay):
    run(PURCHASES)
    tidy = kostra.purchases(refresh.latest("ssb_12367"))
    assert len(tidy) == (356 * 2 + 357 * 2 + 4) * 2 * 5 - 4 * 2 * 5  # the country has no row
    assert REGION not in tidy


DRIVER = """
import os, sys
from analysis.loaders import live, refresh
from analysis.loaders.http import Client
names = ["klass_104", "ssb_13552"]

def fork(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def dying(moment):
    # Every step that touches the disk, the middle of every write, and every answer is a moment to die at.
    left = [moment]
    def tick():
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), 9)
    def deadly(function):
        def step(*a, **k):
            tick()
            return function(*a, **k)
        return step
    class Halves:
        def __init__(self, file):
            self.file = file
        def __enter__(self):
            return self
        def __exit__(self, *_):
            self.file.close()
        def __getattr__(self, name):
            return getattr(self.file, name)
        def write(self, content):
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            tick()
            self.file.write(content[len(content) // 2 :])
    live.open = lambda path, mode: Halves(open(path, mode)) if mode == "wb" else open(path, mode)
    os.fsync = lambda file: None  # a killed process loses nothing that it has written
    for name in ("replace", "fsync", "unlink", "rmdir"):
        setattr(os, name, deadly(getattr(os, name)))
    Client.ask = deadly(Client.ask)
    assert refresh.refresh(names, progress=False).exit_code == 0

def sound():
    assert live.verify() == [], live.verify()
    for name in names:
        refresh.latest(name)

def complete():
    assert refresh.refresh(names, progress=False).exit_code == 0
    sound()
    for name in names:
        entry = live.entries()[name]
        kept = {r["file"].split("/")[-1] for r in entry["answers"]}
        assert {p.name for p in (live.folder() / name).iterdir()} == kept
    assert {p.name for p in live.folder().iterdir()} == {*names, "catalogue.json", ".lock"}

import shutil
spare = live.folder().with_name("spare")
if live.folder().exists():
    shutil.copytree(live.folder(), spare)
for moment in range(int(sys.argv[1]), 400, 3):
    shutil.rmtree(live.folder(), ignore_errors=True)
    if spare.exists():
        shutil.copytree(spare, live.folder())
    died = fork(lambda: dying(moment))
    assert fork(lambda: (sound(), complete())) == 0, moment
    if died == 0:
        print("survived", moment)
        break
    assert died == -9, (died, moment)
shutil.rmtree(spare, ignore_errors=True)
"""


@pytest.mark.parametrize(("before", "first"), [("nothing", "1"), ("older answers", "2")])
def test_killed_at_any_moment_the_state_is_sound_and_the_next_run_completes(replay, before, first):
    replay.world.max_cells = 1_000
    if before == "older answers":
        run(["klass_104", "ssb_13552"])
        newer(replay, "13552")
        replay.world.regions["0301"] = "Oslo"
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, first],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    moments = int(done.stdout.split()[-1])
    assert moments > 40  # every third of that many moments was its last
