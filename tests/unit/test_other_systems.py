"""What Windows does not have (fcntl, fork, opening a folder) is not needed: a process without it runs the same code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"

#: asyncio and multiprocessing themselves take fcntl on Linux: they are imported before it is taken away.
WITHOUT = """
import asyncio, importlib, multiprocessing.connection, os, pathlib, pkgutil, sys, types
import pandas, geopandas, matplotlib.pyplot, nbclient, jupyter_client, requests

held = []

def locking(number, mode, count):
    if number in held and mode == fake.LK_NBLCK:
        raise OSError("locked")
    held.append(number)

fake = types.ModuleType("msvcrt")
fake.LK_LOCK, fake.LK_NBLCK, fake.locking = 1, 2, locking
sys.modules.update(msvcrt=fake, fcntl=None)
del os.fork
plain_open = os.open

def refusing(path, flags, *rest, **named):
    if pathlib.Path(os.fsdecode(path)).is_dir():
        raise PermissionError(13, "Permission denied", str(path))
    return plain_open(path, flags, *rest, **named)

os.open = refusing
import analysis

for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.mark.slow
def test_everything_is_imported_files_are_written_and_locked_and_kernels_start_in_jupyters_way(tmp_path):
    code = """
from analysis import io
from analysis.report import kernels, parallel
path = io.write_atomically(pathlib.Path(os.environ["ANALYSIS_ROOT"]) / "new" / "a.txt", "text")
with io.locked(path.with_name("lock")):
    print(path.read_text(), len(held))
with kernels.fork_server({}) as server:
    print(server, kernels.manager_class(server).__name__)
print([(item, made) for item, made, error in parallel.forked(lambda n: [str(n)], [1, 2, 3, 4, 5], 2)])
"""
    env = {**os.environ, "PYTHONPATH": str(SRC), "ANALYSIS_ROOT": str(tmp_path)}
    command = [sys.executable, "-c", WITHOUT + code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    one_by_one = str([(n, [str(n)]) for n in range(1, 6)])
    assert done.stdout.splitlines() == ["text 1", "None AsyncKernelManager", one_by_one]
