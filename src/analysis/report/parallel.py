"""Work on a list in forked processes, which inherit what is loaded and need no copy of it."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from analysis.errors import AnalysisError

T = TypeVar("T")
Result = tuple[T, list[str] | None, str]
"""The item, what was made of it, and the error where nothing was."""


def collect_less() -> None:
    """Let Python look for unused cycles seldom, and never among what is loaded already.

    Tables live as long as the short process that reads them. Looking through them took a seventh of the time of
    a page, and touching them copies memory that forked processes share.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


def forked(make: Callable[[T], list[str]], items: Sequence[T], workers: int) -> Iterator[Result[T]]:
    """What ``make`` gives of each item, in the order of its coming; one by one where fork is not available.

    Parameters
    ----------
    make : callable
        Gives a list of text; an error that it raises is handed on as text, and the next item is taken.
    items : sequence
    workers : int
        How many processes work at a time.

    Yields
    ------
    tuple
        The item, the list, and an empty text; or the item, None, and the error.

    Raises
    ------
    AnalysisError
        A process has ended before its work was done.
    """
    if workers < 2 or len(items) < 2 * workers or not hasattr(os, "fork"):
        for item in items:
            yield item, *_tried(make, item)
        return
    collect_less()
    context = multiprocessing.get_context("fork")
    left: dict[Connection, list[int]] = {}
    processes = []
    for k in range(workers):
        share = list(range(k, len(items), workers))
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(make, items, share, receiver, sender), daemon=True)
        process.start()
        sender.close()
        processes.append(process)
        left[receiver] = share
    try:
        while left:
            ready = wait(list(left))
            for receiver in [one for one in left if one in ready]:
                try:
                    k, result, error = receiver.recv()
                except EOFError:
                    raise AnalysisError(
                        "A process that writes pages has ended before its work was done."
                    ) from None
                yield items[k], result, error
                left[receiver].remove(k)
                if not left[receiver]:
                    del left[receiver]
    finally:
        for process in processes:
            process.join(timeout=1)
            if process.is_alive():
                process.terminate()


def _work(
    make: Callable[[T], list[str]],
    items: Sequence[T],
    share: Sequence[int],
    receiver: Connection,
    sender: Connection,
) -> None:
    receiver.close()  # with it open here, the end of the other process would not be noticed
    try:
        for k in share:
            sender.send((k, *_tried(make, items[k])))
    except BrokenPipeError:  # the process that asked has ended
        return


def _tried(make: Callable[[T], list[str]], item: T) -> tuple[list[str] | None, str]:
    try:
        return make(item), ""
    except AnalysisError as error:
        return None, str(error)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        return None, f"{error.strerror or error}{place}"
    except Exception as error:  # one faulty page must not take the others with it
        return None, repr(error)
