"""Bring the message catalogue (src/analysis/locale/nb/messages.po) in step with code, templates and notebooks.

Run it with ``make messages``: new messages are added, messages no longer used are dropped, translations
are kept, and the messages that still lack a translation are printed. Not part of the installed package.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from analysis import paths
from analysis.errors import AnalysisError
from analysis.i18n import catalogue_path, read_catalogue

#: The functions that mark a message, and how many texts each takes.
KEYWORDS = {"_": 1, "N_": 1, "ngettext": 2}
#: Header fields that change with every run and say nothing that git does not.
VOLATILE = (
    "POT-Creation", "PO-Revision", "Last-Translator", "Language-Team", "Report-Msgid", "Generated-By",
)  # fmt: skip

Message = str | tuple[str, ...]


def extracted(package: Path, notebooks: Path) -> Catalog:
    """Every message marked in the package's modules and templates and in the notebooks.

    Modules are read by their syntax tree: babel's own extractor misses calls inside f-strings.

    Raises
    ------
    AnalysisError
        A message is put together at run time and can't be translated.
    """
    found = Catalog(locale="nb")
    for path in sorted(package.rglob("*.py")):
        for message in _in_code(path.read_text(encoding="utf-8"), path.relative_to(package).as_posix()):
            found.add(message)
    for path in sorted(package.rglob("*.j2")):
        tree = Environment().parse(path.read_text(encoding="utf-8"))
        for _line, function, texts in extract_from_ast(tree, tuple(KEYWORDS)):
            given = (texts,) if isinstance(texts, str) else texts
            plain = tuple(t for t in given[: KEYWORDS[function]] if t is not None)
            found.add(plain[0] if len(plain) == 1 else plain)
    for path in sorted(notebooks.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        lines = "".join("".join(c["source"]) + "\n" for c in cells if c["cell_type"] == "code").splitlines()
        code = "\n".join(line for line in lines if not line.startswith(("%", "!")))
        for message in _in_code(code, path.name):
            found.add(message)
    return found


def _in_code(code: str, name: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(code)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS):
            continue
        parts = node.args[: KEYWORDS[node.func.id]]
        if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in parts):
            raise AnalysisError(f"{name}, line {node.lineno}: a message must be one constant text.")
        texts = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
        if len(texts) == KEYWORDS[node.func.id]:
            yield tuple(texts) if len(texts) > 1 else texts[0]


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages of a catalogue that lack a translation, or one of its forms."""
    forms = {
        str(m.id): m.string if isinstance(m.string, tuple | list) else (m.string,) for m in catalogue if m.id
    }
    return [message for message, strings in forms.items() if not strings or not all(strings)]


def update(language: str = "nb") -> list[str]:
    """Write the catalogue anew, in alphabetical order; returns the messages still untranslated."""
    catalogue = read_catalogue(language)
    catalogue.update(
        extracted(catalogue_path(language).parents[2], paths.notebooks()), no_fuzzy_matching=True
    )
    catalogue.obsolete.clear()
    catalogue.header_comment = "# Norwegian bokmål messages; made current by `make messages`."
    text = io.BytesIO()
    pofile.write_po(text, catalogue, sort_output=True, no_location=True, width=100)
    lines = text.getvalue().decode().splitlines()
    kept = [line for line in lines if not line.startswith(tuple(f'"{name}' for name in VOLATILE))]
    catalogue_path(language).write_text("\n".join(kept) + "\n", encoding="utf-8")
    return untranslated(catalogue)


def main() -> int:
    """Update the catalogue and print what still lacks a translation; returns the exit code."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    missing = update()
    for message in missing:
        print(message)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
