"""The accessibility statement: what the pages aim at, how that is tested, and what is not."""

from __future__ import annotations

from analysis.i18n import _
from analysis.report import about, render
from analysis.report.data import Data
from analysis.report.render import Content


def content(_data: Data) -> Content:
    """The accessibility statement, in the language in use."""
    title = _("Accessibility statement")
    lead = _(
        "The pages are made to meet WCAG 2.1, levels A and AA, which Norwegian law requires of public bodies."
    )
    has_contact = bool(about.site().contact)
    body = render.template("accessibility.html.j2", title=title, lead=lead, has_contact=has_contact)
    return Content(body, title, lead)
