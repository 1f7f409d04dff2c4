"""Statistics on arrays: no register, no column names of this project."""

#: Confidence level of every interval.
LEVEL = 0.95
#: The two quantiles between which an interval of this level lies.
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)

__all__ = [
    "bipartite",
    "cells",
    "grouped_hazard",
    "inequality",
    "logit",
    "moran",
    "occupancy",
    "proportions",
    "rates",
    "relocation",
    "resample",
    "richness",
    "shrinkage",
    "survival",
]
