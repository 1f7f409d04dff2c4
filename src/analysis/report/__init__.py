"""Execute notebooks and render them to accessible, self-contained pages."""

__all__ = [
    "about",
    "cache",
    "data",
    "inputs",
    "kernels",
    "labels",
    "narrowed",
    "notebooks",
    "page",
    "page_names",
    "parallel",
    "record",
    "render",
    "research",
    "site",
    "sitemap",
    "urls",
]
