"""Two languages: numbers as each writes them, every message translated, plurals and placeholders right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import messages

from analysis import i18n as language
from analysis.errors import AnalysisError
from analysis.i18n import (
    _,
    listed,
    ngettext,
    nok,
    number,
    number_range,
    percent,
    percent_range,
    rounded,
    using,
)

PACKAGE = Path(language.__file__).parent


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("nb", ["5\u202f550\u202f203", "0,25", "32\u00a0%", "4,3\u00a0%", "23–43\u00a0%", "−2,5"]),
        ("en", ["5,550,203", "0.25", "32%", "4.3%", "23–43%", "−2.5"]),
    ],
)
def test_numbers_are_written_as_the_language_does(code, written):
    with using(code):
        assert [
            number(5_550_203),
            number(0.25, 2),
            percent(0.321),
            percent(0.043, 1),
            percent_range(0.23, 0.43),
            number(-2.5, 1),
        ] == written


@pytest.mark.parametrize(
    ("amount", "nb", "en"),
    [
        (450_000, "450\u202f000 kroner", "NOK 450,000"),
        (1_800_000, "1,8 millioner kroner", "NOK 1.8 million"),
        (102_400_000, "102 millioner kroner", "NOK 102 million"),
        (75_800_000_000, "75,8 milliarder kroner", "NOK 75.8 billion"),
    ],
)
def test_amounts_stand_in_the_largest_readable_unit(amount, nb, en):
    with using("nb"):
        assert nok(amount) == nb
    with using("en"):
        assert nok(amount) == en


def test_what_rounds_to_zero_has_no_sign():
    assert [number(-0.3), number(-0.04, 1), number(-0.06, 1)] == ["0", "0.0", "−0.1"]
    assert [number_range(-0.4, 0.4), percent_range(-0.001, 0.2), percent(-0.004)] == ["0–0", "0–20%", "0%"]


@pytest.mark.parametrize(("code", "word"), [("en", "unknown"), ("nb", "ukjent")])
def test_what_is_missing_is_unknown_once_and_without_a_sign(code, word):
    nan = float("nan")
    with using(code):
        assert [number(nan, 2), percent(nan), number_range(nan, nan, 2), percent_range(nan, nan)] == [
            word
        ] * 4


def test_lists_end_with_and():
    with using("nb"):
        assert listed(["Oslo"]) == "Oslo"
        assert listed(["Oslo", "Bergen", "Bodø"]) == "Oslo, Bergen og Bodø"


@pytest.mark.parametrize(
    ("n", "nb"), [(0, "0 kommuner vises"), (1, "1 kommune vises"), (1234, "1\u202f234 kommuner vises")]
)
def test_plurals_agree(n, nb):
    with using("nb"):
        assert ngettext("{n} municipality shown", "{n} municipalities shown", n, n=n) == nb


def test_a_third_language_is_refused():
    with pytest.raises(AnalysisError, match="nb and en"):
        language.use("nn")


def test_every_message_of_code_and_notebooks_is_translated():
    marked = messages.extracted(PACKAGE, PACKAGE.parents[1] / "notebooks")
    translated = language.read_catalogue("nb")
    assert not messages.untranslated(translated)
    keys = {m.id for m in marked if m.id}
    known = {m.id for m in translated if m.id}
    assert keys - known == set(), "run `make messages` and translate what it prints"
    assert known - keys == set(), "no longer used: run `make messages`"


def test_translations_keep_every_placeholder():
    def names(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    for message in language.read_catalogue("nb"):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for string in strings:
            assert names(string) <= set.union(*map(names, ids)), message.id
        assert names(strings[-1]) == names(ids[-1]) or len(ids) > 1, message.id


def test_messages_inside_f_strings_and_templates_are_found_and_glued_ones_refused(tmp_path):
    (tmp_path / "one.py").write_text("x = f\"<p>{_('Hello {name}', name=1)}</p>\"\n")
    assert [m.id for m in messages.extracted(tmp_path, tmp_path) if m.id] == ["Hello {name}"]
    (tmp_path / "one.j2").write_text("{% if x %}<p>{{ _('Bye {name}', name=x) }}</p>{% endif %}")
    (tmp_path / "two.j2").write_text("{{ ngettext('{n} day', '{n} days', 2, n=2) }}")
    ids = {m.id for m in messages.extracted(tmp_path, tmp_path) if m.id}
    assert ids == {"Hello {name}", "Bye {name}", ("{n} day", "{n} days")}
    (tmp_path / "two.py").write_text("_(f'Hello {name}')\n")
    with pytest.raises(AnalysisError, match=r"two\.py, line 1"):
        messages.extracted(tmp_path, tmp_path)


def test_the_translation_is_used():
    with using("nb"):
        assert _("What is documented") == "Hva som er dokumentert"
    with using("en"):
        assert _("What is documented") == "What is documented"


def test_a_range_with_a_minus_is_written_with_a_word():
    said = [
        number_range(-8.1, -2.6, 1),
        number_range(-0.5, 0.25, 2),
        percent_range(-0.02, 0.1),
        number_range(1, 2),
    ]
    assert said == ["−8.1 to −2.6", "−0.50 to 0.25", "−2 to 10%", "1–2"]
    with using("nb"):
        assert number_range(-8.1, -2.6, 1) == "−8,1 til −2,6"


def test_halves_are_rounded_away_from_zero():
    """A reader who rounds 450,000 to tenths of a million gets 0.5; rounding to the even digit would print 0.4."""
    assert [number(v, 1) for v in (0.45, 0.15, 0.25, -0.25, 0.05)] == ["0.5", "0.2", "0.3", "−0.3", "0.1"]
    assert [number(v) for v in (0.5, 1.5, 2.5, -2.5)] == ["1", "2", "3", "−3"]
    # As a float, the product lies a hair below the half.
    assert 0.145 * 100 < 14.5 and percent(0.145) == "15%"
    assert number(float(rounded(15_350, -2))) == "15,400"
    assert nok(1_250_000) == "NOK 1.3 million"
