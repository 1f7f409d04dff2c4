"""The poster: one sheet of A3, the same bytes every time, its numbers those of the national page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from PIL import Image

from analysis.figures import poster as drawing
from analysis.figures.poster import broken
from analysis.i18n import using
from analysis.report import data
from analysis.report.pages import poster

NUMBERS = Path(__file__).resolve().parents[2] / "reports" / "numbers" / "national"


def test_lines_are_no_wider_than_the_room_and_no_word_is_lost():
    text = "Nasjonalt velferdsteknologiprogram for små distriktskommuner"
    assert broken(text, 1e6, 10) == [text]
    narrow = broken(text, 1, 10)
    assert narrow == text.split(" ")  # a word is never cut
    assert " ".join(broken(text, 150, 10)) == text


@pytest.mark.slow
@pytest.mark.parametrize("language", ["nb", "en"])
def test_it_is_one_sheet_of_a3_whose_bytes_are_the_same_every_time(language):
    with using(language):
        whole = data.load()
        made = poster.files(whole)
        assert made == poster.files(whole)
    pdf, png = made[f"figures/poster-{language}.pdf"], made[f"figures/poster-{language}.png"]
    box = re.findall(rb"/MediaBox \[ ?([\d. ]+)\]", pdf)
    assert len(box) == 1  # one page
    width, height = (float(v) / 72 * 25.4 for v in box[0].split()[2:])
    assert (round(width), round(height)) == (297, 420)  # ISO 216
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size == (1753, 2480)


@pytest.mark.slow
def test_its_large_numbers_are_those_of_the_national_page():
    with using("en"):
        owners, often, _bought = poster.poster(data.load()).pairs
    lists = pd.read_csv(NUMBERS / "complete-lists.csv")["estimate"]
    assert owners.small == f"{100 * lists[0]:.1f}%"
    assert owners.others == f"{100 * lists[1]:.1f}%"
    rates = pd.read_csv(NUMBERS / "how-often.csv")["estimate"]
    assert (often.small, often.others) == (f"{rates[0]:.2f}", f"{rates[1]:.2f}")


@pytest.mark.parametrize("numbers", [("0,15", "0,97"), ("16,5 %", "14,4 %"), ("100,0 %", "100,0 %")])
def test_two_large_numbers_stay_in_their_part_of_the_band(numbers):
    room, pair = 190.0, drawing.Pair(*numbers, about="", note="")
    size = drawing.fitting([pair], room, 36)
    font = FontProperties(family="DejaVu Sans", weight="bold")
    first, second = (TextPath((0, 0), number, size=size, prop=font).get_extents().x1 for number in numbers)
    begins = max(room / 2, first + drawing.PADDING)
    assert begins + second <= room + 0.5 and size <= 36
    assert size == 36 or begins + second > room * 0.85  # and no smaller than it must be
