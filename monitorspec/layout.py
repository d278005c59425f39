"""Where panels go on a grid of 24 columns, which Grafana and CloudWatch both have.

In: the panels of one row, the line they start at and the sizes of their types. Out: a position for each, and the first line
below them.
Panels without a width share their line evenly, so no line ends in a hole; lines never overlap, because each starts
below the highest panel of the line above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

COLUMNS = 24
# Narrower than this a lone panel does not fill up a line that a sized panel began, but starts its own.
NARROWEST = 6


Sizes = Mapping[str, tuple[int, int]]
"""Type → (most panels on a line, height)."""


class Sized(Protocol):
    """What needs a place; without a width or height of its own it takes that of its type."""

    @property
    def type(self) -> str: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...


class Box(NamedTuple):
    """A position in the grid; `x + w` is at most COLUMNS."""

    x: int
    y: int
    w: int
    h: int


def pack(panels: Sequence[Sized], top: int, sizes: Sizes) -> tuple[list[Box], int]:
    """Boxes for `panels` in order, from line `top`, and the line below the lowest."""
    boxes: list[Box] = []
    x, y, height = 0, top, 0

    def place(width: int, tall: int) -> None:
        nonlocal x, y, height
        if x + width > COLUMNS:
            x, y, height = 0, y + height, 0
        boxes.append(Box(x, y, width, tall))
        x, height = x + width, max(height, tall)

    for ((most, _), sized), group in groupby(panels, key=lambda p: (sizes[p.type], p.width is not None)):
        run = list(group)
        if sized:
            for panel in run:
                place(min(max(panel.width or 1, 1), COLUMNS), _height(panel, sizes))
        elif len(run) == 1 and 0 < x <= COLUMNS - NARROWEST:
            place(COLUMNS - x, _height(run[0], sizes))
        else:
            x, y, height = 0, y + height, 0
            for panel, width in zip(run, widths(len(run), _per_line(most, len(run))), strict=True):
                place(width, _height(panel, sizes))
    return boxes, y + height


def widths(count: int, most: int) -> list[int]:
    """Widths of `count` panels, at most `most` on a line, every line filled and the lines as even as can be."""
    lines = -(-count // most)
    out: list[int] = []
    for line in range(lines):
        n = count // lines + (line < count % lines)
        out += [COLUMNS // n + (i < COLUMNS % n) for i in range(n)]
    return out


def _per_line(most: int, count: int) -> int:
    # Three graphs, or six, look better in threes than as two and one.
    return 3 if most == 2 and count % 3 == 0 else most


def _height(panel: Sized, sizes: Sizes) -> int:
    return max(panel.height or sizes[panel.type][1], 1)
