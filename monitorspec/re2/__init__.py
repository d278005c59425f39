"""Go's regular expressions (RE2), as Prometheus and Alertmanager match label values with them.

In: a pattern. Out: a predicate for whole strings, or `Unsupported` with the reason: not valid in RE2, or one of the few
things that are not known here. Python's own engine is not used: it reads some patterns otherwise, folds other letters,
and backtracks, so that a spec could keep the compiler busy for hours. Here a text takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from monitorspec.fault import Fault

_LITERALS = re.compile(
    r"(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$\\/-])*(?:\|(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$\\/-])*)*"
)


Predicate = Callable[[str], bool]


class Unsupported(ValueError):
    """The pattern is not valid in RE2, or has something in it that cannot be evaluated here; `fault` says what."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Broken(Unsupported):
    """No dialect of regular expressions could read the pattern."""


@lru_cache(maxsize=20_000)
def matcher(pattern: str) -> Predicate:
    """A predicate: does the whole string match `pattern`? Raises Unsupported."""
    if plain := words(pattern):
        return frozenset(plain).__contains__
    from monitorspec.re2 import automaton, syntax

    return automaton.Automaton(syntax.parse(pattern)).accepts


def words(pattern: str) -> tuple[str, ...]:
    """The alternatives of a pattern of plain words, as most patterns of routes are; () for any other pattern."""
    if not _LITERALS.fullmatch(pattern):
        return ()
    found = [""]
    # An escaped `|` parts nothing.
    for token in re.findall(r"\\.|[^\\]", pattern, re.S):
        if token == "|":
            found.append("")
        else:
            found[-1] += token[-1]
    return tuple(found)


def problem(pattern: str) -> Fault | None:
    """Why `pattern` cannot be used, or None."""
    try:
        matcher(pattern)
    except Unsupported as error:
        return error.fault
    return None
