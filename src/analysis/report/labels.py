"""Labels in both languages for the codes and keys that the tables hold."""

from __future__ import annotations

import datetime
import re

import pandas as pd
from babel.dates import format_date

from analysis.i18n import N_, _, current, decimals, number, percent
from analysis.register import code_labels

#: What the programmes of each scope are for, in the order of the list of programmes.
SCOPES = {
    "procurement": N_("Innovative procurement"),
    "development": N_("Research and development"),
    "adoption": N_("Taking new solutions into use"),
    "setting": N_("Whole counties or regions take part (not counted as participation)"),
}
_WORDS = (
    N_("none"), N_("one"), N_("two"), N_("three"), N_("four"), N_("five"), N_("six"), N_("seven"),
    N_("eight"), N_("nine"), N_("ten"), N_("eleven"), N_("twelve"),
)  # fmt: skip
_KINDS = {
    "partnership": N_("Partnerships"),
    "project": N_("Projects"),
    "network": N_("Networks"),
    "grant": N_("Grants"),
    "award": N_("Awards"),
}
_TOTALS = {
    "counties": (N_("{n} county"), N_("{n} counties")),
    "projects": (N_("{n} project"), N_("{n} projects")),
    "participants": (N_("{n} participant"), N_("{n} participants")),
    "participations": (N_("{n} participation"), N_("{n} participations")),
    "municipalities": (N_("{n} municipality"), N_("{n} municipalities")),
    "winners": (N_("{n} winner"), N_("{n} winners")),
}
#: Published totals that are shown beside what is found of a programme.
OF_PROGRAMMES = ("participants", "participations", "municipalities", "projects", "winners")
_QUALIFIERS = {
    "about": N_("about {what}"),
    "at_least": N_("at least {what}"),
    "at_most": N_("at most {what}"),
}


def coverage(key: str) -> str:
    """How much of a programme the register holds, in a few words."""
    return code_labels.called("coverage", key)


def role(key: object) -> str:
    """A participant's role."""
    return code_labels.called("role", key)


def stage(key: object) -> str:
    """How far a participant came, where that is not simply having taken part."""
    return "" if key == "taking_part" else code_labels.called("stage", key)


def outcome(key: object) -> str:
    """How a project ended, where it was not carried through by those who take part in it."""
    return code_labels.called("outcome", key) if key in ("stopped", "cancelled") else ""


def kind(key: str) -> str:
    """A kind of programme."""
    return _(_KINDS[key])


def total(measure: str, n: int, qualifier: str = "exact") -> str:
    """A published total in words: ``at least 1,860 projects``."""
    one, many = _TOTALS[measure]
    what = _(one if n == 1 else many, n=n)
    return what if qualifier == "exact" else _(_QUALIFIERS[qualifier], what=what)


def share(value: float, *beside: float, digits: int | None = None) -> str:
    """A share between 0 and 1 as running text writes it: ``7.5%`` (nb: ``7,5 prosent``).

    Shares that are compared, those ``beside`` it, have the same number of decimals; none and all are whole.

    Examples
    --------
    >>> share(0.457), share(0.457, 0.0751), share(0.0751, 0.457), share(0.0, 0.0751)
    ('46%', '45.7%', '7.5%', '0%')
    """
    if digits is None:
        digits = 0 if value in (0, 1) else decimals([value, *beside])
    return _("{n} per cent", n=number(100 * value, digits)) if current() == "nb" else percent(value, digits)


def share_of(value: float, *beside: float) -> str:
    """A share before "of": ``46%``, or ``all`` and ``none``.

    Examples
    --------
    >>> share_of(0.457), share_of(1.0)
    ('46%', 'all')
    """
    return _("all") if value == 1 else _("none") if value == 0 else share(value, *beside)


def all_of(x: int, n: int) -> str:
    """``12 of 14``; ``all nine``, ``both`` or ``none`` where that is what it is.

    Examples
    --------
    >>> all_of(12, 14), all_of(9, 9), all_of(2, 2), all_of(0, 5)
    ('12 of 14', 'all nine', 'both', 'none of five')
    """
    if x == n == 2:
        return _("both")
    if x == n > 2:
        return _("all {n}", n=in_words(n))
    return _("none of {n}", n=in_words(n)) if x == 0 else _("{x} of {n}", x=x, n=n)


def out_of(x: int, n: int) -> str:
    """:func:`all_of` in the cell of a table: ``the only one`` and ``none`` of a whole of one."""
    return all_of(x, n) if n != 1 else _("the only one") if x else _("none")


def in_words(n: int) -> str:
    """A whole number as running text writes it: in words up to twelve.

    Examples
    --------
    >>> in_words(4), in_words(25)
    ('four', '25')
    """
    return _(_WORDS[n]) if 0 <= n < len(_WORDS) else number(n)


def scope(key: str) -> str:
    """What the programmes of a scope are for."""
    return _(SCOPES[key])


def size_band(code: object) -> str:
    """A size band of ``definitions.SIZE_BANDS`` in words.

    Examples
    --------
    >>> size_band("0-1999"), size_band("2000-4999"), size_band("50000+")
    ('under 2,000', '2,000–4,999', '50,000 or more')
    """
    low, _dash, high = str(code).removesuffix("+").partition("-")
    if not high:
        return _("{low} or more", low=int(low))
    if int(low) == 0:
        return _("under {high}", high=int(high) + 1)
    return f"{number(int(low))}–{number(int(high))}"


def inhabitants(code: object) -> str:
    """A size band of ``definitions.SIZE_BANDS`` as running text says it.

    Examples
    --------
    >>> inhabitants("2000-4999"), inhabitants("50000+")
    ('2,000–4,999 inhabitants', '50,000 inhabitants or more')
    """
    low, _dash, high = str(code).removesuffix("+").partition("-")
    if not high:
        return _("{low} inhabitants or more", low=int(low))
    if int(low) == 0:
        return _("under {limit} inhabitants", limit=int(high) + 1)
    return _("{band} inhabitants", band=size_band(code))


def group(is_small_rural: bool) -> str:
    """The two groups that the report compares."""
    return _("Small rural municipalities") if is_small_rural else _("Other municipalities")


def programmes(table: pd.DataFrame) -> pd.Series:
    """Programme names in the language in use, by programme_id."""
    return table.set_index("programme_id")[f"name_{current()}"]


def sentences(text: str) -> list[str]:
    """The sentences of a text; a full stop ends one where a capital letter follows.

    Examples
    --------
    >>> sentences("Support of NOK 1.8 million. Municipalities may apply.")
    ['Support of NOK 1.8 million.', 'Municipalities may apply.']
    """
    return re.split(r"(?<=[.!?])\s+(?=[A-ZÆØÅ])", text)


def description(table: pd.DataFrame, programme_id: str, n: int) -> str:
    """What a programme is, in the first sentences of its description; a single one without its examples."""
    first = sentences(str(table.set_index("programme_id").loc[programme_id, f"description_{current()}"]))[:n]
    return " ".join(first) if n > 1 else first[0].partition(": ")[0].rstrip(".") + "."


def titles(projects: pd.DataFrame) -> pd.Series:
    """Project titles in the language in use, by project_id."""
    table = projects.set_index("project_id")
    return table["title_nb"].fillna(table["title"]) if current() == "nb" else table["title"]


def year(value: object) -> str:
    """A year, or nothing where it is not known."""
    return "" if pd.isna(value) else str(int(value))  # type: ignore[call-overload]


#: Parts of a year's call that published numbers are about.
_PARTS = {
    "first": N_("first round"),
    "pre-projects": N_("pre-projects"),
    "main projects": N_("main projects"),
}


def period(round_: str, year_: object) -> str:
    """The years, the place and year, or the part of the round that a published number is about; its year otherwise.

    Examples
    --------
    >>> period("2016-2018", 2018), period("Nordland 2016", 2016), period("all", 2023)
    ('2016–2018', 'Nordland 2016', 'until 2023')
    >>> period("2019 main projects", 2019)
    '2019, main projects'
    """
    part = re.fullmatch(r"(\d{4}) (\w[\w -]*)", round_)
    if part and part[2] in _PARTS:
        return f"{part[1]}, {_(_PARTS[part[2]])}"
    if re.fullmatch(r"\d{4}-\d{4}|[A-ZÆØÅ][\w -]* \d{4}", round_):
        return re.sub(r"(?<=\d)-(?=\d)", "–", round_)
    text = year(year_)
    return _("until {year}", year=text) if text and round_ == "all" else text


def purchases_year(panel: pd.DataFrame) -> str:
    """The year of the purchases, marked where SSB's figures are not final yet."""
    text = year(panel["purchases_year"].max())
    return _("{year} (preliminary figures)", year=text) if panel["purchases_is_preliminary"].any() else text


_PUBLISHERS = (N_("Research Council of Norway"),)


def publisher(name: str) -> str:
    """Who published a source of the register; names without a translation are the same in both languages."""
    return _(name)


def date(iso: object) -> str:
    """A date as the language writes it (``21.11.2026``, ``21 Nov 2026``); parts of a date stay as they are."""
    text = "" if pd.isna(iso) else str(iso)  # type: ignore[call-overload]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text
    shape = "dd.MM.yyyy" if current() == "nb" else "d MMM yyyy"
    return format_date(datetime.date.fromisoformat(text), shape, locale=current())


def day(when: datetime.date) -> str:
    """A day as running text writes it.

    Examples
    --------
    >>> day(datetime.date(2019, 11, 3))
    '3 November 2019'
    """
    return format_date(when, "d. MMMM yyyy" if current() == "nb" else "d MMMM yyyy", locale=current())


def month(day: datetime.date) -> str:
    """A month as a chart's axis writes it.

    Examples
    --------
    >>> month(datetime.date(2019, 7, 1))
    'Jul 2019'
    """
    return format_date(day, "MMM yyyy", locale=current())


def short_name(name: str) -> str:
    """A municipality's name without what tells it from its namesakes: ``Herøy (Nordland)`` → ``Herøy``."""
    return re.sub(r" \(.*\)$", "", name)
