"""What is wrong within a text, and where.

In: nothing. Out: `Fault`, and `Misread` to leave a parser with one.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """`offset` and `length` are characters of the text."""

    message: str
    offset: int
    length: int = 1
    help: str = ""


class Misread(Exception):
    """Raised where reading cannot go on; `fault` says why."""

    def __init__(self, message: str, offset: int, length: int = 1, help: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(message, offset, length, help)
