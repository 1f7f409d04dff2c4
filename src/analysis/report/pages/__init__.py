"""One module a page: its findings, figures and tables."""

__all__ = [
    "common",
    "county",
    "county_figures",
    "finder",
    "frequency",
    "index",
    "locator",
    "municipality",
    "municipality_about",
    "municipality_beside",
    "national",
    "notebook_list",
    "profile_words",
    "profiles",
    "programme",
    "programme_list",
    "purchases",
    "records",
    "robustness",
    "search",
]
