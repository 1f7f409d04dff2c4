"""How the pages speak (docs/style.md): no number typed into a sentence, no word that the data do not bear out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import messages

from analysis import i18n
from analysis.report.pages import national_counties

PACKAGE = i18n.catalogue_path().parents[2]
#: The notebook and the modules that the national page is written in.
NATIONAL = (
    "report/pages/common.py",
    "report/pages/frequency.py",
    "report/pages/national.py",
    "report/pages/national_lists.py",
    "report/pages/national_time.py",
    "report/pages/purchases.py",
    "report/pages/robustness.py",
    "report/labels.py",
)
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOK = NOTEBOOKS / "report_national.ipynb"

#: Digits that are part of a name, a date, a law or a definition; every other number comes from the data.
ALLOWED = {
    "year": r"(?<![\d.])(?:19|20)\d\d(?![\d.])",
    "day of a month": r"\b\d{1,2}\.? (?:January|November|januar|november)\b",
    "confidence level": r"95[ \u00a0]?%",
    "table or standard of Statistics Norway": r"(?:table|tabell|tables|tabellene) \d{5}|KLASS \d+",
    "item of the accounts": r"AG[DI]\d+",
    "licence": r"CC BY 4\.0|NLOD \d\.\d",
    "ratio of one: equally often": r"(?:below|under) 1\b|^1: ",
    "class of centrality": r"(?:where|der) 1 (?:is|er)|\(1 (?:is|er)",
    "none": r"(?<![\d.,])0(?= (?:kommuner|may|kan))",
    "rounding": r"(?:NOK|nærmeste) 100\b",
    "municipality's number": r"1508 Ålesund|1580 Haram",
    "guideline": r"WCAG 2\.\d|ISO \d+|EN 301 549",
    "size of paper": r"\bA[34]\b",
}
#: Words that need a complete list or a design for causes, in both languages.
FORBIDDEN = {
    "en": r"\brates? of|\bparticipation rate|\buptake\b|\bbecause\b|\bdue to\b|\bcaused by\b|\bleads? to\b|\bnot found\b",
    "nb": r"\bdeltakelsesrate|\bdeltakelsesandel|\bfordi\b|\bpå grunn av\b|\bfører til\b|\bikke funnet\b",
}
#: Words that the style guide replaces, in the Norwegian of the national page.
REPLACED = (
    r"[Øø]vrige|virkemid|\bslag\b|følges ad|den midterste|(?<!prosent)poeng|[Rr]egisteret (?:finner|rommer)|"
    r"\bfunnet\b|enkeltfunn|\bfravær\b|[Ss]måkommune|\bavstand"
)
NEGATIONS = {
    "en": r"\b(?:not|no|none|nobody|nothing|never|cannot|without)\b|n't\b",
    "nb": r"\b(?:ikke|ingen|ingenting|aldri|uten)\b",
}
LONGEST = 34


def texts(only: tuple[str, ...] | None = None) -> Iterator[tuple[str, str]]:
    """Language and text of every message with its translation, or of those of some modules and the notebook."""
    wanted = None if only is None else marked(only)
    for message in i18n.read_catalogue("nb"):
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        if not message.id or (wanted is not None and forms[0] not in wanted):
            continue
        yield from (("en", text) for text in forms)
        written = message.string if isinstance(message.string, tuple | list) else (message.string,)
        yield from (("nb", text) for text in written)


def marked(modules: tuple[str, ...]) -> set[str]:
    """First forms of the messages that stand in modules of the package and in the national notebook."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    codes = [(PACKAGE / name).read_text(encoding="utf-8") for name in modules]
    codes.append("\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code"))
    found = (message for code in codes for message in messages._in_code(code, "code"))
    return {message if isinstance(message, str) else message[0] for message in found}


def sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?:])\s+", text) if s]


def without_allowed(text: str) -> str:
    plain = re.sub(r"\{[^}]*\}", "", text)
    for pattern in ALLOWED.values():
        plain = re.sub(pattern, "", plain)
    return plain


def test_no_message_has_a_number_of_its_own():
    typed = {text for _language, text in texts() if re.search(r"\d", without_allowed(text))}
    assert not typed


def test_a_typed_number_would_be_seen():
    assert re.search(r"\d", without_allowed("13 of {n} municipalities took part in 2020"))
    assert re.search(r"\d", without_allowed("The ratio is 0.16 (95% interval {span})"))
    assert not re.search(r"\d", without_allowed("Horizon 2020: {x} on 1 January 2024 (SSB table 07459)"))


def test_no_number_is_handed_to_a_message_as_a_constant():
    """What fills a placeholder is computed: a literal number in a call would be typed in all the same."""
    sources = {p.name: p.read_text(encoding="utf-8") for p in (PACKAGE / "report").rglob("*.py")}
    for path in NOTEBOOKS.glob("report_*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources[path.name] = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    for name, source in sources.items():
        for call in (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)):
            function = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if function in ("_", "ngettext", "say", "note", "title", "filled"):
                for keyword in call.keywords:
                    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                    is_number = isinstance(value, int | float) and not isinstance(value, bool)
                    assert not is_number and not (isinstance(value, str) and re.search(r"\d", value)), (
                        name,
                        call.lineno,
                    )


@pytest.mark.parametrize("language", ["nb", "en"])
def test_no_message_says_more_than_an_incomplete_list_allows(language):
    said = {t for code, t in texts() if code == language and re.search(FORBIDDEN[language], t)}
    # A reason for what the page leaves out is no cause of what it shows.
    assert not [t for t in said if not re.search("utelatt|left out|ikke regnet|Those of", t)]


def test_shares_that_took_part_are_said_of_complete_lists_only():
    """A share that took part needs a list with everybody; there is one for Horizon 2020."""
    pattern = r"(?:Share|%) of [^.]*\btook part\b|Andel[^.]*\bsom deltok\b"
    said = [text for _language, text in texts() if re.search(pattern, text)]
    assert said
    assert all(re.search("Horizon 2020|Horisont 2020|complete list|komplett", text) for text in said), said


def test_the_national_page_keeps_to_the_words_of_the_style_guide():
    norwegian = [text for language, text in texts(NATIONAL) if language == "nb"]
    assert len(norwegian) > 150
    assert not [text for text in norwegian if re.search(REPLACED, text)]


@pytest.mark.parametrize("language", ["nb", "en"])
def test_one_negation_a_sentence_and_no_sentence_too_long(language):
    for code, text in texts(NATIONAL):
        for sentence in sentences(text) if code == language else ():
            said = re.sub(r"\{[^}]*\}", "", sentence)
            assert len(re.findall(NEGATIONS[language], said, re.IGNORECASE)) <= 1, sentence
            assert len(sentence.split()) <= LONGEST, sentence


@pytest.mark.parametrize("language", ["nb", "en"])
def test_per_cent_is_written_as_the_language_does(language):
    """Running text of the national page: "prosent" in Norwegian, "%" in English; both stand in labels.share."""
    said = [text for code, text in texts(NATIONAL) if code == language]
    wrong = r"\} ?%|\d ?per cent" if language == "nb" else r"\} ?per cent"
    allowed = {"{n} per cent"}
    assert not [text for text in said if re.search(wrong, text) and text not in allowed]


def test_ties_and_whole_groups_are_said_in_words():
    import pandas as pd

    from analysis.report import labels
    from analysis.report.pages.common import most_named, of_municipalities

    panel = pd.DataFrame({"municipality_name": ["Kristiansand", "Lyngdal", "Valle", "Åseral"]})
    with i18n.using("en"):
        assert (
            most_named(panel, pd.Series([14, 2, 2, 2]), top=2)
            == "Kristiansand (14); three others have 2 each"
        )
        assert most_named(panel, pd.Series([14, 3, 2, 1]), top=2) == "Kristiansand (14) and Lyngdal (3)"
        assert most_named(panel, pd.Series([0, 0, 0, 0])) == ""
        assert of_municipalities(25, 25) == "all 25 municipalities"
    with i18n.using("nb"):
        assert [labels.all_of(9, 9), labels.all_of(2, 2), labels.all_of(0, 3), labels.all_of(1, 3)] == [
            "alle ni", "begge", "ingen av tre", "1 av 3",
        ]  # fmt: skip
        assert labels.share(0.075) == "7,5 prosent"
        assert labels.share(84 / 184, 13 / 173) == "45,7 prosent"  # beside 7,5 prosent


def test_a_county_known_through_a_group_says_how_many_are_named():
    """Agder: the sentence under the map counts the named, the sources and those mentioned together."""
    import pandas as pd

    shares = pd.DataFrame(
        {"name": ["Agder"], "county_code": ["42"], "found": [10], "municipalities": [25], "with_groups": [25]}
    )
    rows = pd.DataFrame(
        {
            "basis": ["group"] * 21,
            "county_code": ["42"] * 21,
            "source_id": ["news"] * 21,
            "municipality_code": [f"42{k:02d}" for k in range(21)],
        }
    )

    class Country:
        class observations:
            pass

    Country.observations.rows = rows
    with i18n.using("en"):
        assert national_counties._named_in_groups(Country, shares) == (
            "In Agder, sources name 10 of 25 municipalities. One source mentions 21 municipalities as a group. "
            "With these, all 25 are included."
        )
