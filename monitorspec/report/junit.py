"""Findings as a JUnit report, which CI systems show as tests: a suite for each file that was looked at, a case for each finding.

In: diagnostics and the names of files. Out: XML. Errors are failures; warnings and notes are skipped cases, since they alone
fail nothing. A file without findings is one case that passes, so that a report is never empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from monitorspec.diagnostics import Diagnostic
from monitorspec.report.cells import printable
from monitorspec.report.text import block


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:  # noqa: ARG001
    """The whole report."""
    suites: dict[str, list[Diagnostic]] = {file: [] for file in texts}
    for d in diagnostics:
        suites.setdefault(d.position.file, []).append(d)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites {_attributes(name='monitorspec', **_counts(list(suites.values())))}>")
    for file, found in suites.items():
        lines.append(f"  <testsuite {_attributes(name=file, **_counts([found]))}>")
        lines += [line for d in found for line in _case(d, texts)]
        if not found:
            lines.append(f"    <testcase {_attributes(name='lint', classname=file, file=file)}/>")
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _counts(suites: Sequence[Sequence[Diagnostic]]) -> dict[str, str]:
    failures = sum(d.level == "error" for found in suites for d in found)
    every = sum(map(len, suites))
    tests = sum(max(1, len(found)) for found in suites)
    return {"tests": str(tests), "failures": str(failures), "errors": "0", "skipped": str(every - failures)}


def _case(diagnostic: Diagnostic, texts: Mapping[str, str]) -> Iterator[str]:
    at = diagnostic.position
    place = {"line": str(at.line)} if at.line else {}
    name = f"{diagnostic.code} at {at.line}:{at.column}" if at.line else diagnostic.code
    yield f"    <testcase {_attributes(name=name, classname=at.file, file=at.file, **place)}>"
    said = escape(block(diagnostic, texts).rstrip("\n"), quote=False)
    if diagnostic.level == "error":
        yield f"      <failure {_attributes(type=diagnostic.code, message=diagnostic.message)}>{said}</failure>"
    else:
        yield f"      <skipped {_attributes(message=f'{diagnostic.level}: {diagnostic.message}')}>{said}</skipped>"
    yield "    </testcase>"


def _attributes(**values: str) -> str:
    # XML 1.0 has no way to write most control characters.
    return " ".join(f'{name}="{escape(printable(" ".join(value.split())))}"' for name, value in values.items())
