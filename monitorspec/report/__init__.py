"""Findings in the formats that people and programs read.

In: diagnostics in order, and the text of each file that they are in. Out: a string; printing it is the caller's.
A format's module is loaded when the format is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from monitorspec.diagnostics import Diagnostic


class Reporter(Protocol):
    """Renders diagnostics; `texts` maps a file's name to its text, for excerpts. With none, all but JSON are empty."""

    def __call__(self, diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
        """The report, each line ended by a newline."""
        ...


def _text(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
    from monitorspec.report.text import render

    return render(diagnostics, texts, color)


def _json(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
    from monitorspec.report.json import render

    return render(diagnostics, texts, color)


def _github(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
    from monitorspec.report.github import render

    return render(diagnostics, texts, color)


FORMATS: Mapping[str, Reporter] = {"text": _text, "json": _json, "github": _github}
