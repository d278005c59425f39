"""How many findings of which level.

In: diagnostics. Out: counts, and the sentence that ends a report.
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
