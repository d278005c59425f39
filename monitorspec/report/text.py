"""Findings for people: the message, the line that it is about, a caret below the place, and what to do.

In: diagnostics and the files' texts. Out: text for a terminal, coloured if asked for; a sum of all is its last line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from monitorspec.diagnostics import Diagnostic, Level, Position
from monitorspec.report.cells import excerpt, printable
from monitorspec.report.summary import notes, sentence

MAX_WIDTH = 160

_BREAK = re.compile(r"\r\n|[\n\r]")
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_FRAME = "\x1b[1;34m"
_LEVELS: Mapping[Level, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
    """Each finding with its excerpt, then their sum; "" if there are none."""
    if not diagnostics:
        return ""
    lines: dict[str, list[str]] = {}
    blocks = []
    for diagnostic in diagnostics:
        file = diagnostic.position.file
        if file not in lines:
            lines[file] = _BREAK.split(texts[file]) if file in texts else []
        blocks.append("".join(f"{line}\n" for line in _block(diagnostic, lines[file], color)))
    return "\n".join(blocks) + f"\n{sentence(diagnostics)}\n"


def block(diagnostic: Diagnostic, texts: Mapping[str, str]) -> str:
    """One finding with its excerpt, without colours."""
    text = texts.get(diagnostic.position.file)
    lines = _BREAK.split(text) if text is not None else []
    return "".join(f"{line}\n" for line in _block(diagnostic, lines, False))


def _paint(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{_RESET}" if color and text else text


def _block(diagnostic: Diagnostic, lines: Sequence[str], color: bool) -> Iterator[str]:
    at = diagnostic.position
    level = _LEVELS[diagnostic.level]
    gutter = " " * max(1, len(str(at.line)))
    bar = _paint("|", _FRAME, color)
    title, *more = diagnostic.message.split("\n")
    head = _paint(f"{diagnostic.level}[{printable(diagnostic.code)}]", level, color)
    yield f"{head}{_paint(f': {printable(title)}', _BOLD, color)}"
    yield from (f"{gutter} {printable(line)}" for line in more)
    yield f"{gutter}{_paint('-->', _FRAME, color)} {_place(at)}"
    label = printable(" ".join(diagnostic.label.split("\n")))
    if 0 < at.line <= len(lines):
        line = lines[at.line - 1]
        start = min(max(0, at.column - 1), len(line))
        shown, column, carets = excerpt(line, start, max(1, at.length), MAX_WIDTH)
        yield f"{gutter} {bar}"
        yield f"{_paint(str(at.line), _FRAME, color)} {bar} {shown}".rstrip()
        if at.column:
            marks = f"{'^' * carets} {label}".rstrip()
            yield f"{gutter} {bar} {' ' * column}{_paint(marks, level, color)}"
            label = ""
    for name, text in (("note", label), *notes(diagnostic)):
        if text:
            yield from _note(name, text, gutter, color)


def _note(name: str, text: str, gutter: str, color: bool) -> Iterator[str]:
    """`= help: …`, further lines of it indented to the first."""
    first, *more = text.split("\n")
    yield f"{gutter} {_paint('=', _FRAME, color)} {_paint(f'{name}:', _BOLD, color)} {printable(first)}"
    indent = " " * (len(gutter) + len(name) + 5)
    yield from (f"{indent}{printable(line)}" for line in more)


def _place(at: Position) -> str:
    numbers = [str(number) for number in (at.line, at.column if at.line else 0) if number]
    return ":".join([printable(at.file), *numbers])
