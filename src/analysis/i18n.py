"""The two languages of the reports: one message catalogue, numbers as each language writes them.

Code and notebooks hold English messages with named placeholders; ``locale/nb/messages.po`` holds the
Norwegian (bokmål) ones and is compiled in memory. A notebook says once which language it speaks
(:func:`use`); every text and number after that follows.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from babel import numbers
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog

from analysis.errors import AnalysisError

if TYPE_CHECKING:  # commands that load no pandas must not wait for it
    import pandas as pd

LANGUAGES = ("nb", "en")

_current: ContextVar[str] = ContextVar("language", default="en")
_NARROW, _NO_BREAK, _MINUS = "\u202f", "\u00a0", "\u2212"


def use(language: str) -> None:
    """Write numbers, figures, pages and comparisons of places from here on in ``language`` (``nb`` or ``en``).

    Names of columns, what estimates print beside their numbers, descriptions of tables, and errors are English.

    Raises
    ------
    AnalysisError
        Another language.

    Examples
    --------
    >>> import analysis as an
    >>> an.use_language("en")
    >>> current()
    'en'
    """
    if language not in LANGUAGES:
        raise AnalysisError(f"Reports are written in {' and '.join(LANGUAGES)}; {language!r} is neither.")
    _current.set(language)


def current() -> str:
    """The language in use: ``nb`` or ``en``."""
    return _current.get()


@contextmanager
def using(language: str) -> Iterator[None]:
    """Speak ``language`` for the length of a ``with`` block."""
    before = current()
    use(language)
    try:
        yield
    finally:
        _current.set(before)


def catalogue_path(language: str = "nb") -> Path:
    """Where the message catalogue of a language lies."""
    return Path(__file__).parent / "locale" / language / "messages.po"


def read_catalogue(language: str = "nb") -> Catalog:
    """The message catalogue as babel reads it (messages, plurals, flags)."""
    with catalogue_path(language).open("rb") as file:
        return pofile.read_po(file, locale=language)


@cache
def _translations(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _(message: str, **values: object) -> str:
    """The message in the language in use, its named placeholders filled in."""
    return filled(_translations(current()).gettext(message), **values)


def N_(message: str) -> str:
    """Mark a message for the catalogue without translating it yet (labels kept in constants)."""
    return message


def ngettext(singular: str, plural: str, count: int, **values: object) -> str:
    """The form of the message that ``count`` asks for, its named placeholders filled in."""
    return filled(_translations(current()).ngettext(singular, plural, int(count)), **values)


def filled(text: str, **values: object) -> str:
    """A translated message with its named placeholders filled in; whole numbers as the language writes them."""
    if not values:
        return text
    return text.format(
        **{
            name: number(int(value)) if isinstance(value, Integral) and not isinstance(value, bool) else value
            for name, value in values.items()
        }
    )


def number(value: float, digits: int = 0) -> str:
    """A number with a fixed number of decimals, grouped as the language does.

    Halves are rounded away from zero. A number that rounds to zero has no sign; one that is missing is "unknown".

    Examples
    --------
    >>> number(5550203), number(-2.5, 1), number(-0.3), number(float("nan"))
    ('5,550,203', '−2.5', '0', 'unknown')
    >>> number(0.45, 1), number(2.5), number(-0.25, 1), number(14.499999999999998)
    ('0.5', '3', '−0.3', '15')
    """
    return _("unknown") if value != value else _number(value, digits, current())


def rounded(value: float, digits: int = 0) -> Decimal:
    """The value with so many decimals, halves away from zero: Python, numpy and babel round them to the even digit.

    Shares are products of floats, so that a half may lie a hair below itself (``0.145 * 100``).
    """
    if not math.isfinite(value):
        return Decimal(value)
    is_whole = isinstance(value, Integral)
    near = Decimal(int(value)) if is_whole else Decimal(repr(round(float(value), digits + 9)))
    return near.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@lru_cache(maxsize=50_000)
def _number(value: float, digits: int, language: str) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = numbers.format_decimal(rounded(value, digits), format=pattern, locale=language)
    if not any(digit in "123456789" for digit in text):
        text = text.removeprefix("-")
    # Norwegian groups thousands with a narrow space that never breaks; babel's is a wide one.
    narrow = _NARROW if language == "nb" else _NO_BREAK
    return text.replace("-", _MINUS).replace(_NO_BREAK, narrow)


def percent(share: float, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage.

    Examples
    --------
    >>> percent(0.321), percent(0.043, 1)
    ('32%', '4.3%')
    """
    text = number(share * 100, digits)
    if share != share:
        return text
    return f"{text}{_NO_BREAK}%" if current() == "nb" else f"{text}%"


def decimals(shares: Iterable[float]) -> int:
    """How many decimals shares that are compared have: one where any is below ten per cent, else none.

    Examples
    --------
    >>> decimals([0.0751, 0.457]), decimals([0.321, 0.457, 0.0])
    (1, 0)
    """
    return int(any(share > 0 and round(share, 3) < 0.1 for share in shares))


def percent_range(low: float, high: float, digits: int = 0) -> str:
    """An interval of shares between 0 and 1.

    Examples
    --------
    >>> percent_range(0.23, 0.43)
    '23–43%'
    """
    return _between(number(low * 100, digits), percent(high, digits)) if low == low else percent(low)


def number_range(low: float, high: float, digits: int = 0) -> str:
    """An interval of numbers.

    Examples
    --------
    >>> number_range(0.5, 0.814, 2), number_range(-0.4, 0.4), number_range(-8.1, -2.6, 1)
    ('0.50–0.81', '0–0', '−8.1 to −2.6')
    """
    return _between(number(low, digits), number(high, digits)) if low == low else number(low)


def _between(low: str, high: str) -> str:
    """Both limits with a dash, or with a word where a minus stands beside it."""
    return _("{low} to {high}", low=low, high=high) if _MINUS in low + high else f"{low}–{high}"


def nok(amount: float, digits: int | None = None) -> str:
    """An amount in kroner (not thousands), in the largest unit that keeps it readable; beside others with as many decimals as they.

    Examples
    --------
    >>> nok(1_800_000), nok(7_010_000), nok(97_480_000_000, 0)
    ('NOK 1.8 million', 'NOK 7 million', 'NOK 97 billion')
    """
    if abs(amount) >= 1e9:
        n, written = in_units(amount / 1e9, digits)
        return ngettext("NOK {amount} billion", "NOK {amount} billion", n, amount=written)
    if abs(amount) >= 1e6:
        n, written = in_units(amount / 1e6, digits)
        return ngettext("NOK {amount} million", "NOK {amount} million", n, amount=written)
    return _("NOK {amount}", amount=number(amount))


def in_units(amount: float, digits: int | None = None) -> tuple[int, str]:
    """Which form of the unit's name a number of millions or billions takes (of one or several), and how it is written."""
    near = rounded(amount, digits if digits is not None else 0 if abs(amount) >= 100 else 1)
    if digits is None:
        digits = 0 if near == near.to_integral() else 1
    return 1 if abs(near) == 1 else 2, number(float(near), digits)


def listed(items: list[str]) -> str:
    """Items as a sentence lists them.

    Examples
    --------
    >>> listed(["Oslo", "Bergen", "Bodø"])
    'Oslo, Bergen and Bodø'
    """
    if len(items) < 2:
        return "".join(items)
    return _("{first} and {last}", first=", ".join(items[:-1]), last=items[-1])


def alphabetical(name: str) -> str:
    """Sort key of Norwegian order: æ, ø and å stand last.

    Examples
    --------
    >>> sorted(["Ås", "Øyer", "Alta"], key=alphabetical)
    ['Alta', 'Øyer', 'Ås']
    """
    return name.lower().translate(str.maketrans("æøå", "{|}"))


def alphabetically(names: pd.Series) -> pd.Series:
    """Names as :func:`alphabetical` compares them: the ``key`` of ``sort_values``."""
    return names.map(alphabetical)
