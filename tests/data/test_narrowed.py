"""A report under another definition or on a selection: its tables, its words, and a folder of its own."""

from __future__ import annotations

import pytest

from analysis import tables
from analysis.definitions import SMALL_RURAL
from analysis.errors import AnalysisError
from analysis.i18n import using
from analysis.report import data, narrowed
from analysis.report.narrowed import Choice
from analysis.report.pages import common, selection


def test_the_panel_holds_the_other_definition_and_everything_else_stays():
    whole = {name: tables.load(name) for name in ("panel", "counties")}
    made = narrowed.under(whole, Choice("strict"))
    assert (
        made["panel"]["is_small_rural"].sum() == 125
    )  # under 3,000 inhabitants and centrality 5-6, counted by hand
    assert made["counties"] is whole["counties"]


def test_pages_there_say_so_in_both_languages(tmp_path, monkeypatch):
    assert narrowed.notice(tables.names()) == ""
    assert narrowed.definition() is SMALL_RURAL["main"]
    narrowed.lay_out(tmp_path, Choice("strict", years=(2019, 2026)))
    monkeypatch.setenv("ANALYSIS_ROOT", str(tmp_path))
    assert narrowed.chosen() == Choice("strict", years=(2019, 2026))
    assert narrowed.definition() is SMALL_RURAL["strict"]
    with using("en"):
        assert "under 3,000 inhabitants" in narrowed.notice(tables.names())
    with using("nb"):
        assert "under 3\u00a0000 innbyggere" in narrowed.notice(tables.names()).replace("\u202f", "\u00a0")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"definition": "tiny"}, "no definition 'tiny'"),
        ({"programmes": ["klimasat"]}, "did you mean 'klimasats'"),
        ({"years": "20-26"}, "write 2020 or 2019-2026"),
        ({"years": "2026-2019"}, "2026"),
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
        assert "Municipalities: 24 of 357." in said  # Oslo and the 23 of Rogaland, SSB KLASS 131
        assert f"{own['municipality_code'].nunique()} of 24" in selection.headline(observed)
        assert selection.shares(observed).startswith("The lists are complete: ")
        part = whole.observations.where(programmes=["klimasats"])
        assert "no share" in selection.shares(part)
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


def test_a_download_of_no_rows_has_none(whole):
    rows = common.with_source(whole.participation.iloc[:0], whole, whole.named)
    assert len(rows) == 0 and list(rows.columns[:4]) == [
        "record_id",
        "programme",
        "project",
        "why_not_counted",
    ]
