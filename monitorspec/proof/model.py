"""What the spec means by an alert, as a reference model over time.

In: an alert of the plan, a signal as steps over time, the times at which rules are evaluated. Out: whether the alert fires
at each of them. The model knows limits, `for`, `recover`, `keep_firing_for`, m of n datapoints and missing data; it knows
nothing of PromQL.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from monitorspec.plan import Absent, Alert, Limit


class Signal(NamedTuple):
    """A signal that jumps: from `starts[i]` on (ms) it is `values[i]`, or has no data (None).

    After a jump the observed value may take up to `settle` ms to get there (rates and other windows): until then it is
    anything in between, and unknown where it comes from or goes to no data. `even`: it goes there evenly, as the average of a
    window with a sample every so many ms does; 0 where that is not known.
    """

    starts: tuple[int, ...]
    values: tuple[Decimal | None, ...]
    settle: int
    even: int = 0

    def at(self, time: int) -> tuple[Decimal | None, Decimal | None, bool]:
        """(value that it comes from, value that it goes to, whether it is still under way) at `time`."""
        i = bisect_right(self.starts, time) - 1
        if i < 0:
            return None, None, False
        new = self.values[i]
        old = self.values[i - 1] if i else None
        moving = old != new and time < self.starts[i] + self.settle
        return (old if moving else new), new, moving

    def bounds(self, time: int) -> tuple[Decimal | None, Decimal | None, bool]:
        """(value at the earliest on its way, value at the latest, whether it is still under way) at `time`."""
        old, new, moving = self.at(time)
        if not moving or not self.even or old is None or new is None:
            return old, new, moving
        # Of the window's samples so many are new; at its edges Prometheus 2 counts one more than Prometheus 3, and of a
        # counter the rises between them count.
        fresh = time - self.starts[bisect_right(self.starts, time) - 1] + self.even
        shares = (min(Decimal(1), Decimal(fresh) / (self.settle + way * self.even)) for way in (1, -1))
        slow, fast = (old + (new - old) * share for share in shares)
        return slow, fast, True


def beyond(op: str, value: Decimal, limit: Decimal) -> bool:
    """Whether `value` is past `limit`."""
    if op == ">":
        return value > limit
    if op == ">=":
        return value >= limit
    return value < limit if op == "<" else value <= limit


def firing(alert: Alert, signal: Signal, times: Sequence[int]) -> list[bool | None]:
    """Whether the alert fires at each of `times`; None where that depends on how the signal settles."""
    return list(_firing(_waits(alert), signal, tuple(times) if isinstance(times, list) else times))


def states(hold: int, keep_firing: int, times: Sequence[int], held: Sequence[bool]) -> list[bool]:
    """Whether an alert with these waits (ms) fires at each of `times`, where its condition is `held` then."""
    by_time = dict(zip(times, held, strict=True))
    return _run(_Timing(None, hold, keep_firing, 0), times, lambda time, _: by_time[time])


class _Timing(NamedTuple):
    """What of an alert decides when it fires; durations in ms."""

    condition: Limit | Absent | None
    hold: int
    keep_firing: int
    interval: int


def _waits(alert: Alert) -> _Timing:
    condition = alert.condition if isinstance(alert.condition, Limit | Absent) else None
    return _Timing(condition, alert.hold, alert.keep_firing, alert.interval)


# Many alerts of a large system have the same limits and the same timeline.
@functools.lru_cache(maxsize=10_000)
def _firing(alert: _Timing, signal: Signal, times: Sequence[int]) -> tuple[bool | None, ...]:
    runs = [_run(alert, times, condition) for condition in _conditions(alert, signal)]
    return tuple(run[0] if all(state == run[0] for state in run) else None for run in zip(*runs, strict=True))


Condition = Callable[[int, bool], bool]
"""(time, whether it fires already) → whether the condition holds."""


def _conditions(alert: _Timing, signal: Signal) -> list[Condition]:
    """The condition under every extreme of how the signal may settle; one where it settles at once."""
    if not signal.settle:
        return [_condition(alert, signal, 1)]
    return [_condition(alert, signal, side) for side in (0, 1, True, False)]


def _condition(alert: _Timing, signal: Signal, side: int | bool) -> Condition:
    """`side`: while it settles, the signal is its old (0) or new (1) value, or the condition just holds or does not."""

    def holds(time: int, bound: Decimal, op: str) -> bool:
        old, new, moving = signal.bounds(time)
        if moving and isinstance(side, bool):
            between = old is not None and new is not None and beyond(op, old, bound) == beyond(op, new, bound)
            return beyond(op, new, bound) if between and new is not None else side
        value = (old, new)[side]
        return value is not None and beyond(op, value, bound)

    condition = alert.condition
    if isinstance(condition, Absent):

        def absent(time: int, _: bool) -> bool:
            old, new, moving = signal.at(time)
            if moving and isinstance(side, bool) and (old is None or new is None):
                return side
            return (old, new)[side] is None

        return absent
    assert condition is not None
    op, value, recover = condition.op, condition.value, condition.recover
    if condition.datapoints:
        enough, last = condition.datapoints
        every = alert.interval

        def often(time: int, _: bool) -> bool:
            newest = time - time % every
            points = range(newest, max(newest - last * every, -1), -every)
            return sum(holds(point, value, op) for point in points) >= enough

        return often
    if recover is not None:
        back = recover
        return lambda time, fires: holds(time, value, op) or (fires and holds(time, back, op))
    return lambda time, _: holds(time, value, op)


def _run(alert: _Timing, times: Sequence[int], condition: Condition) -> list[bool]:
    """`for` counts from the first evaluation that holds; `keep_firing_for` from the first that no longer does."""
    states = []
    since: int | None = None
    ended: int | None = None
    fires = False
    for time in times:
        if condition(time, fires):
            ended = None
            if since is None:
                since = time
            fires = fires or time - since >= alert.hold
        else:
            if ended is None:
                ended = time
            if not (fires and alert.keep_firing and time - ended < alert.keep_firing):
                since, fires = None, False
        states.append(fires)
    return states
