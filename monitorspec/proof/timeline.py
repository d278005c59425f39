"""Timelines: phases of a signal, and what has to be seen at which evaluation.

In: alerts and phases. Out: `Lane`s: input series with the checks that hold on them. Lanes that drive different series can
share one promtool test group; `groups` puts them together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from monitorspec.plan import Alert
from monitorspec.proof.model import Signal, firing


class Phase(NamedTuple):
    """The signal is `value` (None: no data) for `length` ms; `why` says what that is to prove."""

    value: Decimal | None
    length: int
    why: str


class Firing(NamedTuple):
    """An alert that has to fire: with the labels of its series, and the value that its texts show (None: unknown).

    `exact`: floating point takes nothing from the value.
    """

    alert: Alert
    series: Mapping[str, str]
    value: Decimal | None
    exact: bool = False


class Check(NamedTuple):
    """At `at` ms the alerts called `name` that fire are exactly `firing`.

    `full`: labels and annotations are compared as well as promtool's alert test does; otherwise labels only.
    """

    at: int
    name: str
    firing: tuple[Firing, ...]
    why: str
    full: bool


class Sample(NamedTuple):
    """At `at` ms, `expr` has exactly these series: (series in PromQL notation, value as text)."""

    at: int
    expr: str
    samples: tuple[tuple[str, str], ...]
    why: str


class Lane(NamedTuple):
    """What one threshold or SLO needs of a test group.

    `keys`: what it drives or looks at (metrics, alert names); lanes with a key in common never share a group.
    `step`: ms between its samples. `end`: ms of the last evaluation.
    """

    title: str
    keys: frozenset[str]
    series: tuple[tuple[str, str], ...]
    step: int
    end: int
    checks: tuple[Check, ...]
    samples: tuple[Sample, ...] = ()


def signal_of(phases: Sequence[Phase], settle: int, even: int = 0) -> Signal:
    """The phases one after the other, from 0 ms on; a value that stays does not jump."""
    starts: list[int] = []
    values: list[Decimal | None] = []
    for start, phase in zip(_starts(phases), phases, strict=True):
        if not starts or phase.value != values[-1]:
            starts.append(start)
            values.append(phase.value)
    return Signal(tuple(starts), tuple(values), settle, even)


def length_of(phases: Iterable[Phase]) -> int:
    """How long all phases take, in ms."""
    return sum(phase.length for phase in phases)


def checks_of(
    alerts: Sequence[Alert],
    phases: Sequence[Phase],
    settle: int,
    step: int,
    fired: Callable[[Alert, Decimal | None], Firing],
    even: int = 0,
) -> list[Check]:
    """Checks of every alert where its state changes, just before that, and at the end of every phase.

    Only where the reference model is certain. The first time that an alert fires it is checked in full.
    """
    signal = signal_of(phases, settle, even)
    times = range(0, length_of(phases), step)
    states = {alert.id: firing(alert, signal, times) for alert in alerts}
    starts = _starts(phases)
    ends = {start // step - 1 for start in starts[1:]} | {len(times) - 1}
    checks = []
    for name in dict.fromkeys(alert.name for alert in alerts):
        group = [alert for alert in alerts if alert.name == name]
        wanted = set(ends)
        for alert in group:
            row = states[alert.id]
            for k in range(1, len(times)):
                if row[k] is not None and row[k] != row[k - 1]:
                    wanted |= {k - 1, k}
        new = {alert.id for alert in group}
        for k in sorted(wanted):
            row_now = [states[alert.id][k] for alert in group]
            if any(state is None for state in row_now):
                continue
            firing_now = [alert for alert, state in zip(group, row_now, strict=True) if state]
            value = signal.at(times[k])
            full = not firing_now or bool(new & {alert.id for alert in firing_now})
            full = full and not value[2]
            if full:
                new -= {alert.id for alert in firing_now}
            phase = phases[bisect_right(starts, times[k]) - 1]
            seen = ", ".join(f"{alert.severity} fires" for alert in firing_now) or "silent"
            firings = tuple(fired(alert, value[1]) for alert in firing_now)
            checks.append(Check(times[k], name, firings, f"{phase.why}: {seen}", full))
    return checks


def _starts(phases: Sequence[Phase]) -> list[int]:
    return list(accumulate((phase.length for phase in phases[:-1]), initial=0))
