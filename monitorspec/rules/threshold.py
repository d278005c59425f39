"""The expressions of threshold alerts: limits, hysteresis, m of n datapoints, forecasts, missing data.

In: `plan.Alert` and the Prometheus version to write for. Out: PromQL; or why Prometheus cannot do what is asked.
"""

from __future__ import annotations

import functools

from monitorspec.plan import Absent, Alert, Forecast, Limit
from monitorspec.rules.text import argument, compared, grouped, quoted, selector
from monitorspec.spec.units import duration_text, number_text

Version = tuple[int, int]

_duration = functools.cache(duration_text)
_number = functools.cache(number_text)
# How far back Prometheus looks for the last sample of a series unless its --query.lookback-delta says otherwise.
_LOOKBACK = 300_000
_FORECAST_POINTS = 240


def unsupported(alert: Alert, version: Version) -> str | None:
    """Why Prometheus `version` cannot evaluate `alert` as the spec means it, or None."""
    if alert.keep_firing and version < (2, 42):
        return f"keep_firing_for needs Prometheus 2.42 or newer, not {version[0]}.{version[1]}"
    condition = alert.condition
    if isinstance(condition, Limit) and condition.recover is not None and alert.interval >= _LOOKBACK:
        return (
            f"`recover` needs an interval below {duration_text(_LOOKBACK)}, not {duration_text(alert.interval)}: "
            "Prometheus has forgotten by then that the alert was firing"
        )
    return None


def threshold_expr(alert: Alert, version: Version) -> str:
    """The alert's expression. Its value is the signal's, or how many of the last datapoints were over the limit."""
    condition, expr = alert.condition, alert.signal.promql
    if isinstance(condition, Limit):
        return _limit(alert, condition, expr, version)
    if isinstance(condition, Forecast):
        return _forecast(condition, expr, alert.interval)
    assert isinstance(condition, Absent), alert.id
    return f"absent({argument(expr)})"


def subquery_range(points: int, interval: int, version: Version) -> int:
    """The range (ms) of a subquery with steps of `interval` that holds `points` of them.

    Steps lie at whole multiples of the interval, a group's evaluations anywhere between them. From Prometheus 3 on a
    range is open at its start, so that n intervals hold n steps always. Before, it was closed, and an evaluation on a
    step saw one more; less one millisecond the range holds n of them always. Prometheus 3 reads that shorter range the
    same way, except in a group that is evaluated in the last millisecond before a step (1 in 60,000 at 1m).
    """
    return points * interval - (0 if version >= (3, 0) else 1)


def firing_series(alert: Alert) -> str:
    """The selector of the series that Prometheus writes while `alert` is firing."""
    # A label with a template in it has another value in the series.
    labels = {name: value for name, value in alert.labels.items() if "{{" not in value}
    own = {"alertname": alert.name, "alertstate": "firing", **labels}
    return f"ALERTS{{{', '.join(f'{name}={quoted(value)}' for name, value in own.items())}}}"


def _limit(alert: Alert, limit: Limit, expr: str, version: Version) -> str:
    over = f"{limit.op} {_number(limit.value)}"
    if limit.datapoints:
        least, points = limit.datapoints
        window = _duration(subquery_range(points, alert.interval, version))
        counted = compared(expr, f"{limit.op} bool {_number(limit.value)}")
        start = f"sum_over_time({grouped(counted)}[{window}:{_duration(alert.interval)}]) >= {least}"
    else:
        start = compared(expr, over)
    if limit.recover is None:
        return start
    # The series of the firing alert carry the rule's labels besides the signal's; those are left out of the comparison,
    # also where the signal has labels of the same names, because the rule's replace them.
    added = ", ".join(("alertname", "alertstate", *alert.labels))
    hold = compared(expr, f"{limit.op} {_number(limit.recover)}")
    return f"{start}\nor\n(\n{hold}\nand ignoring ({added})\n{firing_series(alert)}\n)"


def _forecast(forecast: Forecast, expr: str, interval: int) -> str:
    window = _duration(forecast.window)
    gauge = selector(expr)
    # A line through many more points is the same line, and the expression is evaluated for each of them every time.
    # Its points lie on evaluations of the rule: between them the expression's own steps would bend the line.
    step = max(1, -(-forecast.window // (_FORECAST_POINTS * interval))) * interval
    past = gauge.text(window) if gauge else f"{grouped(expr)}[{window}:{_duration(step)}]"
    return f"predict_linear({past}, {_number_of_seconds(forecast.within)}) {forecast.op} {_number(forecast.value)}"


def _number_of_seconds(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds}.{rest:03d}".rstrip("0") if rest else str(seconds)
