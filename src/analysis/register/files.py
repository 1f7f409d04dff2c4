"""The participation register in data/raw/participation: small CSV files that people edit.

The programmes publish no data; what they and others have said is typed into these files, each record
with its source. ``datapackage.json`` beside them declares every column; ``tables.toml`` declares those of
the computed tables and of the form of import. This module reads and writes the files as text in the
sources' own words; names become codes in :mod:`analysis.register.resolve`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path

import pandas as pd

from analysis import definitions, io, paths
from analysis.errors import AnalysisError, DataError, Fault
from analysis.register import declarations, rules
from analysis.register.validate import check_fields, check_references, read_csv

PACKAGE = "datapackage.json"
_CONSTRAINTS = ("required", "unique", "enum", "pattern", "minimum", "maximum")
_TEMPORARY = ".register-"


@dataclass
class Register:
    """The files of the register as frames of text, indexed by spreadsheet row.

    Attributes
    ----------
    frames : dict of str to DataFrame
        Blank cells are NA.
    package : dict
        The data package descriptor.
    faults : list of Fault
        Everything wrong with form, cells, keys and references.
    unread : set of str
        Tables whose file could not be read whole.
    """

    frames: dict[str, pd.DataFrame]
    package: dict
    faults: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table, e.g. ``register["projects"]``."""
        return self.frames[name]

    def raise_faults(self) -> None:
        """Raise DataError with all faults at once, if there is any."""
        if self.faults:
            raise DataError(self.faults, "The participation register has faults")


def folder() -> Path:
    """Folder of the register's files (data/raw/participation)."""
    return paths.raw() / "participation"


def package(where: Path | None = None) -> dict:
    """Data package descriptor: title, version, and the schema of each file.

    Raises
    ------
    AnalysisError
        It is missing or is not JSON.
    """
    path = (where or folder()) / PACKAGE
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AnalysisError(
            f"{path}: missing; restore it with `git checkout data/raw/participation`"
        ) from None
    except ValueError as error:
        raise AnalysisError(f"{path}: not valid JSON ({error})") from None


def resource(described: dict, name: str) -> dict:
    """Data resource of a register file, or of a table that ``tables.toml`` declares.

    Parameters
    ----------
    described : dict
        The data package descriptor.
    name : str
        A file (``projects``), a computed table (``participation``, ``reconciliation``) or ``form``.

    Returns
    -------
    dict
        name, path, title, description and schema, as in a data package.
    """
    for item in described["resources"]:
        if item["name"] == name:
            return item
    declared = declarations.computed()[name]
    fields = [_field(described, column, said) for column, said in declared["fields"].items()]
    schema: dict = {"fields": fields, "missingValues": [""]}
    schema |= {key: declared[key] for key in ("primaryKey", "foreignKeys") if key in declared}
    shown = {key: declared[key] for key in ("path", "title", "description")}
    file = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    return {"name": declared["path"].removesuffix(".csv"), **shown, **file, "schema": schema}


def _field(described: dict, name: str, said: str | dict) -> dict:
    """A field of ``tables.toml`` as a Table Schema field, with what it takes over from a register file."""
    said = {"from": said} if isinstance(said, str) else dict(said)
    out: dict = {"type": "string"}
    if "from" in said:
        table, column = said.pop("from").split(".")
        fields = resource(described, table)["schema"]["fields"]
        out = next(item for item in fields if item["name"] == column)
    rules = {**out.get("constraints", {}), **{key: said.pop(key) for key in _CONSTRAINTS if key in said}}
    if isinstance(rules.get("enum"), str):
        rules["enum"] = list(getattr(definitions, rules["enum"]))
    rules = {key: rule for key, rule in rules.items() if rule is not False}
    return {**out, **said, "name": name} | ({"constraints": rules} if rules or "constraints" in out else {})


def columns(described: dict) -> list[str]:
    """Names of a resource's columns in order."""
    return [item["name"] for item in described["schema"]["fields"]]


def read(where: Path | None = None) -> Register:
    """Read the whole register with every fault that its schema and rules can find.

    Parameters
    ----------
    where : Path, optional
        Folder of the files; the project's own if not given.

    Returns
    -------
    Register
        Nothing is raised for content: see ``faults``.

    Raises
    ------
    AnalysisError
        The descriptor is missing or broken.
    """
    register = Register({}, package(where))
    for item in register.package["resources"]:
        frame, faults = read_csv((where or folder()) / item["path"], columns(item))
        register.frames[item["name"]] = frame
        register.faults += faults + check_fields(frame, item)
        if faults:
            register.unread.add(item["name"])
    register.faults += check_references(register.frames, register.package, register.unread)
    register.faults += rules.check(register.frames, register.unread)
    return register


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Hold the register for reading, changing and writing it: one process at a time, others wait.

    The lock goes with the process, also when it is killed; what a killed one left behind is removed.
    """
    with io.locked(paths.raw().parent / ".register.lock"):
        for left in folder().glob(_TEMPORARY + "*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def changed(tables: dict[str, pd.DataFrame]) -> bool:
    """Whether writing these tables would change a file of the register."""
    return any(
        _csv(frame) != (folder() / f"{name}.csv").read_text(encoding="utf-8-sig")
        for name, frame in tables.items()
    )


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")


def write(
    tables: dict[str, pd.DataFrame],
    check: Callable[[Register], object] | None = None,
    dry_run: bool = False,
) -> None:
    """Replace tables of the register, all or none; what cannot be read back without fault is not kept.

    A table is replaced after those that it refers to, so that records added are never there without
    their project and source, whenever the process is stopped.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Whole tables by name, as text.
    check : callable, optional
        Called with the register as it would be, e.g. :func:`analysis.register.quality.resolved`; raises
        DataError where it must not be.
    dry_run : bool
        Only check; replace nothing.

    Raises
    ------
    DataError
        The register would have faults with these tables; its files are then as they were.
    """
    target = folder()
    # Within the folder, which may be a file system of its own: a file is replaced at once only within one.
    with tempfile.TemporaryDirectory(dir=target, prefix=_TEMPORARY) as name:
        new = Path(name)
        for path in target.glob("[!.]*"):
            with io.naming(new / path.name):
                (new / path.name).write_bytes(path.read_bytes())
        for table, frame in tables.items():
            io.write_atomically(new / f"{table}.csv", _csv(frame))
        made = read(new)
        made.raise_faults()
        if check is not None:
            check(made)
        needs = {
            item["name"]: {key["reference"]["resource"] for key in item["schema"].get("foreignKeys", [])}
            - {item["name"], ""}
            for item in made.package["resources"]
        }
        for table in TopologicalSorter(needs).static_order():
            if table in tables and not dry_run:
                os.replace(new / f"{table}.csv", target / f"{table}.csv")
