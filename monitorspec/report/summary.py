"""What several formats say in the same words: how many findings of which level, and what is said below one.

In: diagnostics. Out: counts, the sentence that ends a report, and the notes of a finding.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitorspec.diagnostics import Diagnostic


def count(diagnostics: Sequence[Diagnostic]) -> dict[str, int]:
    """Findings of each level, by the level's plural."""
    counts = {"errors": 0, "warnings": 0, "notes": 0}
    for diagnostic in diagnostics:
        counts[f"{diagnostic.level}s"] += 1
    return counts


def sentence(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; levels without findings are left out."""
    counts = count(diagnostics)
    return ", ".join(f"{n:,} {level[:-1] if n == 1 else level}" for level, n in counts.items() if n)


def notes(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    """What is said below a finding, each with its name: help, effect, why it is ignored."""
    until = f" (until {diagnostic.until})" if diagnostic.until else ""
    return [
        *(("help", text) for text in diagnostic.help),
        *([("effect", diagnostic.effect)] if diagnostic.effect else []),
        *([("ignored", diagnostic.ignored + until)] if diagnostic.ignored else []),
    ]
