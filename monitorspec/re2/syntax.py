"""The syntax of Go's regular expressions (regexp/syntax, with the flags of regexp.Compile).

In: a pattern. Out: its tree, of `Chars`, `Edge`, `Sequence`, `Choice` and `Repeat`; or `Unsupported` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from monitorspec.re2 import Unsupported
from monitorspec.re2.folding import forms

_DEPTH = 100  # groups within groups
_COPIES = 1000  # of a repeated part, as in Go

Ranges = tuple[tuple[str, str], ...]

_WORD: Ranges = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_CLASSES: dict[str, Ranges] = {
    "d": (("0", "9"),), "w": _WORD, "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
}  # fmt: skip
_NAMED_CLASSES: dict[str, Ranges] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")), "alpha": (("A", "Z"), ("a", "z")), "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")), "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")), "digit": (("0", "9"),),
    "graph": (("!", "~"),), "lower": (("a", "z"),), "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")), "space": (("\t", "\r"), (" ", " ")), "upper": (("A", "Z"),),
    "word": _WORD, "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}  # fmt: skip
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_EDGES = {"A": "text start", "z": "text end", "b": "word edge", "B": "no word edge"}
_NUMBER = "(?:0|[1-9][0-9]*)"  # `{01}` is text
_COUNTED = re.compile(rf"\{{({_NUMBER})(?:(,)({_NUMBER})?)?\}}")
_FLAGS = re.compile(r"\(\?([imsU]*)(-[imsU]+)?([:)])")
_NAME = re.compile(r"\(\?P<([A-Za-z0-9_]+)>")
_CODE = re.compile(r"x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")


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
    """`part`, `least` to `most` times; `most` None is without end."""

    part: Part
    least: int
    most: int | None


Part = Chars | Edge | Sequence | Choice | Repeat


class _Group(NamedTuple):
    """A group that is open: what stands around it."""

    choices: list[Part]
    parts: list[Part]
    flags: frozenset[str]


def parse(pattern: str) -> Part:
    """The tree of a pattern. Raises Unsupported."""
    return _Parser(pattern).tree


class _Parser:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.open: list[_Group] = []
        # Of the innermost group: the alternatives that are whole, the parts of the next one, and the flags.
        self.choices: list[Part] = []
        self.parts: list[Part] = []
        self.flags: frozenset[str] = frozenset()
        self.tree = self._all()

    def _all(self) -> Part:
        repeated = False
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            repeats = char in "*+?" or (char == "{" and _COUNTED.match(self.pattern, self.at) is not None)
            if repeats:
                self._repeat(repeated)
            elif char == "(":
                self._open()
            elif char == ")":
                self._close()
            elif char == "|":
                self.choices.append(Sequence(tuple(self.parts)))
                self.parts = []
                self.at += 1
            elif char == "\\":
                self.parts += self._escape()
            elif char == "[":
                self.parts.append(self._class())
            else:
                self.parts.append(self._plain(char))
                self.at += 1
            repeated = repeats
        if self.open:
            raise _invalid("`(` without `)`")
        return self._choice()

    def _choice(self) -> Part:
        last = Sequence(tuple(self.parts))
        return Choice((*self.choices, last)) if self.choices else last

    def _open(self) -> None:
        """A group's start, or flags for the rest of the group around."""
        flags = _FLAGS.match(self.pattern, self.at)
        inner = self.flags
        if flags:
            inner = (inner | set(flags[1])) - set(flags[2] or "")
            self.at = flags.end()
            if flags[3] == ")":
                self.flags = inner
                return
        elif name := _NAME.match(self.pattern, self.at):
            self.at = name.end()
        elif self.pattern.startswith("(?", self.at):
            start = self.pattern[self.at : self.at + 4]
            if re.match(r"\(\?<\w", start):
                raise Unsupported(f"`{start}`: older releases know named groups as `(?P<name>…)` only")
            raise Unsupported(f"`{start}`: RE2 has no such group (no lookaround, no comments)")
        else:
            self.at += 1
        if len(self.open) == _DEPTH:
            raise Unsupported(f"more than {_DEPTH} groups within each other cannot be proven here")
        self.open.append(_Group(self.choices, self.parts, self.flags))
        self.choices, self.parts, self.flags = [], [], inner

    def _close(self) -> None:
        if not self.open:
            raise _invalid("`)` without `(`")
        group = self._choice()
        self.choices, self.parts, self.flags = self.open.pop()
        self.parts.append(group)
        self.at += 1

    def _repeat(self, again: bool) -> None:
        """A repetition of what stands before it."""
        if not self.parts:
            raise _invalid("nothing to repeat")
        if again:
            raise _invalid("a repetition of a repetition")
        counted = _COUNTED.match(self.pattern, self.at)
        if counted:
            text, least = counted[0], int(counted[1])
            most = least if not counted[2] else int(counted[3]) if counted[3] else None
            if max(least, most or 0) > _COPIES:
                raise _invalid(f"RE2 repeats at most {_COPIES} times")
            if most is not None and most < least:
                raise _invalid(f"`{text}`")
        else:
            text = self.pattern[self.at]
            least, most = int(text == "+"), 1 if text == "?" else None
        self.at += len(text)
        if self.pattern.startswith("?", self.at):
            self.at += 1  # lazy: the same strings match
        self.parts[-1] = Repeat(self.parts[-1], least, most)
        if _copies(self.parts[-1]) > _COPIES:
            raise _invalid(f"RE2 repeats at most {_COPIES} times, with what is repeated within")

    def _plain(self, char: str) -> Part:
        if char == "^":
            return Edge("line start" if "m" in self.flags else "text start")
        if char == "$":
            return Edge("line end" if "m" in self.flags else "text end")
        if char == ".":
            return Chars((((("\n", "\n"),), False),) if "s" not in self.flags else (), True, False)
        return self._literal(char)

    def _literal(self, char: str) -> Chars:
        return Chars(((((char, char),), False),), False, "i" in self.flags)

    def _escape(self) -> Iterable[Part]:
        """What an escape outside of a class stands for."""
        char = self.pattern[self.at + 1 : self.at + 2]
        if char == "Q":
            end = self.pattern.find("\\E", self.at)
            if end < 0:
                raise _invalid("`\\Q` without `\\E`")
            quoted = self.pattern[self.at + 2 : end]
            self.at = end + 2
            return [self._literal(c) for c in quoted]
        if char in _EDGES:
            self.at += 2
            return [Edge(_EDGES[char])]
        if char.lower() in _CLASSES:
            self.at += 2
            return [Chars(((_CLASSES[char.lower()], char.isupper()),), False, "i" in self.flags)]
        return [self._literal(self._character())]

    def _character(self) -> str:
        """The character that an escape stands for."""
        rest = self.pattern[self.at + 1 :]
        if rest[:1] in _CONTROLS:
            self.at += 2
            return _CONTROLS[rest[0]]
        if code := _CODE.match(rest):
            self.at += 1 + code.end()
            number = int(code[1] or code[2], 16)
            if number > 0x10FFFF:
                raise _invalid(f"`\\{code[0]}`")
            return chr(number)
        if code := _OCTAL.match(rest):
            self.at += 1 + code.end()
            return chr(int(code[0], 8))
        if rest[:1] in ("p", "P"):
            raise Unsupported("Unicode classes such as `\\pL` cannot be proven here: list the characters")
        if not rest or not rest[0].isascii() or rest[0].isalnum():
            raise _invalid(f"RE2 has no escape `\\{rest[:1]}`")
        self.at += 2
        return rest[0]

    def _class(self) -> Chars:
        """A class in brackets."""
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        groups: list[tuple[Ranges, bool]] = []
        while not (groups and self.pattern.startswith("]", self.at)):
            groups.append(self._members())
        self.at += 1
        return Chars(tuple(groups), negated, "i" in self.flags)

    def _members(self) -> tuple[Ranges, bool]:
        """A character, a range or a class within brackets, and whether it is turned round."""
        end = self.pattern.find(":]", self.at + 2)
        if self.pattern.startswith("[:", self.at) and end >= 0:
            name = self.pattern[self.at + 2 : end]
            if name.removeprefix("^") not in _NAMED_CLASSES:
                raise _invalid(f"RE2 has no class `[:{name}:]`")
            self.at = end + 2
            return _NAMED_CLASSES[name.removeprefix("^")], name.startswith("^")
        escaped = self.pattern[self.at + 1 : self.at + 2]
        if self.pattern.startswith("\\", self.at) and escaped.lower() in _CLASSES:
            self.at += 2
            return _CLASSES[escaped.lower()], escaped.isupper()
        low = high = self._member()
        if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            high = self._member()
            if high < low:
                raise _invalid(f"the range `{low}-{high}` runs backwards")
        return ((low, high),), False

    def _member(self) -> str:
        if self.at == len(self.pattern):
            raise _invalid("`[` without `]`")
        char = self.pattern[self.at]
        if char == "\\":
            return self._character()
        self.at += 1
        return char


def _copies(part: Part) -> int:
    """How often the innermost part of repetitions within each other is there."""
    if isinstance(part, Repeat):
        if part.most == 0:
            return 0
        times = part.most or max(part.least, 1)
        return times * _copies(part.part)
    if isinstance(part, Sequence | Choice):
        return max((_copies(p) for p in part.parts), default=1)
    return 1


def _invalid(reason: str) -> Unsupported:
    return Unsupported(f"not a valid regular expression: {reason}")
