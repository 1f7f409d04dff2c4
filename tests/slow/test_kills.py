"""A process that is killed at any moment loses nothing, mixes nothing and blocks nobody.

Each command is killed at every step that touches the disk, and at random moments: ``ANALYSIS_KILLS`` of them (8 where
it is not set). The report's kills are in test_report_killed.
"""

from __future__ import annotations

import datetime
import os
import random
import select
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from tests.data.records import GOOD
from tests.replay import Replay

from analysis import build, cli, paths, raw, tables
from analysis.errors import AnalysisError
from analysis.loaders import update
from analysis.loaders.client import Client
from analysis.loaders.messages import OVERRIDE
from analysis.register import declarations, edit, files, quality

KILLS = int(os.environ.get("ANALYSIS_KILLS", "8"))
STEPS = ("replace", "rename", "unlink", "rmdir", "mkdir", "fsync")


def forked(work) -> int:
    """The exit code of a process of its own that does the work, minus the signal where it was killed.

    Whatever that process has started holds its standard error: when it is closed, all of them have ended.
    """
    heard, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(held, 2)
            os.close(held)
            done = work()  # a command's exit code, or what a function gives
            code = done if isinstance(done, int) else 0
        finally:
            os._exit(code)
    os.close(held)
    said = b""
    while select.select([heard], [], [], 60)[0] and (more := os.read(heard, 65536)):
        said += more
    assert not select.select([heard], [], [], 0)[0] or not os.read(heard, 1), "something runs on"
    os.close(heard)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code != 3, said.decode()
    return code


def dying_at_step(work, step: int):
    """The work, killed just before its n-th step that touches the disk."""

    def run():
        left = [step]

        def deadly(function):
            def call(*arguments, **options):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments, **options)

            return call

        for name in STEPS:
            setattr(os, name, deadly(getattr(os, name)))
        return work()

    return run


def dying_at_moment(work, seconds: float):
    """The work, ended by the system's timer, which runs no handler and tidies nothing up."""

    def run():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return work()

    return run


def contents(folder: Path) -> dict[str, bytes]:
    """Files by name, but for the locks and what no reader looks at."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".")}


def killed_everywhere(work, put_back, sound, finish) -> dict[str, int]:
    """Kill the work at every step and at random moments; after each kill ask ``sound``, then ``finish``."""
    put_back()
    began = time.monotonic()
    assert forked(work) == 0
    took = time.monotonic() - began
    seen = {"killed": 0}
    chance = random.Random(20261126)

    def one(dying):
        put_back()
        code = forked(dying)
        assert code in (0, -signal.SIGKILL, -signal.SIGALRM)
        state = sound()
        seen[state] = seen.get(state, 0) + 1
        seen["killed"] += code != 0
        finish()
        return code

    step = 1
    while one(dying_at_step(work, step)):
        step += 1
    for _ in range(KILLS):
        one(dying_at_moment(work, chance.uniform(0, took)))
    print(f"{step - 1} steps and {KILLS} moments: {seen}")
    return seen


def restored(folder: Path, spare: Path):
    def put_back():
        shutil.rmtree(folder)
        shutil.copytree(spare, folder)

    return put_back


@pytest.mark.slow
def test_build(project, monkeypatch):
    target = paths.processed()
    build.build(progress=False)
    old = contents(target)
    shutil.copytree(target, project / "spare")
    area = raw.read("ssb_area")
    record = raw.catalogue().loc["ssb_area"].drop(["sha256", "rows"]).to_dict()
    raw.replace("ssb_area", area.assign(land_area_km2="17"), record)
    made = build.tables()
    monkeypatch.setattr(build, "tables", lambda: made)  # its reading writes nothing: kill the writing
    build.build(progress=False)
    new = contents(target)
    assert {name for name in new if new[name] != old.get(name)} >= {"municipalities.parquet", "manifest.json"}

    def sound():
        now = contents(target)
        if now in (old, new):
            assert build.is_current() == (now == new)
            return "old" if now == old else "new"
        # Some tables are new and some old: nobody can read them.
        with pytest.raises(AnalysisError, match="python -m analysis build"):
            tables.load("municipalities")
        assert not build.is_current()
        return "refused"

    def finish():
        assert forked(lambda: build.build(progress=False)) == 0
        assert contents(target) == new
        assert not list(target.glob(".new-*"))

    seen = killed_everywhere(
        lambda: build.build(progress=False), restored(target, project / "spare"), sound, finish
    )
    assert seen["killed"] > 15 and seen["old"] and seen["new"]


@pytest.mark.slow
def test_import(project):
    checked = quality.check()
    rows = pd.DataFrame([GOOD], index=[2], columns=list(declarations.form()), dtype="str")
    plan = edit.plan(rows, checked.register, checked.reforms, "new.csv", datetime.date(2026, 11, 26))
    planned = edit.apply(plan, checked.register)

    def work():
        with files.locked():
            files.write(planned)

    folder = files.folder()
    shutil.copytree(folder, project / "spare")
    n_records = len(checked.register["participations"])

    def sound():
        register = files.read()
        register.raise_faults()
        n = len(register["participations"])
        assert n in (n_records, n_records + 1)
        return "old" if n == n_records else "new"

    def finish():
        assert forked(work) == 0
        assert sound() == "new"
        assert not list(project.rglob(".register-*"))

    seen = killed_everywhere(work, restored(folder, project / "spare"), sound, finish)
    assert seen["killed"] > 10 and seen["old"]
    assert raw.verify() == []


@pytest.mark.slow
def test_fetch(project, monkeypatch):
    monkeypatch.delenv("DOFFIN_API_KEY", raising=False)
    names = ["ssb_counties", "brreg_organisations"]
    with Replay() as server:
        monkeypatch.setenv(OVERRIDE, server.url)

        def work():
            client = Client(sleep=lambda _: None)
            assert update.fetch(names, progress=False, client=client).exit_code == 0

        folder = paths.raw()
        shutil.copytree(folder, project / "spare")
        old = contents(folder)
        work()
        new = contents(folder)

        def sound():
            assert raw.verify() == []
            now = contents(folder)
            # Each source is old or new by itself, and its record goes with it.
            for name in names:
                file, record = raw.catalogue().loc[name, "file"], raw.catalogue().loc[name].to_dict()
                assert now[file] in (old[file], new[file])
                is_new = record["obtained_from"].startswith("https://")
                assert now[file] == (new if is_new else old)[file]
            return "old" if now == old else "new" if now == new else "one by one"

        def finish():
            assert forked(work) == 0
            assert contents(folder) == new
            assert {path.name for path in folder.glob(".*")} <= {".answers", ".lock"}

        seen = killed_everywhere(work, restored(folder, project / "spare"), sound, finish)
    assert seen["killed"] > 20 and seen["old"] and seen["new"]


@pytest.mark.slow
@pytest.mark.parametrize("limit", [3_000, 60_000])
@pytest.mark.parametrize("command", ["build", "import", "release"])
def test_a_disk_that_is_full_is_told_in_one_line_and_keeps_all(project, tmp_path, command, limit, capfd):
    import resource

    form = tmp_path / "form.csv"
    header = "programme_id,project_title,year,participant_name,role,source_url,source_kind"
    form.write_text(f"{header}\nklimasats,Ny,2021,Utsira,lead,https://example.no/a,press\n")
    build.build(progress=False)
    arguments = {
        "build": ["build", "--quiet"],
        "import": ["register", "import", str(form), "--write"],
        "release": ["register", "release"],
    }[command]
    before = contents(project / "data")

    def work():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        os._exit(cli.main(arguments))

    pid = os.fork()
    if pid == 0:
        work()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    told = capfd.readouterr().err.strip().splitlines()
    assert code == 1
    assert len(told) == 1 and "File too large" in told[0] and "(/" in told[0], told
    assert contents(project / "data") == before
    assert not [path for path in project.rglob(".*") if path.name not in (".lock", ".register.lock")]
