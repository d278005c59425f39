"""Text as a terminal shows it: how wide each character is, and what stands for those that must not reach it.

In: text from a spec. Out: printable text; an escape sequence in it is shown, never sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

TAB = 4
ELLIPSIS = "…"


class Cell(NamedTuple):
    """One character of a text as shown, and how many columns that takes."""

    shown: str
    width: int


def printable(text: str) -> str:
    """A text in which every control, format or private character is written out as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_cell(char).shown for char in text)


def excerpt(line: str, start: int, length: int, room: int) -> tuple[str, int, int]:
    """The part of a line around a place that fits into `room` columns: text, the place's column in it and its width."""
    # No character that is more than `room` away can be seen: a line may be a whole file of megabytes.
    base = max(0, start - room)
    row = [_cell(char) for char in line[base : start + room]]
    start -= base
    first, last = 0, len(row)
    if base or base + len(row) < len(line) or _width(row) > room:
        # A third of the room for what comes before, so that the reader sees where the place is.
        used, first = 0, start
        while first > 0 and used + row[first - 1].width <= room // 3:
            first -= 1
            used += row[first].width
        used, last = used + 2, start  # two ellipses
        while last < len(row) and used + row[last].width <= room:
            used += row[last].width
            last += 1
    before = ELLIPSIS if base + first else ""
    after = ELLIPSIS if base + last < len(line) else ""
    shown = before + "".join(cell.shown for cell in row[first:last]) + after
    return shown, len(before) + _width(row[first:start]), max(1, _width(row[start : min(start + length, last)]))


def _width(row: Sequence[Cell]) -> int:
    return sum(cell.width for cell in row)


@cache
def _cell(char: str) -> Cell:
    if " " <= char <= "~":
        return Cell(char, 1)
    if char == "\t":
        return Cell(" " * TAB, TAB)
    return _beyond_ascii(char)


def _beyond_ascii(char: str) -> Cell:
    from unicodedata import category, combining, east_asian_width

    kind = category(char)
    if kind[0] == "C" or kind in ("Zl", "Zp"):
        # Beyond controls: marks that turn the direction of text can make a line read as what it is not.
        point = ord(char)
        shown = f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
        return Cell(shown, len(shown))
    if combining(char) or kind in ("Mn", "Me"):
        return Cell(char, 0)
    return Cell(char, 2 if east_asian_width(char) in "WF" else 1)
