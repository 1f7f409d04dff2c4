"""What a selection's lists let be said: what they are complete for, and the share that took part."""

from __future__ import annotations

from dataclasses import replace

from analysis.i18n import _, current
from analysis.measures import census
from analysis.measures.estimates import Coverage, CoverageError
from analysis.measures.observations import Observations
from analysis.report import labels
from analysis.report.pages import common


def coverage(observations: Observations) -> str:
    """What stands under the figures: what the lists of the selection are complete for, or what is missing."""
    is_one = len(observations.programme_ids) == 1
    if observations.coverage != Coverage.CENSUS:
        return _("The list is incomplete. Participants may be missing.") if is_one else _(common.PART)
    return _complete_for(observations)


def _complete_for(observations: Observations) -> str:
    """That each list is complete, and what for."""
    table = observations.programmes.set_index("programme_id").loc[observations.programme_ids]
    covers = table[f"complete_for_{current()}"].dropna()
    if len(table) == 1:
        what = covers.tolist()
        return _("The list is complete for: {what}.", what=what[0]) if what else _("The list is complete.")
    each = [f"{table.at[i, f'name_{current()}']}: {what}." for i, what in covers.items()]
    return " ".join([_("The lists are complete."), *each])


def shares(observations: Observations) -> str:
    """The share that took part where the lists are complete; else why the selection gives none."""
    if observations.coverage == Coverage.CENSUS:
        return f"{_complete_for(observations)} {_took_part(observations)}"
    if len(observations.programme_ids) > 1:
        return _(
            "The selection holds lists that are not complete. It gives no share of municipalities that took part."
        )
    if replace(observations, years=None).coverage == Coverage.CENSUS:
        beyond = _("The years chosen go beyond that, so we give no share of municipalities that took part.")
        return f"{_complete_for(observations)} {beyond}"
    return _("The list is not complete. It gives no share of municipalities that took part.")


def _took_part(observations: Observations) -> str:
    """How many of those that could took part in programmes of complete lists; a single one by name."""
    try:
        found = census.rates(observations)
    except CoverageError:
        return _("We give no share of municipalities that took part where the organiser chose who did.")
    if found.empty:
        return _("None of the selected municipalities could take part.")
    row = found.iloc[0]
    x, n = int(row["numerator"]), int(row["denominator"])
    if n == 1:
        name = labels.short_name(observations.panel.loc[observations.eligible, "municipality_name"].iloc[0])
        return _("{name} took part.", name=name) if x else _("{name} did not take part.", name=name)
    if x == 0 and n == 2:
        return _("Neither of the two municipalities that could take part did so.")
    if x == 0:
        return _("None of the {n} municipalities that could take part did so.", n=labels.in_words(n))
    if x == n == 2:
        return _("Both municipalities that could take part did so.")
    if x == n:
        return _("All {n} municipalities that could take part did so.", n=labels.in_words(n))
    return _(
        "{x} of {n} municipalities that could take part did so ({share}).",
        x=x,
        n=n,
        share=labels.share(row["estimate"]),
    )
