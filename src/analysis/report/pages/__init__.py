"""One module a page: its findings, figures and tables."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
