"""The project's own rules: imports point one way, dependencies are in step, notebooks stay thin."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from pathlib import Path

import nbformat
import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "analysis"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# A room may import from its own and lower levels only; the base modules may import each other (no circle).
LEVELS = [
    {
        "__init__",
        "command_line",
        "paths",
        "errors",
        "definitions",
        "i18n",
        "io",
        "manifest",
        "contents",
        "plausibility",
        "expected",
    },
    {"raw"},
    {"loaders", "stats"},
    {"tables"},
    {"register"},
    {"measures"},
    {"figures"},
    {"explore"},
    {"report"},
    {"build"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "analysis":
            parts = node.module.split(".")[1:]
            found |= {parts[0]} if parts else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("analysis.")}
    return {name for name in found if name in LEVEL}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix()
)
def test_imports_point_one_way(path):
    here = room(path)
    for other in imported_rooms(path) - {here}:
        assert LEVEL[other] < LEVEL[here] or LEVEL[here] == 0, f"{here} imports {other}"


@pytest.mark.slow
def test_only_the_loaders_reach_the_network():
    """They alone import requests, and nothing below the register and the command line imports them."""
    network = {"requests", "urllib3", "http", "socket"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if network & {name.split(".")[0] for name in names}:
                assert room(path) == "loaders", path
        if "loaders" in imported_rooms(path):
            place = path.relative_to(PACKAGE).as_posix()
            assert place in ("cli.py", "register/review.py") or room(path) == "loaders", path


def module(path: Path) -> str:
    parts = ("analysis", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


#: Draws whose algorithm numpy may change, or that ask the system's mathematics: a seed gives others elsewhere.
CHANGING_DRAWS = re.compile(
    r"(?:rng|generator)(?:\([^)]*\))?\.(?:multinomial|binomial|negative_binomial|poisson|normal|standard_normal|gamma|beta|choice|shuffle)\("
)
#: Numbers of about one per unit are drawn by inversion, which is the same in numpy 2.4 and 2.5.
ALLOWED_DRAWS = {"stats/resample.py"}


def test_a_seed_gives_the_same_draws_with_every_numpy():
    drawing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if CHANGING_DRAWS.search(path.read_text(encoding="utf-8"))
    }
    assert drawing == ALLOWED_DRAWS


def test_no_module_imports_itself_by_a_detour():
    known = {module(path): path for path in PACKAGE.rglob("*.py")}
    graph = nx.DiGraph()
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                graph.add_edges_from((name, found) for found in {node.module, *whole} & set(known))
    assert list(nx.simple_cycles(graph)) == []


def requirement(line: str) -> tuple[str, str]:
    name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", line.strip()).groups()
    return name.lower().replace("_", "-"), bounds.replace(" ", "")


def test_dependencies_are_in_step():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = dict(map(requirement, project["dependencies"]))
    everything = runtime | dict(map(requirement, project["optional-dependencies"]["dev"]))
    lines = re.findall(r"^\s+- ([^\s:].*)$", (ROOT / "environment.yml").read_text(), re.M)
    conda = dict(
        requirement(x) for x in lines if re.match(r"[a-z]", x) and x not in ("pip", "pip:", "conda-forge")
    )
    assert conda.pop("python") == project["requires-python"]
    assert conda == runtime
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    assert set(everything) <= locked


def test_the_lock_is_hashed_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9.-]+==[^\n]*)((?:\n    --hash=sha256:[0-9a-f]{64} ?\\?)+)", text, re.M)
    assert len(pins) == len(re.findall(r"^[a-z0-9.-]+==", text, re.M)) > 50
    assert "://" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_are_thin_and_stripped(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len({cell["id"] for cell in notebook.cells}) == len(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        assert not cell.outputs and cell.execution_count is None
        assert len(cell.source.splitlines()) <= 15
        assert not re.search(
            r"^\s*(def|class) |read_csv|read_parquet|import requests|open\(|/home/", cell.source, re.M
        )


def test_the_packages_that_the_project_is_built_on_are_used():
    """pandas, geopandas, matplotlib, seaborn, statsmodels and requests are imported; JupyterLab opens the notebooks."""
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        sources += [cell.source for cell in cells if cell.cell_type == "code"]
    used = set(re.findall(r"^\s*(?:import|from) (\w+)", "\n".join(sources), re.M))
    assert {"pandas", "geopandas", "matplotlib", "seaborn", "statsmodels", "requests"} <= used
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "jupyterlab" in dict(map(requirement, project["dependencies"]))


PACKAGES = sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_every_package_lists_its_modules(folder):
    package = importlib.import_module(".".join(folder.relative_to(PACKAGE.parent).parts))
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} <= set(package.__all__)


#: A module longer than this is two.
LONGEST = 300


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix()
)
def test_no_module_is_too_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
