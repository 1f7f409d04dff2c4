"""Charts, maps and tables: a frame in, a figure with title, alt text, source and data out."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
