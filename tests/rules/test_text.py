"""PromQL text surgery: nothing inside strings, brackets or comments is taken for syntax."""

from __future__ import annotations

import pytest

from monitorspec.rules.text import binds_loosely, grouped, quoted, selector, series


@pytest.mark.parametrize(
    ("text", "ranged"),
    [
        ("up", "up[5m]"),
        ("a:b:c", "a:b:c[5m]"),
        ('up{job="a"}', 'up{job="a"}[5m]'),
        ("up{}", "up[5m]"),
        ('{__name__="up", job="a"}', '{__name__="up", job="a"}[5m]'),
        ('up{path="/a}[1m] offset"}', 'up{path="/a}[1m] offset"}[5m]'),
        (r'up{a="q\"}", b=~`\d}`, c=\'x\'}'.replace("\\'", "'"), 'up{a="q\\"}", b=~`\\d}`, c=\'x\'}[5m]'),
        ('up {\n  job = "a", # "}"\n  b != "c",\n}\n', 'up{job="a", b!="c"}[5m]'),
        ("up offset 1h", "up[5m] offset 1h"),
        ("up{a='b'} offset -1h @ end()", "up{a='b'}[5m] offset -1h @ end()"),
        ("up @ end() offset +1h", "up[5m] @ end() offset +1h"),
        ("up @ 1609746000", "up[5m] @ 1609746000"),
        ("((up))", "up[5m]"),
    ],
)
def test_range_goes_behind_the_braces(text: str, ranged: str) -> None:
    found = selector(text)
    assert found is not None
    assert found.text("5m") == ranged


@pytest.mark.parametrize(
    "text",
    [
        "rate(up[5m])",
        "up + up",
        "1",
        "NaN",
        "sum(up)",
        "up[5m]",
        "-up",
        "up{",
        "sum by (a) (up)",
        "up or up",
        "up offset 5m + up",
        "(up offset 5m) or (up)",
        "(up) + (up)",
        "up offset 5m > 1",
        "up @ end() or up",
    ],
)
def test_not_a_selector(text: str) -> None:
    assert selector(text) is None


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("t", 't_bucket{le="1"}'),
        ('t{a="t{"}', 't_bucket{a="t{", le="1"}'),
        ('{__name__="t"}', '{__name__="t_bucket", le="1"}'),
        ("{__name__=~'t|u'}", "{__name__=~'(?:t|u)_bucket', le=\"1\"}"),
        ('{"t.x", a="b"}', '{"t.x_bucket", a="b", le="1"}'),
        ("t offset 5m", 't_bucket{le="1"} offset 5m'),
    ],
)
def test_suffix_and_matcher(text: str, bucket: str) -> None:
    found = selector(text)
    assert found is not None
    assert found.suffixed("_bucket").where('le="1"').text() == bucket


@pytest.mark.parametrize(
    ("text", "loosely"),
    [
        ("a > b", True),
        ("a == bool b", True),
        ("a OR b", True),
        ("a unless on (x) b", True),
        ("(a > b)", False),
        ('a{b=">"}', False),
        ("a # > b", False),
        ("a{b!='c', d=~'e'}", False),
        ("a - b / c ^ 2", False),
        ("or_else + android", False),
        ("sum(a > 1) / count(a)", False),
    ],
)
def test_binds_loosely(text: str, loosely: bool) -> None:
    assert binds_loosely(text) is loosely


def test_a_comment_does_not_swallow_the_parenthesis() -> None:
    assert grouped("a # b") == "(\na # b\n)"


def test_strings_are_quoted() -> None:
    assert quoted('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'
    assert series("x", {"b": "2", "a": 'q"'}) == 'x{a="q\\"", b="2"}'
