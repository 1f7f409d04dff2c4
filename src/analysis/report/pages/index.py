"""The index page: the finding, the way to each report, and the counties as list and map."""

from __future__ import annotations

from analysis.i18n import LANGUAGES, _, current, using
from analysis.report import render
from analysis.report.data import Data
from analysis.report.pages import national
from analysis.report.render import Content
from analysis.report.urls import (
    COUNTY,
    INDEX,
    LANGUAGE_NAMES,
    MUNICIPALITIES,
    NATIONAL,
    PROGRAMMES,
    county_file,
)


def content(data: Data) -> Content:
    """The index page's content."""
    language = current()
    count = data.observations.counts
    counties = [
        {
            "code": code,
            "name": name,
            "address": county_file(language, code, name),
            "found": int(found.sum()),
            "municipalities": len(found),
        }
        for (code, name), found in (count > 0).groupby(
            [data.panel["county_code"], data.panel["county_name"]], sort=True
        )
    ]
    title, leads = national.headline(data), national.findings(data)[:2]
    figure = national.county_map(data, addresses={c["code"]: c["address"] for c in counties})
    body = render.template(
        "index.html.j2",
        title=title,
        leads=leads,
        municipalities=len(data.panel),
        national=NATIONAL[language],
        finder=MUNICIPALITIES[language],
        programmes=PROGRAMMES[language],
        anchor=COUNTY[language],
        counties=counties,
        figure=figure.html(),
    )
    return Content(body, title, leads[0], figures=[figure.structured()])


def redirect() -> str:
    """``reports/index.html``: sends the reader on to the Norwegian index, with links where it cannot."""
    css = "body{font:1.125rem/1.6 Arial,sans-serif;margin:3rem;color:#16232e}"
    with using(LANGUAGES[0]):
        return render.template(
            "redirect.html.j2",
            policy=render.policy(css, ""),
            css=css,
            site_name=_(render.SITE_NAME),
            languages={code: LANGUAGE_NAMES[code] for code in LANGUAGES},
            index=INDEX,
            target=f"{LANGUAGES[0]}/{INDEX}",
        )
