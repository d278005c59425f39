"""Regular expressions of PromQL: what is wrong with one, strings that match it, and what `label_replace` makes of them.

In: the text of a `=~` or `!~` matcher. Out: `compiled(pattern)`, either a `Fault` or a `Pattern`. Prometheus anchors them.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from monitorspec import re2
from monitorspec.fault import Fault as Fault

_SAMPLES = 8
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


class Pattern:
    """A valid pattern; what nobody asks of it is not worked out."""

    def __init__(self, text: str, matches_empty: bool) -> None:
        self.text = text
        self.matches_empty = matches_empty

    def matches(self, value: str) -> bool | None:
        """Whether the whole of `value` matches; None where that cannot be told."""
        accepts = self._accepts
        return None if accepts is None else accepts(value)

    @cached_property
    def _accepts(self) -> re2.Predicate | None:
        try:
            return re2.matcher(self.text)
        except re2.Unsupported:
            return None

    @cached_property
    def samples(self) -> tuple[str, ...]:
        """A few strings that match, each alternative among them as far as they go; () where none is found."""
        if words := re2.words(self.text):
            return tuple(dict.fromkeys(words))[:_SAMPLES]
        from monitorspec.re2 import samples, syntax

        if self._accepts is None:
            return ()
        return tuple(filter(self._accepts, samples.samples(syntax.parse(self.text).part)))

    def replaced(self, value: str, replacement: str) -> str | None:
        """`replacement` with the groups that `value` fills; None where it does not match. Raises re2.Unsupported."""
        from monitorspec.re2 import automaton, syntax

        tree = syntax.parse(self.text)
        taken = automaton.Automaton(tree).groups(value)
        if taken is None:
            return None
        # Several groups may have one name; the first that had a part is meant.
        named: dict[str, str] = {}
        for name, text in zip(tree.names, taken[1:], strict=True):
            if name and text is not None:
                named.setdefault(name, text)
        numbered = {str(number): text or "" for number, text in enumerate(taken)}

        def expand(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            return "$" if name is None else numbered.get(name, named.get(name, ""))

        return _REFERENCE.sub(expand, replacement)


@lru_cache(maxsize=8192)
def compiled(pattern: str) -> Pattern | Fault:
    """`pattern` by RE2's rules: why it is refused, or what it matches. Matching is of the whole string."""
    if words := re2.words(pattern):
        return Pattern(pattern, "" in words)
    from monitorspec.re2 import syntax, tree

    try:
        found = syntax.parse(pattern)
    except re2.Unsupported as error:
        return error.fault
    return Pattern(pattern, tree.takes_nothing(found.part, alone=True))
