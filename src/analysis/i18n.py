"""The two languages of the reports: one message catalogue, numbers as each language writes them.

Code and notebooks hold English messages with named placeholders; ``locale/nb/messages.po`` holds the
Norwegian (bokmål) ones and is compiled in memory. A notebook says once which language it speaks
(:func:`use`); every text and number after that follows.
"""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from numbers import Integral
from pathlib import Path

from babel import numbers
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog

from analysis.errors import AnalysisError

LANGUAGES = ("nb", "en")
KEYWORDS = {"_": 1, "N_": 1, "ngettext": 2}
"""The functions that mark a message in code and notebooks, and how many texts each takes."""

_current: ContextVar[str] = ContextVar("language", default="en")
_NARROW, _NO_BREAK, _MINUS = "\u202f", "\u00a0", "\u2212"


def use(language: str) -> None:
    """Let every text and number from here on be in ``language`` (``nb`` or ``en``)."""
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
    text = _translations(current()).gettext(message)
    return text.format(**_shown(values)) if values else text


def N_(message: str) -> str:
    """Mark a message for the catalogue without translating it yet (labels kept in constants)."""
    return message


def ngettext(singular: str, plural: str, count: int, **values: object) -> str:
    """The form of the message that ``count`` asks for, its named placeholders filled in."""
    text = _translations(current()).ngettext(singular, plural, int(count))
    return text.format(**_shown(values)) if values else text


def _shown(values: dict[str, object]) -> dict[str, object]:
    """Whole numbers come out as the language writes them; text stays as it is."""
    return {
        k: number(int(v)) if isinstance(v, Integral) and not isinstance(v, bool) else v
        for k, v in values.items()
    }


def filled(text: str, **values: object) -> str:
    """A translated message with its named placeholders filled in."""
    return text.format(**_shown(values)) if values else text


def _spaced(text: str) -> str:
    """Norwegian groups thousands with a narrow space that never breaks; babel's is a wide one."""
    return text.replace(_NO_BREAK, _NARROW) if current() == "nb" else text


def number(value: float, digits: int = 0) -> str:
    """A number with exactly ``digits`` decimals: nb ``5 550 203`` and ``0,25``, en ``5,550,203``."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = numbers.format_decimal(value, format=pattern, locale=current())
    return _spaced(text.replace("-", _MINUS))


def percent(share: float, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage: nb ``32 %``, en ``32%``."""
    text = number(share * 100, digits)
    return f"{text}{_NO_BREAK}%" if current() == "nb" else f"{text}%"


def percent_range(low: float, high: float, digits: int = 0) -> str:
    """An interval of shares: nb ``23–43 %``, en ``23–43%``."""
    return f"{number(low * 100, digits)}–{percent(high, digits)}"


def number_range(low: float, high: float, digits: int = 0) -> str:
    """An interval of plain numbers: ``0,50–0,81``."""
    return f"{number(low, digits)}–{number(high, digits)}"


def nok(amount: float) -> str:
    """An amount in kroner (not thousands), in the largest unit that keeps it readable."""
    for size, message in ((1e9, N_("NOK {amount} billion")), (1e6, N_("NOK {amount} million"))):
        if abs(amount) >= size:
            scaled = amount / size
            return _(
                message, amount=number(scaled, 0 if abs(scaled) >= 100 or scaled == round(scaled) else 1)
            )
    return _("NOK {amount}", amount=number(amount))


def listed(items: list[str]) -> str:
    """Items as a sentence lists them: ``A, B and C``."""
    if len(items) < 2:
        return "".join(items)
    return _("{first} and {last}", first=", ".join(items[:-1]), last=items[-1])


def extracted(package: Path, notebooks: Path) -> Catalog:
    """Every message marked in the package's modules and in the notebooks, as an empty catalogue.

    Read from the syntax tree and not by babel's own extractor, which misses calls inside f-strings.

    Raises:
        AnalysisError: a message is put together at run time and can't be translated.
    """
    found = Catalog(locale="nb")
    for path in sorted(package.rglob("*.py")):
        _gather(found, path.read_text(encoding="utf-8"), path.relative_to(package).as_posix())
    for path in sorted(notebooks.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        lines = "".join("".join(c["source"]) + "\n" for c in cells if c["cell_type"] == "code").splitlines()
        _gather(found, "\n".join(line for line in lines if not line.startswith(("%", "!"))), path.name)
    return found


def _gather(found: Catalog, code: str, name: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS):
            continue
        parts = node.args[: KEYWORDS[node.func.id]]
        texts = [
            part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in parts):
            raise AnalysisError(f"{name}, line {node.lineno}: a message must be one constant text.")
        if len(texts) == KEYWORDS[node.func.id]:
            found.add(tuple(texts) if len(texts) > 1 else texts[0])


def update_catalogue(language: str = "nb") -> list[str]:
    """Bring the catalogue in step with code and notebooks; returns the messages still untranslated.

    Messages no longer used are dropped, translations kept, order alphabetical.
    """
    from analysis import paths

    catalogue = read_catalogue(language)
    catalogue.update(extracted(Path(__file__).parent, paths.notebooks()), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = "# Norwegian bokmål messages; made current by `python -m analysis.i18n`."
    text = io.BytesIO()
    pofile.write_po(text, catalogue, sort_output=True, no_location=True, width=100)
    # Dates and people in the head would change with every run and say nothing that git does not.
    kept = [
        line
        for line in text.getvalue().decode().splitlines()
        if not line.startswith(
            (
                '"POT-Creation',
                '"PO-Revision',
                '"Last-Translator',
                '"Language-Team',
                '"Report-Msgid',
                '"Generated-By',
            )
        )
    ]
    catalogue_path(language).write_text("\n".join(kept) + "\n", encoding="utf-8")
    return untranslated(catalogue)


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages of a catalogue that lack a translation, or one of its forms."""
    forms = {
        str(m.id): m.string if isinstance(m.string, tuple | list) else (m.string,) for m in catalogue if m.id
    }
    return [message for message, strings in forms.items() if not strings or not all(strings)]


if __name__ == "__main__":
    for missing in update_catalogue():
        print(missing)
