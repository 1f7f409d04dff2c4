"""The codebook: every table and column of a release, generated from the schemas and the data."""

from __future__ import annotations

import tomllib
from html import escape
from importlib import resources

import pandas as pd

from analysis.register.check import Checked

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0 2rem}caption{text-align:left;font-weight:600}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ccc}"
    "thead th{border-bottom:2px solid #333}code{font-size:.95em}.wide{overflow-x:auto}"
)
_HEAD = ("Column", "Meaning", "Type", "Unit", "Allowed values", "Example", "Filled")


def derived() -> list[dict]:
    """The computed tables as data resources (see ``derived.toml``)."""
    text = (resources.files("analysis.register") / "derived.toml").read_text(encoding="utf-8")
    out = []
    for item in tomllib.loads(text)["resources"]:
        fields = []
        for name, said in item["fields"].items():
            field = {"name": name, "type": said.get("type", "string"), "description": said["description"]}
            field |= {key: said[key] for key in ("unit", "example") if key in said}
            if "enum" in said:
                field["constraints"] = {"enum": said["enum"]}
            fields.append(field)
        schema: dict = {"fields": fields, "missingValues": [""]}
        if item["primaryKey"]:
            schema["primaryKey"] = item["primaryKey"]
        out.append(
            {
                "name": item["name"],
                "path": f"{item['name']}.csv",
                "title": item["title"],
                "description": item["description"],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": schema,
            }
        )
    return out


def describe(checked: Checked) -> tuple[dict, dict[str, pd.DataFrame]]:
    """The data package of a release and the frame of each of its resources, computed tables first."""
    package, register, tables = checked.register.package, checked.register, checked.tables
    computed = {
        "participation_resolved": tables["participation"],
        "reconciliation": tables["reconciliation"],
    }
    own = [item for item in package["resources"] if item["name"] not in ("candidates", "released")]
    frames = {**computed, **{item["name"]: register[item["name"]] for item in own}}
    return {**package, "resources": [*derived(), *own]}, frames


def _rows(resource: dict, frame: pd.DataFrame) -> list[list[str]]:
    """A row of text per column: name, meaning, type, unit, allowed values, example, share filled."""
    rows = []
    for field in resource["schema"]["fields"]:
        rules = field.get("constraints", {})
        allowed = ", ".join(map(str, rules.get("enum", [])))
        if "minimum" in rules or "maximum" in rules:
            allowed = f"{rules.get('minimum', '')} to {rules.get('maximum', '')}".strip().removesuffix(" to")
        kind = field["type"] + (", required" if rules.get("required") else "")
        filled = f"{frame[field['name']].notna().mean():.0%}" if len(frame) else "no rows"
        cells = frame[field["name"]].dropna()
        example = str(field.get("example", "" if cells.empty else cells.iloc[0]))[:80]
        rows.append(
            [field["name"], field["description"], kind, field.get("unit", ""), allowed, example, filled]
        )
    return rows


def markdown(package: dict, frames: dict[str, pd.DataFrame]) -> str:
    """The codebook as Markdown."""
    lines = [
        f"# {package['title']}: codebook",
        "",
        f"Version {package['version']}. {package['description']}",
        "",
    ]
    for resource in package["resources"]:
        name = resource["name"]
        lines += [f"## {resource['title']} (`{resource['path']}`, {len(frames[name])} rows)", ""]
        lines += [resource["description"], "", f"| {' | '.join(_HEAD)} |", "|" + " --- |" * len(_HEAD)]
        for row in _rows(resource, frames[name]):
            cells = [cell.replace("|", "\\|").replace("<", "&lt;") for cell in row]
            lines.append(f"| `{cells[0]}` | " + " | ".join(cells[1:]) + " |")
        lines.append("")
    return "\n".join(lines)


def html(package: dict, frames: dict[str, pd.DataFrame]) -> str:
    """The codebook as one page of its own."""
    title = f"{package['title']}: codebook"
    contents = "".join(
        f'<li><a href="#{item["name"]}">{escape(item["title"])}</a></li>' for item in package["resources"]
    )
    sections = []
    for resource in package["resources"]:
        name = resource["name"]
        head = "".join(f'<th scope="col">{word}</th>' for word in _HEAD)
        body = "".join(
            f'<tr><th scope="row"><code>{escape(row[0])}</code></th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in _rows(resource, frames[name])
        )
        caption = f"{escape(resource['path'])}: {len(frames[name])} rows"
        sections.append(
            f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(resource["title"])}</h2>'
            f'<p>{escape(resource["description"])}</p><div class="wide" tabindex="0" role="region" '
            f'aria-labelledby="{name}"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div></section>"
        )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1><p>Version {escape(package['version'])}. "
        f'{escape(package["description"])}</p><nav aria-label="Tables"><ul>{contents}</ul></nav>'
        f"{''.join(sections)}</main></body></html>\n"
    )
