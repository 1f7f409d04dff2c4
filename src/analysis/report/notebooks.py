"""Execute notebooks, each from a clean kernel, as many side by side as there are cores."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from analysis import paths
from analysis.errors import AnalysisError

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
    jobs: Sequence[Job], done: Callable[[Job, NotebookNode], None], workers: int | None = None
) -> None:
    """Run every job and hand each executed notebook to ``done``.

    Parameters
    ----------
    jobs : sequence of Job
    done : callable
        Called with the job and its notebook as soon as it has run.
    workers : int, optional
        How many run at a time (default: the number of cores).

    Raises
    ------
    AnalysisError
        A notebook failed; names it, the cell and the error. The others are stopped.
    """
    asyncio.run(_run_all(jobs, done, workers or os.cpu_count() or 1))


def run_research(progress: bool = True) -> list[str]:
    """Execute every numbered notebook; nothing is written.

    Returns
    -------
    list of str
        Their names in order.

    Raises
    ------
    AnalysisError
        A notebook failed.
    """
    jobs = [Job(path) for path in sorted(paths.notebooks().glob("[0-9]*.ipynb"))]
    with tqdm(total=len(jobs), desc="Executing notebooks", unit="notebook", disable=not progress) as bar:
        run_all(jobs, lambda _job, _notebook: bar.update())
    return [job.notebook.name for job in jobs]


async def _run_all(jobs: Sequence[Job], done: Callable[[Job, NotebookNode], None], workers: int) -> None:
    free = asyncio.Semaphore(workers)

    async def one(job: Job) -> None:
        async with free:
            done(job, await _run(job))

    tasks = [asyncio.ensure_future(one(job)) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(job: Job) -> NotebookNode:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    for attempt in range(1, STARTS + 1):
        client = NotebookClient(
            prepared(job),
            kernel_name="python3",
            # Results travel over local sockets: encrypted, so that no other user of the machine can read along.
            config=Config({"KernelManager": {"transport_encryption": "required"}}),
            timeout=TIMEOUT_SECONDS,
            startup_timeout=START_SECONDS,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(job.notebook.parent)}},
        )
        try:
            return await client.async_execute(env=_environment())
        except CellExecutionError as error:
            raise AnalysisError(f"{job.label} stopped: {error.ename}: {error.evalue}\n{error}") from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise AnalysisError(f"{job.label} stopped: {error}") from None
        except RuntimeError as error:
            # A kernel picks free ports before it binds them; another process may take one in between.
            if attempt == STARTS:
                raise AnalysisError(f"{job.label} did not start: {error}") from None
    raise AssertionError("unreachable")


def _environment() -> dict[str, str]:
    """The caller's environment, with this very package first on the kernel's path."""
    here = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}
