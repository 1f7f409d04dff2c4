"""The register's tables against what the collection is known to hold."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis import raw as snapshots
from analysis.errors import DataError
from analysis.register import files as source
from analysis.register import participation, programmes
from analysis.tables import population, reforms


@pytest.fixture(scope="module")
def people(units):
    return population.build(snapshots.read("ssb_population"), units)


@pytest.fixture(scope="module")
def register():
    return source.read()


@pytest.fixture(scope="module")
def table(register, units, people):
    return participation.build(register, units, people)


def test_every_collected_record_is_in_the_table_or_excluded(table, register):
    """Row counts of the three collected files, per programme, before exclusions."""
    collected = {
        "core": {
            "innovation_partnership": 63, "startoff": 11, "regional_startoff": 1, "lup_partner": 48,
            "lup_project": 97, "lup_network": 83, "lup_award": 4, "pre_commercial_procurement": 22,
        },
        "other": {
            "klimasats": 141, "gnist": 14, "stimulab": 8, "forkommune": 8,
            "discretionary_innovation_grant": 8, "kmd_innovation_award": 6,
            "welfare_technology_programme": 6, "regional_research_fund": 2,
        },
        "horizon_2020": {"horizon_2020": 55},
    }  # fmt: skip
    both = pd.concat([table[["batch", "programme_id"]], register["exclusions"][["batch", "programme_id"]]])
    found = both.groupby("batch")["programme_id"].value_counts()
    for batch, counts in collected.items():
        assert found[batch].to_dict() == counts
    assert [sum(counts.values()) for counts in collected.values()] == [329, 193, 55]


def test_groups_are_expanded_to_those_not_named(table):
    expanded = table[table["basis"] == "group"]
    counts = expanded.groupby("project_id").size()
    assert counts["ip-innovation-partnership-agder-e"] == 21  # 25 in the county, 4 named one by one
    assert counts["lup-response-platform-vaernesregionen"] == 7
    # All of a county as it was: 51 in Viken and 41 in Nordland by the agreements, 26 in Møre og Romsdal.
    assert counts["regional-digiviken-constituted-in-2021"] == 51
    assert counts["regional-diginordland"] == 41
    assert counts["sustainability-sustainability-mapping-of-all"] == 26
    assert (expanded["confidence"] == "inferred").all()
    agder = table[table["project_id"] == "ip-innovation-partnership-agder-e"]
    assert len(agder) == agder["municipality_code"].nunique() == 25
    assert agder["municipality_code"].str.startswith("42").all()


def test_every_municipality_and_county_has_a_code_and_no_other_body(table, units):
    towns = table[table["participant_type"] == "municipality"]
    assert towns["municipality_code"].isin(reforms.crosswalk(units, 2024)["municipality_code"]).all()
    assert (towns["county_code"] == towns["municipality_code"].str[:2]).all()
    counties = table[table["participant_type"] == "county"]
    assert counties["county_successors"].notna().all()
    assert (counties["county_code"].isna() == counties["county_successors"].str.contains(";")).all()
    others = table[~table["participant_type"].isin(["municipality", "county"])]
    assert others[["municipality_code", "county_code", "code_then"]].isna().all(axis=None)


def test_horizon_2020_carries_the_share_of_each(table):
    rows = table[table["programme_id"] == "horizon_2020"]
    assert len(rows) == 55
    assert rows["own_amount_eur"].notna().all()
    moved = rows[rows["participant_name"] == "MODUM KOMMUNE"].iloc[0]
    assert (moved["municipality_code"], moved["own_amount_eur"]) == ("3316", 435587.0)
    assert table.loc[table["programme_id"] != "horizon_2020", "own_amount_eur"].isna().all()


def test_population_then_is_that_of_the_unit_then(table, people):
    """Unchanged units carry SSB's figure; merged ones never the larger successor's."""
    at = table.drop_duplicates(["name_then", "year"]).set_index(["name_then", "year"])["population_then"]
    series = people.set_index(["municipality_code", "year"])["population"]
    assert at[("Gjesdal", 2015)] == series[("1122", 2015)]
    assert at[("Ålesund", 2021)] == series[("1508", 2021)]  # 1507: SSB's series keeps Haram in it
    for name, year, now in [("Fosnes", 2015, "5007"), ("Skedsmo", 2018, "3205"), ("Stavanger", 2017, "1103")]:
        then = at[(name, year)]
        assert pd.isna(then) or then < series[(now, year)]
    known = table["population_then"].notna()
    assert (table["population_then_source"].notna() == known).all()
    assert (table["size_band_then"].notna() == known).all()
    # A participation that was Skedsmo's in a year when it was in force is described as Skedsmo's.
    assert set(table.loc[table["participant_name"] == "Skedsmo", "code_then"]) == {"0231"}


def test_amounts_stand_on_the_project(register):
    table = programmes.build(register)["projects"].set_index("project_id")
    assert table.loc["ip-innovann-storm-water-management", "amount_nok"] == 14_000_000
    assert table["amount_nok"].notna().sum() > 40
    assert (table["amount_basis"].notna() == table["amount_nok"].notna()).all()


def test_every_project_has_a_title_in_bokmal(register):
    """Horizon 2020 alone keeps the English title: it is the only official one."""
    table = programmes.build(register)["projects"]
    eu, own = (table[table["programme_id"].eq("horizon_2020") == is_eu] for is_eu in (True, False))
    assert table["title_nb"].notna().all()
    assert (eu["title_nb"] == eu["title"]).all()
    english = own["title_nb"].str.contains(
        r"\b(?:and|of|for the|with|joint|procurement|network|county|charging|mapping|first)\b", case=False
    )
    assert own.loc[english, "title_nb"].tolist() == []
    # Nynorsk names are given in bokmål; the name of a school is a name.
    nynorsk = own["title_nb"].str.contains(
        r"\b(?:ikkje|frå|kommunane|tenestebil\w*|tilsette|skule)\b", case=False
    )
    assert own.loc[nynorsk, "title_nb"].tolist() == ["Nye Flatdal skule – forprosjekt"]
    # Two projects of a programme that share a name could not be told apart on a page. Cells of the Research
    # Council's list are shown with their owner, and have no other name.
    named = own[own["programme_id"] != "research_council_project_owner"]
    assert not named.duplicated(["programme_id", "title_nb"]).any()
    # The Research Council's list of 2018 and the Environment Agency's page say it so.
    name = table.set_index("project_id")["title_nb"]
    assert name["forkommune-municipality-as-driver-alternative"] == (
        "Kommunen som pådriver for alternative boligløsninger"
    )
    assert name["klimasats-reuse-centre-horisont-miljopark"] == "Ombrukssenter Horisont Miljøpark"


def test_names_and_years_of_a_title_are_in_both_languages(register):
    """No year is lost or made up, and a place with a Norwegian letter is spelt alike."""
    table = programmes.build(register)["projects"]
    own = table[table["programme_id"] != "horizon_2020"]
    years = own[["title", "title_nb"]].apply(lambda text: text.str.findall(r"\b20[12]\d\b"))
    assert (years["title"] == years["title_nb"]).all()
    place = own["title"].str.findall(r"\b[A-ZÆØÅ]\w*[æøå]\w*")
    lost = [
        (word, text)
        for words, text in zip(place, own["title_nb"], strict=True)
        for word in words
        if word.rstrip("e") not in text  # Sunnmøre: Sunnmørskommunenes
    ]
    assert lost == []


def test_a_project_without_a_bokmal_title_is_no_fault(project):
    edit(project, "projects.csv", first("title_nb", ""))
    assert pd.isna(programmes.build(source.read())["projects"]["title_nb"].iloc[0])


def test_programmes_say_what_may_be_computed(register):
    table = programmes.build(register)["programmes"].set_index("programme_id")
    assert table["coverage"].value_counts().to_dict().keys() == {"census", "partial", "sample"}
    # The complete lists; of the last four the participants were chosen, so that no rate is computed of them.
    complete = ["horizon_2020", "research_council_project_owner", "digisos", "municipal_trial_scheme"]
    chosen = ["eu_cities_mission", "health_service_trial", "futurebuilt", "cities_of_the_future"]
    assert table.index[table["coverage"] == "census"].tolist() == complete + chosen
    assert table.loc[chosen, "chosen_by_design"].all()
    assert table.loc["klimasats", "coverage"] == "sample"
    assert len(table) == 28
    assert (table[["description_nb", "description_en"]].apply(lambda text: text.str.len()) > 60).all(
        axis=None
    )


def test_published_totals_keep_contradictions_and_their_sources(register):
    table = programmes.build(register)["published_totals"]
    whole = table[(table["programme_id"] == "innovation_partnership") & (table["round"] == "all")]
    assert sorted(whole.loc[whole["measure"] == "projects", "value"]) == [13, 14]
    assert whole.loc[whole["measure"] == "participants", "value"].tolist() == [51]
    winners = table[(table["programme_id"] == "innovation_partnership") & (table["measure"] == "winners")]
    assert winners.drop_duplicates("round")["value"].tolist() == [1, 4, 3, 5, 8]
    assert table["source_url"].str.startswith("http").all()


def test_no_mail_address_phone_number_or_named_person(register):
    # First names that are common in Norway and not also part of a place name in the register.
    given = (
        "Anne|Kari|Liv|Ingrid|Marit|Astrid|Bjørg|Hilde|Berit|Nina|Elisabeth|Kristin|Heidi|Hanne|Marianne|Silje|"
        "Jan|Per|Bjørn|Ole|Lars|Kjell|Knut|Svein|Arne|Thomas|Geir|Morten|Tor|Erik|Martin|Andreas|Hans|Anders|Terje|"
        "Trond|Rune|Jon|Kristian|Magnus|Stian|Harald|Ida|Stig|Ingebjørg|Bård"
    )
    person = re.compile(rf"\b(?:{given})\s+[A-ZÆØÅ][a-zæøå]+")
    for name, frame in register.frames.items():
        text = (
            frame.drop(columns=["url", "source_url"], errors="ignore")
            .melt(value_name="cell")["cell"]
            .dropna()
        )
        assert not text.str.contains(r"[^\s@]+@[^\s@]+\.\w", regex=True).any(), name
        assert not text.str.contains(r"(?:\+47|tlf|telefon|mob\.)\s*\d", regex=True, case=False).any(), name
        assert not text[text.map(lambda cell: bool(person.search(cell)))].tolist(), name


def edit(project, file, change):
    path = project / "data" / "raw" / "participation" / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = change(frame)
    frame.to_csv(path, index=False, lineterminator="\n")


def test_all_faults_of_a_bad_row_are_told_at_once(project, units, people):
    def spoil(frame):
        bad = frame.iloc[0].copy()
        bad[["record_id", "participant_name", "year", "role", "source_id"]] = [
            "R9999",
            "Utopia",
            "1890",
            "boss",
            "",
        ]
        return pd.concat([frame, bad.to_frame().T])

    edit(project, "participations.csv", spoil)
    register = source.read()
    row = len(register["participations"]) + 1
    with pytest.raises(DataError) as caught:
        participation.build(register, units, people)
    told = {(fault.file, fault.row, fault.column) for fault in caught.value.faults}
    assert told == {
        ("participations.csv", row, name) for name in ("participant_name", "year", "role", "source_id")
    }
    text = str(caught.value)
    for words in (
        "'Utopia'",
        "'1890': must be from 2000 to 2035",
        "'boss': must be one of lead, partner",
        "4 faults",
    ):
        assert words in text
    with pytest.raises(DataError):
        programmes.build(register)["projects"]


def first(column, value):
    """A change that sets the first cell of a column."""
    return lambda frame: frame.assign(**{column: [value, *frame[column][1:]]})


def more(row, **cells):
    """A change that adds a copy of a row with other cells."""
    return lambda frame: pd.concat([frame, frame.iloc[[row]].assign(**cells)])


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("participations.csv", first("project_id", "nowhere"), "projects.csv has this"),
        pytest.param(
            "participations.csv", first("record_id", "R0002"), "earlier row", marks=pytest.mark.slow
        ),
        pytest.param(
            "participations.csv", first("further_source_ids", "x"), "no such source", marks=pytest.mark.slow
        ),
        pytest.param(
            "participations.csv",
            lambda frame: frame.drop(columns="role"),
            "column is missing",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "participations.csv",
            lambda frame: frame.assign(extra=""),
            "no such column",
            marks=pytest.mark.slow,
        ),
        ("participations.csv", more(3, record_id="R9999"), "the same participant, project and year as R0004"),
        pytest.param(
            "participations.csv",
            lambda frame: frame.assign(stage=frame["stage"].replace("declined", "taking_part")),
            "outcome is declined",
            marks=pytest.mark.slow,
        ),
        ("groups.csv", more(0, group_id="new", member_name="Ukjent"), "Ukjent"),
        pytest.param(
            "candidates.csv", first("status", "rejected"), "needs its reason", marks=pytest.mark.slow
        ),
        ("sources.csv", first("url", "ftp://x"), "must look like"),
        pytest.param("projects.csv", first("amount_nok", "1,5"), "whole number", marks=pytest.mark.slow),
    ],
)
def test_a_fault_in_any_file_stops_the_build(project, units, people, file, change, said):
    edit(project, file, change)
    with pytest.raises(DataError, match=re.escape(file)) as caught:
        participation.build(source.read(), units, people)
    assert said in str(caught.value)


def test_former_units_add_up_to_what_ssb_publishes(register, units, people):
    """1 January 2016: the units that became one municipality sum to its figure in SSB's own series."""
    typed = register["former_units"].astype({"population": int})
    of_2016 = typed[typed["year"] == "2016"].set_index("code")["population"]
    then = reforms.crosswalk(units, 2016)
    then["place"] = then["series_code"].where(then["is_split"], then["municipality_code"])
    then["population"] = then["code"].map(of_2016)
    by_place = then.dropna(subset="place").drop_duplicates("code").groupby("place")["population"]
    summed = by_place.sum()[by_place.count() == by_place.size()]
    series = people[people["year"] == 2016].set_index("municipality_code")["population"].dropna()
    both = summed.index.intersection(series.index)
    assert len(both) > 40
    assert (summed[both].astype(int) == series[both].astype(int)).all()


def test_small_units_stay_small(table):
    """Fosnes, Ørskog, Sandøy and Vikna are not described by the municipalities that took them in."""
    at = table[table["year"] == 2016].drop_duplicates("name_then").set_index("name_then")
    band = at["size_band_then"].astype(str)
    assert band[["Sandøy", "Norddal"]].tolist() == ["0-1999"] * 2
    assert band[["Ørskog", "Skodje", "Vikna", "Sauherad"]].tolist() == ["2000-4999"] * 4
    assert band["Skedsmo"] == "50000+"


def test_trondheim_and_klaebu_of_2019_add_up(register, people):
    """The regional table's figures for the two are SSB's for the municipality they became in 2020."""
    typed = register["former_units"].set_index(["code", "year"])["population"].astype(int)
    series = people.set_index(["municipality_code", "year"])["population"]
    assert typed[("5001", "2019")] + typed[("5030", "2019")] == series[("5001", 2019)] == 202235
