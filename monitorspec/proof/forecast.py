"""Forecasts: a line that gets to the limit in time, and one that does not quite.

In: a forecast alert. Out: three lanes. On a straight line every linear regression agrees, so that what is predicted is plain
arithmetic, however much of the window has been seen. The third line has a bend: what is predicted behind it tells how far the
rule looks back.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from decimal import Decimal
from math import gcd

from monitorspec.plan import Alert, Forecast, Limit, Threshold
from monitorspec.proof.drive import Drive, drive_of
from monitorspec.proof.levels import Unreachable
from monitorspec.proof.model import beyond, states
from monitorspec.proof.steps import sample_step
from monitorspec.proof.timeline import Check, Firing, Lane
from monitorspec.spec.units import duration_text, plain

# The signal moves by this share of the limit within the horizon; how near the prediction comes to the limit, as a share
# of that move.
_MOVE = Decimal("0.2")
_NEAR = Decimal("0.0137")
# How near the level behind the bend comes to the limit; how long it may take, in evaluations and samples.
_BEND = Decimal("0.02")
_MOST_STEPS, _MOST_SAMPLES = 500, 1_000


def forecast_lanes(alert: Alert, title: str, step: int) -> tuple[list[Lane], str]:
    """The lanes, and why there are none, if so."""
    forecast = alert.condition
    assert isinstance(forecast, Forecast), alert.id
    drive = drive_of(alert.signal.promql, step, [Limit(forecast.op, forecast.value, forecast.text, None, None)])
    if isinstance(drive, str):
        return [_no_data(alert, title, step)], drive
    try:
        lanes = [_steep(alert, forecast, title, step, drive), _flat(alert, forecast, title, step, drive)]
    except Unreachable as error:
        return [_no_data(alert, title, step)], str(error)
    made = [lane for lane in lanes if lane is not None]
    if len(made) < len(lanes):
        return [_no_data(alert, title, step)], "its signal cannot be made to rise on a straight line"
    return made, ""


def trend_step(alerts: Sequence[Alert]) -> int:
    """How often (ms) lines with a bend are evaluated, 0 without any forecast: some thirty times in the shortest window."""
    windows = [alert.condition.window for alert in alerts if isinstance(alert.condition, Forecast)]
    return max(min(windows) // 32_000 * 1_000, 1_000) if windows else 0


def bend_lanes(threshold: Threshold, step: int) -> list[Lane]:
    """The line with a bend for each forecast of a threshold, where one can be made."""
    lanes = []
    for alert in threshold.alerts:
        forecast = alert.condition
        if isinstance(forecast, Forecast):
            limit = Limit(forecast.op, forecast.value, forecast.text, None, None)
            drive = drive_of(alert.signal.promql, step, [limit])
            lane = _bend(alert, forecast, f"{threshold.service}.{threshold.key}", step, drive)
            lanes += [lane] if lane else []
    return lanes


def _steep(alert: Alert, forecast: Forecast, title: str, step: int, drive: Drive) -> Lane | None:
    sample = _sample(alert, drive)
    rise, move = _rise(forecast, sample)
    first = forecast.value - move * (1 - _NEAR)
    soonest, latest = _steps(sample, step), _seen(alert, forecast, sample, step)
    hold = _steps(alert.hold, step)
    fires = latest + hold
    why = (
        f"{title}: not there yet, but on a line that gets past {forecast.text} within {duration_text(forecast.within)}"
    )
    predicted = first + rise * Decimal(fires) / sample + move
    checks = [
        Check(0, alert.name, (), f"{title}: one sample makes no line", True),
        Check(fires, alert.name, (Firing(alert, drive.labels, plain(predicted)),), why, True),
    ]
    if soonest + hold - step > 0:
        checks.insert(1, Check(soonest + hold - step, alert.name, (), f"{title}: not for long enough", True))
    return _lane(alert, title, drive, sample, first, rise, fires, checks)


def _flat(alert: Alert, forecast: Forecast, title: str, step: int, drive: Drive) -> Lane | None:
    sample = _sample(alert, drive)
    rise, move = _rise(forecast, sample)
    end = _seen(alert, forecast, sample, step) + _steps(alert.hold, step) + step
    first = forecast.value - move * (1 + _NEAR) - rise * (end // sample)
    why = f"{title}: on a line that is not past {forecast.text} within {duration_text(forecast.within)}"
    return _lane(alert, title, drive, sample, first, rise, end, [Check(end, alert.name, (), why, True)])


def _bend(alert: Alert, forecast: Forecast, title: str, step: int, drive: Drive | str) -> Lane | None:
    """Up to just below the limit, then level: it fires until the window has left the rise behind. None where that takes long."""
    if isinstance(drive, str):
        return None
    sample = drive.sample
    window = _steps(forecast.window, step)
    turn, end = _steps(window * 3 // 8, step), _steps(window * 3 // 8, step) + window + 3 * step
    if end // step > _MOST_STEPS or end // sample > _MOST_SAMPLES or alert.hold > window // 2:
        return None
    move = _MOVE * (abs(forecast.value) or Decimal(1)) * (-1 if forecast.op[0] == "<" else 1)
    rise = plain(Decimal(f"{move * sample / turn:.4g}"))
    near = _BEND * min(Decimal(1), Decimal(forecast.within) / forecast.window)
    first = plain(Decimal(f"{forecast.value - move * (1 + near):.12g}"))
    top = first + rise * (turn // sample)
    if not beyond(forecast.op, forecast.value, top):
        return None
    try:
        up = drive.line(first, rise, turn // sample + 1, sample)
        level = drive.line(top, Decimal(0), (end - turn) // sample, sample)
    except Unreachable:
        return None
    if up is None or level is None or [name for name, _ in up] != [name for name, _ in level]:
        return None
    waits = (alert.hold, alert.keep_firing, alert.interval)
    firing = _behind_bend(forecast, (float(first), float(rise)), (sample, turn, end, step), waits)
    wanted = {k for k in range(1, len(firing)) if firing[k] is not None and firing[k] != firing[k - 1]}
    wanted |= {(turn + window * 5 // 8) // step, len(firing) - 1}
    why = f"{title}: on a line that went up, and is level for part of the last {duration_text(forecast.window)}"
    checks = [
        Check(k * step, alert.name, (Firing(alert, drive.labels, None),) if firing[k] else (), why, not firing[k])
        for k in sorted(wanted)
        if firing[k] is not None
    ]
    series = tuple((name, f"{a} {b}") for (name, a), (_, b) in zip(up, level, strict=True))
    keys = frozenset({*drive.metrics, f"alert {alert.name}"})
    return Lane(f"{title} forecast", keys, series, sample, end, tuple(checks))


# Many forecasts of a large system are the same but for their names.
@functools.lru_cache(maxsize=1_000)
def _behind_bend(
    forecast: Forecast, line: tuple[float, float], clock: tuple[int, int, int, int], waits: tuple[int, int, int]
) -> tuple[bool | None, ...]:
    """Whether it fires at each evaluation; None where that depends on what Prometheus takes for a window's points.

    `line`: first value and rise; `clock`: time between samples, of the bend, of the end, between evaluations; `waits`: `for`,
    `keep_firing_for` and interval.
    """
    (first, rise), (sample, turn, end, step) = line, clock
    hold, keep, interval = waits
    times = range(0, end + 1, step)
    runs = []
    # Points are samples, or those of a subquery, which lie wider apart; one at the window's edge counts for Prometheus 2.
    for apart in sorted({sample, interval, _steps(forecast.window // 120, interval)}):
        values = [first + rise * (min(t, turn) // sample) for t in range(0, end + 1, apart)]
        for edge in (0, 1):
            held = [_predicted(forecast, values, apart, time, edge) for time in times]
            runs.append(states(hold, keep, times, held))
    return tuple(row[0] if len(set(row)) == 1 else None for row in zip(*runs, strict=True))


def _predicted(forecast: Forecast, values: Sequence[float], apart: int, time: int, edge: int) -> bool:
    """Whether the regression through the points of the window, `apart` ms from each other, is past the limit in time."""
    oldest = max(-(-(time - forecast.window + edge) // apart), 0)
    points = values[oldest : time // apart + 1]
    count = len(points)
    if count < 2:
        return False
    middle, mean = (count - 1) / 2, sum(points) / count
    slope = sum((n - middle) * value for n, value in enumerate(points)) * 12 / (count * (count * count - 1))
    ahead = (time + forecast.within) / apart - oldest - middle
    # Floating point decides where they are the same.
    return beyond(forecast.op, Decimal(f"{mean + slope * ahead:.9g}"), forecast.value)


def _sample(alert: Alert, drive: Drive) -> int:
    """A sample at every point that a subquery may look at: parts of an hour, or multiples of the rule's interval."""
    return gcd(drive.sample, alert.interval, 15_000)


def _seen(alert: Alert, forecast: Forecast, sample: int, step: int) -> int:
    """When at least two points of the line have been seen: samples, or points of a subquery, which lie wider apart."""
    return _steps(max(sample, alert.interval, forecast.window // 100), step)


def _rise(forecast: Forecast, sample: int) -> tuple[Decimal, Decimal]:
    """How much the signal changes from sample to sample, and within the horizon."""
    move = _MOVE * (abs(forecast.value) or Decimal(1))
    rise = plain(Decimal(f"{move * sample / forecast.within:.4g}"))
    if forecast.op[0] == "<":
        rise = -rise
    return rise, rise * forecast.within / sample


def _lane(
    alert: Alert,
    title: str,
    drive: Drive,
    sample: int,
    first: Decimal,
    rise: Decimal,
    end: int,
    checks: list[Check],
) -> Lane | None:
    series = drive.line(plain(Decimal(f"{first:.12g}")), rise, end // sample + 1, sample)
    if series is None:
        return None
    keys = frozenset({*drive.metrics, f"alert {alert.name}"})
    return Lane(f"{title} forecast", keys, series, sample, end, tuple(checks))


def _no_data(alert: Alert, title: str, step: int) -> Lane:
    end = _steps(alert.hold, step) + step
    check = Check(end, alert.name, (), f"{title}: no data", True)
    return Lane(f"{title} forecast", frozenset({f"alert {alert.name}"}), (), sample_step(step), end, (check,))


def _steps(length: int, step: int) -> int:
    """`length` in whole steps, in ms."""
    return -(-length // step) * step
