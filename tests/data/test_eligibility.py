"""Who could take part: programmes and rounds on the 2024 structure."""

from __future__ import annotations

import pytest

from analysis.errors import DataError
from analysis.measures import gap, intensity, uptake
from analysis.measures.observations import Observations
from analysis.register import files, quality
from analysis.report.pages import openings


@pytest.fixture(scope="module")
def table(made):
    return made["eligibility"]


def of(table, programme, round_=None):
    rows = table[table["programme_id"] == programme]
    return rows[rows["round"].isna() if round_ is None else rows["round"].eq(round_)]


def test_a_county_of_its_time_is_the_municipalities_that_lie_there_now(table, made):
    """Oppland had 26 municipalities in 2018; Jevnaker and Lunner lie in Akershus since."""
    oppland = of(table, "discretionary_innovation_grant", "Oppland 2018")
    assert len(oppland) == 26
    assert {"3234", "3236"} <= set(oppland["municipality_code"])
    assert set(oppland["municipality_code"].str[:2]) == {"34", "32"}
    assert set(oppland["year_from"]) == set(oppland["year_to"]) == {2018}
    panel = made["panel"].set_index("municipality_code")["is_small_rural"]
    assert panel[oppland["municipality_code"]].sum() == 12


@pytest.mark.parametrize(
    ("programme", "round_", "n"),
    [
        ("lup_network", None, 0),  # no source says it: no rows, not all
        ("horizon_2020", None, 357),
        ("klimasats", None, 357),
        ("regional_startoff", None, 27),  # Møre og Romsdal since Haram left Ålesund
        ("discretionary_innovation_grant", None, 0),  # by round only
        ("klimasats", "Finnmark 2016", 18),
        ("regional_research_fund", "Vestlandet 2015", 67),
    ],
)
def test_how_many_could(table, programme, round_, n):
    assert len(of(table, programme, round_)) == n


def test_everyone_who_took_part_in_a_complete_round_could(made):
    table, rows = made["eligibility"], made["participation"]
    complete = table[table["is_complete"].fillna(False).astype(bool)]
    assert set(complete["round"]) == {"Nordland 2016", "Sør-Trøndelag 2016", "Oppland 2017", "Finnmark 2016"}
    called = rows["project_id"].map(made["projects"].set_index("project_id")["round"])
    for round_, could in complete.groupby("round"):
        took_part = rows[called.eq(round_) & (rows["participant_type"] == "municipality")]
        assert set(took_part["municipality_code"]) <= set(could["municipality_code"]), round_


def edit(name, row, **cells):
    frame = files.read()[name]
    for column, value in cells.items():
        frame.loc[row, column] = value
    (files.folder() / f"{name}.csv").write_text(frame.to_csv(index=False), encoding="utf-8")


@pytest.mark.slow
def test_a_county_that_was_none_in_that_year_is_a_fault(project):
    edit("rounds", 2, county_codes_then="18;46")  # Vestland: from 2020
    with pytest.raises(DataError) as raised:
        quality.check()
    fault = raised.value.faults[0]
    assert (fault.file, fault.row, fault.column, fault.value) == ("rounds.csv", 2, "county_codes_then", "46")
    assert "2016" in fault.problem


@pytest.mark.slow
def test_a_programme_known_by_rounds_needs_one(project):
    edit("programmes", 2, known_by_round="yes")
    with pytest.raises(DataError, match="has no round of it"):
        quality.check()


@pytest.mark.slow
def test_a_participant_that_could_not_take_part_contradicts_the_programme(project):
    """Horizon 2020 had its last calls in 2020, and ten projects began later: what counts is the start."""
    programmes = files.read()["programmes"].reset_index(names="row").set_index("programme_id")
    edit("programmes", programmes.at["horizon_2020", "row"], eligible_to="2020")
    edit("programmes", programmes.at["digisos", "row"], eligible="03")
    with pytest.raises(DataError) as raised:
        quality.check()
    found = {(f.row, f.column): f for f in raised.value.faults}
    assert set(found) == {
        (programmes.at["horizon_2020", "row"], "eligible_to"),
        (programmes.at["digisos", "row"], "eligible"),
    }
    assert found[(programmes.at["horizon_2020", "row"], "eligible_to")].problem.startswith("10 records")


def test_partners_from_other_counties_are_not_in_the_share_of_a_county(observations):
    """Children's services of 2020: Stavanger, Trondheim, Kristiansand and Bergen with Asker, whose county paid."""
    chosen = observations.where(programmes="discretionary_innovation_grant", years=2020)
    assert {"1103", "5001", "4204", "4601"} <= set(chosen.rows["municipality_code"])
    assert not {"1103", "5001", "4204", "4601"} & set(chosen.at_risk.panel["municipality_code"])


def test_pages_have_every_text_of_the_register_in_both_languages(made):
    """A text in one language only, or the same sentence in both, would be printed in the other language."""
    package = files.package()
    for table in ("programmes", "collections"):
        names = files.columns(files.resource(package, table))
        pairs = [name.removesuffix("_nb") for name in names if name.endswith("_nb")]
        assert pairs and not {"coverage_note", "eligible_note", "apply_note", "owner", "complete_for"} & set(
            names
        )
        for pair in pairs:
            nb, en = made[table][f"{pair}_nb"], made[table][f"{pair}_en"]
            assert (nb.isna() == en.isna()).all(), pair
            if pair.endswith("note") or pair in ("description", "looked_for"):
                assert (nb.dropna() != en.dropna()).all(), pair


def test_descriptions_tell_of_the_programme_and_not_of_the_register(made):
    """What is collected of it stands in the note on coverage and in the data."""
    for language, words in (("nb", "registeret|her står"), ("en", "register|are here|is here")):
        texts = made["programmes"][f"description_{language}"]
        assert not texts[texts.str.contains(words, case=False)].tolist()


def test_rows_of_several_grants_are_as_many_as_the_note_on_coverage_says(made):
    row = made["programmes"].set_index("programme_id").loc["research_council_project_owner"]
    several = made["projects"].query("programme_id == 'research_council_project_owner' and n_grants > 1")
    assert f"{len(several)} rader har to eller flere" in row["coverage_note_nb"]
    assert f"{len(several)} rows hold two or more" in row["coverage_note_en"]


# --- shares of those who could ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def observations(made):
    names = ("panel", "participation", "programmes")
    return Observations(*(made[name] for name in names), eligibility=made["eligibility"])


def shares(estimates):
    return {
        row.group: (int(row.numerator), int(row.denominator))
        for row in estimates.itertuples()
        if row.term not in ("ratio", "difference")
    }


def test_discretionary_grants_of_oppland_are_shares_of_oppland(observations):
    """Eight municipalities of 26: five of the twelve that are small and rural today, three of the others."""
    table = uptake.by_round(observations.where(programmes="discretionary_innovation_grant"), "is_small_rural")
    oppland = table[table["round"] == "Oppland 2018"]
    assert shares(oppland) == {True: (5, 12), False: (3, 14)}
    assert set(oppland["unit"]) == {
        "share of municipalities recorded in the register"
    }  # the list is not whole


def test_complete_rounds_are_exact(observations):
    table = uptake.by_round(observations.where(programmes="klimasats")).set_index("round")
    told = table.loc[["Nordland 2016", "Sør-Trøndelag 2016", "Oppland 2017", "Finnmark 2016"]]
    assert told["numerator"].tolist() == [3, 3, 5, 0]
    assert told["denominator"].tolist() == [42, 19, 26, 18]
    assert set(told["coverage"]) == {"census"} and told["conf_low"].isna().all()
    assert set(table.drop(told.index)["coverage"]) == {"sample"}


def test_a_round_without_a_year_holds_its_own_projects_only(observations):
    table = uptake.by_round(observations.where(programmes="regional_research_fund")).set_index("round")
    assert table["numerator"].to_dict() == {
        "Trøndelag": 2, "Vestlandet 2015": 1, "Vestlandet 2016": 1, "Vestlandet 26.3 million": 1,
    }  # fmt: skip
    only = uptake.by_round(observations.where(programmes="regional_research_fund", years=2016))
    assert only["round"].tolist() == ["Vestlandet 2016"]


def test_regional_startoff_is_a_share_of_more_og_romsdal(observations):
    chosen = observations.where(programmes="regional_startoff")
    assert chosen.eligible.sum() == 27
    assert set(chosen.at_risk.panel["county_code"]) == {"15"}
    share = uptake.recorded_share(chosen, by="is_small_rural")
    assert share["denominator"].sum() == 27 and share["numerator"].sum() == 0
    assert intensity.intensity(chosen, n_resamples=20)["denominator"].max() <= 27


@pytest.mark.slow
def test_every_share_divides_by_those_who_could(observations):
    chosen = observations.where(programmes="discretionary_innovation_grant", years=2018)
    assert chosen.eligible.sum() == 26
    assert chosen.two_by_two() == (5, 12, 3, 14)
    first = gap.gap(chosen).iloc[0]
    assert first["estimate"] == pytest.approx(5 / 12 - 3 / 14)
    assert shares(uptake.recorded_share(chosen, "is_small_rural")) == {True: (5, 12), False: (3, 14)}
    rates = intensity.intensity(chosen, n_resamples=20)
    assert shares(rates[rates["term"] == "rate"]) == {True: (5, 12), False: (3, 14)}
    by_programme = uptake.recorded_share_by_programme(observations).set_index("programme")["denominator"]
    assert by_programme["klimasats"] == 357
    # Every county with a round, in any year: Innlandet, Oslo, what was Viken, and Trøndelag north.
    assert by_programme["discretionary_innovation_grant"] < 357


def test_everyone_could_where_no_source_says_who(observations):
    for programme in ("lup_project", "lup_network"):
        assert observations.where(programmes=programme).eligible.all()
    assert observations.eligible.all()
    assert observations.where(programmes=["regional_startoff", "lup_network"]).eligible.all()


def test_nobody_could_before_a_programme_began(observations):
    before = observations.where(programmes="startoff", years=(2015, 2018))
    assert not before.eligible.any()
    table = uptake.recorded_share(before, by="is_small_rural")
    assert table.empty or table["estimate"].isna().all()


# --- what municipalities may apply for ------------------------------------------------------------------


def test_a_municipality_sees_what_it_may_apply_for_and_what_nobody_says(made):
    """Regional StartOff is for Møre og Romsdal, the trial scheme was for 2023 and 2024, nobody says who of LUP's projects."""
    programmes = made["programmes"].set_index("programme_id")
    listed = openings.of_municipalities(programmes, made["eligibility"], ["0301", "1505"])
    seen = {code: {kind: set(ids) for kind, ids in kinds.items()} for code, kinds in listed.items()}
    everything = {code: set.union(*kinds.values()) for code, kinds in seen.items()}
    assert everything["1505"] - everything["0301"] == {"regional_startoff"}
    assert "regional_startoff" in seen["1505"]["unsure"]
    for code, kinds in seen.items():
        assert "klimasats" in kinds["open"] and "lup_project" in kinds["unknown"]
        assert not {"municipal_trial_scheme", "startoff", "horizon_2020"} & everything[code]
        # Rounds that counties held are past: what the source says of all counties decides.
        assert "discretionary_innovation_grant" in kinds["open"]
