"""Guards that no other test keeps: each test here fails when its guard is taken out (tests/slow/mutation.py)."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from pytest_socket import SocketConnectBlockedError
from tests.slow import mutation

from analysis import paths, raw
from analysis.errors import DataError
from analysis.figures import standalone, style
from analysis.figures.html_table import html_table
from analysis.register import cells
from analysis.report import cache, render
from analysis.report import notebooks as execute
from analysis.tables import population, procurement, reforms
from analysis.tables.schema import typed_amounts

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("guard", mutation.GUARDS, ids=lambda guard: f"{guard.number} {guard.name}")
def test_the_text_of_every_guard_is_where_the_table_of_guards_says(guard):
    """Taking them out takes many minutes; that one has moved is seen at once."""
    assert guard.text in (ROOT / guard.file).read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_no_test_can_leave_the_machine():
    with socket.socket() as connection, pytest.raises(SocketConnectBlockedError):
        connection.connect(("192.0.2.1", 443))


@pytest.fixture(scope="module")
def units():
    return reforms.build(*map(raw.read, ("ssb_municipalities", "ssb_code_changes", "ssb_split_series")))


@pytest.mark.parametrize("code", ["301", "9998", "03010", "0301 ", "K-0301", 301])
def test_a_code_that_is_not_four_digits_of_a_municipality_is_refused(units, code):
    purchases = raw.read("ssb_purchases").head(3)
    codes = [code, *purchases["municipality_code"][1:]]
    with pytest.raises(DataError, match="no municipality has had this code"):
        procurement.build(purchases.assign(municipality_code=pd.Series(codes, dtype=object)), units)


@pytest.mark.parametrize("code", ["301", "K-0301", "03010"])
def test_population_is_kept_by_four_digit_codes(units, code):
    people = raw.read("ssb_population").head(3)
    with pytest.raises(DataError, match="four-digit"):
        population.build(people.assign(municipality_code=[code, *people["municipality_code"][1:]]), units)


def test_a_row_that_stands_twice_is_refused(units):
    people = raw.read("ssb_population").head(3)
    with pytest.raises(DataError, match=r"population.*row 2"):
        population.build(pd.concat([people, people.head(1)]), units)


def test_a_sum_with_a_missing_part_is_missing_and_says_why(units):
    """Ski and Oppegård are Nordre Follo since 2020: where one has no figure, the sum has none."""
    rows = [("0213", "5", None), ("0217", None, ":"), ("0216", "11", None)]
    frame = pd.DataFrame(rows, columns=["municipality_code", "amount_nok_thousand", "status"])
    moved = reforms.to_2024(typed_amounts(frame.assign(year="2019")), units).set_index("municipality_code")
    assert pd.isna(moved.loc["3207", "amount_nok_thousand"]) and moved.loc["3207", "status"] == ":"
    assert moved.loc["3212", "amount_nok_thousand"] == 11


def test_a_unit_that_was_split_without_a_series_has_no_place(units):
    """Tysfjord (1850) was parted between Narvik and Hamarøy: neither got its figures, and no amount is divided."""
    frame = pd.DataFrame({"municipality_code": ["1850", "1806"], "year": "2019"})
    frame["amount_nok_thousand"] = ["100", "7"]
    moved = reforms.to_2024(typed_amounts(frame), units)
    assert 100 not in set(moved["amount_nok_thousand"])


def test_the_same_figure_gives_the_same_bytes():
    import matplotlib.figure

    def drawn():
        canvas = matplotlib.figure.Figure()
        axes = canvas.add_subplot()
        axes.bar(["a", "b"], [1, 2], hatch="//")
        axes.fill_between([0, 1], [1, 2], clip_on=True)
        art = style.svg(canvas, "wide", "key")
        return art, standalone.svg(art, title="t", subtitle="s", alt="a")

    assert drawn() == drawn()


@pytest.mark.parametrize("text", ["ring ola.nordmann@example.no", "post@utsira.kommune.no", "a@b.co"])
def test_mail_addresses_are_not_taken_into_the_register(text):
    field = {"name": "note", "type": "string"}
    assert "mail address" in (cells.judge_of(field)(text) or "")


def test_what_others_wrote_is_text_on_a_page_and_nothing_runs_or_is_fetched():
    hostile = pd.DataFrame(
        {"name": ["<script>alert(1)</script>", "<img src=x onerror=y>"], "to": ["javascript:x", "/\\\\x"]}
    )
    table = str(html_table(hostile, "<b>caption</b>", links={"name": "to"}))
    assert "<script" not in table and "<img" not in table and "<b>" not in table and "href" not in table
    allowed = render.policy("a{}", "f()").split("; ")
    assert allowed[0] == "default-src 'none'"
    assert not re.search(r"unsafe|https?:|\*", " ".join(allowed))


def test_raw_data_is_only_read_by_a_build(_built):
    """The tables have been built from it; its files are those of git still, and nothing lies beside them."""
    root = paths.raw()
    assert raw.verify() == []  # every file has its recorded hash
    for path in (root / "participation").iterdir():
        assert path.read_bytes() == (ROOT / "data/raw/participation" / path.name).read_bytes()
    assert not [path.name for path in root.rglob("*") if path.name.startswith(".")]


def workflows():
    found = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert found
    return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in found}


def test_actions_are_fixed_by_commit_and_have_the_least_rights():
    for name, workflow in workflows().items():
        assert workflow["permissions"] == {"contents": "read"}, name
        for job in workflow["jobs"].values():
            for used in [job.get("uses", ""), *(step.get("uses", "") for step in job.get("steps", []))]:
                assert not used or re.search(r"@[0-9a-f]{40}$", used), (name, used)


def test_every_locked_package_has_hashes_and_installation_demands_them():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for requirement in re.split(r"\n(?=\S)", lock.strip()):
        assert requirement.startswith("#") or re.search(r"--hash=sha256:[0-9a-f]{64}", requirement), (
            requirement
        )
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert len(re.findall("require-hashes", made)) >= 2


def test_the_oldest_and_the_newest_versions_are_tried():
    jobs = workflows()["ci.yml"]["jobs"]
    steps = {name: " ".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()}
    oldest = [text for text in steps.values() if "--resolution lowest" in text]
    assert any("pytest" in text for text in oldest)
    newest = [
        text for text in steps.values() if "pip install" in text and "pytest" in text and text not in oldest
    ]
    assert any("require-hashes" not in text for text in newest)


@pytest.mark.slow
def test_traffic_with_a_kernel_is_encrypted(kernel_server, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_folder", lambda: tmp_path / "executed")
    ask = "import json\nfrom ipykernel.connect import get_connection_file"
    tell = "about = json.load(open(get_connection_file()))\nprint('curve_secretkey' in about, about['transport'], about['ip'])"
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in ("n = 1", f"{ask}\n{tell}")]
    )
    made.cells[0].metadata["tags"] = ["parameters"]
    path = tmp_path / "a.ipynb"
    nbformat.write(made, path)
    seen = []
    execute.run_all([execute.Job(path, {"n": 2})], lambda _, made, reads: seen.append(made.cells[1].outputs))
    assert seen[0][0]["text"] == "True tcp 127.0.0.1\n"
