"""A regular expression, taken apart.

In: what `syntax` has read. Out: `Tree` and its parts, and what can be told of them without a text.
"""

from __future__ import annotations

from typing import NamedTuple

from monitorspec.fault import Fault
from monitorspec.re2.folding import forms

Ranges = tuple[tuple[str, str], ...]


class Chars(NamedTuple):
    """One character: in any of `groups`, each of which may be turned round, or in none of them if `negated`."""

    groups: tuple[tuple[Ranges, bool], ...]
    negated: bool
    fold: bool
    """Without regard to case."""

    def has(self, char: str) -> bool:
        """Whether it may be this character."""
        alike = forms(char) if self.fold else char
        for ranges, turned in self.groups:
            if any(low <= c <= high for low, high in ranges for c in alike) is not turned:
                return not self.negated
        return self.negated


class Edge(NamedTuple):
    """A place between characters: text start or end, line start or end, word edge or none."""

    kind: str


class Sequence(NamedTuple):
    parts: tuple[Part, ...]


class Choice(NamedTuple):
    parts: tuple[Part, ...]


class Repeat(NamedTuple):
    """`part`, `least` to `most` times; `most` None is without end. `lazy`: rather fewer."""

    part: Part
    least: int
    most: int | None
    lazy: bool


class Group(NamedTuple):
    """A group whose text is told; `number` counts from 1."""

    part: Part
    number: int


Part = Chars | Edge | Sequence | Choice | Repeat | Group


class Tree(NamedTuple):
    """A valid pattern."""

    part: Part
    names: tuple[str, ...]
    """Of the groups; "" for one without."""
    unknown: Fault | None
    """What cannot be evaluated here; the tree has some other character in its place."""


def copies(part: Part) -> int:
    """How often the innermost part of repetitions within each other is there."""
    if isinstance(part, Repeat):
        if part.most == 0:
            return 0
        times = part.most or max(part.least, 1)
        return times * copies(part.part)
    if isinstance(part, Sequence | Choice):
        most = 0 if part.parts else 1
        for inner in part.parts:
            most = max(most, copies(inner))
        return most
    return copies(part.part) if isinstance(part, Group) else 1


def takes_nothing(part: Part, alone: bool) -> bool:
    """Whether the part may be no character at all: `alone`, as the whole of a text, or wherever its edges hold."""
    if isinstance(part, Chars):
        return False
    if isinstance(part, Edge):
        return not alone or part.kind != "word edge"
    if isinstance(part, Repeat):
        return part.least == 0 or takes_nothing(part.part, alone)
    if isinstance(part, Group):
        return takes_nothing(part.part, alone)
    anyone = isinstance(part, Choice)
    for inner in part.parts:
        if takes_nothing(inner, alone) is anyone:
            return anyone
    return not anyone
