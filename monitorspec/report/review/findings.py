"""Changes as findings, for the formats that are made for those.

In: a `Review`. Out: diagnostics at the places of the new specs: what is risky as a warning, what is notable as a note. Cosmetic and
acknowledged changes are left out, because an annotation asks for a look.
"""

from __future__ import annotations

from monitorspec.diagnostics import Diagnostic, Level, in_order
from monitorspec.diff.change import Level as Risk
from monitorspec.report.review.lines import folded
from monitorspec.review import Review

_LEVELS: dict[Risk, Level] = {"risky": "warning", "notable": "note"}


def findings(review: Review) -> list[Diagnostic]:
    """What is wrong with specs, then every change that somebody has to look at."""
    found = list(review.diagnostics)
    for system in review.systems:
        for line in folded(system.changes):
            level = _LEVELS.get(line.level)
            if level is not None and not line.acknowledged:
                message = f"{line.subject}: {line.text}"
                found.append(Diagnostic(line.code, message, line.position, level, help=line.details))
    return in_order(found)
