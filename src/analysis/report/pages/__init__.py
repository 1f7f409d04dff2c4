"""One module a page: its findings, figures and tables."""

__all__ = [
    "common",
    "county",
    "county_figures",
    "finder",
    "index",
    "locator",
    "municipality",
    "municipality_about",
    "municipality_beside",
    "national",
    "profile_words",
    "profiles",
    "programme",
    "programme_list",
    "purchases",
    "records",
    "robustness",
    "search",
]
