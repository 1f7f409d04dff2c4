"""The index page, with its county map to choose from, and the door that leads to it."""

from __future__ import annotations

from html import escape

from analysis.i18n import LANGUAGES, _, current
from analysis.report import render
from analysis.report.data import Data
from analysis.report.pages import national
from analysis.report.urls import COUNTY, INDEX, LANGUAGE_NAMES, MUNICIPALITIES, NATIONAL, county_file


def body(data: Data) -> str:
    """The index page's content: the finding, the way to each report, and the counties as map and list."""
    language = current()
    count = data.observations.counts
    counties = data.panel.assign(found=count > 0).groupby(["county_code", "county_name"], sort=True)["found"]
    addresses = {code: county_file(language, code, name) for code, name in counties.groups}
    items = "".join(
        f'<li><a href="{addresses[code]}">{escape(name)}</a> '
        f"<small>{escape(_('{x} of {n} found', x=int(x), n=int(n)))}</small></li>"
        for (code, name), x, n in counties.agg(["sum", "size"]).itertuples()
    )
    ways = [
        (
            NATIONAL[language],
            _("National report"),
            _("The gap, procurement, cooperation, and what the data can't say."),
        ),
        (
            MUNICIPALITIES[language],
            _("Find a municipality"),
            _(
                "All {n} municipalities with size, centrality and participations: search, sort, filter.",
                n=len(data.panel),
            ),
        ),
        (
            f"#{COUNTY[language]}",
            _("County reports"),
            _("Every participation found, with its source, in {n} counties.", n=len(addresses)),
        ),
    ]
    cards = "".join(
        f'<li><a href="{href}">{escape(name)}</a><span>{escape(text)}</span></li>'
        for href, name, text in ways
    )
    leads = "".join(f'<p class="lead">{escape(s)}</p>' for s in national.findings(data)[:2])
    figure = national.county_map(data, addresses=addresses)
    return (
        f"<h1>{escape(national.headline(data))}</h1>{leads}"
        f'<ul class="ways">{cards}</ul>'
        f'<h2 id="{COUNTY[language]}">{escape(_("County reports"))}</h2>'
        f"<p>{escape(_('Choose a county in the list or on the map.'))}</p>"
        f'<ul class="counties">{items}</ul>{figure.html()}'
    )


def door() -> str:
    """``reports/index.html``: sends the reader on to the Norwegian index, with links where it cannot."""
    links = "".join(
        f'<li><a href="{code}/{INDEX}" lang="{code}" hreflang="{code}">{LANGUAGE_NAMES[code]}</a></li>'
        for code in LANGUAGES
    )
    css = "body{font:1.125rem/1.6 Arial,sans-serif;margin:3rem;color:#16232e}"
    return (
        '<!DOCTYPE html>\n<html lang="nb"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{render.policy(css, "")}">'
        f'<meta http-equiv="refresh" content="0; url={LANGUAGES[0]}/{INDEX}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Kommunalt innovasjonsobservatorium</title><style>{css}</style></head>"
        f"<body><main><h1>Kommunalt innovasjonsobservatorium</h1><ul>{links}</ul></main></body></html>\n"
    )
