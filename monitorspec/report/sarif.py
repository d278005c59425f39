"""Findings in SARIF 2.1.0 (OASIS), which code scanning services and editors read.

In: diagnostics. Out: one JSON document with one run: a rule for each code found, with its page as help, and a result for each
finding with its place, fingerprint, fix and, if it is ignored, why. GitHub's code scanning shows ignored results as open ones,
so `lint` leaves them out unless asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from monitorspec import __version__
from monitorspec.baseline import KNOWN
from monitorspec.diagnostics import Diagnostic, Edit, Fix
from monitorspec.explain import codes, page
from monitorspec.fingerprints import dotted, fingerprints, in_project
from monitorspec.report.summary import notes

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# The name tells how it is made: were that to change, so would the name.
FINGERPRINT = "monitorspec/v1"
_ROOT = "%SRCROOT%"


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:  # noqa: ARG001
    """The whole document, in ASCII."""
    found = sorted({d.code for d in diagnostics})
    driver = {
        "name": "monitorspec",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in found],
    }
    marks = fingerprints(diagnostics)
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, found.index(d.code), mark) for d, mark in zip(diagnostics, marks, strict=True)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known = codes()
    if code not in known:
        return {"id": code, "shortDescription": {"text": code}}
    text = page(code).split("\n", 3)[3]
    title, _, rest = text.partition("\n")
    words = " ".join(rest.partition("```")[0].split())
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title} {words}".strip()},
        "help": {
            "text": text,
            "markdown": text.replace("```yaml wrong", "```yaml").replace("```yaml right", "```yaml"),
        },
        "properties": {"tags": [code.partition("/")[0]]},
    }


def _result(diagnostic: Diagnostic, index: int, fingerprint: str) -> dict[str, Any]:
    at = diagnostic.position
    place: dict[str, Any] = {"artifactLocation": _file(at.file)}
    if at.line:
        place["region"] = {"startLine": at.line}
        if at.column:
            end = at.column + max(1, at.length)
            place["region"] |= {"startColumn": at.column, "endLine": at.line, "endColumn": end}
    location: dict[str, Any] = {"physicalLocation": place}
    if diagnostic.path:
        location["logicalLocations"] = [{"fullyQualifiedName": dotted(diagnostic)}]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.level,
        "message": {"text": _message(diagnostic)},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if diagnostic.fix:
        result["fixes"] = [_fix(diagnostic.fix)]
    if diagnostic.ignored:
        kind = "external" if diagnostic.ignored == KNOWN else "inSource"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": diagnostic.ignored}]
    return result


def _message(diagnostic: Diagnostic) -> str:
    first = f"{diagnostic.message}: {diagnostic.label}" if diagnostic.label else diagnostic.message
    return "\n".join([first, *(f"{name}: {text}" for name, text in notes(diagnostic))])


def _file(file: str) -> dict[str, str]:
    return {"uri": quote(in_project(file), errors="replace"), "uriBaseId": _ROOT}


def _fix(fix: Fix) -> dict[str, Any]:
    files = dict.fromkeys(edit.file for edit in fix.edits)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": _file(file),
                "replacements": [_replacement(edit) for edit in fix.edits if edit.file == file],
            }
            for file in files
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    region = {
        "startLine": edit.line,
        "startColumn": edit.column,
        "endLine": edit.end_line,
        "endColumn": edit.end_column,
    }
    return {"deletedRegion": region, **({"insertedContent": {"text": edit.text}} if edit.text else {})}
