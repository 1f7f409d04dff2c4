"""The form of a new record: one spreadsheet row that names programme, project, participant and source."""

from __future__ import annotations

from analysis.register.files import Register

#: Column of the form → table and column of the register whose field describes it.
ORIGIN = {
    "programme_id": ("projects", "programme_id"),
    "project_id": ("participations", "project_id"),
    "project_title": ("projects", "title"),
    "project_title_nb": ("projects", "title_nb"),
    "year": ("participations", "year"),
    "participant_name": ("participations", "participant_name"),
    "participant_type": ("participations", "participant_type"),
    "county_hint": ("participations", "county_hint"),
    "name_year": ("participations", "name_year"),
    "municipality_code": ("former_units", "code"),
    "role": ("participations", "role"),
    "stage": ("participations", "stage"),
    "confidence": ("participations", "confidence"),
    "group_id": ("participations", "group_id"),
    "own_amount_nok": ("participations", "own_amount_nok"),
    "own_amount_eur": ("participations", "own_amount_eur"),
    "organisation_number": ("participations", "organisation_number"),
    "round": ("projects", "round"),
    "amount_nok": ("projects", "amount_nok"),
    "topic": ("projects", "topic"),
    "source_url": ("sources", "url"),
    "source_title": ("sources", "title"),
    "source_publisher": ("sources", "publisher"),
    "source_date": ("sources", "date"),
    "source_kind": ("sources", "source_kind"),
    "note": ("participations", "note"),
}
#: What stands where the form is left blank.
DEFAULTS = {
    "participant_type": "municipality",
    "role": "participant",
    "stage": "taking_part",
    "confidence": "stated",
}
#: What a record cannot do without. A project needs its id, or its title and programme.
REQUIRED = ("participant_name", "source_url", *DEFAULTS)

COLUMNS = list(ORIGIN)


def fields(register: Register) -> dict[str, dict]:
    """The Table Schema field of each column of the form, taken from the register's own schema."""
    described = {
        (resource["name"], field["name"]): field
        for resource in register.package["resources"]
        for field in resource["schema"]["fields"]
    }
    out = {}
    for column, origin in ORIGIN.items():
        field = described[origin]
        rules = {
            key: value
            for key, value in field.get("constraints", {}).items()
            if key not in ("required", "unique")
        }
        if column in REQUIRED:
            rules["required"] = True
        out[column] = {**field, "name": column, "constraints": rules}
    out["municipality_code"]["description"] = "Municipality code, then or now; only checked against the name"
    return out


def resource(register: Register, file: str) -> dict:
    """The form as a data resource, for the same checks as the register's own files."""
    return {"name": "form", "path": file, "schema": {"fields": list(fields(register).values())}}
