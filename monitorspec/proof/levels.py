"""Thresholds: the phases that show what their limits, `for`, `recover` and datapoints mean.

In: a threshold's alerts, how long its signal takes to settle, the step between evaluations (ms), and how near to a limit
the signal can be set. Out: phases of the signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitorspec.plan import Absent, Alert, Limit
from monitorspec.proof.model import beyond
from monitorspec.proof.timeline import Phase
from monitorspec.spec.units import duration_text, plain

# How far past a limit, as a share of it: one that the signal can be set to exactly is tried first.
NEAR = (Decimal("0.0012"), Decimal("0.012"), Decimal("0.12"))


def limit_of(alert: Alert) -> Limit:
    """The condition of an alert on a level."""
    assert isinstance(alert.condition, Limit), alert.id
    return alert.condition


def past(limit: Limit, share: Decimal) -> Decimal:
    """A value past the limit by `share` of it; the limit itself where reaching it is enough and `share` is 0."""
    return _moved(limit, share, 1)


def short_of(limit: Limit, share: Decimal) -> Decimal:
    """A value that the limit is not passed at; the limit itself where it has to be passed and `share` is 0."""
    return _moved(limit, share, -1)


def _moved(limit: Limit, share: Decimal, sign: int) -> Decimal:
    up = sign if limit.op[0] == ">" else -sign
    return plain(limit.value + up * share * (abs(limit.value) or Decimal(1)))


def nearest(limit: Limit, near: Decimal, exact: bool, over: bool) -> Decimal:
    """The value nearest to the limit that is past it (`over`) or not.

    `exact`: the signal can be set to the limit itself, which tells `>` from `>=`.
    """
    strict = limit.op in (">", "<")
    share = Decimal(0) if exact and strict != over else near
    value = past(limit, share) if over else short_of(limit, share)
    assert beyond(limit.op, value, limit.value) == over
    return value


def level_phases(alerts: Sequence[Alert], settle: int, step: int, near: Decimal, exact: bool) -> list[Phase]:
    """The story of a threshold: no data, at its limits, over them, a blip, recovery.

    `alerts`: those of one threshold with limits, most severe first, and the one for missing data, if any.
    """
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

    calm = nearest(mild, near, exact, over=False)
    phases = [
        Phase(None, _steps(silent, step) + 2 * step, "no data"),
        Phase(calm, held, _at(mild, calm, "not past")),
    ]
    blip = _steps(hold, step) - step - settled
    if hold and blip > 0 and not points:
        high = nearest(worst, near, exact, over=True)
        phases += (
            Phase(high, blip, f"past {worst.text}, but for less than {duration_text(hold)}"),
            Phase(calm, settled + 2 * step, f"back at {_said(calm)} before `for` was over"),
        )
    if points:
        phases += _datapoint_phases(levels, points, step, near, exact, calm, window)
    for n, alert in enumerate(levels):
        limit = limit_of(alert)
        if n:
            under = nearest(limit, near, exact, over=False)
            phases.append(Phase(under, held, _at(limit, under, "not past")))
        high = nearest(limit, near, exact, over=True)
        phases.append(Phase(high, held, _at(limit, high, "past")))
    if mild.recover is not None:
        phases += _recovery(mild, calm, held, settled, keep, step, near, exact)
    else:
        phases.append(Phase(calm, settled + _steps(keep, step) + 2 * step, f"back at {_said(calm)}"))
    return phases


def _recovery(
    limit: Limit, calm: Decimal, held: int, settled: int, keep: int, step: int, near: Decimal, exact: bool
) -> list[Phase]:
    """Once firing, the alert goes on down to `recover`; it does not start in between."""
    assert limit.recover is not None
    back = limit._replace(value=limit.recover)
    between = nearest(back, near, exact, over=True)
    if beyond(limit.op, between, limit.value):
        between = (limit.value + limit.recover) / 2
    over = nearest(back, near, exact, over=False)
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
    near: Decimal,
    exact: bool,
    calm: Decimal,
    window: int,
) -> list[Phase]:
    """One bad datapoint too few, then just enough of them, spread over the window."""
    enough, last = points
    every = _steps(levels[0].interval, step)
    worst = limit_of(levels[-1])
    high = nearest(worst, near, exact, over=True)
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
