"""PromQL as text: building on what the user wrote without changing what it means.

In: valid PromQL, as the spec has it. Out: the same text with a range, a suffix or a matcher in the right place, or in
parentheses where an operator behind it would bind to a part of it only. Strings, brackets and comments are told apart.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from monitorspec.promql.tokens import quote

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>\#[^\n]*)
  | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
  | (?P<open>[({\[])
  | (?P<close>[)}\]])
  | (?P<word>[A-Za-z_:][\w:]*|\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d\w*)
  | (?P<operator>=~|!~|[=!<>]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_MODIFIERS = re.compile(r"(?:(?:offset [-+]?[\w.]+|@ [-+]?[\w.]+(?:\(\))?)(?: |$))*", re.IGNORECASE)
_LOOSE_OPERATORS = frozenset({"==", "!=", ">", "<", ">=", "<="})
_LOOSE_WORDS = frozenset({"and", "or", "unless"})
# Almost no expression has one of these anywhere.
_MAY_BE_LOOSE = re.compile(r"[<>]|==|!=|\b(?:and|or|unless)\b", re.IGNORECASE)
quoted = functools.lru_cache(maxsize=20_000)(quote)


class Selector(NamedTuple):
    """An instant vector selector in parts: `name{matchers} modifiers`."""

    name: str
    """"" where the name is one of the matchers."""
    matchers: tuple[str, ...]
    """Each as the user wrote it."""
    modifiers: str
    """`offset 5m`, `@ end()`, or ""."""

    def text(self, window: str = "") -> str:
        """The selector, with a range where `window` is given."""
        braces = "{" + ", ".join(self.matchers) + "}" if self.matchers or not self.name else ""
        range_ = f"[{window}]" if window else ""
        return f"{self.name}{braces}{range_}{' ' + self.modifiers if self.modifiers else ''}"

    def suffixed(self, suffix: str) -> Selector:
        """The selector of the metric that has `suffix` behind this one's name."""
        if self.name:
            return self._replace(name=self.name + suffix)
        return self._replace(matchers=tuple(_suffixed_name(matcher, suffix) for matcher in self.matchers))

    def where(self, *matchers: str) -> Selector:
        """The selector with more matchers."""
        return self._replace(matchers=(*self.matchers, *matchers))


@functools.lru_cache(maxsize=20_000)
def selector(text: str) -> Selector | None:
    """The parts of an instant vector selector, or None where `text` is anything else."""
    tokens = [token for token in _tokens(text) if token[0] not in ("space", "comment")]
    while len(tokens) > 2 and tokens[0][1] == "(" and tokens[-1][1] == ")":
        tokens = tokens[1:-1]
    name, rest = "", tokens
    matchers: tuple[str, ...] = ()
    if rest and rest[0][0] == "word" and not rest[0][1][0].isdigit():
        name, rest = rest[0][1], rest[1:]
    if rest and rest[0][1] == "{":
        end = next((n for n, token in enumerate(rest) if token[1] == "}"), None)
        if end is None:
            return None
        matchers, rest = _matchers(rest[1:end]), rest[end + 1 :]
    elif not name:
        return None
    modifiers = _joined([value for _, value in rest])
    if not _MODIFIERS.fullmatch(modifiers) or name.lower() in ("nan", "inf"):
        return None
    return Selector(name, matchers, modifiers)


@functools.lru_cache(maxsize=20_000)
def binds_loosely(text: str) -> bool:
    """Whether a comparison behind `text` needs parentheses around it: it is a comparison or a set operation itself."""
    if not _MAY_BE_LOOSE.search(text):
        return False
    depth = 0
    for kind, value in _tokens(text):
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif depth == 0 and (
            (kind == "operator" and value in _LOOSE_OPERATORS) or (kind == "word" and value.lower() in _LOOSE_WORDS)
        ):
            return True
    return False


def grouped(text: str) -> str:
    """`text` in parentheses; they stand on lines of their own around many lines or a comment."""
    text = text.strip()
    return f"(\n{text}\n)" if _needs_lines(text) else f"({text})"


def argument(text: str) -> str:
    """`text` as an argument of a function."""
    text = text.strip()
    return f"\n{text}\n" if _needs_lines(text) else text


def compared(text: str, condition: str) -> str:
    """`text` with a comparison such as `> 0.8` behind it."""
    text = text.strip()
    many = _needs_lines(text)
    if binds_loosely(text):
        text = grouped(text)
    return f"{text}{chr(10) if many else ' '}{condition}"


def series(name: str, labels: Mapping[str, str]) -> str:
    """The selector of the series `name` that carry `labels`."""
    return f"{name}{{{', '.join(f'{label}={quoted(value)}' for label, value in sorted(labels.items()))}}}"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        yield match.lastgroup or "", match[0]


def _needs_lines(text: str) -> bool:
    return "\n" in text or ("#" in text and any(kind == "comment" for kind, _ in _tokens(text)))


def _matchers(tokens: list[tuple[str, str]]) -> tuple[str, ...]:
    out, part = [], ""
    for _, value in tokens:
        if value == ",":
            out.append(part)
            part = ""
        else:
            part += value
    return tuple(matcher for matcher in (*out, part) if matcher)


def _joined(words: list[str]) -> str:
    """Modifiers again: `offset 5m @ end()`."""
    return (
        re.sub(r" ?([()]) ?", r"\1", " ".join(words))
        .replace("- ", "-")
        .replace("+ ", "+")
        .replace(")o", ") o")
        .replace(")@", ") @")
    )


def _suffixed_name(matcher: str, suffix: str) -> str:
    if matcher[0] in "\"'`":
        return matcher[:-1] + suffix + matcher[-1]
    found = re.fullmatch(r"__name__(=~?)([\"'`])(.*)\2", matcher, re.DOTALL)
    if found is None:
        return matcher
    operator, quote, name = found.groups()
    name = f"(?:{name})" if operator == "=~" else name
    return f"__name__{operator}{quote}{name}{suffix}{quote}"
