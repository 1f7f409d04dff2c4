"""The list of the research notebooks, each with its question."""

from __future__ import annotations

import nbformat
from markupsafe import Markup

from analysis.i18n import _, current
from analysis.report import notebooks, research
from analysis.report.data import Data
from analysis.report.render import Content
from analysis.report.urls import notebook_file


def content(data: Data) -> Content:
    """The list of research notebooks; their text is English in both languages."""
    language = current()
    item = Markup('<li><a href="{}"><span lang="{}">{}</span></a><br><span lang="{}">{}</span></li>')
    items = []
    for job in notebooks.research_jobs():
        title, lead = research.opening(nbformat.read(job.notebook, as_version=4))
        address = notebook_file(language, job.notebook.stem)
        items.append(item.format(address, research.LANGUAGE, title, research.LANGUAGE, lead))
    title = _("The analyses behind the reports")
    lead = _(
        "Each notebook asks one question and shows its code, its numbers and their uncertainty as they were computed for these pages. The notebooks are written in English."
    )
    body = Markup('<h1>{}</h1><p class="lead">{}</p><ol class="notebooks">{}</ol>')
    return Content(body.format(title, lead, Markup("").join(items)), title, lead)
