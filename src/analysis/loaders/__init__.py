"""One module per publisher: fetch and decode what they publish, as tidy frames in their own codes."""

__all__ = [
    "answers",
    "brreg",
    "client",
    "csv_stream",
    "doffin",
    "jsonstat",
    "jsonstat_header",
    "kartverket",
    "klass",
    "messages",
    "notices",
    "rate_limit",
    "research_council",
    "selection",
    "ssb",
    "statbank",
    "update",
    "validate",
]
