"""Candidates: possible records that a person accepts or rejects, with the reason kept.

Some come from notices of public procurement (TED, Doffin): one per procedure and buyer.
"""

from __future__ import annotations

import datetime

import pandas as pd

from analysis.errors import AnalysisError
from analysis.register import declarations, edit
from analysis.register.quality import Checked
from analysis.register.resolve import resolve

#: The programme whose procedure the notices are searched for.
NOTICES_PROGRAMME = "innovation_partnership"
_FOUND_BY = {"procedure": "procedure type innovation", "text": "only the text mentions the procedure"}
_SAME = ["programme_id", "project_title", "year", "participant_name"]


def open_candidates(checked: Checked) -> pd.DataFrame:
    """The candidates that nobody has decided on."""
    candidates = checked.register["candidates"]
    return candidates[candidates["status"] == "open"]


def add_candidates(rows: pd.DataFrame, checked: Checked) -> dict[str, pd.DataFrame]:
    """Add a form's rows to the candidates as open ones; nothing is written.

    Rows that say the same as a candidate that is there (programme, project, year and participant),
    decided or not, are left out: a rejected candidate does not come back.

    Parameters
    ----------
    rows : DataFrame
        Columns of the form, as text.
    checked : Checked

    Returns
    -------
    dict of str to DataFrame
        The whole table ``candidates``.
    """
    candidates = checked.register["candidates"]
    defaults = {name: said["default"] for name, said in declarations.form().items() if "default" in said}
    filled = rows.fillna(defaults)
    new = filled[[name for name in candidates.columns if name in filled]].assign(status="open")
    known = pd.MultiIndex.from_frame(candidates[_SAME].fillna(""))
    new = new[~pd.MultiIndex.from_frame(new[_SAME].fillna("")).isin(known)].drop_duplicates(_SAME)
    last = candidates["candidate_id"].str[1:].astype(int).max() if len(candidates) else 0
    new["candidate_id"] = [f"C{last + number:04d}" for number in range(1, len(new) + 1)]
    return {"candidates": pd.concat([candidates, new], ignore_index=True)[candidates.columns]}


def decide(
    checked: Checked,
    candidate_id: str,
    accept: bool,
    reason: str,
    source_kind: str | None,
    today: datetime.date,
) -> tuple[edit.Plan | None, dict[str, pd.DataFrame]]:
    """Accept or reject a candidate; nothing is written.

    Parameters
    ----------
    checked : Checked
    candidate_id : str
    accept : bool
    reason : str
        Kept with the candidate.
    source_kind : str, optional
        publisher, participant or press, for a source that is new.
    today : date

    Returns
    -------
    plan : Plan or None
        Of the record that it becomes; None if rejected.
    tables : dict of str to DataFrame
        The whole tables with the decision and its reason.

    Raises
    ------
    AnalysisError
        No such open candidate, or no reason.
    DataError
        It cannot be a record, and why.
    """
    candidates = checked.register["candidates"].reset_index(drop=True)
    at = candidates.index[candidates["candidate_id"].eq(candidate_id) & candidates["status"].eq("open")]
    if at.empty:
        still = ", ".join(open_candidates(checked)["candidate_id"])
        raise AnalysisError(f"{candidate_id}: no such open candidate; open are: {still or 'none'}")
    if not reason.strip():
        raise AnalysisError("A decision needs its reason: --reason 'why'")
    plan, tables = None, {}
    if accept:
        row = (
            candidates.loc[at]
            .reindex(columns=list(declarations.form()))
            .astype("str")
            .assign(source_kind=source_kind)
        )
        row.index = pd.Index([int(at[0]) + 2])
        plan = edit.plan(row, checked.register, checked.reforms, "candidates.csv", today)
        tables = edit.apply(plan, checked.register)
        candidates.loc[at, "record_id"] = plan.records["record_id"].iloc[0]
    candidates.loc[at, "status"] = "accepted" if accept else "rejected"
    candidates.loc[at, "reason"] = reason.strip()
    return plan, {**tables, "candidates": candidates}


def fetched_notices() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The notices that were fetched and the organisation numbers to match their buyers by.

    Returns
    -------
    notices : DataFrame
        One row per notice and buyer, as :func:`from_notices` takes them.
    organisations : DataFrame
        organisation_number, organisation_form (KOMM, FYLK …), municipality_code.
    """
    from analysis import raw
    from analysis.loaders import notices  # the one place of the register that knows of loaders

    return notices.fetched(), raw.read("brreg_organisations")


def from_notices(notices: pd.DataFrame, organisations: pd.DataFrame, checked: Checked) -> pd.DataFrame:
    """Turn procurement notices into rows of the form, one per procedure and municipal or county buyer.

    Parameters
    ----------
    notices : DataFrame
        One row per notice and buyer: source (TED or Doffin), publication_number, publication_date (ISO),
        procedure_id, title, buyer_name, buyer_number (nine digits or NA), url, found_by (``procedure`` or
        ``text``).
    organisations : DataFrame
        organisation_number, organisation_form (KOMM, FYLK …), municipality_code.
    checked : Checked
        The register, for its names.

    Returns
    -------
    DataFrame
        Columns of the form, as text; ``note`` says how the buyer was matched. A procedure with several
        notices (competition, change, award) is one project: its earliest notice.
    """
    ordered = notices.sort_values(["publication_date", "publication_number"], kind="stable")
    # Without a procedure identifier each notice speaks for itself.
    procedure = ordered["procedure_id"].replace("", pd.NA).fillna(ordered["publication_number"])
    first = ordered.groupby(procedure)["publication_number"].transform("first")
    rows = ordered[ordered["publication_number"] == first].drop_duplicates(
        ["publication_number", "buyer_name"]
    )
    n_buyers = rows.groupby("publication_number")["buyer_name"].transform("size")
    year = pd.to_numeric(rows["publication_date"].str[:4]).astype("Int64")
    kind, how = _match(rows, year, organisations, checked)
    form = {
        "programme_id": NOTICES_PROGRAMME,
        "project_title": rows["title"],
        "year": year.astype("str"),
        "participant_name": rows["buyer_name"],
        "participant_type": kind,
        "role": n_buyers.eq(1).map({True: "lead", False: "participant"}),
        "confidence": "stated",
        "organisation_number": rows["buyer_number"],
        "source_url": rows["url"],
        "source_title": rows["source"] + " " + rows["publication_number"],
        "source_date": rows["publication_date"],
        "note": how + "; " + rows["found_by"].map(_FOUND_BY),
    }
    frame = pd.DataFrame(form, index=rows.index).reindex(columns=list(declarations.form()))
    return frame[kind.notna()].astype("str").reset_index(drop=True)


def _match(
    rows: pd.DataFrame, year: pd.Series, organisations: pd.DataFrame, checked: Checked
) -> tuple[pd.Series, pd.Series]:
    """Whether each buyer is a municipality or a county (NA: neither), and how that was found."""
    known = organisations.drop_duplicates("organisation_number").set_index("organisation_number")
    form = rows["buyer_number"].map(known["organisation_form"])
    code = rows["buyer_number"].map(known["municipality_code"])
    asked = pd.DataFrame({"participant_name": rows["buyer_name"], "year": year}).assign(
        participant_type="municipality", name_year=float("nan"), county_hint=pd.NA
    )
    register = checked.register
    found, _ = resolve(asked, checked.reforms, register["counties"], register["names"])
    named = found["municipality_code"]
    called = rows["buyer_name"].str.contains("fylkeskommune", case=False).astype(bool)
    # The first that holds decides.
    rules = [
        (form.eq("KOMM"), "municipality", "organisation number matches municipality " + code.fillna("")),
        (form.eq("FYLK"), "county", "organisation number matches a county"),
        (called, "county", "the name says a county; county to be confirmed"),
        (named.notna(), "municipality", "name matches municipality " + named.fillna("")),
    ]
    kind = pd.Series(pd.NA, index=rows.index, dtype="str")
    how = kind.copy()
    for holds, what, why in reversed(rules):
        kind, how = kind.mask(holds, what), how.mask(holds, why)
    return kind, how
