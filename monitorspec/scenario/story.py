"""A failed test as a story: its line in the spec, what was expected, what fired, who would have been told, what silenced it.

In: an `Outcome`, the places and texts of the spec. Out: lines for a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec.diagnostics import Path, Position
from monitorspec.plan import Labels
from monitorspec.report.cells import excerpt, printable
from monitorspec.scenario.outcome import Detail, Outcome
from monitorspec.scenario.told import Telling
from monitorspec.scenario.verdict import NEVER, Problem, listed, name_of
from monitorspec.spec.units import duration_text
from monitorspec.spec.validate import Places

_WIDTH = 140
SHOWN = 8
"""Alerts, or problems of a generated test, that are told; the rest is counted."""
_BREAK = re.compile(r"\r\n|[\n\r]")
_KINDS = {
    "test": "test",
    "rules": "generated test of the rule",
    "alarms": "generated test of the alarm",
    "routes": "generated test of who is told of",
}


class Book(NamedTuple):
    """Where a spec's values stand, and the texts of its files."""

    places: Places
    texts: Mapping[str, str]

    def at(self, path: Path) -> Position:
        """The nearest place to a path: the key where it has one of its own."""
        while path:
            found = self.places.key(path) or self.places.value(path)
            if found is not None:
                return found
            path = path[:-1]
        return self.places.nearest(())


def story(outcome: Outcome, book: Book) -> str:
    """All that went wrong in a test."""
    return "\n".join(_lines(outcome, book)) + "\n"


def headline(outcome: Outcome) -> str:
    """The first line."""
    return f"FAILED {subject(outcome)}"


def subject(outcome: Outcome) -> str:
    """What a test is, and its name."""
    return f"{_KINDS[outcome.kind]} `{printable(outcome.name)}`"


def when(problem: Problem) -> str:
    """The time that a problem is at, as the beginning of a sentence; "" where there is no time."""
    return "" if problem.at == NEVER else f"at {duration_text(problem.at)}: "


def reason(outcome: Outcome, problem: Problem) -> str:
    """What was expected of a user's test, or what a generated one follows from; "" where nothing was."""
    label = "expected" if outcome.kind == "test" else "because"
    return f"{label}: {printable(problem.expected)}" if problem.expected else ""


def _lines(outcome: Outcome, book: Book) -> Iterator[str]:
    yield headline(outcome)
    found = outcome.problems
    told: set[int] = set()
    last: Position | None = None
    for problem in found[:SHOWN]:
        at = book.at(problem.origin)
        if at != last:
            yield from excerpt_lines(at, book)
        last = at
        yield from _problem(outcome, problem)
        if outcome.kind == "test" and problem.at not in told:
            told.add(problem.at)
            yield from _fired(outcome, problem.at)
        if problem.help:
            yield f"  help: {problem.help}"
    if len(found) > SHOWN:
        yield f"  … {len(found) - SHOWN} more"


def excerpt_lines(at: Position, book: Book) -> Iterator[str]:
    """A place, and its line with a caret below it."""
    number = str(at.line) if at.line else ""
    gutter = " " * max(1, len(number))
    yield f"{gutter}--> {printable(at.file)}" + (f":{at.line}:{at.column}" if at.line else "")
    lines = _BREAK.split(book.texts.get(at.file, ""))
    if 0 < at.line <= len(lines):
        line = lines[at.line - 1]
        shown, column, carets = excerpt(line, min(max(0, at.column - 1), len(line)), max(1, at.length), _WIDTH)
        yield f"{gutter} |"
        yield f"{number} | {shown}".rstrip()
        yield f"{gutter} | {' ' * column}{'^' * carets}"


def _problem(outcome: Outcome, problem: Problem) -> Iterator[str]:
    yield f"  {when(problem)}{printable(problem.message)}"
    if problem.expected:
        yield f"  {reason(outcome, problem)}"
    for detail in outcome.details:
        if detail.at == problem.at and detail.alert in problem.alerts and not _is_firing(outcome, detail):
            yield from _silent(detail)


def _is_firing(outcome: Outcome, detail: Detail) -> bool:
    return any(t.fired.alert == detail.alert for t in _now(outcome, detail.at))


def _silent(detail: Detail) -> Iterator[str]:
    """Why an alert does not fire: its values beside its condition, and when it does."""
    if detail.view:
        yield f"  {detail.alert}: {printable(detail.view)}"
        return
    yield f"  {detail.alert} fires {printable(detail.condition)}"
    for what, labels, value in detail.values[:SHOWN]:
        yield f"    {what} is {_number(value)}{_braces(labels)}"
    if not detail.values and "no data" not in detail.condition:
        yield "    its signal has no data then"
    if detail.first is None:
        yield f"    it never fires until the series end at {duration_text(detail.end)}"
    else:
        yield f"    it fires for the first time at {duration_text(detail.first)}"


def _fired(outcome: Outcome, at: int) -> Iterator[str]:
    now = _now(outcome, at)
    if not now:
        if any(s.moment.at + s.moment.within == at and not s.trouble for s in outcome.scenes):
            yield f"  fired at {duration_text(at)}: nothing"
        return
    yield f"  fired at {duration_text(at)}:"
    for telling in now[:SHOWN]:
        since = duration_text(telling.fired.since)
        yield f"    {name_of(telling)}{_braces(telling.fired.series)} since {since}{_value(outcome, telling, at)}"
        yield f"      {_told(telling)}"
    if len(now) > SHOWN:
        yield f"    … {len(now) - SHOWN} more"


def _now(outcome: Outcome, at: int) -> Sequence[Telling]:
    return next((scene.now for scene in outcome.scenes if scene.moment.at + scene.moment.within == at), ())


def _told(telling: Telling) -> str:
    said = []
    if telling.always:
        said.append(f"tells {listed(telling.always)}")
    said += [f"tells {receiver} at some hours ({window})" for receiver, window in telling.sometimes.items()]
    if telling.inhibited:
        said.append(f"tells nobody: silenced by {telling.inhibited[1]} ({telling.inhibited[0]})")
    elif telling.fired.why_silent and not telling.sometimes:
        said.append(f"tells nobody: {telling.fired.why_silent}")
    said += [f"{receiver} is not told at that hour (window {window})" for receiver, window in telling.silent.items()]
    said += [f"{receiver} is told in {duration_text(ms)}" for receiver, ms in telling.later.items()]
    return printable("; ".join(said) or "tells nobody: no route leads to a receiver")


def _value(outcome: Outcome, telling: Telling, at: int) -> str:
    for detail in outcome.details:
        if detail.alert != telling.fired.alert or detail.at != at:
            continue
        if detail.view:
            return f": {printable(detail.view)}"
        mine = [v for v in detail.values if all(telling.fired.labels.get(k, "") == x for k, x in v[1].items())]
        said = ", ".join(f"{what} {_number(value)}" for what, _, value in mine or detail.values[:1])
        return f": {said} ({printable(detail.condition)})" if said else f" ({printable(detail.condition)})"
    return ""


def _braces(labels: Labels) -> str:
    inside = ", ".join(f'{name}="{printable(value)}"' for name, value in sorted(labels.items()))
    return f" {{{inside}}}" if inside else ""


def _number(value: float) -> str:
    return f"{value:.6g}"
