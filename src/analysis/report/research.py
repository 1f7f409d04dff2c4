"""The research notebooks, run from top to bottom: what a reader opens in JupyterLab still holds."""

from __future__ import annotations

from nbformat import NotebookNode
from tqdm import tqdm

from analysis import paths
from analysis.report import notebooks as execute


def run(progress: bool = True) -> list[str]:
    """Execute every numbered notebook from a clean kernel; nothing is written.

    Returns their names in order.

    Raises:
        AnalysisError: a notebook failed; names it, the cell and the error.
    """
    jobs = [execute.Job(path) for path in sorted(paths.notebooks().glob("[0-9]*.ipynb"))]
    with tqdm(total=len(jobs), desc="Executing notebooks", unit="notebook", disable=not progress) as bar:

        def done(job: execute.Job, notebook: NotebookNode) -> None:
            bar.update()

        execute.run_all(jobs, done)
    return [job.notebook.name for job in jobs]
