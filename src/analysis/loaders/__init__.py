"""One module per publisher: fetch and decode what they publish, as tidy frames in their own codes."""

__all__ = [
    "brreg",
    "client",
    "jsonstat",
    "kartverket",
    "klass",
    "messages",
    "notices",
    "ssb",
    "statbank",
    "update",
    "validate",
]
