"""Simulator with known truth, and the evidence that the estimators recover it."""

from __future__ import annotations

import os


def replicates(default: int) -> int:
    """Replicates that a test takes: ``ANALYSIS_REPLICATES`` of the environment, else ``default``."""
    return int(os.environ.get("ANALYSIS_REPLICATES", default))
