"""Pure functions from tidy frames to estimates with their uncertainty."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
