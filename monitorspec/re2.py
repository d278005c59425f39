"""Go's regular expressions (RE2) on Python's engine, as far as both surely agree.

In: a pattern as Prometheus and Alertmanager take it. Out: a predicate for whole strings, or `Unsupported` with the
reason: not valid in RE2, or nothing that can be proven here. Python's engine backtracks, so a repetition within a
repetition is refused as well: a spec must not be able to keep the compiler busy for hours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LITERALS = re.compile(
    r"(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$\\/-])*(?:\|(?:[^\\.+*?()|\[\]{}^$]|\\[.+*?()|\[\]{}^$\\/-])*)*"
)
_REPEAT = re.compile(r"\{(\d+)(,(\d*))?\}")
_FLAGS = re.compile(r"\(\?([imsU]*(?:-[imsU]+)?)([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")


class Unsupported(ValueError):
    """The pattern is not valid in RE2, or means something else in Python."""


@lru_cache(maxsize=20_000)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A predicate: does the whole string match `pattern`? Raises Unsupported."""
    if _LITERALS.fullmatch(pattern):
        # Most patterns of routes are alternatives of plain words.
        return frozenset(_words(pattern)).__contains__
    try:
        compiled = re.compile(_Translation(pattern).text).fullmatch
    except (re.error, OverflowError, RecursionError) as error:
        raise Unsupported(f"not a valid regular expression: {error}") from error
    return lambda text: compiled(text) is not None


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


class _Translation:
    """One pass over a pattern; `text` is the same language in Python's syntax."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        # One entry for each open group: the flags at its start, those set within it, and whether it repeats something.
        self.groups: list[tuple[str, str]] = []
        self.multiline = False
        self.scope = ""
        self.repeats = [False]
        self.text = self._all()

    def _all(self) -> str:
        out: list[str] = []
        # What the next repetition would repeat: "" nothing, "one" a single character or group, "many" one that repeats.
        last = ""
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            if char == "(":
                out.append(self._open())
                last = ""
            elif char == ")":
                if not self.groups:
                    raise Unsupported("not a valid regular expression: `)` without `(`")
                out.append(")" * bool(self.scope) + ")")
                inner = self.repeats.pop()
                self.scope, flags = self.groups.pop()
                self.multiline = flags == "m"
                self.repeats[-1] = self.repeats[-1] or inner
                last = "many" if inner else "one"
                self.at += 1
            elif char == "|":
                out.append(f")|{self.scope}" if self.scope else "|")
                last = ""
                self.at += 1
            elif char in "*+?" or (char == "{" and _REPEAT.match(self.pattern, self.at)):
                out.append(self._repeat(last))
                last = "repeated"
            else:
                out.append(self._atom(char))
                last = "one"
        if self.groups:
            raise Unsupported("not a valid regular expression: `(` without `)`")
        return "".join(out) + ")" * bool(self.scope)

    def _open(self) -> str:
        """A group's start, or flags for the rest of the group."""
        if flags := _FLAGS.match(self.pattern, self.at):
            self.at = flags.end()
            on, _, off = flags[1].partition("-")
            multiline = (self.multiline or "m" in on) and "m" not in off
            on, off = on.replace("U", ""), off.replace("U", "")  # greedy or not: the same strings match
            start = f"(?{on}{'-' + off if off else ''}:"
            if flags[2] == ")":
                if self.scope:
                    raise Unsupported("flags set twice in one group cannot be proven here: write `(?i:…)`")
                self.scope, self.multiline = start, multiline
                return start
            self._push(multiline)
            return start
        if named := _NAMED.match(self.pattern, self.at):
            self.at = named.end()
        elif self.pattern.startswith("(?", self.at):
            raise Unsupported(
                f"`{self.pattern[self.at : self.at + 4]}`: RE2 has no such group (no lookaround, no comments)"
            )
        else:
            self.at += 1
        self._push(self.multiline)
        return "(?:"

    def _push(self, multiline: bool) -> None:
        self.groups.append((self.scope, "m" if self.multiline else ""))
        self.repeats.append(False)
        self.scope, self.multiline = "", multiline

    def _repeat(self, last: str) -> str:
        """A repetition of what stands before it."""
        if not last:
            raise Unsupported("not a valid regular expression: nothing to repeat")
        if last == "repeated":
            raise Unsupported("not a valid regular expression: a repetition of a repetition")
        counted = _REPEAT.match(self.pattern, self.at)
        if counted:
            text = counted[0]
            if any(int(n) > 1000 for n in (counted[1], counted[3]) if n):
                raise Unsupported("not a valid regular expression: RE2 repeats at most 1000 times")
            if counted[3] and int(counted[3]) < int(counted[1]):
                raise Unsupported(f"not a valid regular expression: `{text}`")
        else:
            text = self.pattern[self.at]
        self.at += len(text)
        if text != "?":
            if last == "many":
                raise Unsupported("a repetition within a repetition, such as `(a+)*`, cannot be proven here")
            self.repeats[-1] = True
        if self.pattern.startswith("?", self.at):
            self.at += 1  # lazy: the same strings match
        return text

    def _atom(self, char: str) -> str:
        """One character, class or anchor."""
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        self.at += 1
        if char == "$":
            return "$" if self.multiline else r"\Z"
        return char if char in ".^" else re.escape(char)

    def _escape(self) -> str:
        """An escape outside of a class."""
        char = self.pattern[self.at + 1 : self.at + 2]
        if char == "Q":
            end = self.pattern.find("\\E", self.at)
            quoted = self.pattern[self.at + 2 : end if end >= 0 else None]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            return f"(?:{re.escape(quoted)})"
        simple = {"A": r"\A", "z": r"\Z", "b": r"(?a:\b)", "B": r"(?a:\B)"}
        if char in simple:
            self.at += 2
            return simple[char]
        if char and char in "dwsDWS":
            self.at += 2
            return f"[{'^' if char.isupper() else ''}{_CLASSES[char.lower()]}]"
        return re.escape(self._character())

    def _character(self) -> str:
        """The character that an escape stands for."""
        rest = self.pattern[self.at + 1 :]
        if rest[:1] in _CONTROLS and rest:
            self.at += 2
            return _CONTROLS[rest[0]]
        if code := re.match(r"x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})", rest):
            self.at += 1 + code.end()
            number = int(code[1] or code[2], 16)
            if number > 0x10FFFF:
                raise Unsupported(f"not a valid regular expression: `\\{code[0]}`")
            return chr(number)
        if code := re.match(r"0[0-7]{0,2}|[1-7][0-7]{1,2}", rest):
            self.at += 1 + code.end()
            return chr(int(code[0], 8))
        if rest[:1] in ("p", "P"):
            raise Unsupported("Unicode classes such as `\\pL` cannot be proven here: list the characters")
        if not rest or not rest[0].isascii() or rest[0].isalnum() or rest[0] in "_ \t\n":
            raise Unsupported(f"not a valid regular expression: RE2 has no escape `\\{rest[:1]}`")
        self.at += 2
        return rest[0]

    def _class(self) -> str:
        """A class in brackets, with each literal escaped."""
        self.at += 1
        out = "["
        if self.pattern.startswith("^", self.at):
            out += "^"
            self.at += 1
        first = True
        while True:
            char = self.pattern[self.at : self.at + 1]
            if not char:
                raise Unsupported("not a valid regular expression: `[` without `]`")
            if char == "]" and not first:
                self.at += 1
                return out + "]"
            first = False
            if posix := re.match(r"\[:(\^?)(\w+):\]", self.pattern[self.at :]):
                if posix[1] or posix[2] not in _POSIX:
                    raise Unsupported(f"`{posix[0]}` cannot be proven here")
                out += _POSIX[posix[2]]
                self.at += posix.end()
                continue
            escaped = self.pattern[self.at + 1 : self.at + 2]
            if char == "\\" and escaped and escaped in "dwsDWS":
                if escaped.isupper():
                    raise Unsupported(f"`\\{escaped}` within brackets cannot be proven here")
                out += _CLASSES[escaped]
                self.at += 2
                continue
            low = self._member()
            if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member()
                if high < low:
                    raise Unsupported(f"not a valid regular expression: the range `{low}-{high}` runs backwards")
                out += f"{_member(low)}-{_member(high)}"
            else:
                out += _member(low)

    def _member(self) -> str:
        if self.pattern.startswith("\\", self.at):
            return self._character()
        char = self.pattern[self.at]
        self.at += 1
        return char


def _member(char: str) -> str:
    return f"\\{char}" if char in r"\]^-[&~|" else char
