"""KOSTRA in the StatBank: which figures are asked for, what they must mean, and their tidy form.

Frames from :func:`analysis.loaders.ssb.table` go in; long frames in the publisher's own municipality
codes come out (the code valid in that year; moving them to today's is the tables' work).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.errors import DataError, Fault
from analysis.loaders import ssb
from analysis.loaders.dataset import Header
from analysis.loaders.exchange import Asker

REGION, SCOPE, FUNCTION, ART = (
    "KOKkommuneregion0000",
    "KOKregnskapsomfa0000",
    "KOKfunksjon0000",
    "KOKart0000",
)
AMOUNT = "KOSbelop0000"
UNIT = "1000 kr"
#: What 12367 is asked for, and a word that each label must hold: codes alone may change their meaning.
PURCHASE_ARTS = {
    "AGD50": "varer og tjenester",
    "AGD51": "erstatter",
    "A370": "private",
    "AGD10": "brutto driftsutgifter",
    "AG16": "lønn",
}
ACCOUNT_LINES = {
    "AGD13": "driftsinntekter",
    "AGD9": "driftsutgifter",
    "AGD23": "netto driftsresultat",
    "AGI1": "investeringsutgifter",
}
#: 13551 "Kjøp av varer og tjenester" and 13552 "Investeringer i varige driftsmidler".
STATEMENT_LINES = {"13551": {"AG17": "varer og tjenester"}, "13552": {"AGI39": "varige driftsmidler"}}
_MUNICIPALITY = re.compile(r"\d{4}")
_SERVICE = re.compile(r"\d{3}")
# Worst first: a sum with a confidential part is confidential, one with a part not available is not.
_SYMBOLS = (":", "..")


def fetch_purchases(client: Asker) -> pd.DataFrame:
    """Table 12367: purchases by municipality, scope, function (three digits) and art, every year.

    Service areas (``FG...``) are left out: they overlap the functions and must never be added to them.
    """
    header = ssb.metadata("12367", client=client)
    selection = {
        REGION: _matching(header, REGION, _MUNICIPALITY),
        SCOPE: ["A", "B"],
        FUNCTION: _matching(header, FUNCTION, _SERVICE),
        ART: list(PURCHASE_ARTS),
        "ContentsCode": [AMOUNT],
        "Tid": ["*"],
    }
    return _dated(ssb.table("12367", selection, client=client))


def fetch_statement(table_id: str, client: Asker) -> pd.DataFrame:
    """Tables 12137, 13551 and 13552: amounts of all lines by municipality, country and group, every year."""
    header = ssb.metadata(table_id, client=client)
    amounts = [code for code, unit in header.units.items() if unit.get("base") == UNIT]
    if not amounts:
        raise DataError([Fault(f"SSB {table_id}", None, "unit", header.units, f"no contents in {UNIT}")])
    selection = {d.id: ["*"] for d in header.dimensions} | {"ContentsCode": amounts}
    return _dated(ssb.table(table_id, selection, client=client))


def preliminary_years(years: Iterable[str], updated: str) -> list[str]:
    """Years whose figures are not final: KOSTRA is published on 15 March and revised on 15 June of the
    year after. SSB sets no mark in the data, so the table's own date of update decides.
    """
    return [year for year in years if year[:4].isdecimal() and updated[:10] < f"{int(year[:4]) + 1}-06-15"]


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    frame.attrs["preliminary_years"] = preliminary_years(frame["Tid"].cat.categories, frame.attrs["updated"])
    return frame


def meaning_problems(
    frame: pd.DataFrame, words: Mapping[str, str], dimension: str | None = None
) -> list[str]:
    """What the labels and units say against the contract, with the labels found; empty if all is well."""
    lines = dimension or line_dimension(frame)
    labels = dict(zip(frame[lines].cat.categories, _labels(frame, lines), strict=True))
    problems = [
        f"{code} must have {word!r} in its label; found {labels.get(code, list(labels.items())[:40])!r}"
        for code, word in words.items()
        if word not in labels.get(code, "").lower()
    ]
    units = {code: unit.get("base") for code, unit in frame.attrs.get("units", {}).items()}
    if not units or set(units.values()) != {UNIT}:
        problems.append(f"amounts must be in {UNIT!r}; the unit is {units!r}")
    if SCOPE in frame:
        scopes = dict(zip(frame[SCOPE].cat.categories, _labels(frame, SCOPE), strict=True))
        # A is the group of accounts (konsern), B the municipality's own without companies.
        if not re.search("eks|kasse", scopes.get("B", "").lower()) or "A" not in scopes:
            problems.append(f"scopes must be A (konsern) and B (kasse); found {scopes!r}")
    return problems


def line_dimension(frame: pd.DataFrame) -> str:
    """The dimension of account lines: ``KOKart0000``, ``KOKartkap0000`` or whichever is labelled "art"."""
    labels: dict[str, str] = frame.attrs["dimension_labels"]
    for name, label in labels.items():
        if name.startswith("KOKart") or re.search(r"\bart", label.lower()):
            return name
    raise DataError(
        [Fault("SSB", None, "dimension", labels, "none of these is a dimension of account lines")]
    )


def purchases(frame: pd.DataFrame) -> pd.DataFrame:
    """Purchases summed over functions: what ``tables.procurement.build`` takes.

    Args:
        frame: table 12367 as :func:`fetch_purchases` gives it.

    Returns one row per municipality (code of its time), year, scope and KOSTRA code that SSB has a
    figure or a reason for: municipality_code, year, ssb_code, amount_nok_thousand (Int64; NA where a
    part of the sum is confidential or not available), status (the symbol in that case), scope (A
    konsern, B kasse), table_id. Where every function is ``.`` the code was not in use and has no row.
    """
    kept = frame[frame[FUNCTION].cat.categories.str.fullmatch(_SERVICE.pattern)[frame[FUNCTION].cat.codes]]
    return _sum(kept, {REGION: "municipality_code", "Tid": "year", SCOPE: "scope", ART: "ssb_code"}).assign(
        table_id="12367"
    )


def accounts(frame: pd.DataFrame, units: re.Pattern[str] = _MUNICIPALITY) -> pd.DataFrame:
    """Account lines of 12137, 13551 or 13552 by unit: municipalities, or those that match ``units``.

    Returns municipality_code (or the unit's code), unit_name, year, ssb_code, amount_nok_thousand
    (Int64), status, table_id; no row where the code was not in use (``.``).
    """
    lines = line_dimension(frame)
    others = set(frame.attrs["dimension_labels"]) - {REGION, lines, "ContentsCode", "Tid"}
    if others:
        raise DataError(
            [Fault("SSB", None, "dimension", sorted(others), "summing over these would mix what they part")]
        )
    amounts = [code for code, unit in frame.attrs["units"].items() if unit.get("base") == UNIT]
    kept = frame[frame["ContentsCode"].isin(amounts[:1])]
    kept = kept[kept[REGION].astype(str).str.fullmatch(units.pattern)]
    names = kept.drop_duplicates(REGION).set_index(REGION)[f"{REGION}_label"].astype(str)
    summed = _sum(kept, {REGION: "municipality_code", "Tid": "year", lines: "ssb_code"})
    summed.insert(1, "unit_name", summed["municipality_code"].map(names))
    return summed.assign(table_id=frame.attrs["table_id"])


def cross_check(purchases_: pd.DataFrame, statement: pd.DataFrame) -> pd.DataFrame:
    """12367's purchases (group accounts) beside the statement's lines of 13551, per municipality and year.

    Args:
        purchases_: as :func:`purchases` gives it. statement: 13551 as :func:`accounts` gives it.

    Returns municipality_code, year, purchases_nok_thousand (AGD50 + AGD51 over functions),
    statement_nok_thousand (AG17 + AGD51), difference_pct of the statement. They differ by definition:
    AG17 leaves out arts 160, 165 and 290, and the functions leave out what lies outside service areas.
    """
    key = ["municipality_code", "year"]

    def total(frame: pd.DataFrame, codes: list[str]) -> pd.Series:
        both = frame[frame["ssb_code"].isin(codes)].groupby(key)["amount_nok_thousand"]
        return both.sum(min_count=len(codes))

    found = pd.DataFrame(
        {
            "purchases_nok_thousand": total(purchases_[purchases_["scope"] == "A"], ["AGD50", "AGD51"]),
            "statement_nok_thousand": total(statement, ["AG17", "AGD51"]),
        }
    ).dropna()
    difference = found["purchases_nok_thousand"] - found["statement_nok_thousand"]
    found["difference_pct"] = (100 * difference / found["statement_nok_thousand"]).astype("float64")
    return found.reset_index()


def _sum(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Sum of value over all other dimensions; NA with the worst symbol where a part is missing."""
    in_use = frame[(frame["status"].astype(object) != ".") | frame["value"].notna()]
    keys = list(names)
    missing = in_use["value"].isna()
    groups = in_use.assign(missing=missing).groupby(keys, observed=True, sort=True)
    result = groups.agg(amount_nok_thousand=("value", "sum"), missing=("missing", "any"))
    status = pd.Series(pd.NA, index=result.index, dtype="str")
    for symbol in reversed(_SYMBOLS):
        marked = in_use.loc[missing & (in_use["status"].astype(object) == symbol), keys].drop_duplicates()
        status[result.index.isin(pd.MultiIndex.from_frame(marked))] = symbol
    amount = result["amount_nok_thousand"].round().where(~result["missing"])
    result = result.assign(amount_nok_thousand=amount.astype("Int64"), status=status)
    tidy = result.drop(columns="missing").reset_index().rename(columns=dict(names))
    for column in names.values():
        tidy[column] = tidy[column].astype("str")
    tidy["year"] = tidy["year"].astype("int64")
    return tidy


def _labels(frame: pd.DataFrame, dimension: str) -> list[str]:
    first = frame.drop_duplicates(dimension).set_index(dimension)[f"{dimension}_label"]
    return [str(first.get(code, "")) for code in frame[dimension].cat.categories]


def _matching(header: Header, dimension: str, pattern: re.Pattern[str]) -> list[str]:
    try:
        codes = header.dimension(dimension).codes
    except KeyError as error:
        raise DataError(
            [Fault(f"SSB {header.table_id}", None, "id", None, f"no dimension {error}")]
        ) from None
    return [code for code in codes if pattern.fullmatch(code)]
