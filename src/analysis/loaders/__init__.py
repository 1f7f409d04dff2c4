"""One module per publisher: fetch, decode and keep what they publish, in their own codes."""

__all__ = [
    "acceptance",
    "brreg",
    "checks",
    "dataset",
    "doffin",
    "endpoints",
    "exchange",
    "feeds",
    "http",
    "jsonstat",
    "kartverket",
    "klass",
    "kostra",
    "live",
    "planner",
    "population",
    "refresh",
    "ssb",
    "ted",
    "throttle",
]
