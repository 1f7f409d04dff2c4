"""A report under another definition or on a selection: its tables, its words, and a folder of its own."""

from __future__ import annotations

import pytest

from analysis import tables
from analysis.definitions import SMALL_RURAL
from analysis.errors import AnalysisError
from analysis.i18n import using
from analysis.report import data, narrowed
from analysis.report.narrowed import Choice
from analysis.report.pages import common, selection, selection_lists


def test_the_panel_holds_the_other_definition_and_everything_else_stays():
    whole = {name: tables.load(name) for name in ("panel", "counties")}
    made = narrowed.under(whole, Choice("strict"))
    assert (
        made["panel"]["is_small_rural"].sum() == 125
    )  # under 3,000 inhabitants and centrality 5-6, counted by hand
    assert made["counties"] is whole["counties"]


def test_pages_there_say_so_in_both_languages(tmp_path, monkeypatch):
    assert narrowed.notice() == ""
    assert narrowed.definition() is SMALL_RURAL["main"]
    narrowed.lay_out(tmp_path, Choice("strict", years=(2019, 2026)))
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    assert narrowed.chosen() == Choice("strict", years=(2019, 2026))
    assert narrowed.definition() is SMALL_RURAL["strict"]
    with using("en"):
        assert "under 3,000 inhabitants" in narrowed.notice()
    with using("nb"):
        assert "under 3\u00a0000 innbyggere" in narrowed.notice().replace("\u202f", "\u00a0")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"definition": "tiny"}, "no definition 'tiny'"),
        ({"programmes": ["klimasat"]}, "did you mean 'klimasats'"),
        ({"years": "20-26"}, "write '2020' or '2018-2022'"),
        ({"years": "2022-2018"}, "2022 comes after 2018"),
        ({"municipalities": ["Vangg"]}, "did you mean 'Vang'"),
        ({"counties": ["Finmark"]}, "did you mean 'Finnmark'"),
        ({"municipalities": ["nowhere/mine.csv"]}, "The file 'nowhere/mine.csv' does not exist"),
        ({"municipalities": ["mine.csv"]}, "The file 'mine.csv' does not exist"),
        ({"programmes": ["a/b"]}, "There is no programme 'a/b'"),
        ({"municipalities": ["Vangg", "Valle", "Xyzzyx"]}, r"'Vangg'; did you mean 'Vang'\?\n.* 'Xyzzyx'$"),
        ({"programmes": ["klimasat", "startof"]}, r"'klimasats'\?\n.*'startof'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(asked, said):
    with pytest.raises(AnalysisError, match=said):
        narrowed.choose(**asked)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(AnalysisError, match="holds something else"):
        narrowed.lay_out(tmp_path, Choice("strict"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_list_of_municipalities_comes_from_a_file_in_any_form(tmp_path):
    listed = tmp_path / "mine.csv"
    listed.write_text(
        "kommunenummer;navn\n3454;Vang\n0301;Oslo\nGuovdageaidnu;\n0545;\n", encoding="utf-8-sig"
    )
    choice = narrowed.choose(municipalities=[str(listed)], years="2020", basis="named")
    assert choice.municipalities == ("3454", "0301", "5612")  # 0545 was Vang until 2019 (KLASS 131)
    assert choice == Choice(years=(2020, 2020), basis="named", municipalities=choice.municipalities)
    assert Choice.of(choice.frame()) == choice
    assert choice.is_selection
    assert not Choice("strict").is_selection
    # As on every page, rows that name only a group are counted where that is asked for.
    assert Choice().basis == narrowed.choose().basis == "named"
    assert Choice(basis="all").is_selection


@pytest.mark.parametrize("head", ["Kommunenr", "kommune_nr.", "Name", "CODE", '"Municipality code"', "navn"])
def test_the_first_line_of_a_list_may_name_its_column(tmp_path, head):
    (tmp_path / "mine.csv").write_text(f"{head},note\n3454,first\n", encoding="utf-8")
    assert narrowed.choose(municipalities=[str(tmp_path / "mine.csv")]).municipalities == ("3454",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_list_is_read_in_the_encodings_that_spreadsheets_write(tmp_path, encoding):
    (tmp_path / "mine.csv").write_bytes("Træna;x\r\nBodø;x\r\nÅlesund;x\r\n".encode(encoding))
    choice = narrowed.choose(municipalities=[str(tmp_path / "mine.csv")])
    assert choice.municipalities == ("1835", "1804", "1508")  # SSB, KLASS 131


def test_a_list_of_which_nobody_can_tell_the_encoding_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "mine.csv").write_bytes("Kárášjohka\n".encode("cp1252"))
    with pytest.raises(AnalysisError, match=r"mine\.csv is not UTF-8.*; save it as CSV UTF-8"):
        narrowed.choose(municipalities=[str(tmp_path / "mine.csv")])


def test_a_selection_counts_what_a_reader_counts_and_says_it_in_words():
    whole = data.load()
    rows = tables.load("participation")
    observed = whole.observations.where(programmes=["horizon_2020"], counties=["03", "11"])
    # Counted without the project's own filters: one row per municipality and project.
    own = rows[(rows["programme_id"] == "horizon_2020") & (rows["participant_type"] == "municipality")]
    own = own[own["county_code"].isin(["03", "11"])].drop_duplicates(["municipality_code", "project_id"])
    assert len(observed.rows) == len(own) > 0
    with using("en"):
        said = " ".join(selection.choices(observed, whole))
        assert "Programmes: Horizon 2020." in said
        assert "Years: all." in said
        assert "All 24 municipalities in Oslo and Rogaland." in said  # 1 and 23, SSB KLASS 131
        assert f"{own['municipality_code'].nunique()} of 24" in selection.headline(observed)
        assert selection_lists.shares(observed).startswith(
            "The list is complete for: the whole country, 2014–2020. "
        )
        part = whole.observations.where(programmes=["klimasats"])
        assert "no share" in selection_lists.shares(part)
        assert selection.municipalities(observed, whole)["Participations"].astype(int).sum() == len(own)
        assert selection.programmes(observed, whole)["Participations"].tolist() == [str(len(own))]


def test_a_selection_of_one_group_only_has_its_years_and_no_comparison():
    observed = data.load().observations.where(municipalities=["4221", "5612"])  # Valle, Kautokeino
    with using("en"):
        assert selection.by_group(observed) is None
        figure = selection.by_year(observed)
    assert figure.data["estimate"].sum() == observed.rows["year"].notna().sum() > 0


@pytest.fixture(scope="module")
def whole() -> data.Data:
    return data.load()


@pytest.mark.parametrize(
    "asked", [{"years": (2050, 2050)}, {"municipalities": "3454", "programmes": "horizon_2020"}]
)
def test_a_selection_without_participations_says_so_and_draws_nothing(whole, asked):
    observed = whole.named.where(**asked)
    with using("en"):
        assert selection.sections(observed, whole) == []
        assert selection.absence(observed) == [
            "The register holds no participations in this selection, so the page has no figures and no tables."
        ]
        assert not selection.headline(observed).startswith("0 of ")
        assert selection.absence(whole.named) == []


def test_a_download_of_no_rows_has_none(whole):
    rows = common.with_source(whole.participation.iloc[:0], whole, whole.named)
    assert len(rows) == 0 and list(rows.columns[:4]) == [
        "record_id",
        "programme",
        "project",
        "why_not_counted",
    ]


def test_the_download_holds_every_row_of_the_selection_and_says_which_are_counted(whole):
    observed = whole.named.where(municipalities=["1535", "3454"], years=(2015, 2026))  # Vestnes, Vang
    rows = common.with_source(selection.recorded(observed, whole), whole, observed)
    assert set(rows["municipality_code"]) == {"1535", "3454"}
    assert (rows["why_not_counted"] == "").sum() == len(observed.rows) > 0
    declined = rows[rows["stage"] == "declined"]  # the grant that Vestnes turned down in 2024
    assert set(declined["why_not_counted"]) == {"did_not_take_part"}
    assert set(rows["programme_id"]) <= set(observed.programme_ids)
    # A row of a year that is not known is there if its bounds lie within.
    assert rows["year"].dropna().between(2015, 2026).all()
    assert selection.recorded(whole.named.where(years=2050), whole).empty


@pytest.mark.parametrize(
    ("programmes", "says", "not_says"),
    [
        (["horizon_2020"], "The list is complete for: the whole country, 2014–2020.", "incomplete"),
        pytest.param(
            ["digisos", "horizon_2020"], "The lists are complete.", "incomplete", marks=pytest.mark.slow
        ),
        pytest.param(["klimasats"], "The list is incomplete.", "is complete", marks=pytest.mark.slow),
        (["horizon_2020", "klimasats"], "The lists are incomplete.", "are complete"),
    ],
)
def test_figures_say_whether_the_lists_of_the_selection_are_complete(whole, programmes, says, not_says):
    observed = whole.named.where(programmes=programmes)
    with using("en"):
        drawn = [selection.by_group(observed), selection.selected_map(observed, whole)]
    assert all(says in figure.coverage and not_says not in figure.coverage for figure in drawn)


def test_a_complete_list_whose_participants_were_chosen_is_not_called_incomplete(whole):
    with using("en"):
        said = selection_lists.shares(whole.named.where(programmes="eu_cities_mission"))
    assert (
        said.startswith("The list is complete for: the choice of 2022. ")
        and "chose" in said
        and "not complete" not in said
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "All municipalities."),
        ({"counties": "Nordland"}, "All 41 municipalities in Nordland."),  # SSB, KLASS 131
        ({"counties": ["Finnmark"]}, "All 18 municipalities in Finnmark: Alta, "),
        ({"counties": "Oslo"}, "Municipalities: Oslo."),
        ({"municipalities": ["Vang", "Valle"]}, "Municipalities: Vang and Valle."),
    ],
)
def test_the_page_says_which_places_were_chosen(whole, asked, says):
    with using("en"):
        said = " ".join(selection.choices(whole.named.where(**asked), whole))
    assert says in said and "357 of" not in said


def test_more_places_than_can_be_named_are_counted(whole):
    some = whole.panel["municipality_code"].tolist()[:30]
    with using("en"):
        said = selection.choices(whole.named.where(municipalities=some), whole)
    assert "Municipalities: 30 of 357." in said


def test_the_page_says_that_rows_of_an_unknown_year_count_where_their_bounds_lie_within(whole):
    observed = whole.named.where(years=(2015, 2026))
    assert observed.rows["year"].isna().any()
    with using("en"):
        said = " ".join(selection.choices(observed, whole))
    assert "left out" not in said
    assert "Those whose year is unknown count if it must lie within the period." in said


def test_one_year_makes_no_figure_of_years_and_no_heading_of_when(whole, monkeypatch):
    monkeypatch.setattr(selection, "selected_map", lambda *_asked: "the map")
    observed = whole.named.where(years=2021)
    with using("en"):
        assert selection.by_year(observed) is None
        headings = [heading for heading, _shown in selection.sections(observed, whole)]
    assert headings == ["How often municipalities take part", "Where municipalities take part"]


def test_every_section_of_one_municipality_has_a_figure(whole, monkeypatch):
    monkeypatch.setattr(selection, "selected_map", lambda *_asked: "the map")  # drawing it takes a second
    observed = whole.named.where(municipalities="3454")
    with using("en"):
        shown = selection.sections(observed, whole)
    assert shown and all(drawn for _heading, drawn in shown)
    assert "How often municipalities take part" not in dict(shown)


@pytest.mark.parametrize(
    ("codes", "programme", "says"),
    [
        (
            ["3454"],
            "horizon_2020",
            "The list is complete for: the whole country, 2014–2020. Vang did not take part.",
        ),
        (["0301"], "horizon_2020", "The list is complete for: the whole country, 2014–2020. Oslo took part."),
        (
            ["3454", "4221"],
            "horizon_2020",
            "The list is complete for: the whole country, 2014–2020. Neither of the two municipalities that could",
        ),
    ],
)
def test_shares_of_few_municipalities_read_as_sentences(whole, codes, programme, says):
    with using("en"):
        said = selection_lists.shares(whole.named.where(programmes=programme, municipalities=codes))
    assert said.startswith(says)


def test_two_of_two_are_both(whole):
    with using("en"):
        said = selection.headline(whole.named.where(municipalities=["0301", "4601"]))  # Oslo, Bergen
    assert said == "Both selected municipalities have documented participations"


def test_an_estimate_without_an_interval_says_why(whole):
    klimasats = whole.named.where(programmes="klimasats", years=(2018, 2022))
    taken = klimasats.panel.assign(n=klimasats.counts)
    once = taken.loc[taken["is_small_rural"] & taken["n"].eq(1), "municipality_code"]
    alone = klimasats.rows.drop_duplicates("project_id", keep=False)["municipality_code"]
    others = taken.loc[~taken["is_small_rural"] & taken["n"].eq(0), "municipality_code"]
    observed = klimasats.where(municipalities=[*once[once.isin(alone)].head(2), *others.head(1)])
    with using("en"):
        figure = selection.by_group(observed)
        assert figure.data["estimate"].tolist() == [1, 0]  # two participations of two, none of one
        assert figure.data["conf_high"].notna().tolist() == [False, True]
        assert figure.coverage.endswith("Small and rural: too few projects for an interval.")
        # A complete list has none, and says that it is complete.
        whole_list = selection.by_group(whole.named.where(programmes="horizon_2020"))
        assert whole_list.coverage == "The list is complete for: the whole country, 2014–2020."


def test_a_list_is_not_called_complete_for_years_that_it_does_not_cover(whole):
    """Nav's list ends on 3 November 2019, and all were to be connected in March 2020."""
    within = whole.named.where(programmes="digisos", years=(2018, 2019))
    beyond = whole.named.where(programmes="digisos", years=(2021, 2024))
    covers = "The list is complete for: the whole country, 24 April 2018 to 3 November 2019."
    with using("en"):
        # 104 on the list, counted by hand, of the 357 of today.
        assert selection_lists.shares(within).startswith(f"{covers} 104 of 357 municipalities")
        assert selection_lists.shares(beyond) == (
            f"{covers} The years chosen go beyond that, so we give no share of municipalities that took part."
        )
        assert selection_lists.coverage(beyond) == "The list is incomplete. Participants may be missing."
        # The summary of the Research Council's grants is of spring 2026: that year is complete nowhere.
        late = whole.named.where(programmes="research_council_project_owner", years=2026)
        assert "no share" in selection_lists.shares(late)
        assert selection.programmes(late, whole)["How complete"].tolist() == ["partly known"]
        part = whole.named.where(programmes="klimasats")
        assert selection_lists.shares(part).startswith("The list is not complete. It gives no share")


def test_a_period_in_which_nobody_could_take_part_is_said_in_words(whole):
    """The European Union's programme began in 2014."""
    before = whole.named.where(programmes="horizon_2020", years=(2010, 2013))
    with using("en"):
        assert selection_lists.shares(before).endswith("None of the selected municipalities could take part.")


def test_whole_groups_of_a_selection_are_words(whole):
    """Oslo and Bergen adopted Digisos in 2018, Vang and Valle not; neither did the fourth."""
    took = whole.named.where(programmes="digisos", municipalities=["Oslo", "Bergen"])
    none = whole.named.where(programmes="digisos", municipalities=["Vang", "Valle"])
    three = whole.named.where(programmes="digisos", municipalities=["Oslo", "Bergen", "Stavanger"])
    with using("en"):
        assert selection_lists.shares(took).endswith("Both municipalities that could take part did so.")
        assert selection_lists.shares(three).endswith("All three municipalities that could take part did so.")
        assert selection_lists.shares(none).endswith(
            "Neither of the two municipalities that could take part did so."
        )
        assert selection.headline(none).startswith("Neither of the two selected municipalities has")


def test_a_chart_by_year_says_how_many_are_in_no_year(whole):
    """Fifteen of the 83 participations in LUP projects have no year in participations.csv; most of the others began in 2016."""
    observed = whole.named.where(programmes="lup_project")
    with using("en"):
        figure = selection.by_year(observed)
    assert figure.title.startswith(
        "Where the year is known, more participations in the selection began in 2016"
    )
    assert figure.coverage.endswith("15 participations whose year is unknown are left out.")
    assert figure.data["estimate"].sum() == 83 - 15


def test_a_rate_that_rests_on_one_project_has_no_interval(whole):
    """Bindal, Rødøy and Røst took part in LUP projects once, together (electronic medication support, 2016)."""
    observed = whole.named.where(programmes="lup_project", counties=["Nordland", "Oslo"])
    small = observed.panel.loc[observed.panel["is_small_rural"], "municipality_code"]
    assert observed.rows.loc[observed.rows["municipality_code"].isin(small), "project_id"].nunique() == 1
    with using("en"):
        figure = selection.by_group(observed)
    assert figure.data["conf_high"].notna().tolist() == [False, True]
    assert figure.coverage.endswith("Small and rural: too few projects for an interval.")


def test_towns_that_were_chosen_are_not_compared_with_others(whole):
    """The thirteen Cities of the Future were the largest towns: a figure per municipality would say nothing."""
    assert selection.by_group(whole.named.where(programmes=["cities_of_the_future", "futurebuilt"])) is None
    assert selection.by_group(whole.named.where(programmes=["futurebuilt", "klimasats"])) is not None


def test_a_map_of_some_counties_shows_them_and_not_the_rest_of_the_country(whole):
    """Innlandet alone was a thumb's width of Norway, beside an inset of Oslo without anything in it."""
    some, every = whole.named.where(counties="34"), whole.named.where(programmes="klimasats")
    with using("en"):
        here, country = (selection.selected_map(observed, whole) for observed in (some, every))
    municipalities = some.panel["municipality_name"]
    assert len(municipalities) == 46
    assert sum(f">{name}: " in here.drawings[0] for name in municipalities) == 46
    assert "Oslo" not in here.drawings[0] and "Oslo" in country.drawings[0]
    assert not any("lesund" in item.name for item in here.legend)
    assert any("lesund" in item.name for item in country.legend)
