"""Putting right what is certain, in the text of specs.

In: a way to compile specs from texts, which says what is wrong. Out: new texts of files and what was done to them; writing them
is the caller's. All but what the edits name stays byte for byte. Edits are made in rounds, since one may bring another to light,
until there is nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from monitorspec import source
from monitorspec.diagnostics import Diagnostic, Edit
from monitorspec.source.positions import Text

# Where a fix brings the next one to light, each round has fewer: ten are far beyond any spec.
MAX_ROUNDS = 10
# With one of these a file was not read as it is written, or is none that can be written back.
_UNREADABLE = frozenset(
    f"yaml/{what}"
    for what in (
        "alias-bomb", "character", "documents", "empty", "encoding", "not-a-mapping",
        "syntax", "tab", "too-big", "too-deep", "unreadable",
    )
)  # fmt: skip


class Compiles(NamedTuple):
    """What a compile of all specs found, and the texts that it read, by the names of files."""

    diagnostics: Sequence[Diagnostic]
    texts: Mapping[str, str]


class Fixed(NamedTuple):
    """`texts`: of the files that changed, by resolved path. `done`: the findings that were put right, in order."""

    texts: dict[Path, str]
    done: list[Diagnostic]


def fixed(compiles: Callable[[Mapping[Path, str]], Compiles]) -> Fixed:
    """Put right what is certain. `compiles` reads the files given to it by their text and all others from disk."""
    texts: dict[Path, str] = {}
    done: list[Diagnostic] = []
    closed: set[Path] = set()
    for _ in range(MAX_ROUNDS):
        found = compiles(texts)
        closed |= {Path(d.position.file).resolve() for d in found.diagnostics if d.code in _UNREADABLE}
        before = {Path(file).resolve(): text for file, text in found.texts.items()}
        made = _round(found.diagnostics, before, closed)
        if not made.done:
            break
        for path, text in made.texts.items():
            if _faults(text) <= _faults(before[path]):
                texts[path] = text
                done += [d for d in made.done if Path(d.position.file).resolve() == path]
            else:
                closed.add(path)
    return Fixed(texts, done)


def _round(diagnostics: Iterable[Diagnostic], texts: Mapping[Path, str], closed: set[Path]) -> Fixed:
    """The fixes that can be made at once: of those that overlap the first, the others in another round."""
    edits: dict[Path, list[Edit]] = {}
    done = []
    for d in diagnostics:
        # All of a finding's edits are in its own file, so that a file is put right as a whole or not at all.
        if d.fix is None or any(edit.file != d.position.file for edit in d.fix.edits):
            continue
        path = Path(d.position.file).resolve()
        if path not in texts or path in closed:
            continue
        taken = edits.setdefault(path, [])
        if all(edit in taken for edit in d.fix.edits):
            done.append(d)
        elif not any(_overlap(edit, other) for edit in d.fix.edits for other in taken):
            taken += d.fix.edits
            done.append(d)
    return Fixed({path: edited(texts[path], made) for path, made in edits.items() if made}, done)


def _overlap(a: Edit, b: Edit) -> bool:
    """Whether two edits are not made independently; those that touch are not either."""
    return (a.line, a.column) <= (b.end_line, b.end_column) and (b.line, b.column) <= (a.end_line, a.end_column)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text after edits that do not overlap."""
    lines = Text("", text)
    spans = sorted(
        (lines.offset(e.line - 1, e.column - 1), lines.offset(e.end_line - 1, e.end_column - 1), e.text)
        for e in set(edits)
    )
    out, at = [], 0
    for start, end, put in spans:
        out += [text[at:start], put]
        at = end
    return "".join((*out, text[at:]))


def _faults(text: str) -> set[str]:
    return {d.code for d in source.parse(text, "").diagnostics if d.level == "error"}
