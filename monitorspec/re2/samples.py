"""A few strings that a regular expression likely matches: each alternative by itself, the plainest characters of a class.

In: the tree of `syntax`. Out: candidates, which an edge such as `\\b` may still refuse.
"""

from __future__ import annotations

from monitorspec.re2.folding import forms
from monitorspec.re2.tree import Chars, Choice, Edge, Group, Part, Repeat, Sequence

_COUNT = 8
# Tried in this order when a class is asked for one character.
_CHARACTERS = "a01bAxz5-_./: " + "".join(map(chr, range(33, 127))) + "éß\n"


def samples(part: Part) -> tuple[str, ...]:
    """At most eight strings; none where a class has none of the common characters."""
    if isinstance(part, Chars):
        return _characters(part)
    if isinstance(part, Edge):
        return ("",)
    if isinstance(part, Group):
        return samples(part.part)
    if isinstance(part, Repeat):
        return _repeated(part)
    return _sequence(part) if isinstance(part, Sequence) else _choice(part)


def _characters(part: Chars) -> tuple[str, ...]:
    if part.negated and all(ranges == (("\n", "\n"),) for ranges, _ in part.groups):
        return ("0", "a")  # a dot
    if len(part.groups) == 1 and not part.negated:
        (ranges, turned) = part.groups[0]
        if not turned and len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            return (ranges[0][0],)
    firsts = [form for ranges, _ in part.groups for low, _ in ranges for form in (forms(low) if part.fold else low)]
    return tuple(dict.fromkeys(char for char in (*_CHARACTERS, *firsts) if part.has(char)))[:3]


def _repeated(part: Repeat) -> tuple[str, ...]:
    found = [sample * max(part.least, 1) for sample in samples(part.part)] if part.most != 0 else []
    return tuple(dict.fromkeys((*found, "") if part.least == 0 else found))[:_COUNT]


def _sequence(part: Sequence) -> tuple[str, ...]:
    found: tuple[str, ...] = ("",)
    for inner in part.parts:
        more = samples(inner)
        if not more:
            return ()
        count = min(max(len(found), len(more)), _COUNT)
        found = tuple(dict.fromkeys(found[i % len(found)] + more[i % len(more)] for i in range(count)))
    return found


def _choice(part: Choice) -> tuple[str, ...]:
    branches = [found for inner in part.parts if (found := samples(inner))]
    firsts = [found[0] for found in branches]
    return tuple(dict.fromkeys(firsts + [sample for found in branches for sample in found[1:]]))[:_COUNT]
