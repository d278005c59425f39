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
# So many of a type on a line make it a small one.
SMALL = 4


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
    """Boxes for `panels` in order, from line `top`, and the line below the lowest.

    Small panels share their lines whatever their types are, and so do others of one size.
    """
    boxes: list[Box] = []
    x, y, height = 0, top, 0

    def place(width: int, tall: int) -> None:
        nonlocal x, y, height
        if x + width > COLUMNS:
            x, y, height = 0, y + height, 0
        boxes.append(Box(x, y, width, tall))
        x, height = x + width, max(height, tall)

    def alike(panel: Sized) -> tuple[bool, tuple[int, int]]:
        most, tall = sizes[panel.type]
        return panel.width is not None, (SMALL, 0) if most >= SMALL else (most, tall)

    for (sized, _), group in groupby(panels, key=alike):
        run = list(group)
        if sized:
            for panel in run:
                place(min(max(panel.width or 1, 1), COLUMNS), _height(panel, sizes))
        elif len(run) == 1 and 0 < x <= COLUMNS - NARROWEST:
            place(COLUMNS - x, _height(run[0], sizes))
        else:
            x, y, height = 0, y + height, 0
            n = 0
            for line in lines(len(run), _per_line(min(sizes[p.type][0] for p in run), len(run))):
                beside = run[n : n + len(line)]
                n += len(line)
                usual = max(sizes[p.type][1] for p in beside)
                for panel, width in zip(beside, line, strict=True):
                    place(width, max(panel.height or usual, 1))
    return boxes, y + height


def lines(count: int, most: int) -> list[list[int]]:
    """Widths of `count` panels line by line, at most `most` on each, every line filled and the lines as even as can be."""
    number = -(-count // most)
    out = []
    for line in range(number):
        n = count // number + (line < count % number)
        out.append([COLUMNS // n + (i < COLUMNS % n) for i in range(n)])
    return out


def _per_line(most: int, count: int) -> int:
    # Three graphs, or six, look better in threes than as two and one.
    return 3 if most == 2 and count % 3 == 0 else most


def _height(panel: Sized, sizes: Sizes) -> int:
    return max(panel.height or sizes[panel.type][1], 1)
