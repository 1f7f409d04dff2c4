"""Pure functions from tidy frames to estimates with their uncertainty."""

__all__ = [
    "bounds",
    "concentration",
    "cooperation",
    "decomposition",
    "diagnostics",
    "duration",
    "estimates",
    "gap",
    "models",
    "observations",
    "procurement",
    "recurrence",
    "robustness",
    "spatial",
    "uptake",
]
