"""The text report: excerpts with carets that stand below what they mean, whatever the line holds."""

from __future__ import annotations

from unicodedata import category, combining, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.report import FORMATS

FILE = "spec.yaml"


def report(text: str, *diagnostics: Diagnostic, color: bool = False) -> str:
    return FORMATS["text"](diagnostics, {FILE: text}, color=color)


def at(line: int, column: int, length: int = 1, label: str = "", message: str = "wrong") -> Diagnostic:
    return Diagnostic("area/name", message, Position(FILE, line, column, length), label=label)


def marked(text: str, diagnostic: Diagnostic) -> str:
    """What of the excerpt stands above the carets, by the columns of a terminal."""
    lines = report(text, diagnostic).splitlines()
    carets = next(line for line in lines if line.lstrip(" |").startswith("^"))
    shown = lines[lines.index(carets) - 1]
    start, end = carets.index("^"), carets.rindex("^") + 1
    above, column = "", 0
    for char in shown:
        if start <= column < end:
            above += char
        column += 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1
    return above


def test_nothing_found_is_nothing_said() -> None:
    assert report("a: 1") == ""


def test_a_whole_finding() -> None:
    text = "\n" * 43 + "  warning:  {notify: [chta], during: office-hours}\n"
    finding = Diagnostic(
        "routes/unknown-receiver",
        "unknown receiver `chta`",
        Position(FILE, 44, 22, 4),
        label="not declared under `receivers`",
        help=("did you mean `chat`? (declared at line 40)",),
        effect="8 warning alerts would reach nobody",
    )
    assert report(text, finding) == (
        "error[routes/unknown-receiver]: unknown receiver `chta`\n"
        "  --> spec.yaml:44:22\n"
        "   |\n"
        "44 |   warning:  {notify: [chta], during: office-hours}\n"
        "   |                      ^^^^ not declared under `receivers`\n"
        "   = help: did you mean `chat`? (declared at line 40)\n"
        "   = effect: 8 warning alerts would reach nobody\n"
        "\n"
        "1 error\n"
    )


def test_findings_are_set_apart_and_summed_up() -> None:
    warning = at(1, 1)._replace(level="warning")
    note = at(1, 1)._replace(level="note")
    lines = report("a: 1", at(1, 1), at(1, 4), warning, note).split("\n")
    assert lines[-2:] == ["2 errors, 1 warning, 1 note", ""]
    assert [line for line in lines if line.startswith("warning[")] == ["warning[area/name]: wrong"]
    assert lines.count("") == 5


@pytest.mark.parametrize(
    ("text", "diagnostic", "expected"),
    [
        ("a: bad", at(1, 4, 3), "bad"),
        ("\ta: bad", at(1, 5, 3), "bad"),
        ("\ta:\tbad", at(1, 5, 3), "bad"),
        ("日本: bad", at(1, 5, 3), "bad"),
        ("a: 日本", at(1, 4, 2), "日本"),
        ("e\u0301: bad", at(1, 5, 3), "bad"),
        ("\x1b[31m: bad", at(1, 8, 3), "bad"),
        ("\u202e: bad", at(1, 4, 3), "bad"),
        ("a: \x07", at(1, 4), "\\x07"),
        ("x, " * 200 + "bad" + ", y" * 200, at(1, 601, 3), "bad"),
        ("日" * 200 + "bad" + "語" * 200, at(1, 201, 3), "bad"),
        ("\t" * 300 + "bad", at(1, 301, 3), "bad"),
        ("ok\r\na: bad\r\n", at(2, 4, 3), "bad"),
        ("ok\ra: bad", at(2, 4, 3), "bad"),
    ],
)
def test_the_caret_is_below_its_place(text: str, diagnostic: Diagnostic, expected: str) -> None:
    assert marked(text, diagnostic) == expected


def test_the_caret_may_stand_just_past_the_line() -> None:
    assert "1 | a:\n  |   ^ no value\n" in report("a:\nb: 1", at(1, 3, label="no value"))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=400), st.data())
def test_no_text_of_a_spec_controls_the_terminal(line: str, data: st.DataObject) -> None:
    column = data.draw(st.integers(1, len(line) + 3))
    length = data.draw(st.integers(0, 500))
    finding = Diagnostic(line, line, Position(FILE, 1, column, length), label=line, help=(line,), effect=line)
    shown = report(line, finding)
    assert {category(char) for char in shown if char != "\n"} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()


def test_escape_sequences_reach_the_terminal_from_no_part_of_a_finding() -> None:
    evil = "\x1b]0;owned\x07\u202e\x9b31m"
    finding = Diagnostic(evil, evil, Position(evil, 1, 1), label=evil, help=(evil,), effect=evil)
    shown = FORMATS["text"]([finding], {evil: evil})
    assert shown.count("\\x1b]0;owned\\x07\\u202e\\x9b31m") == 7
    assert shown.replace("\n", "").isprintable()


def test_long_lines_are_clipped() -> None:
    shown = report("x" * 1000 + "bad" + "y" * 1000, at(1, 1001, 3))
    row = next(line for line in shown.splitlines() if line.startswith("1 | "))
    assert len(row) <= len("1 | ") + 160
    assert row.removeprefix("1 | ")[0] == row[-1] == "…"
    assert "xbady" in row


def test_a_line_that_just_fits_is_shown_whole() -> None:
    assert f"1 | {'x' * 160}\n" in report("x" * 160, at(1, 160))
    assert f"1 | {'x' * 161}\n" not in report("x" * 161, at(1, 160))


def test_a_label_is_said_also_where_there_is_no_excerpt() -> None:
    finding = at(3, 1, label="expected more")
    assert report("one line", finding).splitlines()[1:3] == [" --> spec.yaml:3:1", "  = note: expected more"]
    assert FORMATS["text"]([finding], {}).splitlines()[1:3] == [" --> spec.yaml:3:1", "  = note: expected more"]
    assert report("a", at(0, 0)).splitlines()[1] == " --> spec.yaml"


def test_texts_of_several_lines_are_indented() -> None:
    finding = at(1, 1)._replace(message="one\ntwo", help=("three\nfour",))
    lines = report("a", finding).splitlines()
    assert lines[:2] == ["error[area/name]: one", "  two"]
    assert lines[-4:-2] == ["  = help: three", "          four"]


def test_colors_are_only_added() -> None:
    plain = report("a: bad", at(1, 4, 3, "why"))
    colored = report("a: bad", at(1, 4, 3, "why"), color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31m^^^ why\x1b[0m" in colored
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;34m"):
        colored = colored.replace(code, "")
    assert colored == plain


def test_many_findings_in_one_long_line_are_quick() -> None:
    text = "[" + "yes, " * 400_000 + "]"
    found = [at(1, 2 + 5 * n, 3) for n in range(0, 400_000, 400)]
    assert report(text, *found).count("^^^") == 1000  # hours, were each excerpt to look at the whole line
