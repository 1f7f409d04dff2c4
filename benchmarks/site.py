"""The site made from nothing, against ``jupyter nbconvert --execute`` and against the floor; and how it grows.

``python benchmarks/site.py`` prints seconds and ratios of one run. All three execute the same notebooks with
the same parameters in fresh processes, imports included:

* ours: executing and rendering as ``python -m analysis report`` does;
* nbconvert: ``jupyter nbconvert --execute``, one notebook after the other. By default a sample (the national
  report, three counties, two research notebooks) scaled up by kind; ``--full`` runs every one (many minutes);
* floor: children forked from one process that has imported the stack, one a core, the cells run in IPython.

Beside them: the build, the pages that need no notebook, the documentation, the whole site from nothing with
the memory of all its processes, the same again with nothing to do, and how it grows. ``--only`` limits the notebooks (``--only county``),
``--parts`` what is measured (``--parts ours floor``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from analysis import manifest, paths

LIMITS = {"nbconvert": 0.18, "floor": 1.25}
COLD_SECONDS, COLD_GIGABYTES, UNCHANGED_SECONDS = 75, 3, 2
#: How many notebooks of each kind the sample holds.
SAMPLE = {"national": 1, "county": 3, "research": 2}


def kind(name: str) -> str:
    """Kind of a notebook by its file name."""
    return next((one for one in ("national", "county") if one in name), "research")


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def python(root: Path, code: str, *arguments: str) -> None:
    """Run code in a fresh process of the project whose folder is ``root``."""
    subprocess.run(
        [sys.executable, "-c", code, *arguments], env={**os.environ, "ANALYSIS_ROOT": str(root)}, check=True
    )


def scratch(folder: Path) -> Path:
    """A project with this one's data and notebooks, and nothing executed or rendered."""
    for name in ("data", "notebooks", "requirements.lock"):
        (folder / name).symlink_to(paths.root() / name)
    return folder


def prepared(folder: Path, only: str) -> list[Path]:
    """Every notebook of the site with its parameters set, as files that nbconvert and the floor can take."""
    import nbformat

    from analysis.report import notebooks, sitemap

    jobs = {page.job.label: page.job for page in sitemap.pages() if page.job}
    files = []
    for k, job in enumerate(jobs.values()):
        if only in kind(job.notebook.stem):
            files.append(folder / f"{k:02}-{job.notebook.name}")
            nbformat.write(notebooks.prepared(job), files[-1])
    return files


OURS = """
import sys
from analysis.report import kernels
with kernels.fork_server(kernels.environment()) as server:
    from analysis.report import site, sitemap
    chosen = {page.key for page in sitemap.pages() if page.job and sys.argv[1] in (page.key if not page.is_research else "research")}
    site.build_site(sorted(chosen), progress=False, server=server)
"""
NBCONVERT = ("-m", "nbconvert", "--execute", "--to", "notebook", "--output-dir")


def by_nbconvert(files: Sequence[Path], full: bool) -> tuple[float, str]:
    """Seconds of nbconvert for all files, and how they were found."""
    taken: dict[str, list[float]] = {}
    for path in files:
        of_kind = taken.setdefault(kind(path.name), [])
        if full or len(of_kind) < SAMPLE[kind(path.name)]:
            command = [sys.executable, *NBCONVERT, str(path.parent / "out"), str(path)]
            of_kind.append(seconds(lambda c=command: subprocess.run(c, check=True, capture_output=True)))
    counts = {one: sum(kind(path.name) == one for path in files) for one in taken}
    whole = sum(statistics.mean(times) * counts[one] for one, times in taken.items())
    n = sum(map(len, taken.values()))
    return whole, "all" if n == len(files) else f"{n} of {len(files)} executed, scaled up by kind"


def floor(files: Sequence[str]) -> None:
    """Execute notebooks in children forked from this process after its imports; runs in a process of its own."""
    from importlib import import_module

    import matplotlib

    from analysis.report.kernels import PRELOADED

    matplotlib.use("agg")
    for name in PRELOADED:
        import_module(name)
    running: set[int] = set()
    for name in sorted(files, key=lambda path: "county" in path):
        if len(running) >= (os.cpu_count() or 1):
            running.discard(os.wait()[0])
        child = os.fork()
        if child == 0:
            _run_cells(Path(name))
            os._exit(0)
        running.add(child)
    while running:
        running.discard(os.wait()[0])


def _run_cells(path: Path) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            with capture_output():
                shell.run_cell("".join(cell["source"]), store_history=False).raise_error()


def growth() -> list[tuple[str, list[float]]]:
    """Seconds at 1, 4 and 16 times the register, and for 40, 160 and 640 pages."""
    from dataclasses import replace

    import pandas as pd

    from analysis.i18n import using
    from analysis.measures import gap, uptake
    from analysis.report import data
    from analysis.report.pages import municipality

    country = data.load()
    codes = list(country.panel["municipality_code"])

    def larger(times: int) -> data.Data:
        def copies(frame: pd.DataFrame, *ids: str) -> pd.DataFrame:
            made = [frame.assign(**{name: f"{k}:" + frame[name] for name in ids}) for k in range(1, times)]
            return pd.concat([frame, *made], ignore_index=True)

        rows = copies(country.participation, "record_id", "project_id")
        return replace(country, participation=rows, projects=copies(country.projects, "project_id"))

    def measured(one: data.Data) -> None:
        gap.gap(one.observations)
        uptake.recorded_share_by_programme(one.observations)

    def rendered(one: data.Data, n: int) -> None:
        with using("nb"):
            for code in (codes * 2)[:n]:
                municipality.content(one, code=code)

    sizes = {times: larger(times) for times in (1, 4, 16)}
    rendered(country, 2)  # fonts, templates and messages are read once
    return [
        ("measures, register × 1, 4, 16", [seconds(lambda d=d: measured(d)) for d in sizes.values()]),
        (
            "20 municipality pages, register × 1, 4, 16",
            [seconds(lambda d=d: rendered(d, 20)) for d in sizes.values()],
        ),
        (
            "40, 160, 640 municipality pages",
            [seconds(lambda n=n: rendered(country, n)) for n in (40, 160, 640)],
        ),
    ]


def cold(folder: Path) -> tuple[float, float]:
    """Seconds of ``python -m analysis report`` from nothing, tables included, and gigabytes of all its processes together.

    Memory is the largest sum of proportional set sizes (pages that processes share count once), looked at five times a
    second; not a number where the system has no ``/proc``.
    """
    (folder / "data" / "processed").mkdir(parents=True)
    for name in ("data/raw", "notebooks", "requirements.lock", "CITATION.cff"):
        (folder / name).symlink_to(paths.root() / name)
    command, env = [sys.executable, "-m", "analysis", "report", "--quiet"], {"ANALYSIS_ROOT": str(folder)}
    peak = float("nan")
    start = time.perf_counter()
    with subprocess.Popen(command, env=os.environ | env) as process:
        while process.poll() is None:
            memory = _memory(process.pid)
            peak = max(peak, memory) if peak == peak else memory  # a process may end while it is looked at
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit("the report was not made")
    return time.perf_counter() - start, peak


def unchanged(folder: Path) -> float:
    """Seconds of ``python -m analysis report`` where :func:`cold` has made everything; the quickest of three."""
    command, env = [sys.executable, "-m", "analysis", "report"], {"ANALYSIS_ROOT": str(folder)}
    run = partial(subprocess.run, command, env=os.environ | env, check=True, stdout=subprocess.DEVNULL)
    return min(seconds(run) for _ in range(3))


def _memory(pid: int) -> float:
    """Gigabytes of a process and all below it."""
    folder, size = Path("/proc") / str(pid), 0.0
    try:
        text = (folder / "smaps_rollup").read_text(encoding="ascii")
        size = int(text.partition("\nPss:")[2].split()[0]) / 1e6
        children = " ".join(
            path.read_text(encoding="ascii") for path in folder.glob("task/*/children")
        ).split()
    except (OSError, ValueError, IndexError):
        return size or float("nan")
    return size + sum(one for child in children if (one := _memory(int(child))) == one)


PARTS = ("build", "ours", "floor", "nbconvert", "free", "docs", "cold", "growth")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="run nbconvert on every notebook")
    parser.add_argument("--only", default="", metavar="KIND", help="national, county or research")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure; default all"
    )
    arguments = parser.parse_args(argv)
    took: dict[str, float] = {}

    def timed(part: str, label: str, run: Callable[[], object]) -> None:
        if part in arguments.parts:
            took[part] = seconds(run)
            print(f"{label:<72}{took[part]:8.1f} s", flush=True)

    timed(
        "build",
        "build",
        lambda: python(paths.root(), "from analysis import build; build.build(progress=False)"),
    )
    if not manifest.is_current():
        raise SystemExit("The tables are not current: run `python -m analysis build` first.")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        files = prepared(folder, arguments.only)
        (folder / "ours").mkdir()
        scratch(folder / "ours")
        timed(
            "ours",
            f"{len(files)} notebooks executed and rendered",
            lambda: python(folder / "ours", OURS, arguments.only),
        )
        timed("free", "pages from the tables", lambda: python(folder / "ours", FREE))
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]); import site_bench; site_bench.floor(sys.argv[2:])"
        )
        shutil.copy(__file__, folder / "site_bench.py")
        timed(
            "floor",
            "the same notebooks, floor",
            lambda: python(paths.root(), code, str(folder), *map(str, files)),
        )
        if "nbconvert" in arguments.parts:
            took["nbconvert"], how = by_nbconvert(files, arguments.full)
            print(f"{f'the same notebooks, nbconvert ({how})':<72}{took['nbconvert']:8.1f} s", flush=True)
        timed("docs", "documentation", lambda: subprocess.run([*DOCS, folder / "docs"], check=True))
        if "cold" in arguments.parts:
            took["cold"], memory = cold(folder / "cold")
            print(f"{'whole site cold, tables included':<72}{took['cold']:8.1f} s   (limit {COLD_SECONDS})")
            took["unchanged"] = unchanged(folder / "cold")
            print(
                f"{'the same again, nothing changed':<72}{took['unchanged']:8.1f} s   (limit {UNCHANGED_SECONDS})"
            )
            print(f"{'memory of all its processes':<72}{memory:8.2f} GB  (limit {COLD_GIGABYTES})")
    if "growth" in arguments.parts:
        for label, times in growth():
            print(f"{label:<52}" + "".join(f"{one:8.2f} s" for one in times))
    ratios = {name: took["ours"] / took[name] for name in LIMITS if {name, "ours"} <= set(took)}
    for label, ratio in ratios.items():
        print(f"ratio to {label:<63}{ratio:8.2f}   (limit {LIMITS[label]})")
    is_slow = took.get("cold", 0.0) > COLD_SECONDS or took.get("unchanged", 0.0) > UNCHANGED_SECONDS
    return 1 if is_slow or any(ratios[name] > LIMITS[name] for name in ratios) else 0


FREE = """
from analysis.report import site, sitemap
site.build_site(sorted({page.key for page in sitemap.pages() if page.content}), progress=False)
"""

DOCS = [sys.executable, "-m", "sphinx", "-b", "html", "-q", str(Path(__file__).parents[1] / "docs")]

if __name__ == "__main__":
    raise SystemExit(main())
