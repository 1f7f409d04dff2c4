"""One module per publisher: fetch and decode what they publish, as tidy frames in their own codes."""

__all__ = [
    "brreg",
    "client",
    "csv_stream",
    "jsonstat",
    "kartverket",
    "klass",
    "messages",
    "notices",
    "research_council",
    "ssb",
    "statbank",
    "update",
    "validate",
]
