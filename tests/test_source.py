"""Loading: what a text means in YAML 1.2, where each key and value stands, and what is said of bad input."""

from __future__ import annotations

import gc
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from _ruamel_yaml import CParser
from hypothesis import given
from hypothesis import strategies as st

from monitorspec import source
from monitorspec.diagnostics import Position
from monitorspec.source import Source


def parse(text: str | bytes) -> Source:
    return source.parse(text, "spec.yaml")


def found(text: str | bytes) -> list[tuple[str, int, int]]:
    """Code, line and column of every finding."""
    return [(d.code.removeprefix("yaml/"), d.position.line, d.position.column) for d in parse(text).diagnostics]


def told(text: str | bytes) -> str:
    """All that the only finding says."""
    (only,) = parse(text).diagnostics
    return " | ".join([only.message, only.label, *only.help])


def under(position: Position | None, text: str) -> str:
    """The characters at a position."""
    assert position is not None
    line = text.split("\n")[position.line - 1]
    return line[position.column - 1 : position.column - 1 + position.length]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nUll", "nUll"),
        ("true", True), ("False", False), ("tRue", "tRue"),
        ("0", 0), ("-12", -12), ("+7", 7), ("0o17", 15), ("0xfF", 255), ("-0x1", "-0x1"), ("0b1", "0b1"),
        ("1.", 1.0), (".5", 0.5), ("-1.5e3", -1500.0), ("1e3", 1000.0), ("2e+09", 2e9), (".", "."), ("-", None),
        (".inf", float("inf")), ("-.INF", float("-inf")),
        ("1_000", "1_000"), ("12:30:00", "12:30:00"), ("2001-01-01", "2001-01-01"), ("99.9%", "99.9%"), ("5m", "5m"),
        ("'1'", "1"), ('"true"', "true"), ('"\\u00e9\\x1b"', "é\x1b"), ("y", "y"), ("=", "="), ("١", "١"), ("<<", "<<"),
    ],
)  # fmt: skip
def test_core_schema(scalar: str, value: object) -> None:
    loaded = parse(f"a: {scalar}\n") if scalar != "-" else parse("a:\n- \n")
    expected = [None] if scalar == "-" else value
    assert loaded.diagnostics == ()
    assert loaded.data == {"a": expected}
    assert type(loaded.data["a"]) is type(expected)


def test_not_a_number() -> None:
    assert str(parse("a: .nan").data["a"]) == "nan"


def test_multi_line_text() -> None:
    assert parse("a: |\n  x\n    y\n\nb: >-\n  x\n  y\nc: 'x\n  y'\n").data == {"a": "x\n  y\n", "b": "x y", "c": "x y"}


@pytest.mark.parametrize(
    ("text", "findings", "data"),
    [
        ("a: yes\n", [("boolean-like", 1, 4)], {"a": "yes"}),
        ("on: {é: OFF}", [("boolean-like", 1, 1), ("boolean-like", 1, 9)], {"on": {"é": "OFF"}}),
        ("a: 'yes'\nb: \"on\"\n", [], {"a": "yes", "b": "on"}),
        ("a: 0123\nb: 08", [("leading-zero", 1, 4), ("leading-zero", 2, 4)], {"a": 123, "b": 8}),
        ("a: '0123'\nb: 0", [], {"a": "0123", "b": 0}),
    ],
)
def test_traps_of_yaml_1_1_are_warnings(text: str, findings: list[tuple[str, int, int]], data: object) -> None:
    loaded = parse(text)
    assert found(text) == findings
    assert loaded.data == data
    assert {d.level for d in loaded.diagnostics} <= {"warning"}


@pytest.mark.parametrize(
    ("text", "findings", "data"),
    [
        ("a: 1\nb: 2\na: 3\n", [("duplicate-key", 3, 1)], {"a": 1, "b": 2}),
        ("a: {x: 1, x: {y: 1, y: 2}}", [("duplicate-key", 1, 11), ("duplicate-key", 1, 21)], {"a": {"x": 1}}),
        ("1: a\ntrue: b\n~: c", [("key", 1, 1), ("key", 2, 1), ("key", 3, 1)], {"1": "a", "true": "b", "~": "c"}),
        ("a: 1\n? [x, y]\n: 2\nb: {{ x }}\n", [("key", 2, 3), ("key", 4, 5)], {"a": 1, "b": {}}),
        ("a: 1\n?\n: 2\n", [("key", 2, 2)], {"a": 1}),
        ("a: !foo x\nb: !!set {x}", [("tag", 1, 4), ("tag", 2, 4)], {"a": "x", "b": {"x": None}}),
        ("a: !!python/object/apply:os.system [id]", [("tag", 1, 4)], {"a": ["id"]}),
        ("a: !!int x\nb: !!map [1]", [("tag", 1, 4), ("tag", 2, 4)], {"a": "x", "b": [1]}),
        ("a: *no\nb: 1", [("unknown-alias", 1, 4)], {"a": None, "b": 1}),
        ("a: &a {b: [*a]}\nc: 1", [("recursive-alias", 1, 12)], {"a": {"b": [None]}, "c": 1}),
        ("a: 1\n---\na: 1\n", [("documents", 2, 1)], {"a": 1}),
        ("a: 1\n...\n---\nb: 1\n", [("documents", 3, 1)], {"a": 1}),
        ("- a\n", [("not-a-mapping", 1, 1)], ["a"]),
        ("text", [("not-a-mapping", 1, 1)], "text"),
        ("", [("empty", 1, 1)], None),
        ("# nothing\n", [("empty", 1, 1)], None),
        ("---\n", [("empty", 1, 1)], None),
        ("a: {<<: 1}", [("merge", 1, 5)], {"a": {}}),
        ("a: 1e999", [("number-size", 1, 4)], {"a": "1e999"}),
        (f"a: {'9' * 5000}", [("number-size", 1, 4)], {"a": "9" * 5000}),
    ],
)  # fmt: skip
def test_errors_that_do_not_stop_the_load(text: str, findings: list[tuple[str, int, int]], data: object) -> None:
    loaded = parse(text)
    assert found(text) == findings
    assert loaded.data == data
    assert {d.level for d in loaded.diagnostics} == {"error"}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1, 2\nb: 3\n", ("syntax", 1, 4), "`[` is not closed"),
        ("a: {b: 1, c: [2}\n", ("syntax", 1, 16), "`,` or `]` is missing"),
        ("a: 'x\nb: 1\n", ("syntax", 1, 4), "not closed"),
        ("é: ü: b", ("syntax", 1, 5), "`:`"),
        ("a: @x", ("syntax", 1, 4), "cannot begin with `@`"),
        ("a: %x", ("syntax", 1, 4), "quote"),
        ('a: "\\d+"', ("syntax", 1, 5), "double the backslash: `\\\\d`"),
        ('a: "\\ud83d\\ude00"', ("syntax", 1, 5), "the character itself"),
        ("a: - b", ("syntax", 1, 4), "line of its own"),
        ("a: 'b' c", ("syntax", 1, 8), "cannot follow the closing quote"),
        ("a:\n  b: 1\n c: 2\n", ("syntax", 3, 2), "indentation"),
        ("- a\nb: c", ("syntax", 2, 1), "`- `"),
        ("a: ]", ("syntax", 1, 4), "`]`"),
        ("a: &", ("syntax", 1, 4), "name"),
        ("a:\n\tb: 1\n", ("tab", 2, 1), "spaces"),
        ("a:\n  b: 1\n  \tc: 2\n", ("tab", 3, 3), "spaces"),
        (b"a: 1\nb: \xe9\n", ("encoding", 2, 4), "0xe9 at offset 8"),
        ("a: 1".encode("utf-16"), ("encoding", 1, 1), "UTF-16"),
        ("a: 1".encode("utf-16-le"), ("encoding", 1, 1), "UTF-16"),
        ("a: 1".encode("utf-32"), ("encoding", 1, 1), "UTF-32"),
        ("a: \ud800", ("encoding", 1, 4), "UTF-8"),
        ("a: é\x07\nb: \x07", ("character", 1, 5), "U+0007"),
        ("a: x\u2028y", ("character", 1, 5), "U+2028"),
        ("a: \ufeff", ("character", 1, 4), "byte order mark"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_words(text: str | bytes, place: tuple[str, int, int], words: str) -> None:
    assert found(text) == [place]
    assert words in told(text)


def test_messages_name_the_other_place_and_the_fix() -> None:
    assert "the first one is at line 1" in told("a: 1\nb: 2\na: 3\n")
    assert 'quote it: "8080"' in told("8080: x")
    assert "did you mean `*base`?" in told("a: &base 1\nb: *bsae")
    assert "quote the whole text" in told("a: {{ x }}")
    assert "`{Ref: …}`" in told("a: !Ref Topic")
    assert "Fn::GetAtt" in told("a: !GetAtt x.Arn")
    assert 'quote it to keep the zero: "012345678901"' in told("a: 012345678901")
    assert "0o17" in told("a: 0017")


def test_a_byte_order_mark_at_the_start_is_no_part_of_the_text() -> None:
    loaded = parse(b"\xef\xbb\xbfa: 1")
    assert (loaded.text, loaded.data, loaded.diagnostics) == ("a: 1", {"a": 1}, ())
    assert loaded.positions.key(("a",)) == Position("spec.yaml", 1, 1, 1)


def test_windows_line_ends() -> None:
    loaded = parse("a: 1\r\nb:\r\n  é: yes\r\n")
    assert loaded.data == {"a": 1, "b": {"é": "yes"}}
    assert loaded.positions.value(("b", "é")) == Position("spec.yaml", 3, 6, 3)


def test_depth_is_limited_also_by_way_of_aliases() -> None:
    assert parse("a: " + "[" * 63 + "]" * 63).diagnostics == ()
    assert found("a: " + "[" * 64 + "]" * 64) == [("too-deep", 1, 67)]
    assert [code for code, _, _ in found("a: " + "[" * 200_000)] == ["too-deep"]
    assert [code for code, _, _ in found("a: " + '{"x":' * 200_000)] == ["too-deep"]


@pytest.mark.parametrize(
    "link", ["[*a{}]", "[[[[*a{}]]]]", "[&b{} [[*a{}]]]", "[x, &b{} [[[*a{}]]], [y]]", "{{k: [{{l: *a{}}}]}}"]
)
def test_a_chain_of_aliases_cannot_nest_without_end(link: str) -> None:
    chain = ["a0: &a0 [x]", *(f"a{n}: &a{n} {link.format(n - 1, n - 1)}" for n in range(1, 200))]
    loaded = parse("\n".join(chain))
    assert {d.code for d in loaded.diagnostics} == {"yaml/too-deep"}
    assert max(len(path) for path, _ in _paths(loaded.data)) <= 66


def test_an_alias_counts_the_levels_of_what_it_stands_for() -> None:
    deep = "a: &a " + "[" * 40 + "]" * 40
    assert found(f"{deep}\nb: {'[' * 23}*a{']' * 23}\n") == []
    assert found(f"{deep}\nb: {'[' * 24}*a{']' * 24}\n") == [("too-deep", 2, 28)]


def test_aliases_that_blow_up_are_stopped() -> None:
    lines = ["a0: &a0 [" + ", ".join("x" * 10) + "]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert [code for code, _, _ in found("\n".join(lines))] == ["alias-bomb"]
    assert parse("\n".join(lines[:4])).diagnostics == ()
    merges = [
        "m0: &m0 {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}",
        *(f"n{n}: {{<<: *m0}}" for n in range(2000)),
    ]
    assert [code for code, _, _ in found("\n".join(merges))] == ["alias-bomb"]


def test_aliases_and_merge_keys() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc:\n  <<: [*a, {x: 8, z: 9}]\n  y: 0\nd: [*a]\n'<<': 5\n"
    loaded = parse(text)
    assert loaded.diagnostics == ()
    assert loaded.data == {
        "a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 1, "y": 0, "z": 9}, "d": [{"x": 1, "y": 2}], "<<": 5,
    }  # fmt: skip
    for path in [("a", "x"), ("b", "x"), ("c", "x"), ("d", 0, "x")]:
        assert loaded.positions.value(path) == Position("spec.yaml", 1, 11, 1), path
        assert loaded.positions.key(path) == Position("spec.yaml", 1, 8, 1), path
    assert loaded.positions.value(("b", "y")) == Position("spec.yaml", 2, 8, 1)
    assert loaded.positions.value(("c", "z")) == Position("spec.yaml", 4, 22, 1)


def test_a_key_that_is_an_alias_stands_where_the_alias_does() -> None:
    loaded = parse("a: &name text\nb:\n  *name : 1\n")
    assert (loaded.diagnostics, loaded.data["b"]) == ((), {"text": 1})
    assert loaded.positions.key(("b", "text")) == Position("spec.yaml", 3, 3, 5)


def test_a_mapping_merged_into_a_merged_one() -> None:
    data = parse("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, x: 3}").data
    assert data["c"] == {"x": 3, "y": 2}


def test_two_merge_keys_are_duplicates() -> None:
    text = "a: &a {x: 1}\nb: {<<: *a, <<: {y: 2}}"
    assert found(text) == [("duplicate-key", 2, 13)]
    assert parse(text).data["b"] == {"x": 1}


def test_positions_are_those_of_the_text() -> None:
    text = "été: {ü: [1, 'zwei'], \"k\\n\": &x !!str 3}\nb:\n  c: |\n    text\n  d:\n    - e: 5\n"
    loaded = parse(text)
    at = loaded.positions
    assert loaded.diagnostics == ()
    assert under(at.key(("été",)), text) == "été"
    assert under(at.value(("été",)), text) == "{"
    assert under(at.key(("été", "ü")), text) == "ü"
    assert under(at.value(("été", "ü", 1)), text) == "'zwei'"
    assert under(at.key(("été", "k\n")), text) == '"k\\n"'
    assert under(at.value(("été", "k\n")), text) == "3"
    assert under(at.value(("b", "c")), text) == "|"
    assert under(at.value(("b",)), text) == "c"
    assert at.value(("b", "d", 0, "e")) == Position("spec.yaml", 6, 10, 1)
    assert at.key(("b", "d", 0)) is None
    assert at.key(()) is None
    assert at.value(("b", "no")) is None
    assert at.value(("b", "d", 1)) is None
    assert at.value(("b", "d", -1)) is None


def test_the_nearest_position_is_of_the_longest_known_part_of_a_path() -> None:
    at = parse("a:\n  b: {c: 1}\n").positions
    assert at.nearest(("a", "b", "c")) == at.value(("a", "b", "c"))
    assert at.nearest(("a", "b")) == at.key(("a", "b"))
    assert at.nearest(("a", "b", "x", "y")) == at.key(("a", "b"))
    assert at.nearest(("x",)) == Position("spec.yaml", 1, 1, 1)
    assert source.Positions.none("f").nearest(("x",)) == Position("f", 1, 1, 1)


def _merged() -> Source:
    base = source.parse("a: {x: 1, y: 2}\nl: [1, 2, 3]\ngone: {z: 1}\ns: {t: 1}\nkeep: 1\n", "base.yaml")
    over = source.parse("a: {y: 3, w: 4}\nl: [9]\ngone: ~\ns: 5\nnew: {n: ~}\n", "over.yaml")
    return source.merge(base, over)


def test_merge() -> None:
    assert _merged().data == {"a": {"x": 1, "y": 3, "w": 4}, "l": [9], "s": 5, "keep": 1, "new": {"n": None}}
    assert _merged().file == "over.yaml"


@pytest.mark.parametrize(
    ("path", "file", "column"),
    [
        (("a",), "base.yaml", 4), (("a", "x"), "base.yaml", 8), (("a", "y"), "over.yaml", 8), (("a", "w"), "over.yaml", 14),
        (("l",), "over.yaml", 4), (("l", 0), "over.yaml", 5), (("s",), "over.yaml", 4), (("keep",), "base.yaml", 7),
    ],
)  # fmt: skip
def test_positions_follow_merged_data(path: tuple[str | int, ...], file: str, column: int) -> None:
    position = _merged().positions.value(path)
    assert position is not None
    assert (position.file, position.column) == (file, column)


def test_positions_of_what_was_replaced_are_gone() -> None:
    at = _merged().positions
    assert at.value(("l", 2)) is None
    assert at.value(("s", "t")) is None
    assert at.value(("gone", "z")) is None


def test_a_mapping_that_replaces_a_scalar_stands_where_it_is_written() -> None:
    merged = source.merge(source.parse("a: 1", "base"), source.parse("b: 1\na: {x: 1}", "over"))
    assert merged.positions.value(("a",)) == Position("over", 2, 4, 1)
    assert merged.positions.key(("a",)) == Position("over", 2, 1, 1)


def test_merging_changes_no_source() -> None:
    base, over = parse("a: {x: 1}\nb: 1"), parse("a: {y: ~, x: ~}\nb: ~")
    source.merge(base, over)
    assert (base.data, over.data) == ({"a": {"x": 1}, "b": 1}, {"a": {"x": None, "y": None}, "b": None})


def test_merging_keeps_the_diagnostics_of_both() -> None:
    merged = source.merge(source.parse("a: yes", "base"), source.parse("b: no", "over"))
    assert [d.position.file for d in merged.diagnostics] == ["base", "over"]


def test_overlay_of_an_environment() -> None:
    base = source.parse("a: {x: 1, y: 2}\nenvironments: {staging: {a: {z: 1}}}", "base")
    own = source.parse("environments:\n  staging: {a: {x: 5, y: ~}}\n", "own")
    laid = source.overlay(source.merge(base, own), ("environments", "staging"))
    assert laid.data["a"] == {"x": 5, "z": 1}
    assert laid.data["environments"] == {"staging": {"a": {"x": 5, "y": None, "z": 1}}}
    assert laid.positions.value(("a", "x")) == Position("own", 2, 20, 1)
    assert laid.positions.value(("a", "z")) == Position("base", 2, 33, 1)
    assert laid.positions.value(("a",)) == Position("base", 1, 4, 1)
    assert source.overlay(base, ("environments", "no")) is base


def test_load_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("é: 1\n".encode())
    assert source.load(path).file == str(path)
    loaded = source.load(path, "a.yaml")
    assert (loaded.file, loaded.text, loaded.data) == ("a.yaml", "é: 1\n", {"é": 1})


def test_what_is_no_readable_file_is_a_finding(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("nul\0byte")):
        (only,) = source.load(path, "x.yaml").diagnostics
        assert (only.code, only.position.file) == ("yaml/unreadable", "x.yaml")


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * (16 * 1024 * 1024))
    loaded = source.load(path)
    assert ([d.code for d in loaded.diagnostics], loaded.data) == (["yaml/too-big"], None)


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    parse("a: [")
    assert gc.isenabled()
    gc.disable()
    try:
        parse("a: 1")
        assert not gc.isenabled()
    finally:
        gc.enable()


# JSON is a part of YAML 1.2; `json` writes it and says what it means. Only what YAML cannot hold is escaped: JSON's
# escapes beyond U+FFFF are pairs of surrogates, which the C parser does not know.
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
_KEYS = st.text(max_size=12)
_DATA = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=25
)


def _paths(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [(path, data), *(found for key, value in items for found in _paths(value, (*path, key)))]


def _json(data: Any, indent: int | None = None) -> str:
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]",
        lambda char: f"\\u{ord(char[0]):04x}",
        json.dumps(data, indent=indent, ensure_ascii=False),
    )


@given(st.dictionaries(_KEYS, _DATA, min_size=1, max_size=4), st.sampled_from([None, 0, 2]))
def test_data_written_as_json_is_read_back_with_the_place_of_each_part(
    data: dict[str, Any], indent: int | None
) -> None:
    text = _json(data, indent)
    loaded = parse(text)
    assert loaded.diagnostics == ()
    assert loaded.data == data
    for path, value in _paths(data):
        written = _json(value)
        container = isinstance(value, (dict, list))
        assert under(loaded.positions.value(path), text) == (written[0] if container else written)
        if path and isinstance(path[-1], str):
            assert under(loaded.positions.key(path), text) == _json(path[-1])


def _block(data: Any, indent: int = 0) -> str:
    """Data in YAML's block style, texts quoted."""
    pad = "  " * indent
    if isinstance(data, dict) and data:
        return "".join(
            f"\n{pad}{json.dumps(key, ensure_ascii=False)}: {_block(value, indent + 1)}" for key, value in data.items()
        )
    if isinstance(data, list) and data:
        return "".join(f"\n{pad}- {_block(value, indent + 1)}" for value in data)
    return json.dumps(data, ensure_ascii=False)


_PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8)
_BLOCKS = st.recursive(
    _PRINTABLE | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_PRINTABLE, inner, max_size=3),
    max_leaves=15,
)


@given(st.dictionaries(_PRINTABLE, _BLOCKS, min_size=1, max_size=3))
def test_columns_count_characters_in_block_style(data: dict[str, Any]) -> None:
    text = _block(data)
    loaded = parse(text)
    assert (loaded.diagnostics, loaded.data) == ((), data)
    for path, value in _paths(data):
        if path and isinstance(path[-1], str):
            assert under(loaded.positions.key(path), text) == json.dumps(path[-1], ensure_ascii=False)
        if not isinstance(value, (dict, list)):
            assert under(loaded.positions.value(path), text) == json.dumps(value, ensure_ascii=False)


_PIECES = [
    *"{}[],:?&*!|>-'\"%@`#~ \n\t\r",
    "a",
    "b: ",
    "- ",
    "? ",
    ": ",
    "<<: ",
    "*a ",
    "&a ",
    "!!str ",
    "---\n",
    "...\n",
]
_PIECES += ["\n  ", "é", "\x00", "1", "yes"]
_FRAGMENTS = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)


@given(st.binary(max_size=60) | _FRAGMENTS | st.text(max_size=40))
def test_no_text_makes_the_load_fail(text: str | bytes) -> None:
    loaded = parse(text)
    assert isinstance(loaded.data, dict) or any(d.level == "error" for d in loaded.diagnostics)
    lines = loaded.text.splitlines() or [""]
    for diagnostic in loaded.diagnostics:
        assert diagnostic.code.startswith("yaml/")
        at = diagnostic.position
        assert 1 <= at.line <= len(lines) + 1
        assert at.column >= 1
        assert at.length >= 1
    for path, _ in _paths(loaded.data) if loaded.data is not None else []:
        assert loaded.positions.value(path) is not None, path


def _big() -> str:
    service = "  service-{0}:\n    selector: {{job: service-{0}}}\n    slos:\n" + "".join(
        f"      slo-{n}:\n        objective: 99.9%\n        ratio:\n          bad: 'requests_total{{{{job=\"{{0}}\"}}}}'\n"
        f"          total: 'all_total{{{{job=\"{{0}}\"}}}}'\n        min_traffic: 1/s\n"
        for n in range(10)
    )
    return "services:\n" + "".join(service.format(n) for n in range(1300))


def test_building_costs_little_more_than_the_parser_itself() -> None:
    text = _big()
    assert len(text) > 2_000_000

    def bare() -> float:
        start = time.process_time()
        parser = CParser(text)
        while parser.get_event() is not None:
            pass
        return time.process_time() - start

    def whole() -> float:
        start = time.process_time()
        assert len(parse(text).data["services"]) == 1300
        return time.process_time() - start

    # Four times, where two are usual: a guard against building that is slow by design, on a busy machine as well.
    assert min(whole() for _ in range(2)) < 4 * min(bare() for _ in range(2))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{hours: 08:00-18:00, tz: UTC}", {"hours": "08:00-18:00", "tz": "UTC"}),
        ("{a:b: 1, c: d:e}", {"a:b": 1, "c": "d:e"}),
        (
            'k: {"a":1, u: x:y}\nblock: |\n  08:00\nq: "08:00"\nm:n: 1\n',
            {"k": {"a": 1, "u": "x:y"}, "block": "08:00\n", "q": "08:00", "m:n": 1},
        ),
    ],
)
def test_colons_within_plain_texts_of_flow_collections(text: str, data: object) -> None:
    """YAML 1.2 allows what libyaml refuses; the pure-Python parser of ruamel.yaml is the arbiter."""
    from ruamel.yaml import YAML

    loaded = parse(text)
    assert loaded.diagnostics == ()
    assert loaded.data == data == YAML(typ="safe", pure=True).load(text)


def test_places_stay_where_they_are_behind_such_colons() -> None:
    loaded = parse("w: {h: 08:00-18:00, é:f: [x:y, z]}\n")
    assert loaded.positions.value(("w", "é:f", 1)) == Position("spec.yaml", 1, 32, 1)
    assert loaded.positions.key(("w", "é:f")) == Position("spec.yaml", 1, 21, 3)


def test_a_colon_that_ends_a_text_is_refused_with_advice() -> None:
    (found,) = parse("a: {b: c:}\n").diagnostics
    assert (found.code, found.position[1:3]) == ("yaml/syntax", (1, 9))
    assert "quote" in found.help[0]
