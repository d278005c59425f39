"""Which fix is certain: a word that can only be one other, a value that only lacks its quotes.

In: the place of a scalar, what it holds, what it could be. Out: a `Fix`, or None where it would be a guess. A scalar that is
written in more than one line, or with escapes, is let alone: its place is then not as long as what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitorspec.diagnostics import Edit, Fix, Position

# Shorter words are near to too many others.
_SHORTEST = 4
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_MEAN_ELSE = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def typo(at: Position, word: str, known: Iterable[str]) -> Fix | None:
    """The fix of a word at `at` that is certainly one of `known`, misspelt."""
    meant = certain(word, known)
    return rewritten(at, word, scalar(meant), f"write `{meant}`") if meant else None


def certain(word: str, known: Iterable[str]) -> str:
    """The one known word that differs from `word` by case, or by one letter too few, too many, other or swapped; "" without one.

    A digit is no slip of the pen: `web-1` is not a misspelt `web-2`.
    """
    names = list(dict.fromkeys(known))
    folded = [name for name in names if name.casefold() == word.casefold()]
    if folded:
        return folded[0] if len(folded) == 1 else ""
    if len(word) < _SHORTEST:
        return ""
    near = [name for name in names if len(name) >= _SHORTEST and _one_slip(word, name)]
    return near[0] if len(near) == 1 and not (set(word) ^ set(near[0])) & set("0123456789") else ""


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter more, less, other, or two neighbours in the other order, makes `b` of `a`."""
    if abs(len(a) - len(b)) > 1:
        return False
    n = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rests = ((a[n + 1 :], b[n + 1 :]), (a[n:], b[n + 1 :]), (a[n + 1 :], b[n:]))
    swapped = a[n : n + 2] == b[n : n + 2][::-1] and a[n + 2 :] == b[n + 2 :]
    return swapped or any(x == y for x, y in rests)


def rewritten(at: Position, held: str, text: str, title: str) -> Fix | None:
    """The fix that writes `text` instead of a scalar that holds `held`, its quotes included."""
    if "\n" in held or not held or at.length not in (len(held), len(held) + 2):
        return None
    return Fix(title, (Edit(at.file, at.line, at.column, at.line, at.column + at.length, text),))


def quoted(*places: Position) -> Fix:
    """The fix that puts unquoted scalars of one line into quotes, so that they are texts as they are written."""
    return _around(places, '"', '"', "quote it")


def listed(at: Position, held: str) -> Fix | None:
    """The fix that makes a list of a scalar, unless it would become more than one item."""
    if "\n" in held or at.length not in (len(held), len(held) + 2) or re.search(r"[,\[\]{}:#&*!|>'\"%@`]", held):
        return None
    return _around((at,), "[", "]", "write a list")


def scalar(text: str) -> str:
    """A text as YAML: plain where that is the same text to everybody."""
    if _PLAIN.fullmatch(text) and text.lower() not in _MEAN_ELSE:
        return text
    return "'" + text.replace("'", "''") + "'"


def _around(places: Iterable[Position], before: str, after: str, title: str) -> Fix:
    edits = []
    for at in places:
        end = at.column + at.length
        edits += [
            Edit(at.file, at.line, at.column, at.line, at.column, before),
            Edit(at.file, at.line, end, at.line, end, after),
        ]
    return Fix(title, tuple(edits))
