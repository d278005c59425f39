"""A generated file before it is written: what every target returns."""

from __future__ import annotations

from typing import NamedTuple


class Artifact(NamedTuple):
    """`path` is relative to the output folder, with forward slashes; `text` is the whole file (UTF-8, ends in a newline)."""

    path: str
    text: str
