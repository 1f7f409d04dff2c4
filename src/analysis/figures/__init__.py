"""Charts, maps and tables: a frame in, a figure with title, alt text, source and data out."""

__all__ = [
    "area",
    "bars",
    "chart_drawing",
    "columns",
    "figure",
    "html_table",
    "layout",
    "map_drawing",
    "map_labels",
    "maps",
    "markup",
    "poster",
    "series",
    "standalone",
    "style",
    "text_line",
    "viewport",
]
