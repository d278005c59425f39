"""What a plain scalar means: the core schema of YAML 1.2.2 (section 10.3.2).

In: the text of an unquoted scalar. Out: null, boolean, number or text, and the name of the trap that it may be.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Scalar = None | bool | int | float | str
Trap = Literal["", "boolean-like", "leading-zero", "number-size"]

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
# Booleans in YAML 1.1, which many parsers still read; the one-letter forms are left out, as those parsers leave them.
_BOOLEAN_LIKE = frozenset(form for word in ("yes", "no", "on", "off") for form in (word, word.title(), word.upper()))
_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# More digits than any consumer holds, and fewer than the 4,300 at which Python refuses to convert.
_MAX_DIGITS = 400


class Meaning(NamedTuple):
    """A scalar's value, and which trap it is if it may be one."""

    value: Scalar
    trap: Trap = ""


def meaning(text: str) -> Meaning:
    """What an unquoted scalar stands for."""
    if text in _WORDS:
        return Meaning(_WORDS[text])
    if text[0] in _NUMBER_STARTS:
        return _number(text)
    return Meaning(text, "boolean-like" if text in _BOOLEAN_LIKE else "")


def _number(text: str) -> Meaning:
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > _MAX_DIGITS:
            return Meaning(text, "number-size")
        return Meaning(int(text), "leading-zero" if len(digits) > 1 and digits[0] == "0" else "")
    for pattern, base in ((_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return Meaning(int(text[2:], base)) if len(text) <= _MAX_DIGITS else Meaning(text, "number-size")
    if _FLOAT.fullmatch(text):
        value = float(text)
        return Meaning(value) if abs(value) != float("inf") else Meaning(text, "number-size")
    return Meaning(text)
