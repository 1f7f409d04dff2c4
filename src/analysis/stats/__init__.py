"""Statistics on arrays: no register, no column names of this project."""

#: Confidence level of every interval.
LEVEL = 0.95

__all__ = [
    "bipartite",
    "bootstrap",
    "inequality",
    "logit",
    "moran",
    "proportions",
    "stratified",
    "survival",
]
