"""Results of tests for programs: JSON, and JUnit's XML.

In: `System`s with their outcomes. Out: text. JSON has a version, which changes when a field's meaning does. The XML is what the
schema of Jenkins' xUnit plug-in takes; the file and line of a failure stand in its text, because no attribute of a test case
has them there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from monitorspec.scenario.coverage import KINDS, Coverage
from monitorspec.scenario.judge import Gap
from monitorspec.scenario.outcome import Outcome
from monitorspec.scenario.story import Book, story
from monitorspec.scenario.verdict import NEVER

VERSION = 1
# https://www.w3.org/TR/xml/#charsets
_INVALID = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class System(NamedTuple):
    """What came of the tests of one spec. `coverage`: None where nobody asked."""

    name: str
    environment: str
    file: str
    outcomes: tuple[Outcome, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage | None
    book: Book

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The tests that did not pass."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def label(self) -> str:
        """The system's name, with its environment."""
        return f"{self.name}-{self.environment}" if self.environment else self.name


def as_json(systems: Sequence[System]) -> str:
    """One object."""
    failed = sum(len(system.failed) for system in systems)
    document = {
        "version": VERSION,
        "systems": [_system(system) for system in systems],
        "summary": {"tests": sum(len(system.outcomes) for system in systems), "failed": failed},
    }
    return json.dumps(document, indent=2) + "\n"


def _system(system: System) -> dict[str, Any]:
    out: dict[str, Any] = {
        "system": system.name,
        "environment": system.environment,
        "file": system.file,
        "tests": [_test(outcome, system.book) for outcome in system.outcomes],
        "not_proven": [{"alert": gap.alert, "reason": gap.reason} for gap in system.gaps],
    }
    if system.coverage is not None:
        found = system.coverage
        out["coverage"] = {
            "percent": round(found.percent, 2),
            "kinds": {
                kind: dict(zip(("covered", "of"), found.counts(kind), strict=True))
                for kind in KINDS
                if found.counts(kind)[1]
            },
            "items": [
                {"kind": item.kind, "name": item.name, "tests": list(item.by), "cannot": item.cannot or None}
                for item in found.items
            ],
        }
    return out


def _test(outcome: Outcome, book: Book) -> dict[str, Any]:
    at = book.at(outcome.origin)
    out: dict[str, Any] = {
        "id": outcome.id,
        "kind": outcome.kind,
        "name": outcome.name,
        "passed": outcome.passed,
        "file": at.file,
        "line": at.line or None,
    }
    if not outcome.passed:
        out["story"] = story(outcome, book)
        out["problems"] = [
            {
                "at_seconds": None if problem.at == NEVER else problem.at / 1000,
                "message": problem.message,
                "expected": problem.expected or None,
                "alerts": list(problem.alerts),
                "file": place.file,
                "line": place.line or None,
                "column": place.column or None,
            }
            for problem in outcome.problems
            for place in (book.at(problem.origin),)
        ]
        out["fired"] = [
            {
                "at_seconds": (scene.moment.at + scene.moment.within) / 1000,
                "alert": telling.fired.alert or None,
                "labels": dict(telling.fired.labels),
                "since_seconds": telling.fired.since / 1000,
                "tells": list(telling.always),
                "tells_at_some_hours": list(telling.sometimes),
                "silenced_by": telling.inhibited[1] if telling.inhibited else None,
                "outside_windows": dict(telling.silent),
            }
            for scene in outcome.scenes
            for telling in scene.now
        ]
    return out


def as_junit(systems: Sequence[System]) -> str:
    """A test suite for each spec, a test case for each test."""
    tests = sum(len(system.outcomes) for system in systems)
    failed = sum(len(system.failed) for system in systems)
    out = ['<?xml version="1.0" encoding="UTF-8"?>']
    out.append(f'<testsuites name="monitorspec" tests="{tests}" failures="{failed}">')
    for system in systems:
        out.append(
            f'  <testsuite name={_attribute(system.label)} tests="{len(system.outcomes)}" '
            f'failures="{len(system.failed)}" errors="0" file={_attribute(system.file)}>'
        )
        for outcome in system.outcomes:
            start = f"    <testcase classname={_attribute(f'{system.label}.{outcome.kind}')} name={_attribute(outcome.name)}"
            if outcome.passed:
                out.append(f"{start}/>")
                continue
            out.append(f"{start}>")
            message = outcome.problems[0].message
            out.append(f'      <failure message={_attribute(message)} type="{outcome.kind}">')
            out.append(f"{escape(_valid(story(outcome, system.book)))}</failure>")
            out.append("    </testcase>")
        out.append("  </testsuite>")
    return "\n".join([*out, "</testsuites>"]) + "\n"


def _attribute(text: str) -> str:
    return quoteattr(_valid(text))


def _valid(text: str) -> str:
    """Without the characters that XML cannot have."""
    return "".join(
        c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "�"
        for c in text
    )
