"""Panels of objectives and thresholds that CloudWatch watches.

In: a resolved objective or threshold. Out: queries and target-neutral `Panel`s.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.cloudformation.burnsignal import error_ratio
from monitorspec.plan import Anomaly, Burn, CloudWatchSignal, Query, Slo, Threshold
from monitorspec.spec.units import duration_text, number_text

HOUR = 3_600_000


def metric(signal: CloudWatchSignal, legend: str) -> Query:
    """A CloudWatch query to the dashboard's own data source."""
    return Query("", signal, "", (), "", legend, "", False)


# ---- objectives


def budget_left(slo: Slo) -> Query:
    """The share of the error budget that is left, over all that the panel shows: it has to show the objective's window.

    Sums over the whole graph are scalars, which no graph can show: `0 * total` makes a series of them. (CloudWatch user guide,
    "Using math expressions with CloudWatch metrics": SUM of one time series is a scalar.)
    """
    events = slo.indicator.events
    assert events is not None
    lost = "SUM(FILL(bad, 0))" if events.bad else "SUM(total) - SUM(FILL(good, 0))"
    signal = error_ratio(events, HOUR, None)._replace(
        expression=f"1 - (0 * total + {lost}) / SUM(total) / {number_text(1 - slo.objective)}", label=""
    )
    return metric(signal, "budget left")


def burn_rate(slo: Slo, window: int) -> Query:
    """How many times faster than allowed the budget was spent over the window."""
    events = slo.indicator.events
    assert events is not None
    signal = error_ratio(events, window, slo.min_traffic)
    return metric(
        signal._replace(expression=f"({signal.expression}) / {number_text(1 - slo.objective)}", label=""), "burn rate"
    )


def error_ratios(slo: Slo) -> list[Query]:
    """The error ratio over each window of the burn alarms, as they see it."""
    events = slo.indicator.events
    assert events is not None
    burns = [alert.condition for alert in slo.tiers if isinstance(alert.condition, Burn)]
    windows = sorted({w for burn in burns for w in (burn.short_window, burn.long_window)})
    return [metric(error_ratio(events, w, slo.min_traffic)._replace(label=""), duration_text(w)) for w in windows]


# ---- thresholds


def threshold_queries(threshold: Threshold, title: str) -> list[Query]:
    """What the threshold's alarms watch: a query for each signal, named by the dimensions that tell them apart."""
    signals = list(dict.fromkeys(a.signal.cloudwatch for a in threshold.alerts if a.signal.cloudwatch is not None))
    values = [list(_values(signal)) for signal in signals]
    differing = [n for n, several in enumerate(zip(*values, strict=False)) if len(set(several)) > 1]
    out = []
    for signal, own in zip(signals, values, strict=True):
        told = " ".join(dict.fromkeys(own[n] for n in differing))
        out.append(metric(signal, told or signal.label or signal.metric or title))
    bands = {a.signal.cloudwatch: a.condition.deviations for a in threshold.alerts if isinstance(a.condition, Anomaly)}
    for watched, width in bands.items():
        if watched is not None:
            band = over(watched, f"ANOMALY_DETECTION_BAND({{value}}, {number_text(width)})")
            out.append(metric(band, "expected"))
    return out


def _values(signal: CloudWatchSignal) -> Iterator[str]:
    yield from (value for _, value in signal.dimensions)
    for _, part in signal.metrics:
        yield from _values(part)


def over(signal: CloudWatchSignal, expression: str) -> CloudWatchSignal:
    """Metric math over a signal: `{value}` in the expression is the signal, `{samples}` how many samples each datapoint has."""
    value = signal._replace(metrics=(), label="")
    parts = {"value": value, "samples": value._replace(stat="SampleCount")}
    used = [name for name in parts if f"{{{name}}}" in expression]
    taken = {id for id, _ in signal.metrics}
    ids = {
        name: next(id for id in (name, *(f"{name}{n}" for n in range(1, len(taken) + 2))) if id not in taken)
        for name in used
    }
    return signal._replace(
        namespace="",
        metric="",
        stat="",
        dimensions=(),
        unit="",
        label="",
        expression=expression.format(**ids),
        metrics=(*signal.metrics, *((ids[name], parts[name]) for name in used)),
    )
