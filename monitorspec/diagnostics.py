"""What is wrong with a spec, as data: every stage returns these, only `report` renders them.

In: nothing. Out: `Diagnostic`, `Position`, `Fix` and the helpers that sort and count them.
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


class Edit(NamedTuple):
    """Text put in place of what stands from `line`, `column` to just before `end_line`, `end_column`; all count from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(NamedTuple):
    """How a finding is certainly put right: `title` says it in the imperative, `edits` never overlap."""

    title: str
    edits: tuple[Edit, ...]


class Diagnostic(NamedTuple):
    """One finding.

    `code` is stable and looked up by `explain` (`area/name`); `message` says what is wrong; `label` stands
    beside the caret and says what was expected; `help` holds likely fixes, `effect` what happens otherwise.
    `path` leads to the place in its file's data. A `fatal` one leaves nothing to make outputs of, so that it cannot be
    ignored. `ignored` says why an ignored one is, and `until` which day.
    """

    code: str
    message: str
    position: Position
    level: Level = "error"
    label: str = ""
    help: tuple[str, ...] = ()
    effect: str = ""
    fix: Fix | None = None
    path: Path = ()
    fatal: bool = False
    ignored: str = ""
    until: str = ""


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, by file, line, column, code and message."""
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda d: (d.position.file, d.position.line, d.position.column, d.code, d.message))


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether any finding keeps outputs from being written."""
    return any(d.level == "error" for d in diagnostics)


def replaced(at: Position, text: str, title: str) -> Fix:
    """The fix that puts `text` in the place of what stands at `at`."""
    return Fix(title, (Edit(at.file, at.line, at.column, at.line, at.column + at.length, text),))
