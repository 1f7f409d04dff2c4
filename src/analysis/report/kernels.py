"""Jupyter kernels forked from one process that has imported the scientific stack already.

A fresh kernel spends seconds on imports before its first cell. Here one process imports once and then forks
a clean kernel for each notebook: nothing that a notebook does reaches the process or another notebook.
Where ``fork`` is not available (Windows), Jupyter's ordinary start is used (:func:`manager_class`).

The protocol between the two sides is one JSON value a line: ``{"argv", "cwd", "env"}`` in, ``{"pid"}`` out; ``null`` in
lets it read the tables, and has no answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: What kernels and notebooks of the project import; importing must not start threads.
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "pandas",
    "geopandas",
    "pyarrow.parquet",
    "seaborn",
    "statsmodels.api",
    "statsmodels.formula.api",
    "scipy.stats",
    "networkx",
    "babel.numbers",
    "jinja2",
    "analysis.explore",
    "analysis.report.sitemap",
    "analysis.report.pages.county_figures",
    "analysis.report.pages.county_rows",
    "pandas.io.formats.csvs",
)
_POLL_SECONDS = 0.02


class ForkServer:
    """A process that has the stack imported and forks kernels on request."""

    def __init__(self, env: dict[str, str]) -> None:
        """Start the process; it imports, and compiles templates and messages, in the background until the first request.

        Parameters
        ----------
        env : dict
            Environment of the process and, unless a request says otherwise, of its kernels.
        """
        # One thread a kernel: as many kernels as cores run side by side, and threads do not survive a fork.
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # else importing ipykernel's debugger prints advice
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=threads | inline | quiet | env,
            text=True,
        )

    def read_tables(self) -> None:
        """Let the process read the tables that have been built, while the caller goes on; else the first fork waits for it."""
        self._ask(None)

    def fork(self, argv: list[str], cwd: str, env: dict[str, str]) -> int:
        """Start a kernel with an ``ipykernel`` command line; returns its process id.

        Raises
        ------
        RuntimeError
            The process has ended.
        """
        assert self._process.stdout
        self._ask({"argv": argv, "cwd": cwd, "env": env})
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that starts kernels has ended")
        return int(json.loads(answer)["pid"])

    def _ask(self, request: dict[str, Any] | None) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process; kernels that still run end with it."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def environment() -> dict[str, str]:
    """The caller's environment, with this very package first on the kernel's path."""
    here = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}


@contextlib.contextmanager
def fork_server(env: dict[str, str], is_wanted: bool = True) -> Iterator[ForkServer | None]:
    """A running :class:`ForkServer`; None on a system without ``fork``, or where it is not wanted."""
    if not (is_wanted and hasattr(os, "fork")):
        yield None
        return
    server = ForkServer(env)
    try:
        yield server
    finally:
        server.close()


def manager_class(server: ForkServer | None) -> type:
    """The kernel manager class that starts kernels from ``server`` (Jupyter's own where it is None)."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning import LocalProvisioner

    if server is None:
        return AsyncKernelManager

    class ForkProvisioner(LocalProvisioner):
        """Starts a kernel by a fork; it is then known by its process id alone."""

        @property
        def has_process(self) -> bool:
            return self.pid is not None

        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
            assert server is not None
            # cmd is [python, -m, ipykernel_launcher, -f, connection file, ...]
            self.pid = server.fork(cmd[3:], str(kwargs.get("cwd") or Path.cwd()), dict(kwargs["env"]))
            self.pgid = None
            return self.connection_info

        async def poll(self) -> int | None:
            if self.pid is None:
                return 0
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                self.pid = None
                return 0
            return None

        async def wait(self) -> int | None:
            while await self.poll() is None:
                await asyncio.sleep(_POLL_SECONDS)
            return 0

        async def send_signal(self, signum: int) -> None:
            if self.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signum)

        async def kill(self, restart: bool = False) -> None:
            await self.send_signal(signal.SIGKILL)

        async def terminate(self, restart: bool = False) -> None:
            await self.send_signal(signal.SIGTERM)

    class ForkKernelManager(AsyncKernelManager):
        """A kernel manager whose kernels are forked."""

        async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
            if self.provisioner is None:
                self.provisioner = ForkProvisioner(
                    kernel_id=self.kernel_id or "", kernel_spec=self.kernel_spec, parent=self
                )
            return await super()._async_pre_start_kernel(**kwargs)

        pre_start_kernel = _async_pre_start_kernel

    return ForkKernelManager


def _become_kernel(request: dict[str, Any], server: int) -> None:
    """In the forked child: leave the server's pipes and run a kernel until it is shut down, or the server has ended."""
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    os.dup2(quiet, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv = ["ipykernel_launcher", *request["argv"]]
    sys.path[0] = ""  # as in a kernel that Jupyter starts: the notebook's folder

    from ipykernel.kernelapp import IPKernelApp

    # The backend is imported already, before there was a shell that it could tell of figures.
    # Jupyter tells a kernel its parent by the environment, which ipykernel has read before the fork.
    # Without a history: nobody goes back in it, and all kernels would write to one file in the user's home.
    options = [
        "--matplotlib=inline",
        f"--IPKernelApp.parent_handle={server}",
        "--HistoryManager.enabled=False",
        "--IPKernelApp.log_level=ERROR",  # that its parent has ended is no news after Ctrl-C
    ]
    IPKernelApp.launch_instance(argv=[*request["argv"], *options])


def _warm_up() -> None:
    """Do once what every notebook would do, whatever the tables say: compile templates and messages, find fonts."""
    from io import BytesIO

    from matplotlib import pyplot as plt

    from analysis import i18n
    from analysis.report import render

    render.compile_templates()
    for language in i18n.LANGUAGES:
        with i18n.using(language):
            i18n._("National report")
            i18n.number(1234.5, 1)
    for kind in ("svg", "png"):
        figure, axis = plt.subplots()
        axis.set_title("Å")
        figure.savefig(BytesIO(), format=kind)
        plt.close(figure)


def _read_tables() -> None:
    """Read the tables and count by county, once for all notebooks."""
    from analysis.report import data
    from analysis.report.parallel import collect_less

    # Where a table is missing or too small, the notebook that needs it says so.
    with contextlib.suppress(Exception):
        data.preload()
    collect_less()


def _serve() -> None:
    """The server's loop: import, then fork a kernel for each line of standard input until it ends."""
    from importlib import import_module

    from analysis.io import texts_of_python

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command that started us
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels leave no zombies
    own, parent = os.getpid(), os.getppid()
    for name in PRELOADED:
        if os.getppid() != parent:  # killed meanwhile: nobody will ask
            return
        import_module(name)
    has_tables = False
    with texts_of_python():
        _warm_up()
        for line in sys.stdin:
            if not has_tables:  # whoever asks has built them
                _read_tables()
                has_tables = True
            request = json.loads(line)
            if request is None:
                continue
            pid = os.fork()
            if pid == 0:
                try:
                    _become_kernel(request, own)
                finally:
                    os._exit(0)
            print(json.dumps({"pid": pid}), flush=True)


if __name__ == "__main__":
    _serve()
