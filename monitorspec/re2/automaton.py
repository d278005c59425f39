"""A regular expression at work: all ways through it at once, so that nothing is ever tried twice.

In: the tree of `syntax`. Out: whether a whole text matches, and which parts of it the groups took.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from monitorspec.fault import Fault
from monitorspec.re2 import Unsupported
from monitorspec.re2.tree import Chars, Choice, Edge, Group, Part, Repeat, Sequence, Tree, takes_nothing

_STATES = 5_000
_KNOWN = 5_000  # steps kept

_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")


class _Mark(NamedTuple):
    """Where a group begins, or ends."""

    group: int
    end: bool


class _State(NamedTuple):
    """Where a way through the expression stands: what has to hold here, and where it leads, the preferred way first."""

    needs: Chars | Edge | _Mark | None
    after: tuple[int, ...]


_Marks = tuple[_Mark, int, "_Marks | None"]
"""The last mark of a way and its place in the text, and the marks before it."""


States = frozenset[int]
_END = 0


class Automaton:
    """Made once for an expression; steps that were taken are remembered. Raises Unsupported."""

    def __init__(self, tree: Tree) -> None:
        if tree.unknown:
            raise Unsupported(tree.unknown)
        self._states = [_State(None, ())]
        self._first = self._build(tree.part, _END)
        self._start = frozenset({self._first})
        self._groups = len(tree.names)
        self._known: dict[tuple[States, str, str], States] = {}

    def accepts(self, text: str) -> bool:
        """Whether the whole text matches."""
        states, before = self._start, "none"
        for char in text:
            key = (states, before, char)
            found = self._known.get(key)
            if found is None:
                if len(self._known) >= _KNOWN:
                    self._known.clear()
                found = self._known[key] = self._step(states, before, char)
            if not found:
                return False
            states, before = found, _kind(char)
        return _END in self._reach(states, before, "")

    def groups(self, text: str) -> list[str | None] | None:
        """The whole text and what each group took of it (None: had no part); None where the text does not match.

        Of all ways the preferred one, as in Go. No state is tried twice at a place, so that this, too, takes time in
        proportion to the text.
        """
        left: list[tuple[int, int, _Marks | None]] = [(self._first, 0, None)]
        tried: set[tuple[int, int]] = set()
        while left:
            number, at, marks = left.pop()
            if (number, at) in tried:
                continue
            tried.add((number, at))
            if number == _END and at == len(text):
                return self._taken(text, marks)
            needs, after = self._states[number]
            char = text[at : at + 1]
            if isinstance(needs, Chars):
                if not char or not needs.has(char):
                    continue
                at += 1
            elif isinstance(needs, _Mark):
                marks = (needs, at, marks)
            elif needs and not _holds(needs.kind, _kind(text[at - 1]) if at else "none", char):
                continue
            left += [(following, at, marks) for following in reversed(after)]
        return None

    def _taken(self, text: str, marks: _Marks | None) -> list[str | None]:
        taken: list[str | None] = [text] + [None] * self._groups
        ends: dict[int, int] = {}
        while marks:
            (group, end), at, marks = marks
            if end:
                ends.setdefault(group, at)
            elif taken[group] is None:
                taken[group] = text[at : ends[group]]
        return taken

    def _step(self, states: States, before: str, char: str) -> States:
        out: set[int] = set()
        for number in self._reach(states, before, char):
            state = self._states[number]
            if isinstance(state.needs, Chars) and state.needs.has(char):
                out.update(state.after)
        return frozenset(out)

    def _reach(self, states: Iterable[int], before: str, char: str) -> set[int]:
        """The states that are reached before the next character is read; `char` is "" at the end."""
        reached, left = set(states), list(states)
        while left:
            needs, after = self._states[left.pop()]
            if (isinstance(needs, Edge) and _holds(needs.kind, before, char)) or not isinstance(needs, Edge | Chars):
                new = [number for number in after if number not in reached]
                reached.update(new)
                left += new
        return reached

    def _add(self, state: _State) -> int:
        if len(self._states) >= _STATES:
            help = "repeat less often"
            raise Unsupported(Fault("a pattern that large cannot be evaluated here", 0, help=help))
        self._states.append(state)
        return len(self._states) - 1

    def _build(self, part: Part, after: int) -> int:
        """The first state of `part`, where `after` is the one behind it."""
        if isinstance(part, Chars | Edge):
            return self._add(_State(part, (after,)))
        if isinstance(part, Sequence):
            for inner in reversed(part.parts):
                after = self._build(inner, after)
            return after
        if isinstance(part, Choice):
            return self._add(_State(None, tuple(self._build(inner, after) for inner in part.parts)))
        if isinstance(part, Group):
            end = self._add(_State(_Mark(part.number, True), (after,)))
            return self._add(_State(_Mark(part.number, False), (self._build(part.part, end),)))
        return self._repeated(part, after)

    def _repeated(self, repeat: Repeat, after: int) -> int:
        start, needed = after, repeat.least
        if repeat.most is None:
            loop = self._add(_State(None, ()))
            body = self._build(repeat.part, loop)
            self._states[loop] = self._either(body, after, repeat.lazy)
            if needed:
                start, needed = body, needed - 1
            elif takes_nothing(repeat.part, alone=False):
                # Go reads `x*` as `(x+)?` here, which tells the group of an empty text.
                start = self._add(self._either(body, after, repeat.lazy))
            else:
                start = loop
        else:
            for _ in range(repeat.most - repeat.least):
                start = self._add(self._either(self._build(repeat.part, start), after, repeat.lazy))
        for _ in range(needed):
            start = self._build(repeat.part, start)
        return start

    @staticmethod
    def _either(body: int, after: int, lazy: bool) -> _State:
        return _State(None, (after, body) if lazy else (body, after))


def _kind(char: str) -> str:
    """What edges have to know of the character before them."""
    return "word" if char in _WORD else "line" if char == "\n" else "other"


def _holds(edge: str, before: str, char: str) -> bool:
    if edge == "text start":
        return before == "none"
    if edge == "line start":
        return before in ("none", "line")
    if edge == "text end":
        return not char
    if edge == "line end":
        return char in ("", "\n")
    between = (before == "word") != (char in _WORD)
    return between is (edge == "word edge")
