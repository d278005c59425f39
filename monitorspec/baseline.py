"""Findings that were there before: known, and not told again.

In: diagnostics, and the text of a baseline's file. Out: what is new, what is known, what has been put right, and the text of
the next baseline. A baseline is a JSON object, sorted, one finding a line, so that a review shows what comes and goes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from monitorspec.diagnostics import Diagnostic
from monitorspec.fingerprints import dotted, fingerprints, in_project

VERSION = 1
KNOWN = "in the baseline"
_KEYS = ("file", "code", "path", "message", "fingerprint")


class Known(NamedTuple):
    """One finding of a baseline; all but `fingerprint` are for those who read it."""

    file: str
    code: str
    path: str
    message: str
    fingerprint: str


class Compared(NamedTuple):
    """`new` are to be told, `known` are not; `gone` are the entries of what has been put right."""

    new: list[Diagnostic]
    known: list[Diagnostic]
    gone: list[Known]


def read(text: str) -> list[Known]:
    """The entries of a baseline; ValueError says what is wrong with it."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise ValueError(f"is of version {version}, not {VERSION}" if version else "is no baseline of monitorspec")
    entries = data.get("findings")
    if not isinstance(entries, list) or not all(
        isinstance(e, dict) and all(isinstance(e.get(key), str) for key in _KEYS) for e in entries
    ):
        raise ValueError("is no baseline of monitorspec")
    return [Known(*(entry[key] for key in _KEYS)) for entry in entries]


def compared(found: Sequence[Diagnostic], entries: Sequence[Known], gone: Callable[[str], bool]) -> Compared:
    """Findings, in order, by whether a baseline has them. `gone` says of a file whether its entries are to be found again."""
    # What leaves nothing to make outputs of is never known: a build would fail with it.
    marked = list(zip(found, fingerprints(found), strict=True))
    told = {mark for d, mark in marked if not d.fatal}
    names = {entry.fingerprint for entry in entries}
    new = [d for d, mark in marked if d.fatal or mark not in names]
    known = [d._replace(level="note", ignored=KNOWN) for d, mark in marked if not d.fatal and mark in names]
    return Compared(new, known, [e for e in entries if e.fingerprint not in told and gone(e.file)])


def entries_of(found: Sequence[Diagnostic], only: Collection[str] | None = None) -> list[Known]:
    """The entries of findings, in order; with `only`, those of these fingerprints."""
    marked = zip(found, fingerprints(found), strict=True)
    return [
        Known(in_project(d.position.file), d.code, dotted(d), d.message, mark)
        for d, mark in marked
        if not d.fatal and (only is None or mark in only)
    ]


def written(entries: Collection[Known]) -> str:
    """The text of a baseline."""
    lines = ",\n".join(f"    {json.dumps(entry._asdict(), ensure_ascii=False)}" for entry in sorted(set(entries)))
    inner = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {inner}\n}}\n'
