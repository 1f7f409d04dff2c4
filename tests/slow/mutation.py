"""Take each guard out of a copy of the project and see that its test fails: ``python -m tests.slow.mutation [NUMBER …]``.

A guard whose test passes without it is no guard. The table at the end says for each what was taken out and which test
noticed; the exit code is 1 where none did.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("src", "tests", "tools", "notebooks", "data/raw", ".github")
COPIED_FILES = ("pyproject.toml", "requirements.lock", "Makefile", "environment.yml", "README.md")


@dataclass(frozen=True)
class Guard:
    """A guard by its number, the text that it consists of, what stands there without it, and its test."""

    number: int
    name: str
    file: str
    text: str
    without: str
    test: str


_SRC = "src/analysis"
_CLIENT, _UPDATE = "tests/replay/test_client.py::", "tests/replay/test_update.py::"
_GUARDS, _PLAUSIBLE = "tests/guards/test_guards.py::", "tests/guards/test_plausible.py::"
_REFUSED = f"{_PLAUSIBLE}test_what_cannot_be_true_is_refused_and_told_with_what_to_do"
GUARDS = [
    Guard(1, "bytes are what was recorded", f"{_SRC}/raw.py", "if (found := sha256(path)) != expected:",
          "if (found := sha256(path)) != expected and False:",
          "tests/guards/test_raw.py::test_one_flipped_byte_is_refused_by_name[ssb_area]"),
    Guard(2, "raw data is never edited", f"{_SRC}/build.py", "    made = tables()\n",
          "    made = tables()\n    (paths.raw() / 'ssb/area.csv').write_text('')\n",
          f"{_GUARDS}test_raw_data_is_only_read_by_a_build"),
    Guard(3, "a page instead of data is refused", f"{_SRC}/loaders/messages.py",
          'if "html" in kind or "xml" in kind or self.body.lstrip()[:1] == b"<":', "if False:",
          f"{_CLIENT}test_what_is_not_json_is_refused_when_read"),
    Guard(3, "an answer that has shrunk is refused", f"{_SRC}/loaders/validate.py", "MAX_SHRINK = 0.10",
          "MAX_SHRINK = 1.0",
          f"{_UPDATE}test_a_bad_refresh_says_why_keeps_the_old_and_goes_on_with_the_others[one_year_less-are in force (over 10 % fewer)]"),
    Guard(4, "an answer has a size cap", f"{_SRC}/loaders/client.py", "if max(size, sent) > self.max_bytes:",
          "if False:", f"{_CLIENT}test_an_uncompressed_flood_is_stopped_too"),
    Guard(4, "a deadline holds", f"{_SRC}/loaders/client.py", "thread.join(max(seconds, 0.0))", "thread.join()",
          f"{_CLIENT}test_the_deadline_holds_against_whatever_stalls"),
    Guard(4, "Retry-After is honoured", f"{_SRC}/loaders/client.py",
          'asked = Retry().parse_retry_after(response.headers["retry-after"])', "asked = 0.0",
          f"{_CLIENT}test_retry_after_is_honoured_but_capped"),
    Guard(4, "https only", f"{_SRC}/loaders/client.py",
          'if scheme != "https" and not (scheme == "http" and loopback):', "if False:",
          f"{_CLIENT}test_only_https_but_for_loopback"),
    Guard(5, "tests and builds need no network", "pyproject.toml", " --allow-hosts=127.0.0.1,::1,localhost", "",
          f"{_GUARDS}test_no_test_can_leave_the_machine"),
    Guard(6, "a missing value keeps its reason", f"{_SRC}/loaders/jsonstat.py",
          'columns["status"] = status', 'columns["status"] = None',
          "tests/unit/test_jsonstat.py::test_every_form_of_status_and_value"),
    Guard(6, "a sum with a missing part is missing", f"{_SRC}/tables/reforms.py",
          'summed[amount] = summed[amount].mask(summed.pop("missing"))', 'summed.pop("missing")',
          f"{_GUARDS}test_a_sum_with_a_missing_part_is_missing_and_says_why"),
    Guard(7, "codes are four digits as text", f"{_SRC}/tables/reforms.py",
          'if len(unknown := codes[~codes.isin(reforms["code"])]):', "if len(unknown := codes[:0]):",
          f"{_GUARDS}test_a_code_that_is_not_four_digits_of_a_municipality_is_refused"),
    Guard(7, "the schema knows what a code is", f"{_SRC}/tables/schema.py", '"municipality": (r"^\\d{4}$"',
          '"municipality": (r""', f"{_GUARDS}test_population_is_kept_by_four_digit_codes"),
    Guard(8, "units touched by a split are not summed as if whole", f"{_SRC}/tables/reforms.py",
          'moved = moved.dropna(subset="series_code").drop(columns="code")',
          'moved = moved.fillna({"series_code": "1508"}).drop(columns="code")',
          "tests/guards/test_guards.py::test_a_unit_that_was_split_without_a_series_has_no_place"),
    Guard(9, "a key stands once", f"{_SRC}/tables/schema.py",
          'unique=dictionary()["table"][table].get("key"), ', "",
          f"{_GUARDS}test_a_row_that_stands_twice_is_refused"),
    Guard(9, "every municipality is there", f"{_SRC}/loaders/validate.py", "if count != MUNICIPALITIES[first]:",
          "if False:", f"{_UPDATE}test_a_bad_refresh_says_why_keeps_the_old_and_goes_on_with_the_others[one_too_few-missing: 5001]"),
    Guard(10, "values are in range and do not leap", f"{_SRC}/plausibility.py", "    if rule is None:\n",
          "    if rule or not rule:\n", f"{_REFUSED}[a year's population x 3]"),
    Guard(10, "amounts per inhabitant are plausible", f"{_SRC}/plausibility.py",
          'if "ssb_population" in frames:', "if False:", f"{_REFUSED}[purchases / 1000]"),
    Guard(10, "municipalities add up to what is published", f"{_SRC}/plausibility.py",
          "MAX_DIFFERENCE = 0.005", "MAX_DIFFERENCE = 5", f"{_REFUSED}[accounts 2 per cent too high]"),
    Guard(10, "a class agrees with its index", f"{_SRC}/plausibility.py", "_INDEX_TOLERANCE = 20",
          "_INDEX_TOLERANCE = 2000", f"{_REFUSED}[a class that its index contradicts]"),
    Guard(11, "no year and no group has lost its values", f"{_SRC}/plausibility.py", "MAX_LOSS = 0.10",
          "MAX_LOSS = 1.0", f"{_REFUSED}[a year gone]"),
    Guard(12, "a repair leaves areas and nothing else", f"{_SRC}/tables/boundaries.py",
          "valid[mixed] = shapely.buffer(valid[mixed], 0)", "pass",
          "tests/unit/test_safety.py::test_whatever_a_repair_leaves_areas_come_out"),
    Guard(13, "a number that moved is told", "tools/compare_numbers.py",
          "return math.isclose(float(old), float(new), rel_tol=tolerance, abs_tol=tolerance)", "return True",
          "tests/unit/test_compare_numbers.py::test_a_moved_number_is_named_by_figure_row_and_column"),
    Guard(14, "the same figure is the same bytes", f"{_SRC}/figures/style.py", '    "svg.hashsalt": "analysis",\n', "",
          f"{_GUARDS}test_the_same_figure_gives_the_same_bytes"),
    Guard(15, "text is escaped", f"{_SRC}/figures/markup.py", "autoescape=True", "autoescape=False",
          f"{_GUARDS}test_what_others_wrote_is_text_on_a_page_and_nothing_runs_or_is_fetched"),
    Guard(15, "no link leads to a script", f"{_SRC}/figures/html_table.py",
          'return address if is_relative or address.startswith(("https://", "http://")) else ""', "return address",
          "tests/unit/test_safety.py::test_a_page_never_links_to_a_disguised_address"),
    Guard(15, "nothing may be fetched", f"{_SRC}/report/render.py", "\"default-src 'none'\"", "\"default-src *\"",
          f"{_GUARDS}test_what_others_wrote_is_text_on_a_page_and_nothing_runs_or_is_fetched"),
    Guard(15, "a spreadsheet runs no cell", f"{_SRC}/io.py", "if cell.startswith(FORMULA_STARTS)", "if False",
          "tests/unit/test_safety.py::test_every_start_of_a_formula_is_stilled_in_every_csv"),
    Guard(16, "nothing about persons is kept", f"{_SRC}/loaders/research_council.py",
          "frame[hidden] = frame[hidden].mask(person)", "pass",
          "tests/unit/test_research_council.py::test_nothing_about_persons_is_kept"),
    Guard(16, "no mail address in the register", f"{_SRC}/register/cells.py",
          '    (r"[^\\s@]@[^\\s@]+\\.[a-zA-Z]{2,}", "must not hold a mail address"),\n', "",
          f"{_GUARDS}test_mail_addresses_are_not_taken_into_the_register"),
    Guard(17, "installation demands hashes", "Makefile", "--require-hashes", "",
          f"{_GUARDS}test_every_locked_package_has_hashes_and_installation_demands_them"),
    Guard(17, "actions by commit", ".github/workflows/ci.yml", "@11bd71901bbe5b1630ceea73d27597364c9af683", "@v4",
          f"{_GUARDS}test_actions_are_fixed_by_commit_and_have_the_least_rights"),
    Guard(18, "the oldest versions are tried", ".github/workflows/ci.yml", "--resolution lowest-direct", "",
          f"{_GUARDS}test_the_oldest_and_the_newest_versions_are_tried"),
    Guard(19, "kernel traffic is encrypted", f"{_SRC}/report/notebooks.py", '"required"', '"disabled"',
          f"{_GUARDS}test_traffic_with_a_kernel_is_encrypted"),
]  # fmt: skip


def copy(target: Path) -> None:
    """The parts of the project that its tests need, in a folder of their own."""
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=None if name == ".github" else ignore)
    for name in COPIED_FILES:
        shutil.copy(ROOT / name, target / name)


def noticed(guard: Guard, folder: Path) -> str:
    """What happens to the guard's test without the guard: "noticed", "NOT NOTICED", or what went wrong instead."""
    path = folder / guard.file
    whole = path.read_text(encoding="utf-8")
    if guard.text not in whole:
        return "NOT FOUND: the guard's text has changed, correct it here"
    path.write_text(whole.replace(guard.text, guard.without), encoding="utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", guard.test]
        env = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        env.pop("ANALYSIS_ROOT", None)
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    finally:
        path.write_text(whole, encoding="utf-8")
    failures = {0: "NOT NOTICED", 1: "noticed"}
    return failures.get(done.returncode, f"NO RESULT: {(done.stdout + done.stderr).strip()[-200:]}")


def main(numbers: list[str]) -> int:
    """Try the guards of these numbers, or all; prints a line for each and returns the exit code."""
    chosen = [guard for guard in GUARDS if not numbers or str(guard.number) in numbers]
    results = []
    with tempfile.TemporaryDirectory(prefix="guards-") as name:
        copy(Path(name))
        for guard in chosen:
            results.append(noticed(guard, Path(name)))
            print(f"{guard.number:>2}  {guard.name:<56}  {results[-1]}", flush=True)
    print(f"{results.count('noticed')} of {len(chosen)} guards are kept by a test")
    return int(results.count("noticed") != len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
