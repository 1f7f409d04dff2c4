"""Charts, maps and tables: a frame in, a figure with title, alt text, source and data out."""
