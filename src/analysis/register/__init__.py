"""Keep the participation register: check, add, import, review, describe and release it."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
