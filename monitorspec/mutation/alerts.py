"""Wrong versions of an alert of the plan: its limit, its waiting times, its labels.

In: an alert. Out: (what was changed, the changed alert). Signals are `expressions`, objectives `objectives`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from monitorspec.mutation.expressions import COMPARED, REVERSED
from monitorspec.mutation.mutant import Change
from monitorspec.phrases import value_text
from monitorspec.plan import Absent, Alert, Burn, Forecast, Limit
from monitorspec.spec.units import duration_text, number_text, plain

# How far a limit moves, as a share of it. Tests hold signals nearer to it than that.
STEP = Decimal("0.01")
_AROUND_ZERO = Decimal("0.01")

Changed = Iterator[tuple[Change, Alert]]


def alert_mutants(alert: Alert, severities: tuple[str, ...]) -> Changed:
    """Every wrong version of an alert but for its signal. `severities`: names of all, the most severe first."""
    condition = alert.condition
    if isinstance(condition, Limit):
        yield from _limit(alert, condition)
    elif isinstance(condition, Forecast):
        yield from _forecast(alert, condition)
    elif isinstance(condition, Burn):
        yield from _burn(alert, condition)
    if not isinstance(condition, Absent | Burn) or alert.hold:
        for text, hold in _waits(alert.hold, alert.interval):
            yield Change("for", f"for {text}"), alert._replace(hold=hold)
    for text, keep in _waits(alert.keep_firing, alert.interval):
        yield Change("keep_firing_for", f"keep_firing_for {text}"), alert._replace(keep_firing=keep)
    for change, labels in label_changes(alert.labels, severities):
        yield change, alert._replace(labels=labels)


def moved(value: Decimal) -> tuple[Decimal, Decimal]:
    """Two limits beside a limit: a little less, a little more."""
    away = abs(value) * STEP or _AROUND_ZERO
    return plain(value - away), plain(value + away)


def label_changes(labels: Mapping[str, str], severities: tuple[str, ...]) -> Iterator[tuple[Change, dict[str, str]]]:
    """Each label dropped, and the severity another one."""
    for name, value in labels.items():
        if name == "severity" and value in severities:
            at = severities.index(value)
            for other in severities[max(at - 1, 0) : at] + severities[at + 1 : at + 2]:
                yield Change("severity", f"{value} → {other}"), {**labels, name: other}
        yield Change("label", f"{name} dropped"), {k: v for k, v in labels.items() if k != name}


def _limit(alert: Alert, limit: Limit) -> Changed:
    unit = alert.signal.unit
    for value in moved(limit.value):
        change = Change("threshold", f"{limit.op} {_said(limit.value, unit)} → {limit.op} {_said(value, unit)}")
        yield change, alert._replace(condition=limit._replace(value=value))
    for table in (COMPARED, REVERSED):
        op = table[limit.op]
        value_ = _said(limit.value, unit)
        yield (
            Change("comparison", f"{limit.op} {value_} → {op} {value_}"),
            alert._replace(condition=limit._replace(op=op)),
        )
    if limit.recover is not None:
        yield Change("recover", "recover dropped"), alert._replace(condition=limit._replace(recover=None))
        for value in moved(limit.recover):
            change = Change("recover", f"recover {_said(limit.recover, unit)} → {_said(value, unit)}")
            yield change, alert._replace(condition=limit._replace(recover=value))
    if limit.datapoints is not None:
        m, n = limit.datapoints
        for points in ((m - 1, n), (m + 1, n), (m, n - 1), (m, n + 1)):
            if 1 <= points[0] <= points[1]:
                change = Change("datapoints", f"{m} of {n} → {points[0]} of {points[1]}")
                yield change, alert._replace(condition=limit._replace(datapoints=points))


def _forecast(alert: Alert, forecast: Forecast) -> Changed:
    unit = alert.signal.unit
    for value in moved(forecast.value):
        change = Change("threshold", f"{forecast.op} {_said(forecast.value, unit)} → {_said(value, unit)}")
        yield change, alert._replace(condition=forecast._replace(value=value))
    op = REVERSED[forecast.op]
    yield Change("comparison", f"{forecast.op} → {op}"), alert._replace(condition=forecast._replace(op=op))
    for window in (forecast.window * 2, forecast.window // 2):
        change = Change("window", f"window {duration_text(forecast.window)} → {duration_text(window)}")
        yield change, alert._replace(condition=forecast._replace(window=window))
    for within in _tenth(forecast.within):
        change = Change("within", f"within {duration_text(forecast.within)} → {duration_text(within)}")
        yield change, alert._replace(condition=forecast._replace(within=within))


def _burn(alert: Alert, burn: Burn) -> Changed:
    for factor in moved(burn.factor):
        change = Change("factor", f"factor {number_text(burn.factor)} → {number_text(factor)}")
        yield change, alert._replace(condition=burn._replace(factor=factor))
    for key in ("long_window", "short_window"):
        old = getattr(burn, key)
        for length in (old * 2, old // 2):
            change = Change("window", f"{key} {duration_text(old)} → {duration_text(length)}")
            yield change, alert._replace(condition=burn._replace(**{key: length}))


def _waits(wait: int, interval: int) -> Iterator[tuple[str, int]]:
    """Other waits, by at least one evaluation: nothing happens between two of them."""
    away = max(interval, -(-wait // 10 // interval) * interval)
    for other in dict.fromkeys((0, wait - away, wait + away)):
        if other != wait and other >= 0:
            yield f"{duration_text(wait)} → {duration_text(other)}", other


def _tenth(length: int) -> tuple[int, int]:
    return length - length // 10, length + length // 10


def _said(value: Decimal, unit: str) -> str:
    return value_text(value, unit)
