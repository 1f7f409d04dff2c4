"""``python -m analysis``: build, check, report, status, fetch and register from one command.

Heavy modules are imported by the command that needs them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from io import TextIOWrapper
from typing import TYPE_CHECKING

from analysis import __version__, io, paths
from analysis.command_line import Parser, add_commands, paragraphs, understood
from analysis.errors import AnalysisError, printable
from analysis.register import cli as register_cli

if TYPE_CHECKING:
    import pandas as pd


def _build(arguments: argparse.Namespace) -> int:
    from analysis import build

    rows = build.build(progress=not arguments.quiet)
    if not arguments.quiet:
        print("Built data/processed:")
        for name, count in rows.items():
            print(f"  {name:<24}{count:>8,} rows".replace(",", " "))
    return 0


def _init(arguments: argparse.Namespace) -> int:
    target = arguments.folder
    if target.exists() and any(target.iterdir()):
        raise AnalysisError(f"{target} is not empty; name a folder that is, or one that is not there yet.")
    io.copy_project(paths.snapshot(), target)
    (target / "data" / "processed").mkdir()
    go = f"cd {shlex.quote(str(target))}"
    print(f"{target} holds the data and the notebooks. Next: `{go}`, `python -m analysis build`.")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from analysis import build

    rows = build.tables()
    print(f"data/raw is sound: {len(rows)} tables can be built from it.")
    if not build.is_current():
        print("data/processed is missing or older than data/raw: run `python -m analysis build`.")
    return 0


def _narrowed(arguments: argparse.Namespace) -> int:
    """A report under another definition, or a page on a selection, in a folder of its own."""
    from analysis import build, manifest
    from analysis.report import narrowed, site

    if not manifest.is_current():
        build.build(progress=not arguments.quiet)
    choice = narrowed.choose(**{name: getattr(arguments, name) for name in _CHOICES})
    if choice.is_selection and arguments.only:
        raise AnalysisError(
            f"A selection is one page of its own: leave out {arguments.only[0]!r}, or choose a county with --counties."
        )
    folder = (arguments.folder or choice.folder).resolve()
    narrowed.lay_out(folder, choice)
    os.environ["ANALYSIS_ROOT"] = str(folder)
    languages = [arguments.language] if arguments.language else None
    only = ["selection"] if choice.is_selection else arguments.only or ["index", "national"]
    pages = site.build_site(only, not arguments.quiet, arguments.force, languages=languages)
    print("Open:")
    print("\n".join(f"  {page}" for page in pages))
    return 0


#: What narrows a report, with the value that narrows nothing.
_CHOICES: dict[str, object] = {
    "definition": "main",
    "programmes": [],
    "years": "",
    "basis": "named",
    "municipalities": [],
    "counties": [],
}


def _report(arguments: argparse.Namespace) -> int:
    if any(getattr(arguments, name) != usual for name, usual in _CHOICES.items()):
        return _narrowed(arguments)
    if arguments.folder:
        raise AnalysisError(
            f"--folder {arguments.folder} is where a report on a choice goes (--programmes, --years, --definition …); "
            "the whole report goes to reports/"
        )
    from analysis import manifest
    from analysis.report import kernels, parallel, record
    from analysis.report.inputs import Snapshot

    waiting = "Another run is writing the pages; this one waits until it has ended."
    with io.locked(paths.root() / ".cache" / "report.lock", waiting=waiting):
        is_built, known, now = manifest.is_current(), record.read(), Snapshot()
        start = paths.reports() / "index.html"
        is_usual = is_built and not (arguments.force or arguments.only or arguments.language)
        if is_usual and record.LIST in known and not record.stale(known, now):
            print(f"All {len(known) - 1} pages are up to date. Open: {start}")
            return 0
        for left in (
            p for place in (paths.reports(), paths.root() / ".cache") for p in place.rglob(".*.tmp")
        ):
            left.unlink(missing_ok=True)  # of a run that was killed while it wrote
        if is_built and arguments.only:  # a name that is none is told before anything starts
            from analysis.report import page_names, sitemap

            keys = {page.key for page in sitemap.pages()}
            arguments.only = [page_names.page_key(name, keys) for name in arguments.only]
        must_execute = arguments.force or not is_built or record.must_execute(known, now)
        with kernels.fork_server(kernels.environment(), is_wanted=must_execute) as server:
            progress = not arguments.quiet
            languages = [arguments.language] if arguments.language else None
            if not is_built:
                from analysis import build

                with parallel.beside(partial(build.build, progress)):
                    from analysis.report import site  # to import takes seconds, too
            if server:
                server.read_tables()
            from analysis.report import site

            pages = site.build_site(arguments.only or None, progress, arguments.force, server, languages)
    if arguments.only and pages:
        print("\n".join(str(page) for page in pages))
    opened = start if start.exists() else next(iter(pages), None)
    print(
        f"Pages written: {len(pages)}. " + (f"Open: {opened}" if opened else f"All are in {paths.reports()}")
    )
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from analysis.loaders import update

    if arguments.dry_run:
        print("A dry run asks the publishers (it needs the network) and writes nothing.")
    summary = update.fetch(
        arguments.source or None,
        dry_run=arguments.dry_run,
        accept_changes=arguments.accept_changes,
        progress=not arguments.quiet,
    )
    print(printable(summary.told))
    changed = summary.frame.query("outcome == 'changed'")["source"]
    if len(changed):
        print("`git diff --stat data/raw` shows what changed; `python -m analysis report` uses it.")
    if changed.str.endswith("_notices").any():
        print("`python -m analysis register candidates` proposes what the notices hold.")
    return summary.exit_code


def _status(arguments: argparse.Namespace) -> int:
    from analysis.loaders import update

    table = update.status().astype(object)
    shown = table[["source", "newest_period", "retrieved", "rows", "coverage"]]
    print(printable(shown.to_string(index=False, na_rep="–")))
    lines = [
        f"{licence}: {', '.join(dict.fromkeys(group))}"
        for licence, group in table.groupby("licence", sort=False)["publisher"]
    ]
    lines += [
        *_pages(),
        "What a refresh would change: `python -m analysis fetch --dry-run` (needs the network).",
    ]
    print(paragraphs(lines))
    return 0


def _pages() -> list[str]:
    """Which pages are out of date, and why."""
    from analysis import manifest
    from analysis.report import record
    from analysis.report.inputs import Snapshot

    if not manifest.is_current():
        return [
            "data/processed is missing or older than data/raw or the code; `python -m analysis report` makes it."
        ]
    entries = record.read()
    found = record.stale(entries, Snapshot())
    if not entries or not found:
        return [f"Pages: {max(len(entries) - 1, 0)} made, all up to date."]
    lines = record.told(found, entries)
    return [f"Pages: {len(entries) - 1} made, {len(found)} out of date:", *(f"  {line}" for line in lines)]


def _eu_participants() -> pd.DataFrame:
    """Norwegian participants in EU programmes, fetched now; the register is handed them and asks no network."""
    from analysis.loaders import research_council

    return research_council.fetch_eu()


def parser() -> argparse.ArgumentParser:
    """The command line's grammar, with a help text for each command."""
    top = Parser(
        prog="python -m analysis",
        description="Observatory of municipal innovation participation in Norway.",
    )
    top.set_defaults(eu_participants=_eu_participants)
    top.add_argument("--version", action="version", version=__version__)
    common = Parser(add_help=False)
    common.add_argument("--verbose", action="store_true", help="show the traceback when something fails")
    common.add_argument("--quiet", action="store_true", help="no progress bars, no list of what was built")
    runs = {"build": _build, "init": _init, "check": _check, "report": _report, "fetch": _fetch}
    made = add_commands(top, {**runs, "status": _status, "register": None}, [common])
    register_cli.add_arguments(made["register"], parents=[common])
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Errors are told in a sentence, not in a traceback."""
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal that lacks a letter shows a question mark for it
        sys.stdout.reconfigure(errors="replace")
    arguments = understood(parser(), argv)
    try:
        return arguments.run(arguments)
    except AnalysisError as error:
        if arguments.verbose:
            traceback.print_exc()
        print(printable(str(error)), file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output (`| head`) has had enough; that is no fault.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if arguments.verbose:
            traceback.print_exc()
        place = f" ({error.filename})" if error.filename else ""
        print(f"A file cannot be read or written: {error.strerror or error}{place}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except Exception as error:
        if arguments.verbose:
            traceback.print_exc()
        print(
            f"Something unexpected went wrong: {error!r}. Run again with --verbose to see where.",
            file=sys.stderr,
        )
        return 1
