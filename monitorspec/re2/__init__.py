"""Go's regular expressions (RE2), as Prometheus and Alertmanager match label values with them.

In: a pattern. Out: a predicate for whole strings, or `Unsupported` with the reason: not valid in RE2, or one of the few
things that are not known here. Python's own engine is not used: it reads some patterns otherwise, folds other letters,
and backtracks, so that a spec could keep the compiler busy for hours. Here a text takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_LITERALS = re.compile(
    r"(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$\\/-])*(?:\|(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$\\/-])*)*"
)


class Unsupported(ValueError):
    """The pattern is not valid in RE2, or has something in it that cannot be evaluated here."""


@lru_cache(maxsize=20_000)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A predicate: does the whole string match `pattern`? Raises Unsupported."""
    if _LITERALS.fullmatch(pattern):
        # Most patterns of routes are alternatives of plain words.
        return frozenset(_words(pattern)).__contains__
    from monitorspec.re2 import automaton, syntax

    return automaton.Automaton(syntax.parse(pattern)).accepts


def _words(pattern: str) -> list[str]:
    """The alternatives of a pattern of plain words; an escaped `|` parts nothing."""
    words = [""]
    for token in re.findall(r"\\.|[^\\]", pattern, re.S):
        if token == "|":
            words.append("")
        else:
            words[-1] += token[-1]
    return words


def problem(pattern: str) -> str:
    """Why `pattern` cannot be used, or ""."""
    try:
        matcher(pattern)
    except Unsupported as error:
        return str(error)
    return ""
