"""Findings as a GitLab Code Quality report, which a merge request shows in its widget and beside changed lines.

In: diagnostics. Out: a JSON array of issues with the keys that GitLab asks for: description, check_name, fingerprint (no two the
same), severity, location.path (from the top of the repository, without `./`) and location.lines.begin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitorspec.diagnostics import Diagnostic, Level
from monitorspec.fingerprints import fingerprints, in_project

# GitLab knows info, minor, major, critical and blocker.
_SEVERITIES: Mapping[Level, str] = {"error": "major", "warning": "minor", "note": "info"}


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:  # noqa: ARG001
    """An issue for each finding; "[]" if there are none."""
    issues = [_issue(d, mark) for d, mark in zip(diagnostics, fingerprints(diagnostics), strict=True)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    at = diagnostic.position
    return {
        "description": f"{diagnostic.message}: {diagnostic.label}" if diagnostic.label else diagnostic.message,
        "check_name": diagnostic.code,
        "fingerprint": fingerprint,
        "severity": "critical" if diagnostic.fatal else _SEVERITIES[diagnostic.level],
        "location": {"path": in_project(at.file), "lines": {"begin": max(1, at.line)}},
    }
