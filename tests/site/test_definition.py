"""Another definition of small and rural reaches every sentence, title and label of the pages."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from tests.site.rendered import read, written

from analysis import definitions
from analysis.i18n import using
from analysis.report import data

OTHER = {"population_below": 3_500, "centrality_from": 5}


@pytest.fixture(
    scope="module",
    params=[
        {("county-56", "en")},
        *(
            pytest.param({("national", code), ("county-56", other)}, marks=pytest.mark.slow)
            for code, other in (("en", "nb"), ("nb", "en"))
        ),
    ],
    ids=["county", "national in English", "national in Norwegian"],
)
def pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A county's report and, in the slow run, the national one under another main definition, as trees by their file."""
    with pytest.MonkeyPatch.context() as patch:
        main = dataclasses.replace(definitions.SMALL_RURAL["main"], **OTHER)
        patch.setitem(definitions.SMALL_RURAL, "main", main)
        country = data.load()
        is_small_rural = definitions.small_rural(country.panel).fillna(False).astype(bool)
        country = dataclasses.replace(country, panel=country.panel.assign(is_small_rural=is_small_rural))
        folder = written(country, tmp_path_factory.mktemp("defined"), request.param)
    return {p.relative_to(folder).as_posix(): read(p) for p in sorted(Path(folder).glob("*/*.html"))}


def test_the_old_words_are_nowhere_and_the_new_ones_where_the_definition_is_said(pages):
    assert pages
    for file, page in pages.items():
        with using(file[:2]):
            old = definitions.SMALL_RURAL["main"].label
            new = dataclasses.replace(definitions.SMALL_RURAL["main"], **OTHER).label
        main = page.all("main")[0]
        assert old not in main.text, file
        assert new in page.all("p", cls="note")[0].text, file
        assert any(new in item.text for item in main.all("li")), file
        # Size bands and other definitions have these numbers too, in charts and their tables only.
        for tag in ("p", "li", "h1", "h2", "h3", "dt", "caption"):
            for node in main.all(tag):
                assert not re.search(r"\b4–6\b|(?<![\d\u202f,])5[\u202f,]000(?!–)", node.text), (
                    file,
                    node.text,
                )


def test_the_numbers_are_those_of_the_definition(pages):
    panel = data.load().panel
    is_small = (panel["population"] < 3_500) & (panel["centrality_class"] >= 5)
    file = next((file for file in pages if file in ("en/national.html", "nb/nasjonal.html")), None)
    if file is None:
        (file,) = pages
        facts = [d.text for d in pages[file].all("dl", cls="facts")[0].all("dd")]
        in_county = panel["county_code"] == "56"
        assert facts[:2] == [str(in_county.sum()), str((is_small & in_county).sum())]
        return
    n = int(is_small.sum())
    facts = [d.text for d in pages[file].all("dd")]
    assert facts[:2] == ["357", str(n)]
    table = pages[file].all("figure", id="figure-definitions")[0].all("tbody")[0]
    words = {
        "en": "under 3,500 inhabitants and centrality class 5–6",
        "nb": "under 3\u202f500 innbyggere og sentralitetsklasse 5–6",
    }
    assert table.all("th")[0].text == words[file[:2]]
