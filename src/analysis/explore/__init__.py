"""What a researcher looks at first: tables described, municipalities and counties by name, a column as a map."""

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
