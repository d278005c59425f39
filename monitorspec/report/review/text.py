"""A review for a terminal.

In: a `Review`. Out: text: the systems, their changes by area, what deployment does, and a sum as the last line.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diff import TITLES
from monitorspec.diff.deploy import Effect
from monitorspec.report.cells import printable
from monitorspec.report.review.lines import Line, areas, folded, summary
from monitorspec.review import Review, SystemReview

_RESET, _BOLD, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
_SIGNS = {"+": "\x1b[32m", "-": "\x1b[31m", "~": "\x1b[33m", "-/+": "\x1b[35m"}
_RISKY = "\x1b[1;31m"
_VERBS = {"reload": "reads anew", "create": "makes", "update": "updates", "replace": "REPLACES", "delete": "deletes"}
SHOWN = 8


def render(review: Review, color: bool = False, verbose: bool = False) -> str:
    """The whole report; cosmetic changes are counted, and named where it is `verbose`."""
    blocks = []
    if review.diagnostics:
        from monitorspec.report.text import render as findings

        blocks.append(findings(review.diagnostics, review.texts, color))
    changed = [system for system in review.systems if system.changes]
    blocks += ["".join(f"{line}\n" for line in _system(system, color, verbose)) for system in changed]
    return "\n".join([*blocks, f"{summary(review)}\n"])


def _paint(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{_RESET}" if color and text else text


def _system(system: SystemReview, color: bool, verbose: bool) -> Iterator[str]:
    yield f"{_paint(printable(system.system), _BOLD, color)} ({printable(system.file)})"
    found = areas(folded(system.changes))
    for area, title in TITLES.items():
        if area not in found:
            continue
        yield ""
        if area == "cosmetic" and not verbose:
            yield f"{_paint(title, _BOLD, color)}: {len(found[area])}, named with --verbose"
            continue
        yield _paint(title, _BOLD, color)
        for line in found[area]:
            yield from _line(line, color)
    if system.effects:
        yield ""
        yield _paint("On deploy", _BOLD, color)
        for said, reasons in map(effect_lines, system.effects):
            yield f"  {printable(said)}"
            yield from (f"    {printable(reason)}" for reason in reasons)


def _line(line: Line, color: bool) -> Iterator[str]:
    sign = _paint(f"{line.sign:<3}", _SIGNS[line.sign], color)
    marks = [f"only in {', '.join(line.only)}"] if line.only else []
    if line.acknowledged:
        marks.append(f"acknowledged: {line.acknowledged}")
    elif line.level == "risky":
        marks.append(f"risky {' '.join(line.fingerprints[:3])}{' …' if len(line.fingerprints) > 3 else ''}")
    style = _RISKY if line.level == "risky" and not line.acknowledged else _DIM
    said = _paint(f"  [{printable('; '.join(marks))}]", style, color) if marks else ""
    yield f"  {sign} {printable(line.subject)}: {printable(line.text)}{said}"
    yield from (f"        {printable(text)}" for text in line.details)


def effect_lines(effect: Effect) -> tuple[str, tuple[str, ...]]:
    """What a target does, in words, and why."""
    more = f" and {len(effect.what) - SHOWN} more" if len(effect.what) > SHOWN else ""
    said = f"{effect.target} {_VERBS[effect.action]} {', '.join(effect.what[:SHOWN])}{more}"
    return said, tuple(f"because {reason}" for reason in effect.why[:SHOWN])
