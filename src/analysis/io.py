"""Writing files safely: whole or not at all, CSV that no spreadsheet runs, ids made from text."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from analysis.errors import AnalysisError

if TYPE_CHECKING:  # a command that only looks whether anything has changed must not wait for pandas
    import pandas as pd

#: First characters that make a spreadsheet take a text for a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# NFKD splits å into a and a ring, but has nothing for letters with a stroke or for æ.
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "đ": "d", "ŧ": "t", "ŋ": "n"})


def sha256(content: bytes | Path) -> str:
    """SHA-256 of bytes or of a file, in hexadecimal.

    Examples
    --------
    >>> sha256(b"")[:8]
    'e3b0c442'
    """
    data = content.read_bytes() if isinstance(content, Path) else content
    return hashlib.sha256(data).hexdigest()


def slug(text: str, max_length: int | None = None, default: str = "") -> str:
    """Text as a part of an address or id: lower-case words of a–z and digits joined by hyphens.

    Parameters
    ----------
    text : str
    max_length : int, optional
        Whole words are left out at the end so that the result is no longer than this.
    default : str
        The result where no letter or digit is left.

    Examples
    --------
    >>> slug("Møre og Romsdal")
    'more-og-romsdal'
    >>> slug("Kárášjohka – Karasjok", max_length=12)
    'karasjohka'
    """
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    result = ""
    for word in re.findall(r"[a-z0-9]+", folded.encode("ascii", "ignore").decode()):
        if result and max_length and len(result) + len(word) + 1 > max_length:
            break
        result = f"{result}-{word}" if result else word[:max_length]
    return result or default


def _safe_cell(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    safe = f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
    return safe.replace("\r\n", "\n").replace("\r", " ")  # a lone CR ends a row for some readers


def formula_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet would run as a formula.

    Numbers are left alone; text cells and column names are looked at.

    Examples
    --------
    >>> import pandas as pd
    >>> formula_safe(pd.DataFrame({"note": ["=1+1", "plain"]}))["note"].tolist()
    ["'=1+1", 'plain']
    """
    out = frame.copy()
    for column in out.columns:
        if out[column].dtype.kind not in "biufM":
            out[column] = out[column].astype(object).map(_safe_cell)
    return out.rename(columns=_safe_cell)


def texts_of_python() -> contextlib.AbstractContextManager[None]:
    """Let pandas keep texts as Python's own inside the block, not as Arrow's.

    The tables are small: looking at one text of a column takes Arrow several times as long, which was a fifth of the
    time of a page. The texts, and all that is made of them, are the same.

    Examples
    --------
    >>> import pandas as pd
    >>> with texts_of_python():
    ...     pd.Series(["Vang"]).dtype.storage
    'python'
    """
    import pandas as pd

    return pd.option_context("mode.string_storage", "python")


def csv_text(frame: pd.DataFrame, *, sep: str = ",", decimal: str = ".") -> str:
    """A frame as CSV text with LF and no index, safe to open in a spreadsheet.

    Examples
    --------
    >>> import pandas as pd
    >>> csv_text(pd.DataFrame({"share": [0.25]}), sep=";", decimal=",")
    'share\\n0,25\\n'
    """
    return formula_safe(frame).to_csv(
        index=False, float_format="%.10g", lineterminator="\n", sep=sep, decimal=decimal
    )


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system inside the block say which file it is about: a full disk does not."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_atomically(path: Path, content: bytes | str, *, durable: bool = True) -> Path:
    """Write so that the path holds either what it held before or all of the content, also after a crash.

    Parameters
    ----------
    path : Path
        Its folder is made where it does not exist.
    content : bytes or str
        Text is written as UTF-8 with the line ends it has.
    durable : bool
        Wait until the disk has it, so that it outlives a power cut (some milliseconds a file). Not needed for
        what can be made again: a killed process leaves no part of a file either way.

    Returns
    -------
    Path
        The path written.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with naming(path), open(temporary, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if not durable:
        return path
    # Windows cannot open a folder; the file itself is safe there all the same.
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path


def copy_project(source: Path, target: Path) -> None:
    """Copy ``data/raw`` and the notebooks of one project's folder to another, without dot files and caches."""
    import shutil

    for part in ("data/raw", "notebooks"):
        leave_out = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(source / part, target / part, ignore=leave_out, dirs_exist_ok=True)


@contextlib.contextmanager
def locked(path: Path, busy: str | None = None, waiting: str | None = None) -> Iterator[None]:
    """Hold a lock file while the block runs; the system frees it when the process ends, however it ends.

    Parameters
    ----------
    path : Path
        The lock file; it is made where it does not exist and left in place.
    busy : str, optional
        What to say where another process holds the lock. Without it, this process waits.
    waiting : str, optional
        What to tell on standard error before waiting.

    Raises
    ------
    AnalysisError
        Another process holds the lock, and ``busy`` is given.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        try:
            _lock(file, wait=False)
        except OSError:
            if busy:
                raise AnalysisError(busy) from None
            if waiting:
                print(waiting, file=sys.stderr, flush=True)
            _lock(file, wait=True)
        yield


def _lock(file: IO[bytes], wait: bool) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
