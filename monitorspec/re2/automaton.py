"""A regular expression at work: all ways through it at once, so that nothing is ever tried twice.

In: the tree of `syntax`. Out: whether a whole text matches.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from monitorspec.re2 import Unsupported
from monitorspec.re2.syntax import Chars, Choice, Edge, Part, Repeat, Sequence

_STATES = 5_000
_KNOWN = 5_000  # steps kept

_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")


class _State(NamedTuple):
    """Where a way through the expression stands: what has to hold here (None: nothing), and where it leads."""

    needs: Chars | Edge | None
    after: tuple[int, ...]


States = frozenset[int]
_END = 0


class Automaton:
    """Made once for an expression; steps that were taken are remembered."""

    def __init__(self, tree: Part) -> None:
        self._states = [_State(None, ())]
        self._start = frozenset({self._build(tree, _END)})
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
            if needs is None or (isinstance(needs, Edge) and _holds(needs.kind, before, char)):
                new = [number for number in after if number not in reached]
                reached.update(new)
                left += new
        return reached

    def _add(self, state: _State) -> int:
        if len(self._states) >= _STATES:
            raise Unsupported("a pattern that large cannot be proven here: repeat less often")
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
        return self._repeated(part, after)

    def _repeated(self, repeat: Repeat, after: int) -> int:
        start = after
        if repeat.most is None:
            start = self._add(_State(None, ()))
            self._states[start] = _State(None, (self._build(repeat.part, start), after))
        else:
            for _ in range(repeat.most - repeat.least):
                start = self._add(_State(None, (self._build(repeat.part, start), after)))
        for _ in range(repeat.least):
            start = self._build(repeat.part, start)
        return start


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
