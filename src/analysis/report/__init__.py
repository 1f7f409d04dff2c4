"""Execute notebooks and render them to accessible, self-contained pages."""

__all__ = [
    "cache",
    "data",
    "kernels",
    "labels",
    "notebooks",
    "page",
    "render",
    "site",
    "urls",
]
