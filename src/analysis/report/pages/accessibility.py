"""The accessibility statement: what the pages aim at, how that is tested, and what is not."""

from __future__ import annotations

from markupsafe import Markup

from analysis.figures.markup import hyphenated
from analysis.i18n import _
from analysis.report import about
from analysis.report.data import Data
from analysis.report.render import Content


def content(_data: Data) -> Content:
    """The accessibility statement, in the language in use."""
    title = _("Accessibility statement")
    lead = _(
        "The pages are made to meet WCAG 2.1, levels A and AA, which Norwegian law requires of public bodies."
    )
    sections = [
        (
            "tested",
            _("What is tested"),
            [
                _("An automatic check (axe) goes through every page before a new version is published."),
                _(
                    "Tests in a browser go through the pages with the keyboard alone and check that the focus can be seen."
                ),
                _(
                    "Tests check the contrast of text and figures in light and dark colours and in Windows' high contrast, and the text alternatives of figures."
                ),
                _(
                    "Tests check the pages in a window as narrow as the smallest phones, which is also what a reader sees who enlarges them four times."
                ),
            ],
        ),
        (
            "not-tested",
            _("What is not tested"),
            [
                _("No one with a disability has tested the pages for us."),
                _(
                    "The pages have not been tried with a screen reader, with speech control or with a switch."
                ),
                _(
                    "The pages have been tried in Chromium only, not in Firefox, Safari or on telephones of different makes."
                ),
                _("Saved spreadsheets (CSV), pictures and printouts have not been assessed."),
            ],
        ),
        (
            "limits",
            _("Known limits"),
            [
                _(
                    "Maps can be read with the arrow keys, region by region. The same numbers are in the tables of the pages and in the files."
                ),
                _("On narrow screens, a row of a wide table becomes a list of its cells."),
                _(
                    "The register does not record the language of project titles. The pages tell it from the words. Short titles are not marked."
                ),
                _("The research notebooks are in English on the Norwegian pages too."),
            ],
        ),
        (
            "who",
            _("Responsibility and contact"),
            [
                _("Errors can be reported at the foot of every page.")
                if about.site().contact
                else _("No contact address has been given yet."),
                _(
                    "A public body that publishes the pages must also give its own statement at uustatus.no; this page does not replace it."
                ),
            ],
        ),
    ]
    parts = [
        Markup('<h2 id="{}">{}</h2><ul>{}</ul>').format(
            anchor, heading, Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
        )
        for anchor, heading, items in sections
    ]
    body = Markup('<h1>{}</h1><p class="lead">{}</p>{}').format(
        hyphenated(title), lead, Markup("").join(parts)
    )
    return Content(body, title, lead)
