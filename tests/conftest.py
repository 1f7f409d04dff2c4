"""Shared fixtures: data/raw as it is in git, the built tables, and a project of one's own to break."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import io, paths
from analysis.report import kernels

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--slowest 20`` lists the tests that take most processor time, which a busy machine does not change.

    ``--texts pyarrow`` keeps texts as pandas does by itself, and so for researchers; reports keep them as Python's own
    (``io.texts_of_python``), with which the tests take a tenth less time.
    """
    parser.addoption("--slowest", type=int, default=0, metavar="N", help="list tests by processor time")
    parser.addoption(
        "--texts", choices=("python", "pyarrow"), default="python", help="pandas' storage of texts"
    )


def pytest_runtest_logstart() -> None:
    """A test begins: what came before (imports, collection) is not its own."""
    _SPENT[0] = sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Note the processor time of each phase of a test, ended child processes included."""
    report = yield
    spent = sum(os.times()[:4])
    report.processor_seconds, _SPENT[0] = spent - _SPENT[0], spent
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the slowest tests where that was asked for; nothing fails by its time."""
    shown = terminalreporter.config.getoption("slowest")
    reports = [one for some in terminalreporter.stats.values() for one in some]
    if shown:
        seconds: dict[str, float] = {}
        for one in reports:
            if hasattr(one, "processor_seconds"):
                seconds[one.nodeid] = seconds.get(one.nodeid, 0.0) + one.processor_seconds
        terminalreporter.section(f"processor time, {sum(seconds.values()):.0f} s in all")
        for name, took in sorted(seconds.items(), key=lambda pair: -pair[1])[:shown]:
            terminalreporter.write_line(f"{took:7.1f} s  {name}")


_SPENT = [sum(os.times()[:4])]


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests a root of their own, whose official figures are those that git knows (its index).

    So they assert on the same figures also after ``make refresh``. The register is taken as it lies in the
    working tree: people edit it, and nothing refreshes it. Workers of one run share the root.
    """
    given = getattr(config, "workerinput", {}).get("root")
    root = Path(given or tempfile.mkdtemp(prefix="analysis-tests-"))
    config.stash[_ROOT] = root
    pd.set_option("mode.string_storage", config.getoption("texts"))
    # Tables and trees of pages live as long as the run: looking through them for cycles took an eighth of its time.
    gc.set_threshold(100_000, 50, 1_000)
    os.environ["ANALYSIS_ROOT"] = str(root)
    if not given:
        _fill(root)


def _fill(root: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "data/raw"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        command = ["git", "checkout-index", "-z", "--stdin", f"--prefix={root}/"]
        subprocess.run(command, cwd=REPOSITORY, input=listed.stdout, check=True)
        shutil.rmtree(root / "data/raw/participation")
        shutil.copytree(REPOSITORY / "data/raw/participation", root / "data/raw/participation")
    else:  # a copy without git
        shutil.copytree(REPOSITORY / "data/raw", root / "data/raw", ignore=shutil.ignore_patterns(".*"))
    (root / "data/processed").mkdir()
    shutil.copytree(REPOSITORY / "notebooks", root / "notebooks")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker (of pytest-xdist) where the root is."""
    node.workerinput["root"] = str(node.config.stash[_ROOT])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the root again."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_ROOT], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, one takes all tests of a file, and one all that read the same rendered site.

    Those of the site are the longest group and come first, so that no worker is idle at the end; then those of
    units, most of which need no table, while the first worker builds the tables.
    """
    sites = {"site", "few_site", "sample_site", "whole_site"}
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "whole_site" in names:
            item.add_marker("whole")
        is_shared = sites & names and "site" not in vars(item.module)
        item.add_marker(pytest.mark.xdist_group("site" if is_shared else item.path.name))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """When a test's group is handed out: site, units, the other pages, the rest; what is long is not left to the end."""
    if item.get_closest_marker("xdist_group").args == ("site",):  # type: ignore[union-attr]
        return 0
    return {"unit": 1, "site": 2}.get(item.path.parent.name, 3)


_ROOT: pytest.StashKey[Path] = pytest.StashKey()


def pytest_collection_finish() -> None:
    """What was imported stays; statsmodels' corrections for many tests collect by themselves, each time."""
    gc.freeze()


@pytest.fixture(scope="session")
def _built() -> None:
    """data/processed is there and current; the folders that load tables use it for every test."""
    from analysis import build  # takes seconds, and many tests need no table

    with io.locked(paths.root() / ".build.lock"):  # the other worker waits and finds it built
        if not build.is_current():
            build.build(progress=False)


@pytest.fixture(scope="session")
def made(_built: None, pytestconfig: pytest.Config) -> dict[str, pd.DataFrame]:
    """All tables, built from the embedded data/raw."""
    from analysis import tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_ROOT", str(pytestconfig.stash[_ROOT]))
        return {name: tables.load(name) for name in tables.names()}


@pytest.fixture(scope="session")
def fixtures():
    """Files of known facts: the register of version e8217c3, and dates of adoption."""
    return Path(__file__).parent / "data" / "fixtures"


@pytest.fixture(scope="session")
def register_e8217c3(fixtures):
    """The participations of version e8217c3, one row per municipality and project."""
    rows = pd.read_csv(fixtures / "participation_e8217c3.csv", dtype={"municipality_code": str})
    return rows


@pytest.fixture(scope="session")
def _fork_server() -> Iterator[kernels.ForkServer | None]:
    with kernels.fork_server(kernels.environment()) as server:
        yield server


@pytest.fixture
def kernel_server(_fork_server: kernels.ForkServer | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks of the test run in kernels from one process, which has imported the stack once for all tests."""
    monkeypatch.setattr(kernels, "fork_server", lambda *_: contextlib.nullcontext(_fork_server))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's data in a folder of its own; what is broken here breaks nothing else."""
    root = tmp_path / "project"
    shutil.copytree(paths.raw(), root / "data" / "raw")
    (root / "data" / "processed").mkdir()
    monkeypatch.setenv("ANALYSIS_ROOT", str(root))
    return root


@pytest.fixture
def built_project(project: Path, _built: None, pytestconfig: pytest.Config) -> Path:
    """The same with the tables built already."""
    processed = pytestconfig.stash[_ROOT] / "data" / "processed"
    shutil.copytree(processed, project / "data" / "processed", dirs_exist_ok=True)
    return project
