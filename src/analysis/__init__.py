"""Municipal innovation participation in Norway: from published data to reports.

Data travels one way: ``loaders`` (publishers) → ``tables`` (tidy, harmonised) → ``measures``
(frames in, frames out) → ``figures`` → ``report``. Notebooks import these; nothing imports notebooks.
"""

__version__ = "0.1.0"
