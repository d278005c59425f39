"""Findings as annotations of a pull request: workflow commands that GitHub Actions reads from a step's output.

In: diagnostics. Out: one command a line. A command ends at its newline and its properties at `,` and `::`, so that what
comes from a spec is escaped: it can neither end its command nor begin another. GitHub shows ten of each kind for a step: a
last line, which is no command, tells the log of more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitorspec.diagnostics import Diagnostic, Level
from monitorspec.report.summary import count, notes, sentence

# GitHub documentation, "Limits on annotations": 10 of each level a step, 50 a run.
SHOWN = 10

_COMMANDS: Mapping[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:  # noqa: ARG001
    """A command for each finding."""
    beyond = any(n > SHOWN for n in count(diagnostics).values())
    more = f"{sentence(diagnostics)}; GitHub shows the first {SHOWN} of each\n" if beyond else ""
    return "".join(f"{_command(d)}\n" for d in diagnostics) + more


def _command(diagnostic: Diagnostic) -> str:
    at = diagnostic.position
    properties: dict[str, str | int] = {"file": at.file}
    if at.line:
        properties["line"] = at.line
        if at.column:
            # GitHub's last column is part of the range, and a range of columns needs its last line.
            properties |= {"endLine": at.line, "col": at.column, "endColumn": at.column + max(1, at.length) - 1}
    properties["title"] = diagnostic.code
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value != "")
    return f"::{_COMMANDS[diagnostic.level]} {listed}::{_data(_message(diagnostic))}"


def _message(diagnostic: Diagnostic) -> str:
    """Everything that the text report says, as the excerpt is what the annotation stands under."""
    first = f"{diagnostic.message}: {diagnostic.label}" if diagnostic.label else diagnostic.message
    return "\n".join([first, *(f"{name}: {text}" for name, text in notes(diagnostic))])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
