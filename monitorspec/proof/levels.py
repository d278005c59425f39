"""Thresholds: the phases that show what their limits, `for`, `recover` and datapoints mean.

In: a threshold's alerts, how long its signal takes to settle, the step between evaluations (ms), and how near to a limit
the signal can be set. Out: phases of the signal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from monitorspec.plan import Absent, Alert, Limit
from monitorspec.proof.model import beyond
from monitorspec.proof.timeline import Phase
from monitorspec.spec.units import duration_text, plain

# How far past a limit, as a share of it: one that the signal can be set to exactly is tried first.
NEAR = (Decimal("0.00123"), Decimal("0.0123"), Decimal("0.123"))


def limit_of(alert: Alert) -> Limit:
    """The condition of an alert on a level."""
    assert isinstance(alert.condition, Limit), alert.id
    return alert.condition


class Unreachable(Exception):
    """The signal cannot be set as wanted; says why."""


class Reach(NamedTuple):
    """How near a signal can be set to a limit.

    `near`: the share of a limit that it can be set past it by. `exact`: it can be set to the limit itself, which tells `>`
    from `>=`. `fit`: the nearest value that it can have, not below (True) or not above. `present`: a value that it can have.
    """

    near: Decimal
    exact: bool
    fit: Callable[[Decimal, bool], Decimal]
    present: Decimal = Decimal(1)

    def nearest(self, limit: Limit, over: bool) -> Decimal:
        """The value nearest to the limit that is past it (`over`) or not."""
        up = (limit.op[0] == ">") == over
        at_limit = self.exact and (limit.op in ("<", ">")) != over
        away = Decimal(0) if at_limit else self.near * (abs(limit.value) or Decimal(1))
        value = self.fit(plain(limit.value + away if up else limit.value - away), up)
        if beyond(limit.op, value, limit.value) != over:
            raise Unreachable("the signal moves in steps that jump over the limit")
        return value


def level_phases(alerts: Sequence[Alert], settle: int, step: int, reach: Reach, even: int = 0) -> list[Phase]:
    """The story of a threshold: no data, at its limits, over them, a blip, recovery.

    `alerts`: those of one threshold with limits, most severe first, and the one for missing data, if any. `even`: the time
    between samples where the signal moves evenly; jumps are such then that the moment at which it passes a limit is known.
    """
    crossing = Decimal(3 * even) / (2 * settle) if even and settle else None
    levels = sorted((a for a in alerts if isinstance(a.condition, Limit)), key=lambda a: limit_of(a).value)
    if limit_of(levels[0]).op[0] == "<":
        levels.reverse()
    mild, worst = limit_of(levels[0]), limit_of(levels[-1])
    hold = max(a.hold for a in levels)
    keep = max(a.keep_firing for a in alerts)
    silent = max((a.hold for a in alerts if isinstance(a.condition, Absent)), default=0)
    points = mild.datapoints
    window = points[1] * levels[0].interval if points else 0
    settled = _steps(settle + window, step)
    held = settled + _steps(hold, step) + step

    calm = reach.nearest(mild, over=False)
    phases = [Phase(None, _steps(silent, step) + 2 * step, "no data")]
    if settle and mild.recover is not None:
        # From no data it may come by way of any value, and would go on then.
        well = reach.nearest(mild._replace(value=mild.recover), over=False)
        phases.append(Phase(well, settled + 2 * step, f"recovered at {_said(well)}"))
    phases.append(Phase(calm, held, _at(mild, calm, "not past")))
    blip = _steps(hold, step) - step - settled
    if hold and blip > 0 and not points:
        high = reach.nearest(worst, over=True)
        phases += (
            Phase(high, blip, f"past {worst.text}, but for less than {duration_text(hold)}"),
            Phase(calm, settled + 2 * step, f"back at {_said(calm)} before `for` was over"),
        )
    if points:
        phases += _datapoint_phases(levels, points, step, reach, calm, window)
    lowest = calm  # of those past the mildest limit
    for n, alert in enumerate(levels):
        limit = limit_of(alert)
        if n:
            under = reach.nearest(limit, over=False)
            phases.append(Phase(under, held, _at(limit, under, "not past")))
        if crossing is not None and phases[-1].value == limit.value:
            # From the limit itself it is past it at once, however long the window.
            phases += _beside(limit, settled + step, reach)
        high = _past(limit, phases[-1].value, crossing, reach)
        phases.append(Phase(high, held, _at(limit, high, "past")))
        lowest = high if not n else lowest
    if crossing is not None and mild.recover is None:
        if lowest != phases[-1].value:
            phases.append(Phase(lowest, settled + step, f"back at {_said(lowest)}"))
        low = _past(mild._replace(op=_FALLING[mild.op]), phases[-1].value, crossing, reach)
        if not beyond(mild.op, low, mild.value):
            calm = low
    if mild.recover is not None:
        phases += _recovery(mild, calm, held, settled, keep, step, reach)
    else:
        phases.append(Phase(calm, settled + _steps(keep, step) + 2 * step, f"back at {_said(calm)}"))
    return phases


_FALLING = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


def _past(limit: Limit, start: Decimal | None, crossing: Decimal | None, reach: Reach) -> Decimal:
    """The value past the limit to jump to: so far that from `start` the limit lies at the share `crossing` of the way."""
    nearest = reach.nearest(limit, over=True)
    if crossing is None or start is None or start == limit.value:
        return nearest
    try:
        far = reach.fit(Decimal(f"{start + (limit.value - start) / crossing:.4g}"), limit.op[0] == ">")
    except Unreachable:
        return nearest
    return far if beyond(limit.op, far, nearest) else nearest


def _beside(limit: Limit, length: int, reach: Reach) -> list[Phase]:
    """A phase a little further from the limit, where the signal gets there."""
    away = reach.near * (abs(limit.value) or Decimal(1))
    up = limit.op[0] == ">"
    try:
        low = reach.fit(plain(limit.value - away if up else limit.value + away), not up)
    except Unreachable:
        return []
    return [Phase(low, length, _at(limit, low, "not past"))]


def _recovery(limit: Limit, calm: Decimal, held: int, settled: int, keep: int, step: int, reach: Reach) -> list[Phase]:
    """Once firing, the alert goes on down to `recover`; it does not start in between."""
    assert limit.recover is not None
    back = limit._replace(value=limit.recover)
    between = reach.nearest(back, over=True)
    if beyond(limit.op, between, limit.value):
        between = reach.fit((limit.value + limit.recover) / 2, limit.op[0] == ">")
    over = reach.nearest(back, over=False)
    return [
        Phase(calm, settled + 2 * step, f"no longer past {limit.text}, but not at `recover` yet"),
        Phase(between, settled + 2 * step, f"at {_said(between)}, not at `recover` yet"),
        Phase(over, settled + _steps(keep, step) + 2 * step, f"recovered at {_said(over)}"),
        Phase(between, held, f"at {_said(between)} again: past `recover`, but not past {limit.text}"),
    ]


def _datapoint_phases(
    levels: Sequence[Alert],
    points: tuple[int, int],
    step: int,
    reach: Reach,
    calm: Decimal,
    window: int,
) -> list[Phase]:
    """One bad datapoint too few, then just enough of them, spread over the window."""
    enough, last = points
    every = _steps(levels[0].interval, step)
    worst = limit_of(levels[-1])
    high = reach.nearest(worst, over=True)
    rest = Phase(calm, _steps(window, step) + every, "until all datapoints are good again")
    out: list[Phase] = []
    if enough > 1:
        out += [Phase(high, (enough - 1) * every, f"{enough - 1} bad datapoints are fewer than {enough}"), rest]
    if enough == last or enough < 2:
        return out
    # Not in a row: a `for` would not see these.
    out += (
        Phase(high, every, f"the first of {enough} bad datapoints of {last}"),
        Phase(calm, (last - enough) * every, "good datapoints in between"),
        Phase(high, (enough - 1) * every, f"{enough} bad datapoints of {last}"),
        rest,
    )
    return out


def absence_phases(alert: Alert, present: Decimal, settle: int, step: int) -> list[Phase]:
    """The story of an alert on missing data."""
    settled = _steps(settle, step)
    held = settled + _steps(alert.hold, step) + step
    phases = [
        Phase(None, held + step, "no data from the start"),
        Phase(present, settled + _steps(alert.keep_firing, step) + 2 * step, "data is there"),
    ]
    gap = _steps(alert.hold, step) - step - settled
    if gap > 0:
        phases += (
            Phase(None, gap, f"no data, but for less than {duration_text(alert.hold)}"),
            Phase(present, settled + 2 * step, "data is back before `for` was over"),
        )
    phases.append(Phase(None, held, "data is gone again"))
    return phases


def _at(limit: Limit, value: Decimal, relation: str) -> str:
    return f"at {_said(value)}, {relation} {limit.op} {limit.text}"


def _said(value: Decimal) -> str:
    text = format(value, "f")
    return text if len(text) <= 12 else f"{value:.6g}"


def _steps(length: int, step: int) -> int:
    """`length` in whole steps, in ms."""
    return -(-length // step) * step
