"""One module a page: its findings, figures and tables."""
