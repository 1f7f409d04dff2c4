"""Charts, maps and tables: a frame in, a figure with title, alt text, source and data out."""

__all__ = [
    "bars",
    "figure",
    "html_table",
    "layout",
    "map_labels",
    "maps",
    "markup",
    "series",
    "style",
    "viewport",
]
