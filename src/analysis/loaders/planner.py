"""Cutting one selection into the fewest requests that each stay within a publisher's cell limit.

A request is a box: for each variable a run of its chosen values. No plan needs fewer than
``ceil(cells / limit)`` requests. :func:`plan` looks for a plan at that bound among those that cut the
box into equal slabs along one variable and cut the rest anew, and stops when it finds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod

# How often slabs and remainders are cut anew. Two reach the bound, or one above it, for selections like
# SSB's (the tests try them); without an end the search itself would outlast the requests it saves.
_DEPTH = 2
Box = tuple[tuple[int, int], ...]  # per variable: start and length


def lower_bound(sizes: Sequence[int], limit: int) -> int:
    """Requests that any plan needs: the number of cells over the limit, rounded up."""
    return -(-prod(sizes) // limit)


def plan(selection: Mapping[str, Sequence[str]], limit: int) -> list[dict[str, list[str]]]:
    """The requests for a selection: together each cell once, none above ``limit`` cells.

    ``selection`` maps a variable to its values without duplicates; the parts keep the order of
    variables and values. Raises ``ValueError`` for an empty variable, a duplicate or a limit below 1.
    """
    for variable, values in selection.items():
        if not values or len(set(values)) != len(values):
            raise ValueError(f"{variable}: values must be there, and each only once")
    if limit < 1:
        raise ValueError("a request must be allowed at least one cell")
    sizes = tuple(len(values) for values in selection.values())
    return [
        {
            variable: list(values[start : start + length])
            for (variable, values), (start, length) in zip(selection.items(), box, strict=True)
        }
        for box in boxes(sizes, limit)
    ]


def boxes(sizes: tuple[int, ...], limit: int) -> list[Box]:
    """The same for sizes alone: disjoint boxes that fill the whole."""
    return _cut(sizes, limit, _DEPTH)[1]


@lru_cache(maxsize=100_000)
def _cut(sizes: tuple[int, ...], limit: int, depth: int) -> tuple[int, list[Box]]:
    best = _grid(sizes, limit)
    bound = lower_bound(sizes, limit)
    if depth == 0:
        return best
    # A plain grid wastes what does not fill its last row; cutting that remainder on its own saves it.
    for axis, size in enumerate(sizes):
        if best[0] == bound:
            break
        for length in _lengths(best[1], axis, size):
            whole = size // length * length
            first = _cut(_with(sizes, axis, length), limit, depth - 1)
            rest = _cut(_with(sizes, axis, size - whole), limit, depth - 1) if whole < size else (0, [])
            if first[0] * (size // length) + rest[0] < best[0]:
                shifts = [(start, first[1]) for start in range(0, whole, length)] + [(whole, rest[1])]
                pieces = [_shifted(box, axis, start) for start, part in shifts for box in part]
                best = (len(pieces), pieces)
    return best


def _lengths(grid: list[Box], axis: int, size: int) -> list[int]:
    """Slab lengths worth trying: those of the best plan so far, and one less and more."""
    used = {box[axis][1] for box in grid}
    near = {length + step for length in used for step in (-1, 0, 1)}
    return sorted((length for length in near if 0 < length < size), reverse=True)


def _grid(sizes: tuple[int, ...], limit: int) -> tuple[int, list[Box]]:
    """The best plan that cuts each variable into runs of one length (the last may be shorter)."""
    choice = _best_lengths(sizes, limit)
    runs = [
        [(start, min(length, size - start)) for start in range(0, size, length)]
        for size, length in zip(sizes, choice, strict=True)
    ]
    pieces = list(product(*runs))
    return len(pieces), pieces


@lru_cache(maxsize=100_000)
def _best_lengths(sizes: tuple[int, ...], limit: int) -> tuple[int, ...]:
    """Run length per variable for the fewest grid pieces of at most ``limit`` cells."""
    if not sizes:
        return ()
    size, others = sizes[0], sizes[1:]
    if not others:
        return (min(size, limit),)
    best: tuple[int, tuple[int, ...]] | None = None
    for length in sorted({-(-size // parts) for parts in range(1, size + 1)}, reverse=True):
        if length > limit:
            continue
        rest = _best_lengths(others, limit // length)
        pieces = -(-size // length) * prod(-(-n // r) for n, r in zip(others, rest, strict=True))
        if best is None or pieces < best[0]:
            best = (pieces, (length, *rest))
    assert best is not None  # a length of 1 is always within the limit
    return best[1]


def _with(sizes: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    return (*sizes[:axis], length, *sizes[axis + 1 :])


def _shifted(box: Box, axis: int, by: int) -> Box:
    start, length = box[axis]
    return (*box[:axis], (start + by, length), *box[axis + 1 :])
