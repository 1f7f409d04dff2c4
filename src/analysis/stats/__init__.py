"""Statistics on arrays: no register, no column names of this project."""

from pkgutil import iter_modules

#: Confidence level of every interval.
LEVEL = 0.95
#: The two quantiles between which an interval of this level lies.
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)

__all__ = [module.name for module in iter_modules(__path__)]
