"""What came of mutants, for people and for programs.

In: `Verdict`s, the places of the spec. Out: text for a terminal, or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from monitorspec.mutation.mutant import Verdict
from monitorspec.mutation.run import Found
from monitorspec.report.cells import printable
from monitorspec.scenario.story import Book, excerpt_lines

VERSION = 1
_SHOWN = 3


class System(NamedTuple):
    """The mutants of one spec."""

    label: str
    found: Found
    book: Book

    def of(self, outcome: str) -> list[Verdict]:
        """Those that had this outcome."""
        return [verdict for verdict in self.found.verdicts if verdict.outcome == outcome]


def story(verdict: Verdict, book: Book) -> str:
    """A mutant that nothing noticed."""
    return "\n".join(_lines(verdict, book)) + "\n"


def summary(system: System) -> str:
    """One line of counts."""
    counts = {outcome: len(system.of(outcome)) for outcome in ("noticed", "equivalent", "survived")}
    total = sum(counts.values())
    return (
        f"{system.label}: {total:,} mutant{'s' * (total != 1)}: {counts['noticed']:,} noticed, "
        f"{counts['equivalent']:,} equivalent, {counts['survived']:,} not noticed"
    )


def same(verdict: Verdict) -> str:
    """A mutant that is none."""
    return f"equivalent: {verdict.subject}: {verdict.change.kind}: {verdict.change.text}: {verdict.reason}"


def as_json(systems: Sequence[System]) -> str:
    """One object."""
    document = {
        "version": VERSION,
        "systems": [
            {
                "system": system.label,
                "mutants": [_object(verdict, system.book) for verdict in system.found.verdicts],
                "untestable": [{"alert": alert, "reason": reason} for alert, reason in system.found.closed],
            }
            for system in systems
        ],
        "summary": {
            outcome: sum(len(system.of(outcome)) for system in systems)
            for outcome in ("noticed", "equivalent", "survived")
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _object(verdict: Verdict, book: Book) -> dict[str, Any]:
    at = book.at(verdict.origin)
    return {
        "of": verdict.subject,
        "kind": verdict.change.kind,
        "change": verdict.change.text,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "tests": list(verdict.tests),
        "file": at.file,
        "line": at.line,
    }


def _lines(verdict: Verdict, book: Book) -> Iterator[str]:
    text = printable(f"{verdict.change.kind}: {verdict.change.text}")
    yield f"NOT NOTICED `{printable(verdict.subject)}`: {text}"
    yield from excerpt_lines(book.at(verdict.origin), book)
    if verdict.tests:
        more = f" and {len(verdict.tests) - _SHOWN} more" if len(verdict.tests) > _SHOWN else ""
        yield f"  tests that were run: {printable(', '.join(verdict.tests[:_SHOWN]))}{more}"
    yield f"  why: {printable(verdict.reason)}"
