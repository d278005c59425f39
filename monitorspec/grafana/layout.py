"""Where panels go on Grafana's grid of 24 columns.

In: the panels of one row and the line they start at. Out: a position for each, and the first line below them.
Panels without a width share their line evenly, so no line ends in a hole; lines never overlap, because each starts
below the highest panel of the line above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from monitorspec.plan import Panel

COLUMNS = 24
# type → (most panels on a line, height)
SIZES: dict[str, tuple[int, int]] = {
    "timeseries": (2, 8),
    "stat": (6, 4),
    "gauge": (4, 6),
    "table": (1, 8),
    "heatmap": (2, 8),
    "logs": (1, 10),
    "text": (1, 4),
}
# Narrower than this a lone panel does not fill up a line that a sized panel began, but starts its own.
NARROWEST = 6


class Box(NamedTuple):
    """A position in Grafana's grid; `x + w` is at most COLUMNS."""

    x: int
    y: int
    w: int
    h: int


def pack(panels: Sequence[Panel], top: int) -> tuple[list[Box], int]:
    """Boxes for `panels` in order, from line `top`, and the line below the lowest."""
    boxes: list[Box] = []
    x, y, height = 0, top, 0

    def place(width: int, tall: int) -> None:
        nonlocal x, y, height
        if x + width > COLUMNS:
            x, y, height = 0, y + height, 0
        boxes.append(Box(x, y, width, tall))
        x, height = x + width, max(height, tall)

    for (type_, sized), group in groupby(panels, key=lambda p: (p.type, p.width is not None)):
        run = list(group)
        if sized:
            for panel in run:
                place(min(max(panel.width or 1, 1), COLUMNS), _height(panel))
        elif len(run) == 1 and 0 < x <= COLUMNS - NARROWEST:
            place(COLUMNS - x, _height(run[0]))
        else:
            x, y, height = 0, y + height, 0
            for panel, width in zip(run, widths(len(run), _per_line(type_, len(run))), strict=True):
                place(width, _height(panel))
    return boxes, y + height


def widths(count: int, most: int) -> list[int]:
    """Widths of `count` panels, at most `most` on a line, every line filled and the lines as even as can be."""
    lines = -(-count // most)
    out: list[int] = []
    for line in range(lines):
        n = count // lines + (line < count % lines)
        out += [COLUMNS // n + (i < COLUMNS % n) for i in range(n)]
    return out


def _per_line(type_: str, count: int) -> int:
    most = SIZES[type_][0]
    # Three graphs, or six, look better in threes than as two and one.
    return 3 if most == 2 and count % 3 == 0 else most


def _height(panel: Panel) -> int:
    return max(panel.height or SIZES[panel.type][1], 1)
