"""Where a character of a text stands in the file, past quotes, escapes and the lines of a block.

In: a scalar as it is written, and the text that YAML made of it. Out: the offset of a character within what is written.

YAML folds and strips white space in many ways, but keeps every other character in its order: the n-th one that is no white
space is found by counting.
"""

from __future__ import annotations

from collections.abc import Iterator

_ESCAPED_SPACES = frozenset(" \tntrvfNLP_\n\r")
_DIGITS = {"x": 2, "u": 4, "U": 8}


def offset_within(raw: str, value: str, offset: int) -> int:
    """The offset in `raw` of `value[offset]`, or behind the character before it where that is white space or the end."""
    at_character = offset < len(value) and not value[offset].isspace()
    wanted = sum(not char.isspace() for char in value[:offset]) + at_character
    place = end = 0
    for n, (start, after) in enumerate(_characters(raw), 1):
        place, end = start, after
        if n == wanted:
            return place if at_character else end
    return end


def _characters(raw: str) -> Iterator[tuple[int, int]]:
    """Beginning and end of each character that is no white space."""
    style = raw[:1]
    quoted = style in ("'", '"')
    at = len(style) if quoted else raw.find("\n") + 1 if style in ("|", ">") else 0
    stop = len(raw) - 1 if quoted and raw.endswith(style) else len(raw)
    while at < stop:
        length = 1
        blank = raw[at].isspace()
        if style == "'" and raw[at : at + 2] == "''":
            length = 2
        elif style == '"' and raw[at] == "\\":
            escape = raw[at + 1 : at + 2]
            length = 2 + _DIGITS.get(escape, 0)
            blank = escape in _ESCAPED_SPACES
        if not blank:
            yield at, at + length
        at += length
