"""Execute notebooks and render them to accessible, self-contained pages."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
