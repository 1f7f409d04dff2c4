"""The codebook: every table and column of a release, generated from the schemas and the data."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import partial
from importlib import resources

import pandas as pd

from analysis import tables
from analysis.register import files, reconcile
from analysis.register.quality import Checked
from analysis.register.validate import typed

_HEAD = ("Column", "Meaning", "Type", "Unit", "Allowed values", "Example", "Filled")
#: Declarations of computed tables; cooperations_resolved is that of the table cooperations.
_COMPUTED = ("participation", "municipalities", "eligibility", "reconciliation", "cooperations_resolved")
_RECONCILED = ("published_totals", "participation", "projects")
_LEFT_OUT = ("candidates", "released")  # not confirmed; of use to the project only


def describe(checked: Checked) -> tuple[dict, dict[str, pd.DataFrame]]:
    """Describe a release.

    Parameters
    ----------
    checked : Checked
        The register; the municipalities come from the built table ``panel``.

    Returns
    -------
    package : dict
        Data package descriptor, computed tables first.
    frames : dict of str to DataFrame
        The frame of each of its resources.
    """
    register = checked.register
    package = register.package
    computed = {name: files.resource(package, name) for name in _COMPUTED}
    made = {**checked.tables, "municipalities": tables.load("panel")}
    made["reconciliation"] = reconcile.reconcile(*(made[name] for name in _RECONCILED))
    frames = {
        item["name"]: typed(made[name.removesuffix("_resolved")], item) for name, item in computed.items()
    }
    own = [item for item in package["resources"] if item["name"] not in _LEFT_OUT]
    frames |= {item["name"]: register[item["name"]] for item in own}
    return {**package, "resources": [*computed.values(), *own]}, frames


def _rows(resource: dict, frame: pd.DataFrame) -> list[list[str]]:
    """A row of text per column: name, meaning, type, unit, allowed values, example, share filled."""
    rows = []
    for field in resource["schema"]["fields"]:
        rules = field.get("constraints", {})
        allowed = ", ".join(map(str, rules.get("enum", [])))
        if "minimum" in rules or "maximum" in rules:
            allowed = f"{rules.get('minimum', '')} to {rules.get('maximum', '')}".strip().removesuffix(" to")
        kind = field["type"] + (", required" if rules.get("required") else "")
        cells = frame[field["name"]]
        filled = f"{cells.notna().mean():.0%}" if len(cells) else "no rows"
        example = str(field.get("example", next(iter(cells.dropna()), "")))[:80]
        rows.append(
            [field["name"], field["description"], kind, field.get("unit", ""), allowed, example, filled]
        )
    return rows


def markdown(package: dict, frames: dict[str, pd.DataFrame]) -> str:
    """The codebook as Markdown."""
    title, version, description = (package[key] for key in ("title", "version", "description"))
    lines = [f"# {title}: codebook", "", f"Version {version}. {description}", ""]
    for resource in package["resources"]:
        frame = frames[resource["name"]]
        lines += [f"## {resource['title']} (`{resource['path']}`, {len(frame)} rows)", ""]
        lines += [resource["description"], "", f"| {' | '.join(_HEAD)} |", "|" + " --- |" * len(_HEAD)]
        for row in _rows(resource, frame):
            cells = [cell.replace("|", "\\|").replace("<", "&lt;") for cell in row]
            lines.append(f"| `{cells[0]}` | " + " | ".join(cells[1:]) + " |")
        lines.append("")
    return "\n".join(lines)


def rendered(template: str, **values: object) -> str:
    """A template of this package with its values; HTML templates escape them, ``quoted`` makes JSON (and YAML) of them."""
    from jinja2 import Environment  # only needed here, and slow to import

    text = (resources.files("analysis.register") / template).read_text(encoding="utf-8")
    environment = Environment(autoescape=".html" in template, keep_trailing_newline=True)
    environment.filters["quoted"] = partial(json.dumps, ensure_ascii=False)
    return environment.from_string(text).render(**values)


def html(package: dict, frames: dict[str, pd.DataFrame]) -> str:
    """The codebook as one self-contained page."""
    tables = [
        {**item, "rows": _rows(item, frames[item["name"]]), "n_rows": len(frames[item["name"]])}
        for item in package["resources"]
    ]
    template = (resources.files("analysis.register") / "codebook.html.j2").read_text(encoding="utf-8")
    style = template.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # The page needs its own style and nothing else.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return rendered("codebook.html.j2", package=package, tables=tables, head=_HEAD, policy=policy)
