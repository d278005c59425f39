"""The reports for programs: JSON, and the workflow commands of GitHub Actions."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.diagnostics import Diagnostic, Level, Position
from monitorspec.report import FORMATS

FINDING = Diagnostic(
    "routes/unknown",
    "unknown: `é`",
    Position("a.yaml", 3, 5, 4),
    "warning",
    "not here",
    ("did you mean `e`?",),
    "nobody is paged",
)


_IN_MESSAGES = {"%0D": "\r", "%0A": "\n"}
_IN_PROPERTIES = {**_IN_MESSAGES, "%3A": ":", "%2C": ","}


def commands(*found: Diagnostic) -> list[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of the report: it reads it line by line and undoes the escapes."""
    return [_command(line) for line in FORMATS["github"](found, {}).splitlines()]


def _command(line: str) -> tuple[str, dict[str, str], str]:
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert match, line
    name, properties, message = match.groups()
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    return (
        name,
        {key: _unescaped(value, _IN_PROPERTIES) for key, value in pairs.items()},
        _unescaped(message, _IN_MESSAGES),
    )


def _unescaped(text: str, escapes: dict[str, str]) -> str:
    for escape, char in escapes.items():
        text = text.replace(escape, char)
    return text.replace("%25", "%")


def test_github_says_all_that_the_text_report_says() -> None:
    (annotation,) = commands(FINDING)
    properties = {
        "file": "a.yaml",
        "line": "3",
        "endLine": "3",
        "col": "5",
        "endColumn": "8",
        "title": "routes/unknown",
    }
    message = "unknown: `é`: not here\nhelp: did you mean `e`?\neffect: nobody is paged"
    assert annotation == ("warning", properties, message)


@pytest.mark.parametrize(("level", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_github_levels(level: Level, command: str) -> None:
    assert commands(FINDING._replace(level=level))[0][0] == command


def test_github_without_a_place() -> None:
    ((_, properties, _),) = commands(FINDING._replace(position=Position("a.yaml")))
    assert properties == {"file": "a.yaml", "title": "routes/unknown"}
    ((_, properties, _),) = commands(FINDING._replace(position=Position("a.yaml", 3)))
    assert properties == {"file": "a.yaml", "line": "3", "title": "routes/unknown"}


@given(st.text(), st.text(min_size=1))
def test_github_commands_can_neither_be_ended_nor_added(text: str, file: str) -> None:
    evil = f"x\n::error::{text}\r::add-mask::,title=y%0A"
    report = FORMATS["github"]([FINDING._replace(message=evil, position=Position(f"{file},line=9::{evil}", 1, 1))], {})
    assert report.count("\n") == 1
    assert "\r" not in report
    name, properties, message = _command(report.removesuffix("\n"))
    assert name == "warning"
    assert properties["line"] == "1"
    assert set(properties) == {"file", "line", "endLine", "col", "endColumn", "title"}
    assert properties["file"] == f"{file},line=9::{evil}"
    assert message.split(": not here\nhelp: ")[0] == evil


def test_json() -> None:
    report = FORMATS["json"]([FINDING, FINDING._replace(level="error", position=Position("b.yaml"))], {})
    document = json.loads(report)
    assert document["version"] == 1
    assert document["summary"] == {"errors": 1, "warnings": 1, "notes": 0}
    fingerprints = [found.pop("fingerprint") for found in document["diagnostics"]]
    assert len(set(fingerprints)) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", mark) for mark in fingerprints)
    assert document["diagnostics"][0] == {
        "code": "routes/unknown",
        "level": "warning",
        "message": "unknown: `é`",
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "end_column": 9,
        "label": "not here",
        "help": ["did you mean `e`?"],
        "effect": "nobody is paged",
        "path": [],
        "fix": None,
        "ignored": None,
        "until": None,
    }
    assert [document["diagnostics"][1][key] for key in ("file", "line", "column", "end_column")] == [
        "b.yaml",
        None,
        None,
        None,
    ]


def test_json_is_an_object_also_when_nothing_was_found() -> None:
    assert json.loads(FORMATS["json"]([], {}))["diagnostics"] == []


@given(st.text())
def test_json_of_any_text(text: str) -> None:
    report = FORMATS["json"]([FINDING._replace(message=text)], {})
    assert report.isascii()
    assert json.loads(report)["diagnostics"][0]["message"] == text


def test_github_says_nothing_when_nothing_was_found() -> None:
    assert FORMATS["github"]([], {}) == ""


def test_a_format_is_loaded_when_it_is_used() -> None:
    program = "import sys, monitorspec.report as r; r.FORMATS['text']([], {}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "monitorspec.report.text" in loaded
    assert not {"json", "monitorspec.report.json", "monitorspec.report.github", "unicodedata"} & set(loaded)
