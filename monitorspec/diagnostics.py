"""What is wrong with a spec, as data: every stage returns these, only `report` renders them.

In: nothing. Out: `Diagnostic`, `Position` and the helpers that sort and count them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Level = Literal["error", "warning", "note"]
Path = tuple[str | int, ...]


class Position(NamedTuple):
    """A place in a file. `line` and `column` count from 1; `length` is in characters (the caret's width)."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1


class Diagnostic(NamedTuple):
    """One finding.

    `code` is stable and looked up by `explain` (`area/name`); `message` says what is wrong; `label` stands
    beside the caret and says what was expected; `help` holds likely fixes, `effect` what happens otherwise.
    """

    code: str
    message: str
    position: Position
    level: Level = "error"
    label: str = ""
    help: tuple[str, ...] = ()
    effect: str = ""


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, by file, line, column, code and message."""
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda d: (d.position.file, d.position.line, d.position.column, d.code, d.message))


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether any finding keeps outputs from being written."""
    return any(d.level == "error" for d in diagnostics)
