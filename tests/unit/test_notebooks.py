"""The research notebooks have one form: parameters on top that the cells use, what is random, what would change our mind."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("0[1-8]_*.ipynb"))
#: Characters that JupyterLab shows beside its file list on a screen 1280 pixels wide; longer lines scroll.
WIDEST = 100
#: Where nothing is drawn there is no seed.
WITHOUT_SEED = ("01_data", "05_models")


def stored(cell: nbformat.NotebookNode) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("name", NAMES)
def test_parameters_stand_on_top_and_are_used(name):
    title, parameters, *cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    assert title.cell_type == "markdown" and "**What is random.**" in title.source
    assert parameters.metadata.get("tags") == ["parameters"]
    asked = {"definition", "programmes", "years", "basis", "seed"} - (
        {"seed"} if name in WITHOUT_SEED else set()
    )
    assert asked <= stored(parameters)
    used = set().union(*(stored(cell) for cell in cells if cell.cell_type == "code"))
    assert stored(parameters) - {"None"} <= used
    endings = [cell.source for cell in cells if cell.source.startswith("## What would change our mind")]
    assert endings == [cells[-1].source]


@pytest.mark.parametrize("name", ["00_start_here", *NAMES])
def test_cells_are_thin(name):
    for cell in nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 15
            assert all(len(line) <= WIDEST for line in cell.source.splitlines())
            tree = ast.parse(cell.source)
            assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(tree))
