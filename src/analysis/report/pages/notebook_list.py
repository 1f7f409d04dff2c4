"""The list of the research notebooks, each with its question."""

from __future__ import annotations

import nbformat
from markupsafe import Markup

from analysis.i18n import N_, _, current
from analysis.report import notebooks, research
from analysis.report.data import Data
from analysis.report.render import Content
from analysis.report.urls import notebook_file

#: What the notebooks are called on the Norwegian page, by file; they themselves are in English.
TITLES = {
    "00_start_here": N_("Start here"),
    "01_data": N_("What the data hold and lack"),
    "02_uptake": N_("Who takes part, and how often?"),
    "03_procurement": N_("What municipalities buy"),
    "04_gap": N_("How large is the difference?"),
    "05_models": N_("Can size and place be told apart?"),
    "06_cooperation": N_("Cooperation"),
    "07_space_time": N_("Where and when"),
    "08_robustness": N_("Does the result survive other choices?"),
}


def content(data: Data) -> Content:
    """The list of research notebooks; their text is English in both languages."""
    language = current()
    item = Markup('<li><a href="{}"><span lang="{}">{}</span></a><br><span lang="{}">{}</span></li>')
    items = []
    for job in notebooks.research_jobs():
        title, lead = research.opening(nbformat.read(job.notebook, as_version=4))
        address = notebook_file(language, job.notebook.stem)
        known = TITLES.get(job.notebook.stem)
        own = language == research.LANGUAGE or known is None
        shown = (research.LANGUAGE, title) if own else (language, _(str(known)))
        items.append(item.format(address, *shown, research.LANGUAGE, lead))
    title = _("The analyses behind the reports")
    lead = _(
        "Each notebook asks one question and shows its code, its numbers and their uncertainty as they were computed for these pages. The notebooks are written in English."
    )
    body = Markup('<h1>{}</h1><p class="lead">{}</p><ol class="notebooks">{}</ol>')
    return Content(body.format(title, lead, Markup("").join(items)), title, lead)
