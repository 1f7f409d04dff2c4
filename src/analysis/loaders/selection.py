"""What is chosen of a StatBank table: codes, SSB's expressions and patterns, spelled out as the table's own codes."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Integral

from analysis.errors import AnalysisError
from analysis.loaders.jsonstat_header import Dimension, Header

#: What a selection may hold for a variable: codes, SSB's expressions, patterns that codes must match; one or several.
Chosen = str | int | re.Pattern[str] | Iterable[str | int | re.Pattern[str]]
Selection = Mapping[str, Chosen]

_FUNCTION = re.compile(r"(top|bottom|from|to|range)\(([^()]*)\)", re.IGNORECASE)


def select(header: Header, selection: Selection) -> list[Dimension]:
    """The chosen variables with their chosen codes: expressions spelled out, duplicates gone, in order.

    Raises
    ------
    AnalysisError
        Every variable or expression that the table does not know, and every variable that must be chosen
        and is not.
    """
    if not isinstance(selection, Mapping):
        raise AnalysisError(
            f"A selection has codes for each variable, e.g. {{'Tid': ['2024']}}; {selection!r} has not"
        )
    problems = []
    known = {d.id.lower(): d for d in header.dimensions}
    wanted: dict[str, list[object]] = {}
    for variable, expressions in selection.items():
        if str(variable).lower() not in known:
            problems.append(f"no variable {variable!r}; it has {[d.id for d in header.dimensions]}")
        wanted.setdefault(str(variable).lower(), []).extend(_listed(expressions))
    chosen = []
    for name, dimension in known.items():
        if name not in wanted:
            if dimension.elimination is False:
                problems.append(f"variable {dimension.id!r} ({dimension.label}) must be chosen")
            continue
        if not wanted[name]:
            problems.append(f"no value is chosen of {dimension.id!r} ({dimension.label}); '*' chooses all")
        places: set[int] = set()
        for expression in wanted[name]:
            is_one = isinstance(expression, str | re.Pattern)
            found = expand(dimension.codes, expression) if is_one else []  # type: ignore[arg-type]
            if not found:
                problems.append(
                    f"{dimension.id} has no value {expression!r}; {_meant(dimension, expression)}"
                )
            places.update(found)
        order = sorted(places)
        codes, labels = [dimension.codes[n] for n in order], [dimension.labels[n] for n in order]
        units = {code: unit for code, unit in dimension.units.items() if code in set(codes)}
        chosen.append(replace(dimension, codes=codes, labels=labels, units=units))
    if problems:
        raise AnalysisError(f"SSB table {header.table_id or header.title}: " + "; ".join(problems))
    return chosen


def _listed(chosen: object) -> list[object]:
    """One value or several as a list, whole numbers as text."""
    several = chosen if isinstance(chosen, Iterable) and not isinstance(chosen, str) else [chosen]
    return [str(one) if isinstance(one, Integral) and not isinstance(one, bool) else one for one in several]


def _meant(dimension: Dimension, expression: object) -> str:
    """Codes whose label or number is like what was asked for; without such, the first and the last there are."""
    text = str(expression).strip().lower()
    pairs = list(zip(dimension.codes, dimension.labels, strict=True))
    like = [p for p in pairs if text and (text in p[1].lower() or text == p[0].lstrip("0").lower())]
    told = ", ".join(f"{code!r} ({label})" for code, label in like[:5])
    return f"did you mean {told}?" if told else f"it has {pairs[0][0]!r} to {pairs[-1][0]!r}"


def expand(codes: Sequence[str], expression: str | re.Pattern[str]) -> list[int]:
    """Positions of the codes that one selection expression means; empty where there is none.

    Examples
    --------
    >>> expand(["2022", "2023", "2024"], "top(2)")
    [1, 2]
    """
    everything = list(range(len(codes)))
    if isinstance(expression, re.Pattern):
        return [n for n in everything if expression.fullmatch(codes[n])]
    lowered = [code.lower() for code in codes]
    call = _FUNCTION.fullmatch(expression.strip())
    if call is None:
        pattern = expression.strip().lower()
        if "*" in pattern or "?" in pattern:
            # Brackets mean nothing in SSB's expressions, but would in fnmatch.
            return [n for n in everything if fnmatch.fnmatchcase(lowered[n], pattern.replace("[", "[[]"))]
        return [lowered.index(pattern)] if pattern in lowered else []
    name = call[1].lower()
    arguments = [argument.strip().lower() for argument in call[2].split(",")]
    if name in ("top", "bottom"):
        if not all(argument.isdecimal() for argument in arguments) or len(arguments) > 2:
            return []
        count, offset = int(arguments[0]), int(arguments[1]) if len(arguments) == 2 else 0
        ordered = everything[::-1] if name == "top" else everything
        return sorted(ordered[offset : offset + count])
    if len(arguments) != (2 if name == "range" else 1) or not set(arguments) <= set(lowered):
        return []
    first = lowered.index(arguments[0]) if name != "to" else 0
    last = lowered.index(arguments[-1]) if name != "from" else len(codes) - 1
    return everything[first : last + 1]
