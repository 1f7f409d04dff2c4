"""Safe replacement: a bad answer never replaces a good one, and no crash leaves half of anything."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from tests.replay import Mishap
from tests.replay.world import ART_LABELS, REGION, people

from analysis import build, cli, expected, paths, raw, tables
from analysis.errors import AnalysisError
from analysis.io import locked
from analysis.loaders import rate_limit, update
from analysis.loaders.client import Client
from analysis.loaders.messages import OVERRIDE
from analysis.register import files, quality, research_council

SRC = Path(__file__).resolve().parents[2] / "src"
PURCHASES = ["ssb_purchases"]


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("DOFFIN_API_KEY", raising=False)


@pytest.fixture
def replay(project, replay):
    replay.world.max_cells = 30_000
    return replay


def run(sources=None, **options):
    options.setdefault("client", Client(sleep=lambda _: None))
    return update.fetch(sources, progress=False, **options)


def outcome(summary):
    return dict(zip(summary.frame["source"], summary.frame["outcome"], strict=True))


def reason(summary):
    return summary.frame["reason"].iloc[0]


def newer(replay, table="12367"):
    replay.world.tables[table].updated = "2026-06-30T06:00:00Z"


def in_force(source_id):
    return raw.catalogue().loc[source_id]


def answers(source_id):
    return paths.raw() / ".answers" / source_id


@pytest.mark.slow
def test_every_source_is_fetched_and_read_back_without_the_network(replay, monkeypatch):
    summary = run()
    found = outcome(summary)
    assert found.pop("doffin_notices") == "skipped"
    # What the replay takes from the embedded files comes back as the same bytes.
    same = ("ssb_municipalities", "ssb_counties", "ssb_code_changes")
    assert {name: found.pop(name) for name in same} == dict.fromkeys(same, "unchanged")
    assert set(found.values()) == {"changed"}, summary.frame
    assert {*found, *same} == set(update.DATASETS) - {"doffin_notices"}
    assert summary.exit_code == 0
    assert raw.verify() == []
    monkeypatch.setenv(OVERRIDE, "http://127.0.0.1:9")  # nobody answers there
    before = len(replay.requests)
    for name in found:
        read = raw.read_geometry if name == "kartverket_boundaries" else raw.read
        assert len(read(name)) == in_force(name)["rows"], name
    assert len(replay.requests) == before
    assert "doffin_notices" not in raw.catalogue().index


@pytest.mark.slow
def test_fetched_applications_become_a_table_and_rows_of_the_import_form(replay):
    assert outcome(run(["research_council_applications"])) == {"research_council_applications": "changed"}
    made = build.tables()
    table = made["applications"].set_index("municipality_code")
    assert table.loc["4036", ["n_applied", "n_granted", "n_refused"]].tolist() == [2, 1, 1]
    form = research_council.import_form(files.read(), made["reforms"])
    assert form[["participant_name", "external_id", "amount_nok"]].to_numpy().tolist() == [
        ["VINJE KOMMUNE", "300001", 6_286_158]
    ]


@pytest.mark.slow
def test_fetched_files_have_the_columns_of_the_embedded_ones(replay):
    embedded = raw.catalogue()
    csv = [n for n in update.DATASETS if n in embedded.index and embedded.loc[n, "file"].endswith(".csv")]
    columns = {name: list(raw.read(name).columns) for name in csv}
    run(csv)
    assert {name: list(raw.read(name).columns) for name in csv} == columns
    assert {name: in_force(name)["file"] for name in csv} == embedded.loc[csv, "file"].to_dict()


@pytest.mark.slow
def test_the_record_says_where_it_is_from_and_what_the_codes_mean(replay):
    run(PURCHASES)
    record = in_force("ssb_purchases")
    assert record["obtained_from"] == "https://data.ssb.no/api/pxwebapi/v2"
    assert record["updated"] == "2026-06-20T06:00:00Z"
    assert "En viktig merknad" in record["notes"]
    labels = raw.labels(record)
    assert labels["KOKart0000"]["A370"] == ART_LABELS["A370"]
    assert labels["unit"] == {"KOSbelop0000": "1000 kr"}


@pytest.mark.slow
def test_what_is_kept_is_what_was_sent_with_the_request_that_asked_for_it(replay):
    run(PURCHASES)
    kept = [json.loads(path.read_bytes()) for path in answers("ssb_purchases").glob("last/*.json")]
    posts = [about for about in kept if about["method"] == "POST"]
    assert len(posts) == replay.count("POST") > 1
    sent = {b.decode() for method, _, b, _ in replay.requests if method == "POST"}
    assert {about["body"] for about in posts} == sent
    assert all(about["headers"]["content-type"].startswith("application/json") for about in posts)
    body = gzip.decompress(next(answers("ssb_purchases").glob("last/*.gz")).read_bytes())
    assert json.loads(body)
    assert not (answers("ssb_purchases") / "partial").exists()


@pytest.mark.slow
def test_a_second_run_asks_ssb_for_no_numbers_when_nothing_is_newer(replay):
    run(PURCHASES)
    replay.requests.clear()
    assert outcome(run(PURCHASES)) == {"ssb_purchases": "unchanged"}
    assert replay.count("POST") == 0
    newer(replay)
    assert outcome(run(PURCHASES)) == {"ssb_purchases": "unchanged"}  # a new date, the same numbers
    assert replay.count("POST") > 1
    replay.requests.clear()
    run(PURCHASES)
    assert replay.count("POST") == 0  # the new date is known now


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rename, "AG16 meant 'Lønnsutgifter inkl. sosiale utgifter' and is now 'Lønn og annet'"),
        pytest.param(other_unit, "mill. kr", marks=pytest.mark.slow),
        (one_too_few, "missing: 5001"),
        pytest.param(one_year_less, "are in force (over 10 % fewer)", marks=pytest.mark.slow),
        pytest.param(a_scope_gone, "the label of B must hold", marks=pytest.mark.slow),
        *(
            pytest.param(
                lambda replay, kind=kind: replay.mishaps.append(Mishap(kind, where="POST", after=1)),
                "12367",
                marks=[] if kind == "cut" else [pytest.mark.slow],
                id=kind,
            )
            for kind in ("html", "html-as-json", "truncated", "wrong-type", "503", "cut", "404")
        ),
    ],
)
def test_a_bad_refresh_says_why_keeps_the_old_and_goes_on_with_the_others(replay, change, words):
    run(PURCHASES)
    record, content = in_force("ssb_purchases"), raw.locate("ssb_purchases").read_bytes()
    newer(replay)
    change(replay)
    replay.world.counties["11"] = "Rogaland - Rogalánda"
    summary = run(["ssb_purchases", "brreg_organisations", "ssb_counties"])
    found = outcome(summary)
    assert found.pop("ssb_purchases") == "refused"
    assert set(found.values()) == {"changed"}
    assert summary.exit_code == 1
    told = summary.frame.set_index("source").loc["ssb_purchases"]
    assert words in told["reason"]
    assert told["rows_before"] == told["rows_after"] > 0
    assert in_force("ssb_purchases").equals(record)
    assert raw.locate("ssb_purchases").read_bytes() == content
    assert raw.verify() == []
    # and when the publisher is well again, the next run takes the new
    replay.mishaps = []
    replay.world = type(replay.world)()
    replay.world.max_cells = 30_000
    newer(replay)
    assert run(PURCHASES).exit_code == 0
    assert in_force("ssb_purchases")["updated"] == "2026-06-30T06:00:00Z"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "path", "old", "new", "words"),
    [
        ("ssb_municipalities", "codes", b'"code": "0301"', b'"code": "0302"', "municipality_name must match"),
        ("ssb_municipalities", "codes", b'"codes"', b'"kodes"', "sent no list of codes"),
        ("ssb_counties", "codes", b'"Rogaland"', b'"Rogalandia"', ""),
        ("ssb_counties", "codes", b'"code": "11"', b'"code": "1"', "county_code must match"),
        ("ssb_code_changes", "changes", b'"1580"', b'"1579"', "must be there"),
        ("ssb_code_changes", "changes", b'"newCode": "1580"', b'"newCode": null', "must be filled in"),
        ("ssb_centrality", "corresponds", b'"targetCode": "6"', b'"targetCode": "7"', "must match"),
        ("brreg_organisations", "enheter", b'"0301"', b'"4601"', "two units for municipality 4601"),
        ("brreg_organisations", "enheter", b'"page"', b'"side"', "sent no list of units"),
        ("ssb_municipalities", "fylkerkommuner", b'"5001"', b'"5003"', "municipality_name must match"),
        ("ssb_municipalities", "fylkerkommuner", b'"kommuner"', b'"x"', "sent no list of counties"),
        ("ted_notices", "notices", b'"notices"', b'"n"', "sent no list of notices"),
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
    before = in_force(source)
    replay.answer = altered
    summary = run([source])
    if words:
        assert outcome(summary) == {source: "refused"}
        assert words in reason(summary)
        assert in_force(source).equals(before)
    else:  # another code is a change, not a fault
        assert outcome(summary) == {source: "changed"}


def test_a_municipality_that_the_tables_notes_name_may_be_missing(replay):
    one_too_few(replay)
    replay.world.tables["12367"].notes.append("Kommune 5001 Trondheim har trukket tallene.")
    assert outcome(run(PURCHASES)) == {"ssb_purchases": "changed"}


@pytest.mark.slow
def test_a_broken_run_continues_where_it_stopped(replay):
    before = in_force("ssb_purchases")
    replay.mishaps = [Mishap("503", where="POST", after=2)]
    assert outcome(run(PURCHASES)) == {"ssb_purchases": "refused"}
    assert in_force("ssb_purchases").equals(before)
    replay.mishaps = []
    parts = replay.count("POST")
    replay.requests.clear()
    assert outcome(run(PURCHASES)) == {"ssb_purchases": "changed"}
    whole = replay.count("POST")
    assert replay.count("metadata") == 0
    shutil.rmtree(answers("ssb_purchases"))
    newer(replay)
    replay.requests.clear()
    run(PURCHASES)
    assert replay.count("POST") == whole + 2 > 2
    assert parts > 2  # two parts and the tries of the third


@pytest.mark.slow
def test_what_was_kept_before_the_publisher_changed_is_asked_for_anew(replay):
    replay.mishaps = [Mishap("503", where="POST", after=2)]
    run(PURCHASES)
    replay.mishaps = []
    newer(replay)
    assert outcome(run(PURCHASES)) == {"ssb_purchases": "changed"}
    assert in_force("ssb_purchases")["updated"] == "2026-06-30T06:00:00Z"


def test_a_run_right_after_another_keeps_the_pace_of_both(replay, monkeypatch):
    run(["ssb_counties", "ssb_operating_statement"])
    sent = len(replay.requests)
    monkeypatch.setattr(rate_limit, "LIMITERS", {})
    run(["ssb_counties"])
    assert len(rate_limit.LIMITERS["data.ssb.no"].sent) == sent


def test_a_year_of_zeros_is_no_year(replay):
    world = replay.world
    cell = world.tables["12367"].cell
    world.tables["12367"].cell = lambda codes: (0, None) if codes["Tid"] == "2025" else cell(codes)
    summary = run(PURCHASES)
    assert outcome(summary) == {"ssb_purchases": "refused"}
    assert "2025 holds only zeros" in reason(summary)


def test_a_disk_that_cannot_be_written_stops_the_run_with_a_sentence(replay, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(AnalysisError, match="No space left"):
        run(["ssb_counties"])
    monkeypatch.undo()
    assert not list(paths.raw().rglob("*.tmp"))


@pytest.mark.slow
def test_a_dry_run_says_what_would_change_and_writes_nothing(replay):
    run(PURCHASES)
    newer(replay)
    cell = replay.world.tables["12367"].cell
    replay.world.tables["12367"].cell = lambda codes: (cell(codes)[0] and cell(codes)[0] + 1, cell(codes)[1])
    replay.world.counties["11"] = "Rogaland - Rogalánda"
    before = {p: p.read_bytes() for p in paths.raw().rglob("*") if p.is_file()}
    found = outcome(run(["ssb_purchases", "ssb_counties", "ssb_code_changes"], dry_run=True))
    assert found.pop("ssb_code_changes") == "unchanged"
    assert found == {"ssb_purchases": "would change", "ssb_counties": "would change"}
    assert {p: p.read_bytes() for p in paths.raw().rglob("*") if p.is_file()} == before


def test_unknown_sources_and_a_second_fetch_are_refused_at_once(replay):
    with pytest.raises(AnalysisError, match="There is no source 'ssb_1'"):
        run(["ssb_1"])
    with locked(paths.raw() / ".answers" / ".lock"), pytest.raises(AnalysisError, match="Another fetch"):
        run(PURCHASES)


@pytest.mark.slow
def test_a_flipped_byte_is_named_never_read_and_mended_by_the_next_fetch(replay):
    run(PURCHASES)
    path = raw.locate("ssb_purchases")
    content = bytearray(path.read_bytes())
    content[4] ^= 1
    path.write_bytes(content)
    assert path.name in str(raw.verify()[0])
    assert run(PURCHASES).exit_code == 0
    assert raw.verify() == []


def test_a_damaged_catalogue_is_told_in_a_sentence(replay):
    (paths.raw() / "catalogue.csv").write_bytes(b"{")
    summary = run(["ssb_counties"])
    assert summary.exit_code == 1
    assert "catalogue.csv" in reason(summary)


@pytest.mark.slow
def test_a_changed_meaning_can_be_accepted(replay):
    run(PURCHASES)
    newer(replay)
    rename(replay)
    summary = run(PURCHASES)
    assert "fetch ssb_purchases --accept-changes" in reason(summary)
    assert outcome(run(PURCHASES, accept_changes=True)) == {"ssb_purchases": "unchanged"}  # the same numbers
    assert raw.labels(in_force("ssb_purchases"))["KOKart0000"]["AG16"] == "Lønn og annet"


def test_what_must_hold_cannot_be_accepted_away(replay):
    one_too_few(replay)
    assert outcome(run(PURCHASES, accept_changes=True)) == {"ssb_purchases": "refused"}


@pytest.mark.slow
def test_status_tells_source_period_age_coverage_licence_and_what_is_preliminary(replay):
    replay.world.tables["12367"].updated = "2026-03-16T07:00:00Z"
    run(["ssb_purchases", "brreg_organisations"])
    table = update.status(today=date(2030, 1, 1)).set_index("source")
    purchases = table.loc["ssb_purchases"]
    assert (purchases["newest_period"], purchases["coverage"]) == ("2025", "357 municipalities")
    assert (purchases["kind"], purchases["licence"]) == ("fetched", "CC BY 4.0")
    assert purchases["is_preliminary"]
    assert purchases["age_days"] > 365
    embedded = table.loc["ssb_population"]
    assert (embedded["kind"], embedded["newest_period"]) == ("embedded", "2026")


def test_progress_names_the_source_and_counts(replay, capsys):
    update.fetch(PURCHASES, progress=True, client=Client())
    told = capsys.readouterr().err
    assert "ssb_purchases" in told
    count = len(replay.requests)
    assert f"{count}/{count}" in told  # metadata, limits and parts


@pytest.mark.slow
def test_after_a_refresh_all_that_reads_data_raw_uses_the_same_figures(replay, monkeypatch):
    assert run().exit_code == 0
    monkeypatch.setenv(OVERRIDE, "http://127.0.0.1:9")
    assert cli.main(["build", "--quiet"]) == 0
    built = tables.load("participation")
    checked = quality.in_force().tables["participation"]
    columns = ["municipality_code", "year", "population_then"]
    assert built[columns].astype(str).equals(checked[columns].reset_index(drop=True).astype(str))
    panel = tables.load("panel").set_index("municipality_code")
    assert panel.loc["0301", "population"] == people("0301")  # that of the replay, the same in every year
    assert build.is_current()


def test_refreshed_files_can_be_committed(replay, project):
    def git(*arguments):
        return subprocess.run(
            ["git", *arguments], cwd=project, check=True, capture_output=True, text=True
        ).stdout

    shutil.copy(SRC.parent / ".gitignore", project)
    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "embedded")
    run(["ssb_population", "ted_notices"])
    changed = {line[3:] for line in git("status", "--porcelain", "-uall").splitlines()}
    own = {"data/raw/catalogue.csv", "data/raw/counts.csv"}
    assert changed == own | {"data/raw/ssb/population.csv", "data/raw/notices/ted.csv"}


DRIVER = """
import os, shutil, sys
from analysis import paths, raw
from analysis.loaders import update
from analysis.loaders.client import Client
names = ["ssb_counties", "ssb_operating_statement"]

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
    import analysis.io
    for module in (raw, analysis.io):
        module.open = lambda path, mode: Halves(open(path, mode)) if mode == "wb" else open(path, mode)
    os.fsync = lambda file: None  # a killed process loses nothing that it has written
    for name in ("replace", "fsync", "unlink", "rmdir"):
        setattr(os, name, deadly(getattr(os, name)))
    Client.send = deadly(Client.send)
    assert update.fetch(names, progress=False).exit_code == 0

def sound():
    raw.catalogue()
    assert raw.verify() == [], raw.verify()
    for name in set(names) & set(raw.catalogue().index):
        raw.read(name)

def complete():
    assert update.fetch(names, progress=False).exit_code == 0
    sound()
    left = {p.name for p in paths.raw().glob(".*")}
    assert left == {".answers", ".lock"}, left
    for name in names:
        assert raw.catalogue().loc[name, "obtained_from"].startswith("https://data.ssb.no"), name

spare = paths.raw().with_name("spare")
shutil.copytree(paths.raw(), spare)
for moment in range(int(sys.argv[1]), 400, 3):
    shutil.rmtree(paths.raw())
    shutil.copytree(spare, paths.raw())
    died = fork(lambda: dying(moment))
    assert fork(lambda: (sound(), complete())) == 0, moment
    if died == 0:
        print("survived", moment)
        break
    assert died == -9, (died, moment)
shutil.rmtree(spare)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("before", "first"), [("embedded", "1"), ("fetched", "2")])
def test_killed_at_any_moment_the_state_is_sound_and_the_next_run_completes(replay, before, first):
    replay.world.max_cells = 2_000
    if before == "fetched":
        run(["ssb_counties", "ssb_operating_statement"])
        newer(replay, "13551")
        replay.world.counties["11"] = "Rogaland - Rogalánda"
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, first],
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    moments = int(done.stdout.split()[-1])
    assert moments > 40  # every third of that many moments was its last


@pytest.mark.slow
def test_figures_that_cannot_be_true_are_refused_until_somebody_says_that_they_are(replay):
    def tripled(codes):
        value, status = replay.world._persons(codes)
        return (value * 3 if value and codes["Tid"] == "2026" else value), status

    before = raw.locate("ssb_population").read_bytes()
    replay.world.tables["07459"].cell = tripled
    summary = run(["ssb_population"])
    assert outcome(summary) == {"ssb_population": "refused"}
    assert "together have 3 times the year before" in reason(summary)
    assert "fetch ssb_population --accept-changes" in reason(summary)
    assert raw.locate("ssb_population").read_bytes() == before
    assert outcome(run(["ssb_population"], accept_changes=True)) == {"ssb_population": "changed"}
    # Each leap is recorded as accepted; what else does not fit (three times the people, the same purse) is told.
    assert set(expected.accepted()["source_id"]) == {"ssb_population"}
    assert not any("the year before" in str(fault) for fault in raw.verify())


@pytest.mark.slow
def test_a_group_or_a_year_that_is_gone_is_refused(replay):
    assert outcome(run(["ssb_purchases"])) == {"ssb_purchases": "changed"}
    arts = replay.world.tables["12367"]
    cell = arts.cell

    def without(codes):
        gone = codes["Tid"] == "2023" and codes["KOKart0000"] == "AG34" and codes[REGION] >= "3000"
        return (None, ":") if gone else cell(codes)

    arts.cell, arts.updated = without, "2026-06-30T06:00:00Z"
    summary = run(["ssb_purchases"])
    assert outcome(summary) == {"ssb_purchases": "refused"}
    assert "2023 A AG34 has" in reason(summary) and "2023 B AG34 has" in reason(summary)


@pytest.mark.slow
def test_an_older_table_than_the_one_here_is_refused(replay):
    """A cache of the publisher's, or a table that was taken back: it holds the figures from before a revision."""
    assert outcome(run(["ssb_area"])) == {"ssb_area": "changed"}
    replay.world.tables["11342"].updated = "2026-02-24T07:00:00Z"
    summary = run(["ssb_area"])
    assert outcome(summary) == {"ssb_area": "refused"}
    assert "of 2026-02-24T07:00:00Z, and the one here of 2026-02-25T07:00:00Z" in reason(summary)
    assert in_force("ssb_area")["updated"] == "2026-02-25T07:00:00Z"
    assert outcome(run(["ssb_area"], accept_changes=True)) == {"ssb_area": "unchanged"}  # the same numbers


def test_a_disk_that_becomes_full_says_what_was_changed_before(replay, monkeypatch):
    write = raw._write

    def full(path, data):
        if data == b"brreg/organisations.csv":
            raise OSError(28, "No space left on device", str(path))
        write(path, data)

    counties, units = in_force("ssb_counties"), in_force("brreg_organisations")
    replay.world.counties["11"] = "Rogaland - Rogalánda"
    with monkeypatch.context() as patch:
        patch.setattr(raw, "_write", full)
        with pytest.raises(
            AnalysisError, match=r"No space left on device.*; changed before that: ssb_counties$"
        ):
            run(["ssb_counties", "brreg_organisations"])
    assert in_force("ssb_counties")["sha256"] != counties["sha256"]
    assert in_force("brreg_organisations").equals(units)
    assert not list(paths.raw().glob(".new-*"))
    raw.read("brreg_organisations")


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_folder_that_may_not_be_written_is_told_in_a_sentence(replay, monkeypatch, capsys, dry_run):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(paths.raw() / ".answers"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    asked = ["fetch", "--quiet", "ssb_counties", *(["--dry-run"] if dry_run else [])]
    assert cli.main(asked) == (0 if dry_run else 1)
    told = capsys.readouterr().err
    assert dry_run or told.startswith("data/raw cannot be written: [Errno 13] Permission denied")


@pytest.mark.parametrize("days", [-40, 40])
def test_what_a_wrong_clock_has_kept_is_asked_for_anew(replay, days):
    """Kept an hour before or after now it would be gone on with, and its date would become that of the source."""
    replay.mishaps = [Mishap("503", where="kartverket")]
    assert outcome(run(["ssb_municipalities"])) == {"ssb_municipalities": "refused"}
    for path in answers("ssb_municipalities").glob("partial/*.json"):
        about = json.loads(path.read_bytes())
        moment = datetime.fromisoformat(about["retrieved"]) + timedelta(days=days)
        path.write_text(json.dumps(about | {"retrieved": moment.isoformat()}))
    replay.mishaps = []
    replay.requests.clear()
    assert outcome(run(["ssb_municipalities"])) == {"ssb_municipalities": "unchanged"}
    assert replay.count("131/codes") == 1


def test_reasons_stand_below_the_table_a_line_for_each_fault(replay, capsys):
    replay.mishaps = [Mishap("404", where="104/codes")]
    units = replay.world.organisations
    replay.world.organisations = lambda form: [unit | {"navn": None} for unit in units(form)][
        : 300 if form == "KOMM" else 9
    ]
    assert cli.main(["fetch", "--quiet", "ssb_counties", "brreg_organisations", "ssb_code_changes"]) == 1
    table, told = capsys.readouterr().out.split("\n\n", 1)
    assert max(map(len, table.splitlines())) < 100
    assert told.splitlines()[:3] == [
        "ssb_counties was refused: klass GET /classifications/104/codes: answered 404",
        "brreg_organisations was refused: What the publisher sends now cannot replace what is here (3 faults):",
        "  brreg_organisations: 300 municipalities, 357 are expected",
    ]
    assert "\\n" not in told and "<NA>" not in table


@pytest.mark.slow
def test_figures_that_have_doubled_since_they_were_fetched_are_refused(replay):
    run(["ssb_operating_statement"])
    statement = replay.world.tables["13551"]
    cell, statement.updated = statement.cell, "2026-06-30T06:00:00Z"
    statement.cell = lambda codes: (cell(codes)[0] and 2 * cell(codes)[0], cell(codes)[1])
    summary = run(["ssb_operating_statement"])
    assert outcome(summary) == {"ssb_operating_statement": "refused"}
    assert "AG17 2025: 357 units have 2 times what they had before" in reason(summary)
    assert "--accept-changes" in reason(summary)


def test_one_name_is_one_source_and_no_name_is_none(replay):
    assert outcome(run("ssb_counties")) == {"ssb_counties": "unchanged"}
    replay.requests.clear()
    assert run([]).frame.empty
    assert replay.requests == []
