"""Changes folded for reading: what happens to many things in the same way is said once.

In: changes of one system. Out: `Line`s, in the order of the changes, and what is counted of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitorspec.diagnostics import Position
from monitorspec.diff.change import Level, Sign
from monitorspec.review import Review, Told

SHOWN = 6
"""Subjects of one line that are named; the others are counted."""


class Line(NamedTuple):
    """One or more changes of the same kind."""

    code: str
    level: Level
    sign: Sign
    subjects: tuple[str, ...]
    text: str
    details: tuple[str, ...]
    only: tuple[str, ...]
    acknowledged: str
    fingerprints: tuple[str, ...]
    position: Position

    @property
    def subject(self) -> str:
        """All subjects, or as many as can be read."""
        more = f" and {len(self.subjects) - SHOWN} more" if len(self.subjects) > SHOWN else ""
        return ", ".join(self.subjects[:SHOWN]) + more

    @property
    def area(self) -> str:
        """The first part of the code."""
        return self.code.partition("/")[0]


def folded(changes: Iterable[Told]) -> list[Line]:
    """The changes as lines."""
    groups: dict[tuple[object, ...], list[Told]] = {}
    for told in changes:
        c = told.change
        key = (c.code, c.level, c.sign, c.text, c.details, told.only, told.acknowledged)
        groups.setdefault(key, []).append(told)
    lines = []
    for members in groups.values():
        first, c = members[0], members[0].change
        lines.append(
            Line(
                c.code,
                c.level,
                c.sign,
                tuple(dict.fromkeys(told.change.subject for told in members)),
                c.text,
                c.details,
                first.only,
                first.acknowledged,
                tuple(dict.fromkeys(told.fingerprint for told in members)),
                first.position,
            )
        )
    return lines


def counts(review: Review) -> dict[str, int]:
    """How many changes there are of each kind and level."""
    told = review.told
    signs = {"added": "+", "changed": "~", "replaced": "-/+", "removed": "-"}
    out = {
        name: sum(1 for t in told if t.change.sign == sign and t.level != "cosmetic") for name, sign in signs.items()
    }
    out["cosmetic"] = sum(1 for t in told if t.level == "cosmetic")
    out["risky"] = len(review.open("risky"))
    out["acknowledged"] = sum(1 for t in told if t.acknowledged)
    return out


def summary(review: Review) -> str:
    """`1 added, 2 changed, 1 removed; 2 risky`, or that nothing changed, or what keeps specs from being compared."""
    found = counts(review)
    errors = sum(d.level == "error" for d in review.diagnostics)
    wrong = [f"{errors} error{'' if errors == 1 else 's'}"] if errors else []
    missing = len({d.position.file for d in review.diagnostics if d.level != "error"})
    wrong += [f"{missing} spec{'' if missing == 1 else 's'} not compared"] if missing else []
    kinds = [f"{found[name]} {name}" for name in ("added", "changed", "replaced", "removed") if found[name]]
    if found["cosmetic"]:
        kinds.append(f"{found['cosmetic']} cosmetic")
    if not kinds:
        return "; ".join(wrong) or "no changes"
    rest = [f"{found[name]} {name}" for name in ("risky", "acknowledged") if found[name]] or ["nothing risky"]
    return "; ".join((*wrong, ", ".join(kinds), *rest))


def areas(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines by area; cosmetic ones are an area of their own."""
    out: dict[str, list[Line]] = {}
    for line in lines:
        out.setdefault("cosmetic" if line.level == "cosmetic" else line.area, []).append(line)
    return out
