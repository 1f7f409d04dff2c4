"""What a notebook or a page is made from, as content hashes, so that only what has changed is made again.

A result depends on the text of its notebook, on the modules of this package that its code can reach by
imports, on the package's templates and messages, on the catalogue of sources and on the locked dependencies.
Which tables it reads is known when it has run (``tables.READS_VARIABLE``). Only the standard library is
needed here, so that a run with nothing to do ends at once.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from analysis import io, paths

PACKAGE = Path(__file__).resolve().parents[1]
TEMPLATES = PACKAGE / "report" / "templates"
TEXT = "its own text"
#: Modules around every page: its file name, its frame, its HTML.
_AROUND = ("site", "sitemap", "urls", "render")
_OTHERS = ("requirements.lock", "data/raw/catalogue.csv", "CITATION.cff")


@dataclass(frozen=True)
class Snapshot:
    """The content hashes of the project's files at one moment; each file is read once."""

    _known: dict[Path, str] = field(default_factory=dict)
    _made: dict[str, dict[str, str]] = field(default_factory=dict)

    def sha256(self, path: Path) -> str:
        """The hash of a file; empty where there is none."""
        if path not in self._known:
            self._known[path] = io.sha256(path) if path.is_file() else ""
        return self._known[path]

    def _once(self, name: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """What ``make`` gives, made once under this name: hundreds of pages have one maker."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @cached_property
    def tables(self) -> dict[str, str]:
        """The built tables by their name."""
        return {path.stem: self.sha256(path) for path in sorted(paths.processed().glob("*.parquet"))}

    def of_tables(self, names: Iterable[str]) -> dict[str, str]:
        """The hashes of some of the built tables; empty where there is none of a name."""
        return {name: self.tables.get(name, "") for name in sorted(set(names))}

    def notebook(self, path: Path, parameters: Mapping[str, object]) -> dict[str, str]:
        """What an executed notebook depends on before it is run.

        Parameters
        ----------
        path : Path
        parameters : mapping
            Values of its parameters; of its cells only text and kind count.

        Returns
        -------
        dict of str to str
            What it is (``"its own text"``, ``"report/page.py"`` …) to SHA-256.
        """
        return self._once(f"{path} {sorted(parameters.items())}", lambda: self._of_notebook(path, parameters))

    def _of_notebook(self, path: Path, parameters: Mapping[str, object]) -> dict[str, str]:
        written = json.loads(path.read_text(encoding="utf-8"))["cells"]
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in written]
        code = "\n".join(source for kind, source in cells if kind == "code")
        text = json.dumps([cells, sorted(parameters.items())], ensure_ascii=False, default=str)
        reached = modules(code)
        files = [*reached, *self._package_data, *_filled_in(reached)]
        return {TEXT: io.sha256(text.encode()), **self._hashes(files), **self._others()}

    def module(self, name: str) -> dict[str, str]:
        """What a page depends on that a module of this package makes (``analysis.report.pages.index``)."""
        return self._once(
            name, lambda: self._hashes([*modules(f"import {name}"), *self._package_data]) | self.around
        )

    @cached_property
    def around(self) -> dict[str, str]:
        """What every page depends on besides its content: templates, style sheets, frame, messages."""
        files = [PACKAGE / "report" / f"{name}.py" for name in _AROUND]
        return self._hashes([*files, *TEMPLATES.iterdir(), *self._package_data]) | self._others()

    @cached_property
    def _package_data(self) -> list[Path]:
        """Messages, declarations and templates that content is made with (a page's own are used later)."""
        kinds = (".po", ".toml", ".json", ".csv", ".j2", ".css", ".js")
        return [path for path in PACKAGE.rglob("*") if path.suffix in kinds and path.parent != TEMPLATES]

    def _others(self) -> dict[str, str]:
        return {name.rsplit("/", 1)[-1]: self.sha256(paths.root() / name) for name in _OTHERS}

    def _hashes(self, files: list[Path]) -> dict[str, str]:
        return {_name(path): self.sha256(path) for path in sorted(set(files))}


def differences(old: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of what has another hash than before, or is new or gone.

    Examples
    --------
    >>> differences({"a": "1", "b": "1"}, {"a": "1", "b": "2", "c": "1"})
    ['b', 'c']
    """
    return [name for name in sorted({*old, *now}) if old.get(name, "") != now.get(name, "")]


def modules(source: str) -> set[Path]:
    """Files of this package that a piece of code can reach by imports, its own imports' imports included.

    Parameters
    ----------
    source : str
        Python code, such as the cells of a notebook joined by line ends. Notebook magics are left out.

    Returns
    -------
    set of Path
        Empty where nothing of the package is imported; every module where ``analysis`` itself is, since
        it hands on names of all of them.
    """
    code = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))
    found: set[Path] = set()
    try:
        todo = set(_imported(code))
    except SyntaxError:  # it will fail when it is run, and be told then
        return found
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo |= _imports_of(path) - found
    return found


@cache
def _imports_of(path: Path) -> frozenset[Path]:
    if path == PACKAGE / "__init__.py":
        return frozenset(PACKAGE.rglob("*.py"))
    return frozenset(_imported(_text(path)))


def _imported(code: str) -> Iterator[Path]:
    for node in _statements(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # ``from analysis import tables`` names a module, not something of the package's public face.
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name for name in members if _file(name)]
            names = members if len(found) == len(members) else [*found, node.module]
        else:
            continue
        for name in names:
            path = _file(name)
            if path:
                yield path


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node; expressions, which are most of a file, hold no imports and are not walked."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for statement in getattr(node, name, ()):
            yield statement
            yield from _statements(statement)


def _file(name: str) -> Path | None:
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*parts[1:])
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    return path if path.exists() else None


def _filled_in(reached: set[Path]) -> list[Path]:
    """A page's own templates that modules name: what cells fill in. The frame around a page is filled in later."""
    sources = "\n".join(_text(path) for path in reached)
    return [t for t in TEMPLATES.glob("*.j2") if t.name in sources and t.name != "layout.html.j2"]


@cache
def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
