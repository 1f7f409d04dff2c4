"""Execute notebooks whose inputs have changed, each from a clean kernel, as many at a time as there are cores."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import copy
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis import paths, tables
from analysis.errors import AnalysisError
from analysis.report import cache, kernels
from analysis.report.inputs import Snapshot

#: For one cell, and for a whole notebook.
TIMEOUT_SECONDS, TOTAL_SECONDS = 300, 900
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
    done: Callable[[Job, NotebookNode, Sequence[str]], None],
    now: Snapshot | None = None,
    workers: int | None = None,
    force: bool = False,
    server: kernels.ForkServer | None = None,
    tell: Callable[[str], object] = str,
) -> list[str]:
    """Hand the executed notebook of every job to ``done``; execute only those whose inputs have changed.

    Parameters
    ----------
    jobs : sequence of Job
    done : callable
        Called with the job, its notebook and the names of the tables that it read, as soon as they are there.
    now : Snapshot, optional
        The files as they are; what changes while notebooks run counts as changed in the next run.
    workers : int, optional
        How many are executed at a time (default: two more than there are cores, so that none is idle while a kernel
        starts or a page is written).
    force : bool
        Execute also where nothing has changed.
    server : ForkServer, optional
        A process that starts kernels; one is started (and ended) where none is given.
    tell : callable
        Called with what runs and how much is left, whenever that changes.

    Returns
    -------
    list of str
        What failed, each with notebook, cell, line and error. The others have been handed over.
    """
    now = now or Snapshot()
    todo, failures = [], []
    for job in jobs:
        inputs = now.notebook(job.notebook, job.parameters)
        stored = None if force else cache.load(job.label)
        if stored is not None and not cache.changes(stored, inputs, now.tables):
            done(job, stored.notebook, list(stored.tables))
            continue
        try:
            todo.append(_Task(job, prepared(job), inputs))
        except AnalysisError as error:
            failures.append(str(error))
    if todo:
        seconds = cache.seconds()
        # The longest first, so that no core waits at the end for one that was started last.
        todo.sort(key=lambda one: -seconds.get(one.job.label, float("inf")))
        with contextlib.ExitStack() as stack:
            server = server or stack.enter_context(kernels.fork_server(kernels.environment()))
            run = _Run(now, done, kernels.manager_class(server), workers or (os.cpu_count() or 1) + 2, tell)
            failures += asyncio.run(run.all(todo))
    return failures


def research_jobs() -> list[Job]:
    """The numbered notebooks, which researchers open."""
    return [Job(path) for path in sorted(paths.notebooks().glob("[0-9]*.ipynb"))]


def _refused(*_: object) -> None:
    raise RuntimeError("signals are not handled by notebooks")


@dataclass(frozen=True)
class _Task:
    job: Job
    notebook: NotebookNode
    inputs: dict[str, str]


@dataclass
class _Run:
    """Notebooks being executed, as many at a time as there are workers."""

    now: Snapshot
    done: Callable[[Job, NotebookNode, Sequence[str]], None]
    manager: type
    workers: int
    tell: Callable[[str], object]
    running: list[str] = field(default_factory=list)
    left: int = 0

    async def all(self, todo: Sequence[_Task]) -> list[str]:
        # Signals are the command's: nbclient would answer Ctrl-C by taking each notebook's kernel away, an error each.
        setattr(asyncio.get_running_loop(), "add_signal_handler", _refused)  # noqa: B010  (mypy forbids the plain form)
        free = asyncio.Semaphore(self.workers)
        failures: list[str] = []
        self.left = len(todo)

        async def one(task: _Task) -> None:
            async with free:
                self.running.append(task.job.label)
                self._tell()
                try:
                    await self._one(task)
                except AnalysisError as error:
                    failures.append(str(error))
                self.running.remove(task.job.label)
                self.left -= 1
                self._tell()

        tasks = [asyncio.ensure_future(one(task)) for task in todo]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                if not task.cancelling():  # a second time would keep it from putting its kernel away
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return failures

    def _tell(self) -> None:
        # A selection's parameters fill a line; its name and language are enough.
        names = [
            re.sub(r"\.ipynb|language=|county=|, programmes=.*(?=\))", "", label) for label in self.running
        ]
        self.tell(f"{', '.join(names)}; {self.left - len(names)} wait")

    async def _one(self, task: _Task) -> None:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="analysis-") as folder:
            reads = Path(folder) / "tables"
            extra = {tables.READS_VARIABLE: str(reads)}
            executed = await _execute(task.job, task.notebook, self.manager, extra)
            read = reads.read_text(encoding="utf-8").split() if reads.exists() else []
        took = round(time.monotonic() - started, 2)
        hashes = self.now.of_tables(read)
        cache.save(cache.Stored(task.job.label, took, task.inputs, hashes, executed))
        self.done(task.job, executed, list(hashes))


async def _execute(job: Job, notebook: NotebookNode, manager: type, extra: dict[str, str]) -> NotebookNode:
    started = time.monotonic()
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            return await _run(job, notebook, manager, extra)
    except (TimeoutError, AnalysisError) as error:
        # A kernel that is stopped in mid-cell may be reported as one that has died.
        if isinstance(error, AnalysisError) and time.monotonic() - started < TOTAL_SECONDS:
            raise
        raise AnalysisError(f"{job.label} stopped: it took longer than {TOTAL_SECONDS} s in all.") from None


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
            return await client.async_execute(env=kernels.environment() | extra)
        except CellExecutionError as error:
            raise AnalysisError(_failure(job, client.nb, error.ename, error.evalue)) from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise AnalysisError(f"{job.label} stopped: {error}") from None
        except RuntimeError as error:
            # A kernel picks free ports before it binds them; another process may take one in between.
            if attempt == STARTS:
                raise AnalysisError(f"{job.label} did not start: {error}") from None
        finally:
            # Stopped while its kernel starts, nbclient would put it away at the end of the process, with a traceback.
            atexit.unregister(client._cleanup_kernel)
    raise AssertionError("unreachable")


def _failure(job: Job, notebook: NotebookNode, name: str, value: str) -> str:
    """What failed where, in at most ten lines: notebook, cell, the lines around the one that failed, the error."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = [(i, out) for i, cell in enumerate(cells) for out in cell.outputs if out.output_type == "error"]
    i, output = found[0] if found else (0, {})
    lines = cells[i].source.splitlines()
    k = _failed_line(output) or 1
    first = max(0, min(k - 4, len(lines) - 7))
    shown = [
        f"  {'>' if n + 1 == k else ' '} {n + 1:>3}  {lines[n]}"[:120] for n in range(first, len(lines))
    ][:7]
    said = " ".join(f"{name}: {value}".split())[:300]
    return "\n".join([f"{job.label} stopped in code cell {i + 1}, line {k} of {len(lines)}:", *shown, said])


def _failed_line(output: Mapping[str, Any]) -> int | None:
    """The line of the cell where an error came up, from its traceback."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.get("traceback", ())))
    # A mistake of syntax names the line in another way than one that comes up while the cell runs.
    found = re.search(r"Cell In\[\d+\], line (\d+)", text) or re.search(r"Cell In\[\d+\]\D+?line (\d+)", text)
    return int(found[1]) if found else None
