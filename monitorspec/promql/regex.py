"""Prometheus' regular expressions (RE2 syntax): what is wrong with one, and strings that match it.

In: the text of a `=~` or `!~` matcher. Out: `compiled(pattern)`, either a `Fault` or a `Pattern` that Python can run.
Python's own syntax differs (lookaround, backreferences, `{,5}`, `$` before a newline, Unicode `\\d`), so the pattern is
read by RE2's rules and written anew for Python.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_REPEAT = 1000
MAX_NESTING = 100
_SAMPLES = 8
_ASCII_CLASSES = {
    "d": r"0-9",
    "w": r"0-9A-Za-z_",
    "s": r"\t\n\f\r ",
}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_REPEAT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")
_GROUP_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_GROUP_NAME = re.compile(r"\(\?P<([0-9A-Za-z_]+)>")
_PROPERTY = re.compile(r"(?:[A-Z]|\{\^?[A-Za-z_]+\})")
# Tried in this order when a class is asked for one character.
_CANDIDATES = "a01bAxz5-_./: " + "".join(map(chr, range(33, 127))) + "éß"


class Fault(NamedTuple):
    """Why RE2 refuses a pattern, and where (characters from its start)."""

    message: str
    offset: int


class Pattern(NamedTuple):
    """A valid pattern: Python's equivalent, whether it matches the empty string, and a few strings that match."""

    compiled: re.Pattern[str] | None
    matches_empty: bool
    samples: tuple[str, ...]

    def matches(self, value: str) -> bool | None:
        """Whether the whole of `value` matches; None where Python cannot express the pattern."""
        return None if self.compiled is None else self.compiled.fullmatch(value) is not None


class _Refused(Exception):
    pass


class _Piece(NamedTuple):
    python: str
    samples: tuple[str, ...]


class _Reader:
    """One pass over a pattern; raises `_Refused` at the first thing that RE2 does not have."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.nesting = 0
        self.flags: frozenset[str] = frozenset()
        self.expressible = True

    def refuse(self, message: str, offset: int | None = None) -> _Refused:
        return _Refused(message, self.at if offset is None else offset)

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def alternation(self) -> _Piece:
        branches = [self.concatenation()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.concatenation())
        if len(branches) == 1:
            return branches[0]
        firsts = [branch.samples[0] for branch in branches]
        rest = [sample for branch in branches for sample in branch.samples[1:]]
        return _Piece("|".join(branch.python for branch in branches), tuple(dict.fromkeys(firsts + rest))[:_SAMPLES])

    def concatenation(self) -> _Piece:
        python: list[str] = []
        samples: tuple[str, ...] = ("",)
        while self.at < len(self.pattern) and self.peek() not in "|)":
            piece = self.repetition()
            python.append(piece.python)
            count = min(max(len(samples), len(piece.samples)), _SAMPLES)
            pairs = ((samples[i % len(samples)], piece.samples[i % len(piece.samples)]) for i in range(count))
            samples = tuple(dict.fromkeys(left + right for left, right in pairs))
        return _Piece("".join(python), samples)

    def repetition(self) -> _Piece:
        start = self.at
        piece = self.atom()
        repeated = False
        while self.at < len(self.pattern):
            sign = self.peek()
            least, most = 0, 1
            if sign in "*+?":
                least, most = (1 if sign == "+" else 0), (1 if sign == "?" else -1)
                text = sign
            elif sign == "{" and (found := _REPEAT.match(self.pattern, self.at)):
                text = found[0]
                least = int(found[1])
                most = least if not found[2] else int(found[3]) if found[3] else -1
                if least > MAX_REPEAT or most > MAX_REPEAT or -1 < most < least:
                    raise self.refuse(f"invalid repeat count {text} (at most {MAX_REPEAT}, ascending)")
            else:
                break
            if repeated:
                raise self.refuse(
                    f"nested repetition {self.pattern[start + 1 : self.at + len(text)]!r}; group it first"
                )
            repeated = True
            self.at += len(text)
            lazy = self.peek() == "?"
            self.at += lazy
            samples = tuple(sample * max(least, 1) for sample in piece.samples)
            if least == 0:
                samples = tuple(dict.fromkeys((*samples, "")))
            piece = _Piece(f"(?:{piece.python}){text}", samples[:_SAMPLES])
        return piece

    def atom(self) -> _Piece:
        sign = self.peek()
        if sign == "(":
            return self.group()
        if sign == "[":
            return self.character_class()
        if sign == "\\":
            return self.escape()
        if sign in "*+?":
            raise self.refuse(f"nothing to repeat before {sign!r}")
        self.at += 1
        if sign == ".":
            return _Piece(r"[\s\S]" if "s" in self.flags else r"[^\n]", ("0", "a"))
        if sign == "^":
            return _Piece("(?m:^)" if "m" in self.flags else r"\A", ("",))
        if sign == "$":
            return _Piece("(?m:$)" if "m" in self.flags else r"\Z", ("",))
        return self.literal(sign)

    def literal(self, character: str) -> _Piece:
        python = re.escape(character)
        return _Piece(f"(?i:{python})" if "i" in self.flags else python, (character,))

    def group(self) -> _Piece:
        start = self.at
        flags = self.flags
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.refuse("groups nested too deeply")
        if self.pattern.startswith("(?", start):
            if found := _GROUP_NAME.match(self.pattern, start):
                self.at = found.end()
            elif (found := _GROUP_FLAGS.match(self.pattern, start)) and found[0] not in ("(?)",):
                if found[3] == ")" and not (found[1] or found[2]):
                    raise self.refuse("invalid group")
                self.flags = (self.flags | set(found[1])) - set(found[2] or "")
                self.at = found.end()
                if found[3] == ")":
                    self.nesting -= 1
                    return _Piece("", ("",))
            else:
                raise self.refuse(_group_fault(self.pattern[start : start + 4]))
        else:
            self.at += 1
        inner = self.alternation()
        if self.peek() != ")":
            raise self.refuse("this '(' is never closed", start)
        self.at += 1
        self.nesting -= 1
        self.flags = flags
        return _Piece(f"(?:{inner.python})", inner.samples)

    def code_point(self) -> str | None:
        """The character of a numeric or control escape after the backslash at `at`; None when it is neither."""
        text, at = self.pattern, self.at + 1
        sign = text[at : at + 1]
        if sign in _CONTROLS:
            self.at += 2
            return _CONTROLS[sign]
        found = (
            re.compile(r"x\{([0-9A-Fa-f]+)\}").match(text, at)
            or re.compile(r"x([0-9A-Fa-f]{2})").match(text, at)
            or re.compile(r"(0[0-7]{0,2}|[1-7][0-7]{1,2})").match(text, at)
        )
        if found is None:
            return None
        code = int(found[1], 16 if sign == "x" else 8)
        if code > 0x10FFFF:
            raise self.refuse("code point out of range")
        self.at = found.end()
        return chr(code)

    def escape(self) -> _Piece:
        sign = self.pattern[self.at + 1 : self.at + 2]
        if not sign:
            raise self.refuse("a backslash at the end of the pattern")
        if sign.lower() in _ASCII_CLASSES:
            self.at += 2
            negated = "^" if sign.isupper() else ""
            return self.class_piece(f"[{negated}{_ASCII_CLASSES[sign.lower()]}]")
        if sign in "pP":
            self.unicode_property()
            return _Piece("[^\\W\\d_]" if sign == "p" else "[\\W\\d_]", ("a",) if sign == "p" else ("0",))
        if sign in "AzbB":
            self.at += 2
            return _Piece(r"\Z" if sign == "z" else rf"(?a:\{sign})", ("",))
        if sign == "Q":
            end = self.pattern.find("\\E", self.at + 2)
            text = self.pattern[self.at + 2 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            pieces = [self.literal(character) for character in text]
            return _Piece("(?:" + "".join(piece.python for piece in pieces) + ")", (text,))
        if (character := self.code_point()) is not None:
            return self.literal(character)
        if sign.isascii() and not sign.isalnum():
            self.at += 2
            return self.literal(sign)
        what = "RE2 has no backreferences" if sign.isdigit() else "RE2 does not have it"
        raise self.refuse(f"invalid escape \\{sign}: {what}")

    def unicode_property(self) -> None:
        found = _PROPERTY.match(self.pattern, self.at + 2)
        if found is None:
            raise self.refuse("invalid character class range after \\p")
        self.expressible = False
        self.at = found.end()

    def class_piece(self, python: str) -> _Piece:
        python = f"(?i:{python})" if "i" in self.flags else python
        try:
            compiled = re.compile(python)
        except re.error:
            self.expressible = False
            return _Piece("[a]", ("a",))
        found = [character for character in _CANDIDATES if compiled.fullmatch(character)][:3]
        return _Piece(python, tuple(found) or ("a",))

    def character_class(self) -> _Piece:
        start = self.at
        self.at += 1
        negated = self.peek() == "^"
        self.at += negated
        parts: list[str] = []
        first = True
        while self.peek() != "]" or first:
            if self.at >= len(self.pattern):
                raise self.refuse("this '[' is never closed", start)
            first = False
            if part := self.named_class():
                parts.append(part)
                continue
            low = self.class_character(start)
            high = low
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.class_character(start)
                if high < low:
                    raise self.refuse(f"invalid range {low}-{high}", start)
            parts.append(_in_class(low) if low == high else f"{_in_class(low)}-{_in_class(high)}")
        self.at += 1
        # RE2's negated classes match a newline, as Python's do.
        return self.class_piece(f"[{'^' if negated else ''}{''.join(parts)}]")

    def named_class(self) -> str | None:
        if found := re.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.at):
            if found[2] not in _POSIX:
                raise self.refuse(f"unknown character class {found[0]}")
            self.at = found.end()
            if found[1]:
                self.expressible = False
            return _POSIX[found[2]]
        sign = self.pattern[self.at + 1 : self.at + 2]
        if self.peek() == "\\" and sign and sign in "dwsDWS":
            self.at += 2
            return f"\\{sign}" if sign.isupper() else _ASCII_CLASSES[sign]
        if self.peek() == "\\" and sign and sign in "pP":
            self.unicode_property()
            return "A-Za-z"
        return None

    def class_character(self, start: int) -> str:
        character = self.peek()
        if not character:
            raise self.refuse("this '[' is never closed", start)
        if character != "\\":
            self.at += 1
            return character
        if (numeric := self.code_point()) is not None:
            return numeric
        sign = self.pattern[self.at + 1 : self.at + 2]
        if not sign or not sign.isascii() or sign.isalnum():
            raise self.refuse(f"invalid escape \\{sign} in a character class")
        self.at += 2
        return sign


def _in_class(character: str) -> str:
    return "\\" + character if character in "\\]^-[&~|" else re.escape(character)


def _group_fault(text: str) -> str:
    if text.startswith(("(?=", "(?!", "(?<=", "(?<!")):
        return f"{text.rstrip()!r} is lookaround, which RE2 does not have"
    return f"invalid group {text!r}"


@lru_cache(maxsize=8192)
def compiled(pattern: str) -> Pattern | Fault:
    """`pattern` by RE2's rules: why it is refused, or what it matches. Matching is of the whole string."""
    reader = _Reader(pattern)
    try:
        piece = reader.alternation()
        if reader.at < len(pattern):
            raise reader.refuse("unexpected ')'")
    except _Refused as refused:
        return Fault(*refused.args)
    try:
        python = re.compile(piece.python) if reader.expressible else None
    except (re.error, OverflowError, RecursionError):
        python = None
    if python is None:
        return Pattern(None, False, ())
    matching = tuple(sample for sample in piece.samples if python.fullmatch(sample))
    return Pattern(python, python.fullmatch("") is not None, matching)
