"""Carets within texts: the n-th character of what YAML read is found in what was written, in every style."""

from __future__ import annotations

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec import source
from monitorspec.source.inner import offset_within

WORDS = st.lists(st.text(alphabet="ab{}()\"'\\/é漢,:#-", min_size=1, max_size=6), min_size=1, max_size=6)


def place(text: str, value: str, offset: int) -> str:
    """What stands where the caret would."""
    loaded = source.parse(text, "f")
    assert not loaded.diagnostics
    assert loaded.data["k"] == value
    at = loaded.positions.inside(("k",), value, offset, 1)
    assert at is not None
    return text.split("\n")[at.line - 1][at.column - 1 :]


def _written(words: list[str], style: str) -> tuple[str, str]:
    """YAML in a style, and the value that YAML 1.2 makes of it."""
    value = " ".join(words)
    if style == "double":
        return f"k: {json.dumps(value, ensure_ascii=False)}\n", value
    if style == "escaped":
        return f"k: {json.dumps(value, ensure_ascii=True)}\n", value
    if style == "single":
        return "k: '" + value.replace("'", "''") + "'\n", value
    body = "\n".join(words)
    if style == "literal":
        return "k: |\n" + textwrap.indent(body, "  ") + "\n", body + "\n"
    return "k: >-\n" + textwrap.indent(body, "  ") + "\n", value


@given(WORDS, st.sampled_from(["double", "single", "literal", "folded"]))
def test_every_character_is_found(words: list[str], style: str) -> None:
    text, value = _written(words, style)
    for offset, char in enumerate(value):
        if not char.isspace():
            found = place(text, value, offset)
            escaped = style == "double" and char in '"\\'
            assert found.startswith(f"\\{char}" if escaped else char)


@given(WORDS)
def test_escapes_count_as_what_they_stand_for(words: list[str]) -> None:
    text, value = _written(words, "escaped")
    raw = text[len("k: ") : -1]
    offsets = [offset_within(raw, value, n) for n, char in enumerate(value) if not char.isspace()]
    assert offsets == sorted(set(offsets))


@pytest.mark.parametrize(
    ("text", "value", "offset", "there"),
    [
        ("k: a\n  + bad(c)\n", "a + bad(c)", 4, "bad(c)"),
        ("k: &x !!str a bad\n", "a bad", 2, "bad"),
        ("k: 'a ' # bad\n", "a ", 2, " ' # bad"),
        ('k: ""\n', "", 0, '""'),
        ('k: "a\\\n  bad"\n', "abad", 1, 'bad"'),
    ],
    ids=["folded plain", "properties", "end", "empty", "escaped line break"],
)
def test_where_a_caret_stands(text: str, value: str, offset: int, there: str) -> None:
    assert place(text, value, offset) == there
