"""Which labels a Go template reads, and where.

In: a template of Prometheus (`$labels.pod`, `.Labels.pod`, `index $labels "pod"`) or of Alertmanager (`.CommonLabels.pod`,
`.GroupLabels.pod`, `.Labels.pod` of an alert). Out: `Read`s. A label that the template asks for first (`{{ with $labels.pod }}`,
`{{ if … }}`, `or`) may be missing, and is none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from monitorspec.gotemplate import Token, Wrong, statements

LABELS, COMMON, GROUP = "labels", "CommonLabels", "GroupLabels"
_SETS = frozenset({LABELS, COMMON, GROUP})
_Fields = Mapping[tuple[str, str], str]
# What a field of something is. template/template.go of Prometheus and of Alertmanager.
_PROMETHEUS: _Fields = {("root", "Labels"): LABELS}
_ALERTMANAGER: _Fields = {
    ("root", "CommonLabels"): COMMON,
    ("root", "GroupLabels"): GROUP,
    ("root", "Alerts"): "alerts",
    ("alerts", "Firing"): "alerts",
    ("alerts", "Resolved"): "alerts",
    ("alert", "Labels"): LABELS,
}
# Alertmanager's sets of labels have methods.
_METHODS = frozenset({"SortedPairs", "Remove", "Names", "Values"})
_GUARDING = frozenset({"if", "with", "else", "and", "or", "not", "index"})


class Read(NamedTuple):
    """One label that is read: from the set that is called `of`, at `offset` of the template."""

    of: str
    label: str
    offset: int

    @property
    def text(self) -> str:
        """How people write it."""
        return f"$labels.{self.label}" if self.of == LABELS else f".{self.of}.{self.label}"


def rule_reads(template: str) -> tuple[Read, ...]:
    """The labels that a template in a rule reads."""
    return _reads(template, True) if "abels" in template else ()


def message_reads(template: str) -> tuple[Read, ...]:
    """The labels that a template in a message reads."""
    return _reads(template, False) if "abels" in template else ()


@lru_cache(maxsize=4096)
def _reads(template: str, in_rule: bool) -> tuple[Read, ...]:
    reader = _Reader(_PROMETHEUS if in_rule else _ALERTMANAGER, {"$labels": LABELS} if in_rule else {})
    try:
        for tokens in statements(template):
            reader.action(tokens)
    except Wrong:
        return ()  # that it is none is a finding of its own
    methods = () if in_rule else _METHODS
    return tuple(
        read for read in reader.reads if (read.of, read.label) not in reader.guarded and read.label not in methods
    )


class _Reader:
    """Walks over the actions; knows what the dot and the variables are."""

    def __init__(self, fields: _Fields, variables: dict[str, str]) -> None:
        self.fields = fields
        self.variables = {"$": "root", **variables}
        self.dot = "root"
        self.outer: list[str] = []
        self.reads: list[Read] = []
        self.guarded: set[tuple[str, str]] = set()

    def action(self, tokens: Sequence[Token]) -> None:
        words = [token.text for token in tokens if token.kind == "word"]
        first = words[0] if words and tokens[0].kind == "word" else ""
        if first == "end":
            self.dot = self.outer.pop() if self.outer else ""
            return
        if first == "else" and self.outer:
            self.dot = self.outer[-1]
        found = list(self._found(tokens))
        if set(words) <= _GUARDING and (first in ("if", "with", "else") or "or" in words):
            self.guarded.update((read.of, read.label) for read in found)
        self.reads += found
        if first in ("if", "with", "range", "define", "block"):
            self.outer.append(self.dot)
        self._bind(first, tokens)

    def _bind(self, first: str, tokens: Sequence[Token]) -> None:
        """What the dot and a declared variable are after the action."""
        rest = list(tokens[1:] if first else tokens)
        if first == "else" and rest and rest[0].text == "with":
            first, rest = "with", rest[1:]
        signs = [token.text for token in rest]
        start = next((n for n, sign in enumerate(signs, 1) if sign in (":=", "=")), 0)
        kind, end = self._chain(rest, start, [])
        kind = kind if end == len(rest) else ""
        if first == "range":
            kind = "alert" if kind == "alerts" else ""
        if start:
            self.variables[rest[start - 2].text] = kind
        if first in ("with", "range"):
            self.dot = kind
        elif first in ("define", "block"):
            self.dot = ""

    def _found(self, tokens: Sequence[Token]) -> Iterator[Read]:
        at = 0
        while at < len(tokens):
            found: list[Read] = []
            kind, end = self._chain(tokens, at, found)
            yield from found
            asked = tokens[end] if end < len(tokens) else None
            if kind in _SETS and at and tokens[at - 1].text == "index" and asked and asked.kind == "text":
                yield Read(kind, asked.text[1:-1], asked.at + 1)
            at = max(end, at + 1)

    def _chain(self, tokens: Sequence[Token], at: int, found: list[Read]) -> tuple[str, int]:
        """What an operand at `at` with its fields is, and where it ends; what it reads goes to `found`."""
        if at >= len(tokens):
            return "", at
        token = tokens[at]
        if token.kind == "variable":
            kind = self.variables.get(token.text, "")
        elif token.kind == "field":
            kind = self._field(self.dot, token, found)
        elif token.text == ".":
            kind = self.dot
        elif token.text == ")":
            # `(index .Alerts 0).Labels.pod`
            kind = "alert"
        else:
            return "", at + 1
        at += 1
        while at < len(tokens) and tokens[at].kind == "field" and not tokens[at].spaced:
            kind = self._field(kind, tokens[at], found)
            at += 1
        return kind, at

    def _field(self, kind: str, token: Token, found: list[Read]) -> str:
        if kind in _SETS:
            found.append(Read(kind, token.text[1:], token.at + 1))
            return ""
        return self.fields.get((kind, token.text[1:]), "")
