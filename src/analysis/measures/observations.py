"""What the measures work on: municipalities, the register's rows that count, and how much they cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis import tables
from analysis.definitions import Definition, small_rural
from analysis.errors import one_of
from analysis.measures import groups
from analysis.measures.estimates import Coverage, weakest
from analysis.measures.municipal_rows import MunicipalRows
from analysis.register import places

Basis = Literal["all", "named"]
Scope = Literal["procurement", "development", "adoption"]
#: Scopes that are counted unless others are asked for: taking a finished solution into use is shown by itself.
DEFAULT_SCOPES: tuple[Scope, ...] = ("procurement", "development")


@dataclass(frozen=True, eq=False, repr=False)
class Observations:
    """Municipalities and their participations, filtered once; every measure takes one.

    Attributes
    ----------
    panel, participation, programmes : DataFrame
        The tables of these names; the panel holds the municipalities chosen, the others are whole.
    chosen : tuple of str, optional
        Ids of the programmes asked for; None for all of the scopes.
    scopes : tuple of str
        Scopes of the programmes that count where none are asked for by id.
    years : tuple of int, optional
        First and last year; rows whose year is not known count if its bounds lie within.
    basis : {"all", "named"}
        "named" leaves out rows where the source names a group and not its members.
    stated_only : bool
        Leave out rows whose membership or year is inferred.
    eligibility : DataFrame, optional
        The table of this name; where there is none, everyone could take part in everything.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": ["0301", "1103"], "is_small_rural": [False, False]})
    >>> row = {"municipality_code": "0301", "participant_type": "municipality", "programme_id": "p",
    ...        "project_id": "x", "year": 2020}
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "kind": ["grant"], "coverage": ["census"]})
    >>> Observations(panel, pd.DataFrame([row, row]), programmes).counts.tolist()
    [1, 0]
    """

    panel: pd.DataFrame
    participation: pd.DataFrame
    programmes: pd.DataFrame
    chosen: tuple[str, ...] | None = None
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    years: tuple[int, int] | None = None
    basis: Basis = "all"
    stated_only: bool = False
    eligibility: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        """Refuse missing codes, and numbers: they would match nothing, and everything would be 0."""
        for name in ("panel", "participation"):
            groups.codes_of(name, getattr(self, name))

    def __repr__(self) -> str:
        """How many municipalities and participations, of which programmes."""
        counts = f"{len(self.panel)} municipalities, {len(self.rows)} participations"
        return f"<Observations: {counts}, {self.label} ({self.coverage})>"

    @classmethod
    def load(
        cls,
        programmes: str | Iterable[str] | None = None,
        years: int | str | Iterable[int] | None = None,
        basis: Basis | None = None,
        definition: str | Definition | None = None,
    ) -> Observations:
        """All municipalities and the whole register, or the parameters of a notebook as they stand.

        Unit: ``counts`` are participations. Source: the built tables, whose own sources ``an.describe()`` gives.

        Parameters
        ----------
        programmes, years, basis, definition
            As in :meth:`where`, which also chooses by scope, kind and place, and :meth:`with_definition`.

        Examples
        --------
        >>> len(Observations.load().panel)  # doctest: +SKIP
        357
        """
        names = ("panel", "participation", "programmes", "eligibility")
        whole = cls(**{name: tables.load(name) for name in names})
        chosen = whole.where(programmes=programmes, years=years, basis=basis)
        return chosen if definition is None else chosen.with_definition(definition)

    def where(
        self,
        *,
        programmes: str | Iterable[str] | None = None,
        kinds: str | Iterable[str] | None = None,
        scopes: str | Iterable[str] | None = None,
        years: int | str | Iterable[int] | None = None,
        basis: Basis | None = None,
        stated_only: bool | None = None,
        municipalities: str | Iterable[str] | None = None,
        counties: str | Iterable[str] | None = None,
    ) -> Observations:
        """A narrower selection; what is not given stays as it is.

        Parameters
        ----------
        programmes, kinds : str or iterable of str, optional
            Ids or official names of programmes; kinds of programme (partnership, project, network, grant, award).
        scopes : str or iterable of str, optional
            procurement, development, adoption; of the programmes asked for where there are such, else of all.
        years : int, str or iterable of int, optional
            One year, the first and the last (also "2018-2022"), or consecutive ones. A row whose year is not known
            counts if its bounds lie within.
        basis : {"all", "named"}, optional
            "named": without rows where the source names a group and not its members.
        stated_only : bool, optional
            Without rows whose membership or year is inferred.
        municipalities, counties : str or iterable of str, optional
            Those to keep in the panel, in both where both are given: codes (text), or names in any official form.

        Returns
        -------
        Observations

        Raises
        ------
        AnalysisError
            An unknown name (with the one that was probably meant), a number for a code, years in wrong order, no
            municipality in both choices, a programme that is no participation (scope setting).
        """
        chosen, of_scopes = self.chosen, self.scopes
        if programmes is not None:
            names = groups.as_names("programme", programmes)
            chosen = tuple(dict.fromkeys(places.programme_id(name, self.programmes) for name in names))
            groups.refuse_setting(chosen, self.programmes)
        if scopes is not None:
            of_scopes = groups.known_names("scope", scopes, get_args(Scope))
            if chosen is not None:
                chosen = tuple(i for i in chosen if i in set(self._of_scopes(of_scopes)))
        if kinds is not None:
            wanted = groups.known_names("kind of programme", kinds, self.programmes["kind"])
            of_kind = set(self.programmes.loc[self.programmes["kind"].isin(wanted), "programme_id"])
            among = self._of_scopes(of_scopes) if chosen is None else chosen
            chosen = tuple(i for i in among if i in of_kind)
        panel = groups.narrowed(self.panel, municipalities, counties)
        selection = {
            "chosen": chosen,
            "scopes": of_scopes,
            "years": self.years if years is None else groups.year_span(years),
            "basis": self.basis if basis is None else one_of("basis", basis, get_args(Basis)),
            "stated_only": groups.flag("stated_only", stated_only, self.stated_only),
        }
        if panel is not self.panel:
            return self._with(panel=panel, **selection)
        return self._selections.setdefault(tuple(selection.values()), self._with(**selection))

    def _with(self, **changes: object) -> Observations:
        """The same participations with other fields; the municipalities' rows among them are found once."""
        other = replace(self, **changes)  # type: ignore[arg-type]
        vars(other)["municipal_rows"] = self.municipal_rows
        return other

    @cached_property
    def _selections(self) -> dict[tuple[object, ...], Observations]:
        """Narrower selections of the same municipalities, kept with what they have counted."""
        return {}

    @cached_property
    def municipal_rows(self) -> MunicipalRows:
        """Rows of municipalities that took part, before the filter."""
        return MunicipalRows(self.participation)

    @cached_property
    def records(self) -> pd.DataFrame:
        """The register's rows that count under the filter, in all of the country, former units apart.

        Municipalities with a code of 2024 only; candidates, nominees and mere budgets are left out.
        """
        return self.municipal_rows.frame[self.is_record]

    @cached_property
    def is_record(self) -> np.ndarray:
        """Which of ``municipal_rows`` count under the filter."""
        rows = self.municipal_rows
        keep = np.isin(rows.programme, rows.programmes.get_indexer(self.programme_ids))
        if self.stated_only:
            keep &= (rows.frame["confidence"] == "stated").to_numpy(bool)
        if self.basis == "named":
            keep &= (rows.frame["basis"] == "named").to_numpy(bool)
        if self.years is not None:
            keep &= groups.within_years(rows.frame, self.years).to_numpy()
        return keep

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row per municipality of the panel and project: each participation once, whatever its roles."""
        return self.municipal_rows.frame[self.is_row]

    @cached_property
    def is_row(self) -> np.ndarray:
        """Which of ``municipal_rows`` are ``rows``."""
        rows, codes = self.municipal_rows, self.panel["municipality_code"]
        return rows.once(self.is_record & np.isin(rows.municipality, rows.municipalities.get_indexer(codes)))

    @cached_property
    def counts(self) -> pd.Series:
        """Participations of each municipality of the panel (0 where none), on its index."""
        found = self.rows.groupby("municipality_code").size()
        return self.panel["municipality_code"].map(found).fillna(0).astype(int).rename("participations")

    @property
    def found(self) -> pd.Series:
        """Whether each municipality of the panel has one, on its index."""
        return (self.counts > 0).rename("found")

    @property
    def programme_ids(self) -> list[str]:
        """Ids of the programmes under the filter."""
        return self._of_scopes(self.scopes) if self.chosen is None else list(self.chosen)

    def _of_scopes(self, scopes: Iterable[str]) -> list[str]:
        """Ids of the programmes of these scopes; all where the table of programmes has no scopes."""
        table = self.programmes
        chosen = table["scope"].isin(list(scopes)) if "scope" in table else slice(None)
        return table.loc[chosen, "programme_id"].tolist()

    @cached_property
    def coverage(self) -> Coverage:
        """The weakest coverage among the programmes in the years: one sample makes the set a sample."""
        return weakest(groups.coverages(self.programmes, self.programme_ids, self.years))

    @property
    def label(self) -> str:
        """The programmes in words: ids or scopes joined by ``+``, or ``all programmes`` (of the default scopes)."""
        if self.chosen is None and self.scopes == DEFAULT_SCOPES:
            return "all programmes"
        return "+".join(self.scopes if self.chosen is None else self.chosen)

    @cached_property
    def eligible(self) -> pd.Series:
        """Whether each municipality could take part, on the panel's index; all, where no source says who could."""
        codes, chosen = self.panel["municipality_code"], set(self.programme_ids)
        table = self.eligibility
        if table is None or not chosen <= set(table["programme_id"]):
            return pd.Series(True, codes.index, name="eligible")
        table = table[table["programme_id"].isin(chosen)]
        if self.years is not None:
            began, ended = table["year_from"].fillna(0), table["year_to"].fillna(9999)
            table = table[(began <= self.years[1]) & (ended >= self.years[0])]
        return codes.isin(table["municipality_code"]).rename("eligible")

    @cached_property
    def at_risk(self) -> Observations:
        """The same with only those that could take part in the panel (no partners from a round's other counties)."""
        could = self.eligible
        return self if could.all() else self.with_panel(self.panel[could].reset_index(drop=True))

    @property
    def metadata(self) -> dict[str, object]:
        """``programme`` and ``coverage``, the columns that every estimate from these observations carries."""
        return {"programme": self.label, "coverage": self.coverage}

    def columns(self, n: int, numerator: float, denominator: float, **values: object) -> dict[str, object]:
        """``metadata`` and what else all rows of a measure have in common."""
        return {"n": n, "numerator": numerator, "denominator": denominator, **self.metadata, **values}

    def with_panel(self, panel: pd.DataFrame) -> Observations:
        """The same participations with another panel (other municipalities, or columns added to it)."""
        groups.codes_once("panel", panel)
        return self._with(panel=panel)

    def with_definition(self, definition: str | Definition) -> Observations:
        """The same with another definition of small and rural: a key of ``SMALL_RURAL``, or one of your own."""
        is_small = small_rural(self.panel, definition).fillna(False).astype(bool)
        return self.with_panel(self.panel.assign(is_small_rural=is_small))

    def with_participation(self, participation: pd.DataFrame) -> Observations:
        """The same municipalities with other rows of the register, the filter kept."""
        return replace(self, participation=participation)

    def two_by_two(self, by: str = groups.SMALL_RURAL) -> tuple[int, int, int, int]:
        """Found and all municipalities that could take part in the group, then those outside it."""
        could = self.at_risk
        known, inside = groups.two_groups(could.panel, by)
        found = could.found.to_numpy()[known]
        return int(found[inside].sum()), int(inside.sum()), int(found[~inside].sum()), int((~inside).sum())
