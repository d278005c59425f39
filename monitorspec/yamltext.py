"""YAML text from plain data, quickly: the one place where outputs are quoted for YAML.

In: dict, list, tuple, str, int, float, bool, None and Decimal. Out: block-style text that YAML 1.1 and YAML 1.2
parsers read back alike. No anchors, no aliases, no tags; insertion order is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

# Characters written as they are. The set is fixed here, and not by `str.isprintable`, so that the bytes do not depend
# on the Unicode tables of the Python at hand. Left out: controls, odd spaces, joiners, bidirectional marks, surrogates,
# private use, byte order marks.
SAFE = (
    " -~\u00a1-\u00ac\u00ae-\u061b\u061d-\u167f\u1681-\u180d\u180f-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff01-\uffef\U00010000-\U0001fffd\U00020000-\U0002fffd\U00030000-\U0003fffd"
)
_one_line = re.compile(f"[{SAFE}]+").fullmatch
# A literal block: no line of white space only and none that starts with a tab, which parsers disagree on.
_many_lines = re.compile(f"[{SAFE}\t\n]+").fullmatch
_blank_line = re.compile(r"^[ \t]+$|^\t", re.MULTILINE).search
# Unquoted: a first character with no meaning in YAML, then no colon or number sign that has one, no space at the end.
_starts_plain = re.compile(r"[A-Za-z_/($;^]|[^\x00-\x7f]").match
_misread = re.compile(r": | #|[: ]\Z").search
_quantity = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+|[0-9]+(?:\.[0-9]+)?%").fullmatch
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "none"})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_escaped = re.compile(f'[^{SAFE}]|["\\\\]').sub
_LONGEST_KEY = 500  # characters; parsers give up on an implicit key past 1,024, and an escape takes up to ten
_CACHED = 200_000  # scalars kept for the next use; long ones are not
_LONGEST_CACHED = 1_000

Append = Callable[[str], None]


class _Inline(dict[str, str]):
    """How a string is written on one line after `key: `; empty when it asks for a literal block."""

    def __missing__(self, text: str) -> str:
        quoted = "" if "\n" in text and _as_block(text) else _one(text)
        if len(self) >= _CACHED:
            self.clear()
        if len(text) <= _LONGEST_CACHED:
            self[text] = quoted
        return quoted


class _Keys(dict[str, str]):
    """How a string is written as a key, with its colon; empty when it is too long for an implicit key."""

    def __missing__(self, text: str) -> str:
        quoted = _one(text) + ":" if len(text) <= _LONGEST_KEY and len(_one(text)) < 1000 else ""
        if len(self) >= _CACHED:
            self.clear()
        self[text] = quoted
        return quoted


def dump(data: Any, header: str = "") -> str:
    """`data` as one YAML document that ends in a newline; each line of `header` becomes a comment above it.

    Raises TypeError for a type that YAML has no plain form for, ValueError for half a surrogate pair.
    """
    parts = [f"# {_escaped(_escape, line)}".rstrip() + "\n" for line in header.splitlines()]
    if isinstance(data, dict) and data:
        _mapping(data, "", "", parts.append)
    elif isinstance(data, list | tuple) and data:
        _sequence(data, "", "", parts.append)
    else:
        # The indentation of a literal block at the top is read differently by YAML 1.1 and 1.2: quotes instead.
        parts.append((_one(data) if isinstance(data, str) else _other(data)) + "\n")
    return "".join(parts)


def scalar(text: str) -> str:
    """`text` as a YAML value or key on one line, in block context: plain where no parser can misread it."""
    return _inline[text] or _double(text)


def block(text: str, indent: int) -> str:
    """`text` as the value of a key that stands at column `indent`: a literal block if it has lines, else like `scalar`.

    The result has no newline at its end: the caller's template has it.
    """
    return _inline[text] or _literal(text, " " * indent)


def _mapping(data: dict[Any, Any], first: str, pad: str, out: Append) -> None:
    """Append the lines of a mapping; `first` stands before its first key and `pad` before the others."""
    inline, keys = _inline, _keys
    lead = first
    for key, value in data.items():
        name = keys[key] if type(key) is str else _key(key)
        if not name:
            name = f"? {_one(key)}\n{pad}:"
        if type(value) is str:
            out(f"{lead}{name} {inline[value] or _literal(value, pad)}\n")
        elif isinstance(value, dict) and value:
            out(f"{lead}{name}\n")
            deeper = pad + "  "
            _mapping(value, deeper, deeper, out)
        elif isinstance(value, list | tuple) and value:
            out(f"{lead}{name}\n")
            deeper = pad + "  "
            _sequence(value, deeper, deeper, out)
        else:
            out(f"{lead}{name} {_other(value, pad)}\n")
        lead = pad


def _sequence(data: list[Any] | tuple[Any, ...], first: str, pad: str, out: Append) -> None:
    """Append the lines of a list; a mapping or list in it starts on the line of its dash."""
    lead = first
    for value in data:
        if isinstance(value, dict) and value:
            _mapping(value, lead + "- ", pad + "  ", out)
        elif isinstance(value, list | tuple) and value:
            _sequence(value, lead + "- ", pad + "  ", out)
        else:
            out(f"{lead}- {_other(value, pad)}\n")
        lead = pad


def _other(value: Any, pad: str = "") -> str:
    """A scalar, or an empty collection, as the value of a key or dash at the column of `pad`."""
    if isinstance(value, str):
        text = str.__str__(value)
        return _inline[text] or _literal(text, pad)
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    raise TypeError(f"no YAML form for a value of type {type(value).__name__}: {value!r:.80}")


def _key(key: Any) -> str:
    """A key that is no plain `str`, with its colon."""
    if isinstance(key, str):
        return _keys[str.__str__(key)]
    if isinstance(key, dict | list | tuple):
        raise TypeError(f"no YAML form for a key of type {type(key).__name__}")
    return _other(key) + ":"


def _float(value: float) -> str:
    """The shortest text that reads back as the same float; YAML 1.1 wants the dot and the exponent's sign."""
    text = float.__repr__(value)
    if text in ("inf", "-inf", "nan"):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}[text]
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}e{exponent}" if e else text


def _decimal(value: Decimal) -> str:
    """All digits of `value`; written out in full unless that would be a line of hundreds of zeros."""
    if not value.is_finite():
        return ".nan" if value.is_nan() else "-.inf" if value < 0 else ".inf"
    if abs(value.adjusted()) <= 300:
        return format(value, "f")
    sign, digits, _ = value.as_tuple()
    text = "".join(map(str, digits))
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}e{value.adjusted():+d}"


def _one(text: str) -> str:
    """One line: plain, else single-quoted, else double-quoted with escapes."""
    if _one_line(text):
        if (_starts_plain(text) and not _misread(text) and text.lower() not in _WORDS) or _quantity(text):
            return text
        return "'" + text.replace("'", "''") + "'"
    return _double(text)


def _double(text: str) -> str:
    return '"' + _escaped(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"half a surrogate pair (U+{code:04X}) has no place in a YAML file")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _as_block(text: str) -> bool:
    """Whether a literal block holds `text` without loss in every parser."""
    return text.strip("\n") != "" and not _blank_line(text) and _many_lines(text) is not None


def _literal(text: str, pad: str) -> str:
    """`text` as a literal block below a key or dash at the column of `pad`, without the last newline."""
    # The parser takes the indentation from the first line that is not empty; where that misleads, it is told.
    hint = "2" if text[0] in " \n" else ""
    chomp = "-" if text[-1] != "\n" else "+" if text[-2:] == "\n\n" else ""
    body = text if chomp == "-" else text[:-1]
    lines = [f"{pad}  {line}" if line else "" for line in body.split("\n")]
    return f"|{hint}{chomp}\n" + "\n".join(lines)


_inline = _Inline()
_keys = _Keys()
