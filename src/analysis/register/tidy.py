"""The register's own files after a spreadsheet had them: form and cells put right by the stated rules."""

from __future__ import annotations

import pandas as pd

from analysis.errors import DataError
from analysis.register import files as source
from analysis.register import spreadsheet
from analysis.register.spreadsheet import Repair


def tidy() -> tuple[list[Repair], dict[str, pd.DataFrame]]:
    """What would be put right in the register's files, and the tables put right; nothing is written.

    Raises:
        DataError: a column is missing, unknown or doubled, which no rule can put right.
    """
    repairs: list[Repair] = []
    tables, faults = {}, []
    for resource in source.package()["resources"]:
        columns = source.columns(resource)
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        frame, form, wrong = spreadsheet.read(source.folder() / resource["path"], columns)
        frame, cells = spreadsheet.repair(frame, fields, resource["path"])
        faults += wrong
        if form or cells:
            repairs += [*form, *cells]
            tables[resource["name"]] = frame
    if faults:
        raise DataError(faults, "The register's files cannot be put right by rule")
    return repairs, tables
