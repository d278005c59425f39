"""Changes as findings, for the formats that are made for those.

In: a `Review`. Out: diagnostics at the places of the new specs, in the review's order, because services show but the first of
many: what is risky as a warning, what is notable as a note. Cosmetic and acknowledged changes are left out, because an annotation
asks for a look.
"""

from __future__ import annotations

from monitorspec.diagnostics import Diagnostic, Level
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
                only = f" (only in {', '.join(line.only)})" if line.only else ""
                message = "\n".join((f"{line.subject}: {line.text}{only}", *line.details))
                found.append(Diagnostic(line.code, message, line.position, level))
    return found
