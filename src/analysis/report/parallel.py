"""Work on a list in forked processes, which inherit what is loaded and need no copy of it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
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


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Do a piece of work in a forked process while the body goes on; before the body where fork is not available.

    Parameters
    ----------
    work : callable
        Takes nothing; what it gives is dropped. Its error is raised at the end of the body.

    Raises
    ------
    AnalysisError
        The process has ended before its work was done.
    """
    if not hasattr(os, "fork"):
        work()
        yield
        return
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_once, args=(work, there), daemon=True)
    process.start()
    there.close()
    try:
        yield
    finally:
        try:
            error = here.recv()
        except EOFError:
            error = AnalysisError("A process that worked beside this one has ended before its work was done.")
        process.join()
    if error:
        raise error


def _once(work: Callable[[], object], answer: Connection) -> None:
    """Do the work and answer with its error, or None."""
    error: Exception | None = None
    try:
        work()
    except Exception as fault:
        try:
            error = pickle.loads(pickle.dumps(fault))
        except Exception:  # not every kind can be sent
            error = RuntimeError(repr(fault))
        assert error is not None
        error.add_note(traceback.format_exc())  # where it was, for ``--verbose``
    except KeyboardInterrupt:  # whoever waits is interrupted, too
        return
    with suppress(ConnectionError):  # nobody waits any more
        answer.send(error)


def forked(make: Callable[[T], list[str]], items: Sequence[T], workers: int) -> Generator[Result[T]]:
    """What ``make`` gives of each item, in the order of its coming; one by one where fork is not available.

    Parameters
    ----------
    make : callable
        Gives a list of text; an error that it raises is handed on as text, and the next item is taken.
    items : sequence
        Each process takes the next one when it is done with one: those that take longest had better come first.
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
    waiting = iter(range(len(items)))
    processes: dict[Connection, BaseProcess] = {}
    for _ in range(workers):
        here, there = context.Pipe()
        # The ends that are open here would keep a process from noticing that this one has ended.
        process: BaseProcess = context.Process(
            target=_work, args=(make, items, there, [*processes, here]), daemon=True
        )
        process.start()
        there.close()
        processes[here] = process
    working = set(processes)

    def hand_on(connection: Connection) -> None:
        """Ask for the next item; a process that has ended is seen when its answer is read."""
        following = next(waiting, None)
        if following is None:
            working.remove(connection)
        else:
            with suppress(ConnectionError):
                connection.send(following)

    try:
        for connection in processes:
            hand_on(connection)
        while working:
            for ready in wait(list(working)):
                assert isinstance(ready, Connection)
                try:
                    k, result, error = ready.recv()
                except (EOFError, ConnectionError):
                    raise AnalysisError(
                        "A process that writes pages has ended before its work was done."
                    ) from None
                hand_on(ready)
                yield items[k], result, error
    finally:
        for connection, process in processes.items():
            connection.close()
            process.join(timeout=1)
            if process.is_alive():
                process.terminate()


def _work(
    make: Callable[[T], list[str]], items: Sequence[T], asks: Connection, others: Sequence[Connection]
) -> None:
    """Make the items whose places are asked for, until nobody asks."""
    for other in others:
        other.close()
    try:
        while True:
            k = asks.recv()
            asks.send((k, *_tried(make, items[k])))
    except (EOFError, ConnectionError):  # the process that asked is done, or has ended
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
