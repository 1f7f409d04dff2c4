"""What ``tables.toml`` declares; without pandas, so that the command line knows the form's columns at once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def computed() -> dict:
    """Content of ``tables.toml``: the computed tables and the form of import as declared."""
    text = (resources.files("analysis.register") / "tables.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def form() -> dict[str, dict]:
    """Columns of the form of import; each names the register's column it fills."""
    declared = computed()["form"]["fields"]
    return {name: {"from": said} if isinstance(said, str) else said for name, said in declared.items()}
