"""Failed tests as findings, for the formats that are made for those.

In: `System`s with their outcomes. Out: diagnostics at the lines of the spec, an error for each thing that is not as expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitorspec.diagnostics import Diagnostic, in_order
from monitorspec.scenario.outcome import Outcome
from monitorspec.scenario.report import System
from monitorspec.scenario.story import SHOWN, reason, subject, when


def findings(systems: Sequence[System]) -> list[Diagnostic]:
    """All that failed, in the order of the files."""
    return in_order(d for system in systems for outcome in system.failed for d in _of(outcome, system))


def _of(outcome: Outcome, system: System) -> Iterator[Diagnostic]:
    shown, more = outcome.problems[:SHOWN], len(outcome.problems) - SHOWN
    for problem in shown:
        help_: tuple[str, ...] = (problem.help,) if problem.help else ()
        if more > 0 and problem is shown[-1]:
            help_ += (f"{more} more are told by `monitorspec test`",)
        at = system.book.at(problem.origin)
        message = f"{subject(outcome)}: {when(problem)}{problem.message}"
        yield Diagnostic("tests/failed", message, at, label=reason(outcome, problem), help=help_, path=problem.origin)
