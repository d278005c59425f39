"""Keeping secrets that stand in a spec out of its own error messages: a CI log is read by more people than the spec.

In: texts for excerpts and the findings. Out: the texts with every secret that a finding names blotted out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitorspec.diagnostics import Diagnostic, Position

# The codes of all findings about secrets end so.
SECRET = "/literal-secret"


def blotted(texts: Mapping[str, str], diagnostics: Sequence[Diagnostic]) -> Mapping[str, str]:
    """The texts with asterisks for secrets, character by character, so that carets stay where they belong."""
    found = _places(diagnostics)
    if not found:
        return texts
    lines = {file: text.split("\n") for file, text in texts.items()}
    for position in found:
        if position.file in lines and 0 < position.line <= len(lines[position.file]):
            line = lines[position.file][position.line - 1]
            start, end = position.column - 1, position.column - 1 + position.length
            lines[position.file][position.line - 1] = line[:start] + "*" * len(line[start:end]) + line[end:]
    return {file: "\n".join(parts) for file, parts in lines.items()}


def secrets_in(texts: Mapping[str, str], diagnostics: Sequence[Diagnostic]) -> list[str]:
    """The secrets that findings name, as they are written."""
    found = []
    for at in _places(diagnostics):
        lines = texts.get(at.file, "").split("\n")
        if 0 < at.line <= len(lines):
            found.append(lines[at.line - 1].rstrip("\r")[at.column - 1 : at.column - 1 + at.length])
    return [secret for secret in found if secret]


def _places(diagnostics: Sequence[Diagnostic]) -> list[Position]:
    return [d.position for d in diagnostics if d.code.endswith(SECRET)]
