"""A generated file before it is written: what every target returns; and what writing it can fail with."""

from __future__ import annotations

from typing import NamedTuple


class Artifact(NamedTuple):
    """`path` is relative to the output folder, with forward slashes; `text` is the whole file (UTF-8, ends in a newline)."""

    path: str
    text: str


class OutputError(Exception):
    """Outputs could not be read or written; the message is for people."""
