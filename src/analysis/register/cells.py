"""What a single cell may hold, by the field of its schema; and the words for what it may not."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from analysis import raw

#: What a type must look like as text.
_TYPES = {
    "integer": (r"\d+", "a whole number without spaces, e.g. 14000000"),
    "number": (r"\d+(?:\.\d+)?", "a number with a decimal point, e.g. 96250.50"),
    "date": (r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", "a date as 2026-11-21"),
}
BOOLEAN = {"trueValues": ["True"], "falseValues": ["False"]}
#: Text that a spreadsheet would run, a browser would read as markup, or nobody can see.
UNSAFE = (
    (r"^[=+@\t\r-]", "must not begin with = + - @ or a tab: a spreadsheet would run it as a formula"),
    (r"<\s*[/!a-zA-Z]", "must not hold HTML or script tags"),
    (
        r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]",
        "holds control characters or a broken encoding",
    ),
    (
        r"Ã[¦¸¥†˜…\u0085\u0086\u0098\u00a1-\u00bf]|â€",
        "looks like UTF-8 read as another encoding (æ, ø, å broken)",
    ),
    (
        r"[\u00a0\u00ad\u061c\u2000-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff\U000e0000-\U000e007f]",
        "holds a non-breaking or invisible character",
    ),
    (r"^\s|\s$", "begins or ends with a space"),
    (r"[^\s@]@[^\s@]+\.[a-zA-Z]{2,}", "must not hold a mail address"),
)
ANY_UNSAFE = re.compile("|".join(pattern for pattern, _ in UNSAFE))
#: Text in which nothing unsafe can be and no letter stored apart: quicker to see than each of these.
_PLAIN = re.compile(r"[a-zA-Z0-9æøåÆØÅ]([\w æøåÆØÅ.,:;/()&%?=#'-]*[a-zA-Z0-9æøåÆØÅ.)/])?", re.ASCII)
_MAX_LENGTH = 5_000
#: Years that may lie ahead: a programme is announced before it begins, and what goes on may be set to end.
_ENDS = ("period_from", "period_to", "eligible_from", "eligible_to", "to_year", "valid_to")
#: What a spreadsheet makes of texts such as 1-2, 3/2020 or MAR1.
_MONTH_NAME = r"(?:jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|o[kc]t|nov|de[sc])[a-z]*"
_SPREADSHEET_MONTH = re.compile(rf"{_MONTH_NAME}[.-]\d\d|\d{{1,2}}[.-]{_MONTH_NAME}", re.IGNORECASE)
# 36526 is 1 January 2000 and 54788 the last day of 2049 in a spreadsheet's days.
_SPREADSHEET_DAYS = (36526, 54788)


def judge_of(field: Mapping, columns: Collection[str] = ()) -> Callable[[str], str | None]:
    """A function that says what is wrong with a text in a column, or None; ``columns`` are those beside it."""
    rules, kind, unit = field.get("constraints", {}), field["type"], field.get("unit")
    is_address = field.get("format") == "uri"
    is_day = kind == "date" or unit == "partial date"
    type_pattern, type_wanted = _TYPES.get(kind, ("", ""))
    allowed = [str(value) for value in rules.get("enum", [])]
    if kind == "boolean":
        allowed = [word for key in BOOLEAN for word in words(field, key)]
    low, high = rules.get("minimum", -float("inf")), rules.get("maximum", float("inf"))
    bounds = f"from {_spaced(low)} to {_spaced(high)}" if "maximum" in rules else f"{low} or more"
    if unit in ("NOK", "EUR"):
        bounds += "; all municipalities of the country buy for about so much in a year"
    if unit == "year":
        type_wanted = "a year of four digits, e.g. 2023"
        if field["name"] == "year" and {"date", "year_from", "year_to"} <= set(columns):
            type_wanted += "; a month or a day goes into date, a span of years into year_from and year_to"

    def judge(text: str) -> str | None:
        if len(text) > _MAX_LENGTH:  # first: some of the patterns below take long on a very long text
            return f"longer than {_MAX_LENGTH} characters"
        if kind in ("integer", "number") and re.fullmatch(r"[-−–]\s?\d[\d\s.,]*", text):
            return "must not be negative"
        if not _PLAIN.fullmatch(text):
            if ANY_UNSAFE.search(text):
                return next(problem for unsafe, problem in UNSAFE if re.search(unsafe, text))
            if not unicodedata.is_normalized("NFC", text):
                return "letters and accents are stored apart (not Unicode NFC)"
        if type_pattern and not re.fullmatch(type_pattern, text, re.ASCII):
            return f"must be {type_wanted}"
        if allowed and text not in allowed:
            return f"must be one of {', '.join(allowed)}"
        if "pattern" in rules and not re.fullmatch(rules["pattern"], text, re.ASCII):
            return f"must look like {field.get('example', rules['pattern'])}"
        if is_address and not _is_address(text):
            return "no web address"
        if "?" in text and not is_address and re.search(r"\w\?+\w", text):
            return "a letter is lost: a question mark inside a word"
        if is_day and len(text) == 10 and not _is_day(text):
            return "no such day"
        if is_day and _is_ahead(text):
            return f"lies in the future; today is {_today()}"
        if len(text) < 16 and _SPREADSHEET_MONTH.fullmatch(text):
            return "looks like a date that a spreadsheet made of another text; write what stood there"
        if kind in ("integer", "number") and not low <= float(text) <= high:
            if unit == "year" and _SPREADSHEET_DAYS[0] <= float(text) <= _SPREADSHEET_DAYS[1]:
                return f"is a spreadsheet's number for a date; must be a year {bounds}"
            return f"must be {bounds}"
        if unit == "year" and field["name"] not in _ENDS and _is_ahead(str(int(text) - 1)):
            return f"lies in the future; must be {int(_today()[:4]) + 1} or earlier"
        if field["name"] == "organisation_number" and not _has_check_digit(text):
            return "no organisation number: its last digit does not follow from the others; copy it again"
        return None

    return judge


def _today() -> str:
    """Today, or the newest day on which a file of data/raw was retrieved: a clock may be behind."""
    return max(datetime.date.today().isoformat(), raw.catalogue()["retrieved"].max())


def _is_ahead(text: str) -> bool:
    """Whether a day, or a part of a date, has not come yet; the catalogue is only read where that seems so."""
    return text > datetime.date.today().isoformat() and text > _today()


def _spaced(number: float) -> str:
    """A number with spaces between the thousands, if it is longer than a year."""
    return f"{number:,}".replace(",", " ") if number > 9999 else str(number)


def _has_check_digit(number: str) -> bool:
    """Whether the last digit of an organisation number follows from the others (modulus 11)."""
    weighted = sum(
        int(digit) * weight for digit, weight in zip(number, (3, 2, 7, 6, 5, 4, 3, 2), strict=False)
    )
    return (weighted + int(number[-1])) % 11 == 0


def _is_day(text: str) -> bool:
    try:
        return bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def words(field: Mapping, key: str) -> list[str]:
    """The words that stand for true (trueValues) or false (falseValues) in a column."""
    return field.get(key, BOOLEAN[key])


def _is_address(text: str) -> bool:
    """Whether a web address names a host, e.g. not ``https:///page`` or ``https://[::1``."""
    try:
        return "." in (urlsplit(text).hostname or "")
    except ValueError:
        return False
