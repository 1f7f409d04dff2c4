"""The command line: help with examples that are understood, in 80 columns; a wrong word is answered with the right one."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import build, cli, manifest, paths
from analysis.command_line import COMMANDS, WIDTH, paragraphs
from analysis.report import page_names, record, site, sitemap


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Every command and sub-command by what is typed."""
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for made in action.choices.values():
                found[made.prog.removeprefix("python -m analysis").strip()] = made
                found |= commands(made)
    return found


def test_every_command_shows_examples_that_the_parser_understands(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    made = commands(cli.parser())
    assert set(made) == set(COMMANDS)
    for name, parser in made.items():
        assert "examples:" in parser.format_help(), name
        examples = parser.format_help().partition("examples:")[2]
        typed = re.findall(r"python -m analysis (.*?)(?=\n  python|\Z)", examples.replace("\\\n", ""), re.S)
        assert len(typed) == len(COMMANDS[name]["examples"])
        for line in typed:
            if not line.strip().endswith("--help"):
                cli.parser().parse_args(shlex.split(line))
        assert max(map(len, parser.format_help().splitlines())) <= WIDTH, name


def test_every_command_in_the_documentation_is_understood():
    root = Path(__file__).resolve().parents[2]
    pages = [root / "README.md", *(root / "docs").glob("*.md"), *(root / "docs/howto").glob("*.md")]
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    typed = [line.split("#")[0] for line in lines if line.startswith("python -m analysis ")]
    assert len(typed) > 8
    for line in typed:
        cli.parser().parse_args(shlex.split(line)[3:])


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["reprot"], "did you mean 'report'"),
        (["register", "templte"], "did you mean 'template'"),
        ([], "Say which command: build, "),
        (["register"], "Say which command: check, "),
        (["init"], "Missing: FOLDER."),
        (["build", "--force"], "There is no option '--force'; there are: --help, --verbose, --quiet"),
        (["fetch", "--dryrun"], "did you mean '--dry-run'?"),
        (["report", "--language", "no"], "--language takes no 'no'; it takes nb, en."),
        (["report", "--years"], "--years: expected one argument."),
        (["register", "review", "C1", "--accept", "--reject"], "not allowed with argument --accept"),
    ],
)
def test_a_wrong_word_is_answered_in_a_sentence_by_the_command_that_it_was_said_to(argv, said, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and said in " ".join(told.split())
    assert "usage:" not in told and "--help` says what there is" in told
    assert max(map(len, told.splitlines())) <= WIDTH


def test_long_lines_are_wrapped_and_nothing_is_lost():
    text = "CC BY 4.0: " + ", ".join(["Statistics Norway (SSB)"] * 9)
    shown = paragraphs([text, "short"])
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert " ".join(shown.split()) == f"{text} short"


def test_a_quiet_build_prints_nothing(monkeypatch, capsys):
    monkeypatch.setattr(build, "build", lambda progress: {"panel": 357})
    assert cli.main(["build", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert cli.main(["build"]) == 0
    assert "panel" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--quiet"]])
@pytest.mark.parametrize("has_start", [True, False])
@pytest.mark.parametrize("n_pages", [0, 2])
def test_a_report_names_only_files_that_exist(monkeypatch, tmp_path, capsys, options, has_start, n_pages):
    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    monkeypatch.setattr(paths, "reports", lambda: tmp_path / "reports")
    monkeypatch.setattr(manifest, "is_current", lambda: True)
    monkeypatch.setattr(record, "must_execute", lambda *_known: False)
    monkeypatch.setattr(page_names, "page_key", lambda name, keys: name)
    monkeypatch.setattr(sitemap, "pages", list)
    made = [tmp_path / "reports" / "en" / f"{k}.html" for k in range(n_pages)]
    monkeypatch.setattr(site, "build_site", lambda *_asked: made)
    (tmp_path / "reports" / "en").mkdir(parents=True)
    for file in [*made, *([tmp_path / "reports" / "index.html"] if has_start else [])]:
        file.touch()
    assert cli.main(["report", "Vang", "Klimasats", *options]) == 0
    told = capsys.readouterr().out
    named = re.findall(rf"{re.escape(str(tmp_path))}\S*", told)
    assert named and all(Path(name.rstrip(".")).exists() for name in named)
    assert set(map(str, made)) <= set(named)


def test_a_letter_that_the_terminal_lacks_is_no_fault():
    """The codebook and the status hold dashes and letters that Latin-1 has not."""
    usual = {name: value for name, value in os.environ.items() if name != "ANALYSIS_ROOT"}
    run = subprocess.run(
        [sys.executable, "-m", "analysis", "register", "template", "programmes", "--explain"],
        env=usual | {"PYTHONIOENCODING": "ascii"},
        cwd=Path(paths.__file__).parents[2],
        capture_output=True,
        check=True,
    )
    assert b"programme_id" in run.stdout and b"unexpected" not in run.stderr


def test_a_folder_without_a_choice_is_refused(capsys):
    assert cli.main(["report", "--folder", "somewhere"]) == 1
    assert "is where a report on a choice goes" in capsys.readouterr().err


def test_the_folder_that_one_works_in_comes_before_the_checkout(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("ANALYSIS_ROOT", raising=False)
    target = tmp_path / "Min mappe æøå"
    assert cli.main(["init", str(target)]) == 0
    assert f"cd '{target}'" in capsys.readouterr().out
    monkeypatch.chdir(target / "notebooks")
    assert paths.root() == target
    monkeypatch.chdir(tmp_path)
    assert paths.root() == Path(paths.__file__).parents[2]
