"""Findings as one JSON object, for programs.

In: diagnostics. Out: JSON, in ASCII. Lines and columns count characters from 1, null where a finding has no place;
`end_column` is the first column past it. `fix` holds edits, each of which replaces what stands up to its end by `text`;
`fingerprint` stays the same from one commit to the next, as a baseline's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitorspec.diagnostics import Diagnostic
from monitorspec.fingerprints import fingerprints
from monitorspec.report.summary import count

VERSION = 1


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:  # noqa: ARG001
    """The whole report; it is an object even if nothing was found."""
    document = {"version": VERSION, "diagnostics": listed(diagnostics), "summary": count(diagnostics)}
    return json.dumps(document, indent=2) + "\n"


def listed(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Findings as plain data."""
    return [_fields(d, mark) for d, mark in zip(diagnostics, fingerprints(diagnostics), strict=True)]


def _fields(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    at, fix = diagnostic.position, diagnostic.fix
    return {
        "code": diagnostic.code,
        "level": diagnostic.level,
        "message": diagnostic.message,
        "file": at.file,
        "line": at.line or None,
        "column": at.column or None,
        "end_column": at.column + at.length if at.column else None,
        "label": diagnostic.label,
        "help": list(diagnostic.help),
        "effect": diagnostic.effect,
        "path": list(diagnostic.path),
        "fingerprint": fingerprint,
        "fix": {"title": fix.title, "edits": [edit._asdict() for edit in fix.edits]} if fix else None,
        "ignored": diagnostic.ignored or None,
        "until": diagnostic.until or None,
    }
