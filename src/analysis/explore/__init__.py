"""What a researcher looks at first: tables described, municipalities and counties by name, a column as a map."""

__all__ = ["comparison", "dictionary", "maps", "profiles"]
