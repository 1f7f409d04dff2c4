"""One module a page: its findings, figures and tables."""

__all__ = [
    "common",
    "county",
    "county_figures",
    "finder",
    "index",
    "national",
    "purchases",
    "robustness",
]
