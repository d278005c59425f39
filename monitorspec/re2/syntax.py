"""The syntax of Go's regular expressions (regexp/syntax, with the flags of regexp.Compile).

In: a pattern. Out: its `Tree`, or `Unsupported`: what is wrong, where, and what is likely meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from monitorspec.fault import Fault
from monitorspec.re2 import Broken, Unsupported
from monitorspec.re2.properties import known
from monitorspec.re2.tree import Chars, Choice, Edge, Group, Part, Ranges, Repeat, Sequence, Tree, copies

_DEPTH = 100  # groups within groups
_COPIES = 1000  # of a repeated part, as in Go
_TOO_OFTEN = f"RE2 repeats at most {_COPIES} times"

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
_CODE = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")
_PROPERTY = re.compile(r"\\[pP](?:\{\^?(\w+)\}|([A-Z]))")
_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
# What other dialects have and RE2 does not, and what does the same.
_ESCAPES = {"Z": r"\z", "h": r"[ \t]", "R": r"\r?\n", "N": r"[^\n]", "e": r"\x1b", "u": r"\x{…}", "U": r"\x{…}"}


class _Open(NamedTuple):
    """A group that is open: what stands around it."""

    at: int
    number: int
    choices: list[Part]
    parts: list[Part]
    flags: frozenset[str]


@lru_cache(maxsize=8_192)
def parse(pattern: str) -> Tree:
    """The tree of a pattern. Raises Unsupported for what RE2 refuses."""
    parser = _Parser(pattern)
    return Tree(parser.all(), tuple(parser.names), parser.unknown)


class _Parser:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.open: list[_Open] = []
        self.names: list[str] = []
        self.unknown: Fault | None = None
        # Of the innermost group: the alternatives that are whole, the parts of the next one, and the flags.
        self.choices: list[Part] = []
        self.parts: list[Part] = []
        self.flags: frozenset[str] = frozenset()

    def all(self) -> Part:
        """The whole pattern."""
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
                self.choices.append(_sequence(self.parts))
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
            raise _broken("this `(` is never closed", self.open[-1].at, help="`[(]` is the character itself")
        return self._choice()

    def _choice(self) -> Part:
        last = _sequence(self.parts)
        return Choice((*self.choices, last)) if self.choices else last

    def _open(self) -> None:
        """A group's start, or flags for the rest of the group around."""
        start, number = self.at, 0
        flags = _FLAGS.match(self.pattern, start)
        inner = self.flags
        if flags:
            inner = (inner | set(flags[1])) - set(flags[2] or "")
            self.at = flags.end()
            if flags[3] == ")":
                self.flags = inner
                return
        elif (name := _NAME.match(self.pattern, start)) or not self.pattern.startswith("(?", start):
            self.at = name.end() if name else start + 1
            self.names.append(name[1] if name else "")
            number = len(self.names)
        else:
            raise Unsupported(_no_group(self.pattern[start : start + 4], start))
        if len(self.open) == _DEPTH:
            raise Unsupported(Fault(f"more than {_DEPTH} groups within each other", start))
        self.open.append(_Open(start, number, self.choices, self.parts, self.flags))
        self.choices, self.parts, self.flags = [], [], inner

    def _close(self) -> None:
        if not self.open:
            raise _broken("this `)` closes nothing", self.at, help="`[)]` is the character itself")
        group = self._choice()
        opened = self.open.pop()
        self.choices, self.parts, self.flags = opened.choices, opened.parts, opened.flags
        self.parts.append(Group(group, opened.number) if opened.number else group)
        self.at += 1

    def _repeat(self, again: bool) -> None:
        """A repetition of what stands before it."""
        start = self.at
        counted = _COUNTED.match(self.pattern, start)
        text = counted[0] if counted else self.pattern[start]
        if not self.parts:
            help = "`.*` is any text" if text == "*" else f"`[{text}]` is the character itself" if not counted else ""
            raise _broken(f"`{text}` has nothing to repeat", start, len(text), help)
        if again:
            help = "put what is to be repeated again in a group, `(?:…)`"
            raise _invalid(f"`{text}` repeats a repetition", start, len(text), help)
        least, most = int(text == "+"), 1 if text == "?" else None
        if counted:
            if max(len(number or "") for number in counted.group(1, 3)) > len(str(_COPIES)):
                raise _invalid(_TOO_OFTEN, start, len(text))
            least = int(counted[1])
            most = least if not counted[2] else int(counted[3]) if counted[3] else None
            if max(least, most or 0) > _COPIES:
                raise _invalid(_TOO_OFTEN, start, len(text))
            if most is not None and most < least:
                raise _broken(f"`{text}` runs backwards", start, len(text), f"write `{{{most},{least}}}`")
        self.at += len(text)
        lazy = self.pattern.startswith("?", self.at)
        self.at += lazy
        self.parts[-1] = Repeat(self.parts[-1], least, most, lazy is not ("U" in self.flags))
        if counted and copies(self.parts[-1]) > _COPIES:
            raise _invalid(f"{_TOO_OFTEN}, with what is repeated within", start, len(text))

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
                raise _invalid("this `\\Q` has no end", self.at, 2, "write `\\E` behind the plain text")
            quoted = self.pattern[self.at + 2 : end]
            self.at = end + 2
            return [self._literal(c) for c in quoted]
        if char in _EDGES:
            self.at += 2
            return [Edge(_EDGES[char])]
        if group := self._class_escape():
            return [Chars((group,), False, "i" in self.flags)]
        return [self._literal(self._character())]

    def _class_escape(self) -> tuple[Ranges, bool] | None:
        """A class such as `\\d`, and whether it is turned round; None where none stands."""
        char = self.pattern[self.at + 1 : self.at + 2]
        if char.lower() in _CLASSES:
            self.at += 2
            return _CLASSES[char.lower()], char.isupper()
        if char not in ("p", "P"):
            return None
        found = _PROPERTY.match(self.pattern, self.at)
        text = found[0] if found else self.pattern[self.at : self.at + 3]
        if found is None or not known(found[1] or found[2]):
            raise _invalid(
                f"RE2 has no class `{text}`", self.at, len(text), "such as `\\p{L}`, letters, or `\\p{Greek}`"
            )
        help = "list the characters, as in `[A-Za-zäöü]`"
        self.unknown = self.unknown or Fault(
            f"Unicode classes such as `{text}` cannot be evaluated here", self.at, len(text), help
        )
        self.at = found.end()
        return (), False

    def _character(self) -> str:
        """The character that an escape stands for."""
        char = self.pattern[self.at + 1 : self.at + 2]
        if char in _CONTROLS:
            self.at += 2
            return _CONTROLS[char]
        if code := _CODE.match(self.pattern, self.at):
            number = int(code[1] or code[2], 16)
            if number > 0x10FFFF:
                help = "the last one is `\\x{10FFFF}`"
                raise _invalid(f"there is no character `{code[0]}`", self.at, len(code[0]), help)
            self.at = code.end()
            return chr(number)
        if code := _OCTAL.match(self.pattern, self.at):
            self.at = code.end()
            return chr(int(code[1], 8))
        if not char:
            raise _broken("the pattern ends within an escape", self.at, help="`[\\\\]` is a backslash")
        if char.isdigit():
            raise _invalid(f"RE2 has no backreferences such as `\\{char}`", self.at, 2)
        if not char.isascii() or char.isalnum():
            help = f"write `{_ESCAPES[char]}`" if char in _ESCAPES else f"`{char}` itself needs no backslash"
            raise _invalid(f"RE2 has no escape `\\{char}`", self.at, 2, help)
        self.at += 2
        return char

    def _class(self) -> Chars:
        """A class in brackets."""
        start = self.at
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        groups: list[tuple[Ranges, bool]] = []
        while not (groups and self.pattern.startswith("]", self.at)):
            groups.append(self._members(start))
        self.at += 1
        return Chars(tuple(groups), negated, "i" in self.flags)

    def _members(self, start: int) -> tuple[Ranges, bool]:
        """A character, a range or a class within brackets, and whether it is turned round."""
        if self.pattern.startswith("[:", self.at) and (end := self.pattern.find(":]", self.at + 2)) >= 0:
            name = self.pattern[self.at + 2 : end]
            if name.removeprefix("^") not in _NAMED_CLASSES:
                help = f"there are {', '.join(f'`{other}`' for other in _NAMED_CLASSES)}"
                raise _invalid(f"RE2 has no class `[:{name}:]`", self.at, end + 2 - self.at, help)
            self.at = end + 2
            return _NAMED_CLASSES[name.removeprefix("^")], name.startswith("^")
        if self.pattern.startswith("\\", self.at) and (group := self._class_escape()):
            return group
        first = self.at
        low = high = self._member(start)
        if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            high = self._member(start)
            if high < low:
                text = self.pattern[first : self.at]
                help = "a `-` for itself stands first or last in the brackets"
                raise _broken(f"the range `{text}` runs backwards", first, len(text), help)
        return ((low, high),), False

    def _member(self, start: int) -> str:
        if self.at == len(self.pattern):
            raise _broken("this `[` is never closed", start, help="`[[]` is the character itself")
        char = self.pattern[self.at]
        if char == "\\":
            return self._character()
        self.at += 1
        return char


def _sequence(parts: list[Part]) -> Part:
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _no_group(text: str, at: int) -> Fault:
    """Why RE2 has no group that begins so."""
    for sign in _AROUND:
        if text.startswith(sign):
            help = "a matcher with `!~` leaves values out" if "!" in sign else ""
            return Fault(f"`{sign}` is lookaround, which RE2 does not have", at, len(sign), help)
    if text.startswith("(?<"):
        return Fault("older releases know named groups as `(?P<name>…)` only", at, 3, "write `(?P<`")
    if text.startswith("(?P="):
        return Fault("RE2 has no backreferences such as `(?P=`", at, 4)
    help = "groups begin with `(`, `(?:`, `(?P<name>`, or flags of i, m, s and U, as in `(?i)`"
    return Fault(f"RE2 has no group that begins `{text[:3]}`", at, len(text[:3]), help)


def _broken(message: str, offset: int, length: int = 1, help: str = "") -> Broken:
    return Broken(Fault(message, offset, length, help))


def _invalid(message: str, offset: int, length: int = 1, help: str = "") -> Unsupported:
    return Unsupported(Fault(message, offset, length, help))
