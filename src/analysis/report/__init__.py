"""Execute notebooks and render them to accessible, self-contained pages."""
