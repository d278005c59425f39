"""Findings in the formats that people and programs read.

In: diagnostics in order, and the text of each file that they are in. Out: a string; printing it is the caller's.
A format is a module of its name here, loaded when the format is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from monitorspec.diagnostics import Diagnostic


class Reporter(Protocol):
    """Renders diagnostics; `texts` maps a file's name to its text, for excerpts, and names all files that were looked at.
    With no diagnostics, what people read is empty; what programs read is a whole document."""

    def __call__(self, diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
        """The report, each line ended by a newline."""
        ...


def _of(name: str) -> Reporter:
    def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
        module = import_module(f"monitorspec.report.{name}")
        return cast(Reporter, module.render)(diagnostics, texts, color)

    return render


FORMATS: Mapping[str, Reporter] = {
    "text": _of("text"),
    "json": _of("json"),
    "github": _of("github"),
    "sarif": _of("sarif"),
    "gitlab": _of("gitlab"),
    "junit": _of("junit"),
    "markdown": _of("markdown"),
}
