"""One module per publisher: fetch and decode what they publish, as tidy frames in their own codes."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
