"""What pyproject.toml cannot say: a wheel carries the snapshot of the data and the notebooks along."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithSnapshot(build_py):
    """Copy data/raw and notebooks into the package that is built; an editable install uses the checkout."""

    def run(self) -> None:
        """Build the modules, then lay the snapshot beside them."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "analysis" / "snapshot"
        shutil.rmtree(target, ignore_errors=True)
        for folder in ("data/raw", "notebooks"):
            leave_out = shutil.ignore_patterns(".*", "__pycache__")
            shutil.copytree(folder, target / folder, ignore=leave_out)


setup(cmdclass={"build_py": BuildWithSnapshot})
