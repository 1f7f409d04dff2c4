"""Execute notebooks whose inputs have changed, each from a clean kernel, as many at a time as there are cores."""

from __future__ import annotations

import asyncio
import copy
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from analysis import paths, tables
from analysis.errors import AnalysisError
from analysis.report import cache, kernels

TIMEOUT_SECONDS = 300
START_SECONDS, STARTS = 40, 3
PARAMETERS = "parameters"


@dataclass(frozen=True)
class Job:
    """One notebook to run with its parameters (values of the cell tagged ``parameters``)."""

    notebook: Path
    parameters: dict[str, object] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Notebook and parameters in a few words, for progress and messages."""
        values = ", ".join(f"{k}={v}" for k, v in self.parameters.items())
        return f"{self.notebook.name} ({values})" if values else self.notebook.name


def prepared(job: Job) -> NotebookNode:
    """The notebook with its parameters set in the cell tagged ``parameters``.

    Raises
    ------
    AnalysisError
        Parameters were given and no cell takes them, or the cell lacks one of them.
    """
    notebook = nbformat.read(job.notebook, as_version=4)
    if not job.parameters:
        return notebook
    cells = [c for c in notebook.cells if PARAMETERS in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise AnalysisError(f"{job.notebook.name}: exactly one cell must be tagged {PARAMETERS!r}.")
    lines = cells[0].source.splitlines()
    for name, value in job.parameters.items():
        found = [i for i, line in enumerate(lines) if line.replace(" ", "").startswith(f"{name}=")]
        if len(found) != 1:
            raise AnalysisError(f"{job.notebook.name}: the cell tagged {PARAMETERS!r} does not set {name}.")
        lines[found[0]] = f"{name} = {value!r}"
    cells[0].source = "\n".join(lines)
    return notebook


def run_all(
    jobs: Sequence[Job],
    done: Callable[[Job, NotebookNode], None],
    workers: int | None = None,
    force: bool = False,
) -> None:
    """Hand the executed notebook of every job to ``done``; execute only those whose inputs have changed.

    Parameters
    ----------
    jobs : sequence of Job
    done : callable
        Called with the job and its notebook as soon as that is there.
    workers : int, optional
        How many are executed at a time (default: the number of cores).
    force : bool
        Execute also where nothing has changed.

    Raises
    ------
    AnalysisError
        Notebooks failed; names each with the cell and the error. The others have been handed over.
    """
    now = cache.table_hashes()
    todo = []
    for job in jobs:
        notebook = prepared(job)
        stored = None if force else cache.load(job.label)
        if stored is not None and not cache.changes(stored, notebook, now):
            done(job, stored.notebook)
        else:
            todo.append((job, notebook))
    if todo:
        seconds = cache.seconds()
        # The longest first, so that no core waits at the end for one that was started last.
        todo.sort(key=lambda one: -seconds.get(one[0].label, float("inf")))
        failures = asyncio.run(_run_all(todo, done, workers or os.cpu_count() or 1))
        if failures:
            raise AnalysisError("\n\n".join(failures))


def research_jobs() -> list[Job]:
    """The numbered notebooks, which researchers open."""
    return [Job(path) for path in sorted(paths.notebooks().glob("[0-9]*.ipynb"))]


async def _run_all(
    todo: Sequence[tuple[Job, NotebookNode]], done: Callable[[Job, NotebookNode], None], workers: int
) -> list[str]:
    free = asyncio.Semaphore(workers)
    failures: list[str] = []

    async def one(job: Job, notebook: NotebookNode) -> None:
        async with free:
            inputs = cache.inputs(notebook)  # before it runs: what changes meanwhile counts as changed
            started = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="analysis-") as folder:
                reads = Path(folder) / "tables"
                try:
                    executed = await _run(job, notebook, manager, {tables.READS_VARIABLE: str(reads)})
                except AnalysisError as error:
                    failures.append(str(error))
                    return
                read = reads.read_text(encoding="utf-8").split() if reads.exists() else []
            known = cache.table_hashes()
            took = time.monotonic() - started
            cache.save(job.label, executed, inputs, {name: known.get(name, "") for name in read}, took)
            done(job, executed)

    with kernels.fork_server(_environment()) as server:
        manager = kernels.manager_class(server)
        tasks = [asyncio.ensure_future(one(job, notebook)) for job, notebook in todo]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return failures


async def _run(job: Job, notebook: NotebookNode, manager: type, extra: dict[str, str]) -> NotebookNode:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    for attempt in range(1, STARTS + 1):
        client = NotebookClient(
            copy.deepcopy(notebook),
            kernel_name="python3",
            kernel_manager_class=manager,
            # Results travel over local sockets: encrypted, so that no other user of the machine can read along.
            config=Config({"KernelManager": {"transport_encryption": "required"}}),
            timeout=TIMEOUT_SECONDS,
            startup_timeout=START_SECONDS,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(job.notebook.parent)}},
        )
        try:
            return await client.async_execute(env=_environment() | extra)
        except CellExecutionError as error:
            raise AnalysisError(_failure(job, client.nb, error.ename, error.evalue)) from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise AnalysisError(f"{job.label} stopped: {error}") from None
        except RuntimeError as error:
            # A kernel picks free ports before it binds them; another process may take one in between.
            if attempt == STARTS:
                raise AnalysisError(f"{job.label} did not start: {error}") from None
    raise AssertionError("unreachable")


def _failure(job: Job, notebook: NotebookNode, name: str, value: str) -> str:
    """What failed where, in at most ten lines: notebook, cell, the cell's first lines, the error."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = next(
        (i for i, cell in enumerate(cells) if any(out.output_type == "error" for out in cell.outputs)), 0
    )
    lines = cells[failed].source.splitlines()
    shown = [f"    {line}" for line in lines[:6]] + (["    ..."] if len(lines) > 6 else [])
    return "\n".join([f"{job.label} stopped in code cell {failed + 1}: {name}: {value}"[:400], *shown])


def _environment() -> dict[str, str]:
    """The caller's environment, with this very package first on the kernel's path."""
    here = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}
