"""Pure functions from tidy frames to estimates with their uncertainty."""

__all__ = [
    "bounds",
    "comparison",
    "concentration",
    "cooperation",
    "decomposition",
    "diagnostics",
    "duration",
    "estimates",
    "gap",
    "models",
    "observations",
    "peers",
    "procurement",
    "recurrence",
    "robustness",
    "spatial",
    "uptake",
]
