"""Forecasts: a line that gets to the limit in time, and one that does not quite.

In: a forecast alert. Out: two lanes. On a straight line every linear regression agrees, so that what is predicted is plain
arithmetic, however much of the window has been seen.
"""

from __future__ import annotations

from decimal import Decimal
from math import gcd

from monitorspec.plan import Alert, Forecast, Limit
from monitorspec.proof.drive import Drive, drive_of
from monitorspec.proof.levels import Unreachable
from monitorspec.proof.steps import sample_step
from monitorspec.proof.timeline import Check, Firing, Lane
from monitorspec.spec.units import duration_text, plain

# The signal moves by this share of the limit within the horizon; how near the prediction comes to the limit, as a share
# of that move.
_MOVE = Decimal("0.2")
_NEAR = Decimal("0.0137")


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
