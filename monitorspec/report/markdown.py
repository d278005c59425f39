"""Findings for a comment of a pull request, or a step's summary.

In: diagnostics and the files' texts. Out: Markdown as GitHub and GitLab read it: how many there are, then one item each with its
place, and the excerpt folded away. It stays below what a comment may hold; what is left out is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitorspec.diagnostics import Diagnostic, Level
from monitorspec.markdown import code, fence, line
from monitorspec.report.summary import sentence
from monitorspec.report.text import block

# GitHub refuses a comment of more than 65,536 characters; the rest is left for whoever puts more into it.
MAX_LENGTH = 60_000
_MARKS: Mapping[Level, str] = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
_LEVELS: Sequence[Level] = ("error", "warning", "note")


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:  # noqa: ARG001
    """The worst findings first, then as they stand in the files; "" if there are none."""
    if not diagnostics:
        return ""
    ordered = [d for level in _LEVELS for d in diagnostics if d.level == level]
    out = [f"**monitorspec: {sentence(diagnostics)}**\n"]
    length = len(out[0])
    for n, d in enumerate(ordered):
        part = _item(d, texts)
        length += len(part) + 1
        if length > MAX_LENGTH:
            out.append(f"… and {sentence(ordered[n:])} more: run `monitorspec lint` to see all of them.\n")
            break
        out.append(part)
    return "\n".join(out)


def _item(diagnostic: Diagnostic, texts: Mapping[str, str]) -> str:
    at = diagnostic.position
    place = ":".join([at.file, *([str(at.line)] if at.line else [])])
    head = f"- {_MARKS[diagnostic.level]} {code(place)} {line(diagnostic.message)} ({code(diagnostic.code)})\n"
    folded = ["<details><summary>Where, and what to do</summary>", "", *fence(block(diagnostic, texts)).split("\n")]
    body = "\n".join(f"  {text}".rstrip() for text in ("", *folded, "", "</details>"))
    return f"{head}{body}\n"
