"""Markdown quoting: what a reader sees is what was written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec import markdown

AWKWARD = st.text(alphabet=st.sampled_from(list("ab_*`[]()<>&;#-+=~|\\!.1 {}$:/\n\t\"'é")), max_size=40)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain words", "plain words"),
        ("customer_id", "customer_id"),
        ("_em_ *strong*", r"\_em\_ \*strong\*"),
        ("[a](http://b)", r"\[a\](http://b)"),
        ("<script> &amp; & b", "&lt;script> &amp;amp; & b"),
        ("{{ $labels.pod }} ${x}", "{{ $labels.pod }} ${x}"),
        ("run `a_*b*`", "run `a_*b*`"),
        ("a ` alone", r"a \` alone"),
        ("two\n  lines\x00", "two lines"),
        ("~~gone~~", r"\~\~gone\~\~"),
    ],
)
def test_one_line(text: str, quoted: str) -> None:
    assert markdown.line(text) == quoted


@pytest.mark.parametrize("text", ["# a", "- a", "+ a", "> a", "1. a", "23) a", "---", "==="])
def test_no_line_of_prose_starts_a_block(text: str) -> None:
    assert re.match(r"\\|\d+\\", markdown.prose(text))


def test_prose_keeps_paragraphs_but_no_indentation() -> None:
    assert markdown.prose("a\r\nb\n\n\n\n    c  \n") == "a\nb\n\nc"


def test_cells_hold_their_bars() -> None:
    assert markdown.cell("a|b `c|d`\ne") == r"a\|b `c\|d` e"


@pytest.mark.parametrize(
    ("text", "span"), [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a``b`c", "```a``b`c```"), ("", "")]
)
def test_code_spans_are_longer_than_what_is_in_them(text: str, span: str) -> None:
    assert markdown.code(text) == span


@given(AWKWARD)
def test_a_fence_is_closed_by_its_own_end_only(text: str) -> None:
    first, *inside, last = markdown.fence(text, "sh\n```").split("\n")
    assert first == f"{last}sh"
    assert set(last) == {"`"}
    assert len(last) >= 3
    assert all(last not in part for part in inside)


def test_an_indented_fence() -> None:
    assert markdown.fence("a\n\n b \n", "sh", "  ") == "  ```sh\n  a\n\n   b\n  ```"


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://e.org/a?b=c&d=%20#f", "[t](https://e.org/a?b=c&d=%20#f)"),
        ("../a b.md", "[t](../a%20b.md)"),
        ("https://e.org/a(b)<c>\n", "[t](https://e.org/a%28b%29%3Cc%3E)"),
        ("mailto:a@b.c", "[t](mailto:a@b.c)"),
        ("javascript:alert(1)", "t: `javascript:alert(1)`"),
        ("DATA:text/html,x", "t: `DATA:text/html,x`"),
    ],
)
def test_links(url: str, made: str) -> None:
    assert markdown.link("t", url) == made


def test_a_link_s_title_cannot_end_it() -> None:
    assert markdown.link("a](b", "c") == r"[a\](b](c)"


def test_a_document_of_one_s_own_stays_as_it_is() -> None:
    text = "# Title\n\nSome *text*.\n\n```sh\necho  {{ x }}\n```\n\n| a | b |\n| - | - |"
    assert markdown.document(text + "\n\n") == text


def test_a_document_s_hard_breaks_and_open_fences() -> None:
    assert markdown.document("a  \nb  \n\n~~~\nx  \n```\n") == "a\\\nb\n\n~~~\nx\n```\n~~~"


@given(AWKWARD)
def test_nothing_ends_a_line_with_a_space(text: str) -> None:
    for quoted in (
        markdown.prose(text),
        markdown.item(text),
        markdown.document(text),
        markdown.fence(text, "sh", "  "),
    ):
        assert not re.search(r"[ \t]$", quoted, re.MULTILINE)
