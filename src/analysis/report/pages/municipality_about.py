"""Who a municipality is, in sentences: size, centrality, KOSTRA group, labour-market region, mergers."""

from __future__ import annotations

from analysis.definitions import CENTRALITY_CLASSES
from analysis.i18n import _, current, listed, ngettext
from analysis.report import labels, narrowed
from analysis.report.pages import profile_words as words
from analysis.report.pages.profiles import Profiles
from analysis.report.urls import municipality_file


def about(profiles: Profiles, code: str, name: str) -> list[str]:
    """Size, centrality, KOSTRA group and labour-market region, one sentence each."""
    place = profiles.municipalities[code]
    date = {"population": int(place["population"]), "year": str(place["population_year"]), "name": name}
    definition = narrowed.definition().label
    region = profiles.means.get((code, "labour_market_region"))
    return [
        _("{name} had {population} inhabitants on 1 January {year}.", **date),
        _(
            "Statistics Norway (SSB) puts the municipality in centrality class {n} of {last}, where 1 is the "
            "most central.",
            n=int(place["centrality_class"]),
            last=CENTRALITY_CLASSES,
        ),
        _("It counts as a small rural municipality here ({definition}).", definition=definition)
        if place["is_small_rural"]
        else _("It does not count as a small rural municipality here ({definition}).", definition=definition),
        kostra(profiles, code, name),
        _("The municipality is a labour-market region of its own.")
        if region is None
        else ngettext(
            "It belongs to the labour-market region {region} with {n} other municipality.",
            "It belongs to the labour-market region {region} with {n} other municipalities.",
            region["n"] - 1,
            region=place["labour_market_region_name"],
            n=labels.in_words(int(region["n"]) - 1),
        ),
    ]


def kostra(profiles: Profiles, code: str, name: str) -> str:
    """The KOSTRA group in words: SSB's grouping by size and economy."""
    place = profiles.municipalities[code]
    values = {"number": str(int(place["kostra_group"][-2:])), "name": name}
    group = profiles.means.get((code, "kostra_group"))
    if group is None:
        return _("{name} is alone in KOSTRA group {number}, SSB's grouping by size and economy.", **values)
    made_of = words.kostra_group(profiles.kostra.get(place["kostra_group"], {}))
    if not made_of:
        return _(
            "It is one of {n} municipalities in KOSTRA group {number}, SSB's grouping by size and economy.",
            n=labels.in_words(int(group["n"])),
            **values,
        )
    return _(
        "It is one of {n} municipalities in KOSTRA group {number}, SSB's grouping by size and economy: {made_of}.",
        n=labels.in_words(int(group["n"])),
        made_of=made_of,
        **values,
    )


def history(profiles: Profiles, code: str, name: str) -> list[dict[str, str]]:
    """Mergers and separations since 2018, and where participations of those years are counted."""
    found: list[dict[str, str]] = []
    for merger in profiles.mergers.get(code, []):
        parts = [_("parts of {name}", name=p) for p in merger.parts]
        units = [*merger.whole, *parts]
        if len(units) == 1:
            text = _(
                "{unit} became part of the municipality in {year}.", unit=units[0], year=str(merger.year)
            )
        else:
            text = _(
                "The municipality was formed of {units} in {year}.",
                units=listed(units),
                year=str(merger.year),
            )
        counted = " " + (
            _("Participations of {whole} are counted here.", whole=listed(list(merger.whole)))
            if merger.parts and merger.whole
            else _("Participations of the former municipalities are counted here.")
        )
        text += counted if not any(counted in part["text"] for part in found) else ""
        if profiles.data.participation["participant_name"].isin(merger.parts).any():
            text += " " + _(
                "Those of {units} are not, because it was divided.", units=listed(list(merger.parts))
            )
        found.append({"text": text})
    for part in profiles.separations:
        years = {"first": str(part.first), "last": str(part.last)}
        whole = labels.short_name(profiles.municipalities[part.was_in]["municipality_name"])
        if part.code == code:
            text = _("{name} was part of {whole} from {first} to {last}.", name=name, whole=whole, **years)
            # The name is a link, so the sentence is cut where it stands.
            before, after = _("Participations of those years are counted for {whole}.", whole="|").split("|")
            found.append(
                {
                    "text": f"{text} {before}",
                    "href": municipality_file(current(), part.was_in, whole),
                    "link": whole,
                    "after": after,
                }
            )
        elif part.was_in == code:
            other = labels.short_name(profiles.municipalities[part.code]["municipality_name"])
            text = _("{other} was part of {name} from {first} to {last}.", name=name, other=other, **years)
            found.append({"text": text + " " + _("Participations of those years are counted here.")})
    return found
