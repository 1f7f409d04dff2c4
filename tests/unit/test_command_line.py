"""The command line: help with examples that are understood, in 80 columns; a wrong word is answered with the right one."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from analysis import build, cli
from analysis.command_line import EXAMPLES, WIDTH, paragraphs


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
    assert set(made) == set(EXAMPLES)
    for name, parser in made.items():
        assert "examples:" in parser.format_help(), name
        examples = parser.format_help().partition("examples:")[2]
        typed = re.findall(r"python -m analysis (.*?)(?=\n  python|\Z)", examples.replace("\\\n", ""), re.S)
        assert len(typed) == len(EXAMPLES[name])
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
