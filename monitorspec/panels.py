"""Panels of objectives, thresholds and metrics, and what platforms can draw.

In: resolved objectives, thresholds, metrics. Out: target-neutral `Panel`s. The only thing in them that belongs to one target is
`$__rate_interval`, the range that fits the step of a graph, which no other range can stand in for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache

from monitorspec import names
from monitorspec.metricqueries import budget_left, burn_rate, error_ratios, threshold_queries
from monitorspec.phrases import condition_text, percent_text
from monitorspec.plan import (
    Absent,
    Burn,
    Composite,
    Limit,
    Metric,
    Panel,
    PanelLimit,
    Path,
    Query,
    Slo,
    Threshold,
)
from monitorspec.promql.tokens import quote
from monitorspec.rules.text import argument
from monitorspec.spec.units import UNITS, duration_text, number_text

RATE = "$__rate_interval"
QUANTILES = (("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99"))
# Below this share of the budget the rest is worth a look before it is gone.
BUDGET_LOW = Decimal("0.2")

# A system of a thousand services says the same few windows, factors and severities again and again.
_duration = cache(duration_text)
_number = cache(number_text)
_percent = cache(percent_text)
_quote = cache(quote)
sentence = cache(names.sentence)


# ---- objectives


def slo_row(slos: Iterable[Slo]) -> tuple[Panel, ...]:
    """The panels of some objectives: the stats of all of them come first, so that they stand side by side."""
    stats: list[Panel] = []
    graphs: list[Panel] = []
    for slo in slos:
        for made in slo_panels(slo):
            (stats if made.type == "stat" else graphs).append(made)
    return (*stats, *graphs)


def slo_panels(slo: Slo) -> tuple[Panel, ...]:
    """Budget remaining, current burn rate (both stats) and the error ratio over the burn windows.

    Without burn alerts there is no window that is sure to be recorded, so the budget is all there is to show.
    """
    title = slo.title or sentence(slo.key)
    counted = slo.on_cloudwatch
    promise = f"Objective: {_percent(slo.objective)} over {_duration(slo.window)}."
    said = f"{slo.description.strip()} {promise}" if slo.description.strip() else promise
    selector = selector_text(slo.labels)
    by = " ".join(f"{{{{{label}}}}}" for label in slo.by)
    burns = [(alert, alert.condition) for alert in slo.tiers if isinstance(alert.condition, Burn)]
    severities = list(dict.fromkeys(alert.severity for alert in slo.tiers))
    left = [PanelLimit(severities[0], Decimal(0))] if severities else []
    if len(severities) > 1:
        left.append(PanelLimit(severities[-1], BUDGET_LOW))
    budget = panel(
        f"{title}: error budget left",
        f"Share of the error budget that is left; below 0% the objective is missed. {said}",
        "ratio",
        [
            budget_left(slo)
            if counted
            else promql(f"{names.BUDGET_REMAINING}{selector}", by or "budget left", instant=True)
        ],
        slo.origin,
        type="stat",
        limits=tuple(left),
        limits_below=True,
        decimals=1,
        range=slo.window if counted else None,
    )
    if not burns:
        return (budget,)
    allowed = 1 - slo.objective
    window = burns[0][1].long_window
    factors = tuple(PanelLimit(alert.severity, burn.factor) for alert, burn in burns)
    series = names.ERROR_RATIO.format(window=_duration(window))
    rate = panel(
        f"{title}: burn rate",
        f"How many times faster than allowed the error budget was spent over the last {_duration(window)}; "
        f"at 1 it lasts exactly {_duration(slo.window)}.",
        "none",
        [
            burn_rate(slo, window)
            if counted
            else promql(f"{series}{selector} / {_number(allowed)}", by or "burn rate", instant=True)
        ],
        slo.origin,
        type="stat",
        limits=factors,
        decimals=2,
    )
    windows = sorted({w for _, burn in burns for w in (burn.short_window, burn.long_window)})
    tiers = "; ".join(
        f"{alert.severity} over {_number(burn.factor)} times the budget for {_duration(burn.long_window)}"
        for alert, burn in burns
    )
    ratio = panel(
        f"{title}: error ratio",
        f"Share of bad events over the windows of the burn alerts ({tiers}). {said}",
        "ratio",
        error_ratios(slo)
        if counted
        else [
            promql(
                f"{names.ERROR_RATIO.format(window=_duration(w))}{selector}",
                f"{_duration(w)} {by}".rstrip(),
            )
            for w in windows
        ],
        slo.origin,
        limits=tuple(PanelLimit(alert.severity, burn.factor * allowed) for alert, burn in burns),
        min=0.0,
    )
    return budget, rate, ratio


# ---- thresholds


def threshold_panels(threshold: Threshold) -> tuple[Panel, ...]:
    """The signal with its limits as lines; a threshold with limits on both sides gets one panel for each side.

    A composite has no signal, and so none: the state of its alarm says it all.
    """
    if any(isinstance(alert.condition, Composite) for alert in threshold.alerts):
        return ()
    title = threshold.title or sentence(threshold.key)
    signal = threshold.signal
    limits = [(a.severity, a.condition) for a in threshold.alerts if isinstance(a.condition, Limit)]
    # Alarms for the values of a dimension say the same.
    conditions = list(dict.fromkeys(f"{sentence(a.severity)}: {condition_text(a)}." for a in threshold.alerts))
    description = "\n\n".join(filter(None, [threshold.description.strip(), " ".join(conditions)])) or title
    labels = threshold.alerts[0].series_labels if threshold.alerts else None
    legend = " ".join(f"{{{{{label}}}}}" for label in labels or ())
    if signal.cloudwatch is not None:
        queries = threshold_queries(threshold, title)
    elif threshold.alerts and all(isinstance(a.condition, Absent) for a in threshold.alerts):
        queries = [promql(f"count({argument(signal.promql)})", "series")]
    else:
        queries = [promql(signal.promql, legend)]
    above = tuple(dict.fromkeys(PanelLimit(s, c.value) for s, c in limits if c.op[0] == ">"))
    below = tuple(dict.fromkeys(PanelLimit(s, c.value) for s, c in limits if c.op[0] == "<"))
    both = bool(above and below)
    sides = [(above, False), (below, True)] if both else [(above or below, bool(below))]
    return tuple(
        panel(
            f"{title} ({'low' if low else 'high'})" if both else title,
            description,
            signal.unit,
            queries,
            threshold.origin,
            limits=side,
            limits_below=low,
        )
        for side, low in sides
    )


# ---- metrics


def metric_panel(metric: Metric, selector: Mapping[str, str]) -> Panel:
    """A counter as rate, a gauge as it is, a histogram as three quantiles, a summary by quantile."""
    matchers = selector_text(selector)
    by = tuple(label for label in metric.labels if label not in selector)
    legend = " ".join(f"{{{{{label}}}}}" for label in by)
    title = sentence(metric.name)
    description = metric.help.strip() or f"{sentence(metric.type)} {metric.name}."
    unit = metric.unit
    if metric.type == "counter":
        unit, factor = rate_unit(metric.name, metric.unit)
        grouped = f"sum by ({', '.join(by)}) " if by else "sum"
        scale = f" * {_number(factor)}" if factor != 1 else ""
        queries = [promql(f"{grouped}(rate({metric.name}{matchers}[{RATE}])){scale}", legend or "per second")]
        title += ", per second"
    elif metric.type == "histogram":
        rate = f"sum by (le) (rate({metric.name}_bucket{matchers}[{RATE}]))"
        queries = [promql(f"histogram_quantile({q}, {rate})", name) for name, q in QUANTILES]
    elif metric.type == "native_histogram":
        rate = f"sum(rate({metric.name}{matchers}[{RATE}]))"
        queries = [promql(f"histogram_quantile({q}, {rate})", name) for name, q in QUANTILES]
    elif metric.type == "summary":
        queries = [promql(f"max by (quantile) ({metric.name}{matchers})", "{{quantile}}")]
    else:
        queries = [promql(f"{metric.name}{matchers}", legend)]
    return panel(title, description, unit, queries, metric.origin)


def rate_unit(name: str, unit: str) -> tuple[str, Decimal]:
    """The unit of a counter's rate, and the factor that brings the rate to it."""
    dimension, factor, _, _ = UNITS[unit or "none"]
    if dimension == "size":
        return "bytes/s", factor
    if dimension == "time":
        return "none", factor  # seconds per second: how many are busy at once
    if unit in ("count", "none", ""):
        return ("requests/s" if "request" in name else "per_second"), Decimal(1)
    return unit, Decimal(1)


# ---- platforms


def ends(of: Panel) -> tuple[float | None, float | None]:
    """The ends of a panel's axis; a dial of a share that names none is a whole one: without ends it would always look full."""
    low, high = of.min, of.max
    if of.type == "gauge" and of.unit in ("ratio", "percent"):
        low = low if low is not None else 0
        high = high if high is not None else 1 if of.unit == "ratio" else 100
    return low, high


def not_on_cloudwatch(of: Panel) -> str:
    """What of a panel CloudWatch cannot draw, or ""."""
    for query in of.queries:
        if query.promql:
            return "PromQL"
        if query.cloudwatch is None and not query.log_groups:
            return "a log query to Loki" if query.logs else "an X-Ray filter"
    return ""


# ---- parts


def promql(expr: str, legend: str, *, instant: bool = False) -> Query:
    """A PromQL query to the dashboard's own data source."""
    return Query(expr, None, "", (), "", legend, "", instant)


def selector_text(labels: Mapping[str, str]) -> str:
    """`{a="x",b="y"}`, or "" for no labels."""
    return "{" + ",".join(f"{k}={_quote(v)}" for k, v in labels.items()) + "}" if labels else ""


def panel(
    title: str,
    description: str,
    unit: str,
    queries: Iterable[Query],
    origin: Path,
    *,
    type: str = "timeseries",
    limits: tuple[PanelLimit, ...] = (),
    limits_below: bool = False,
    min: float | None = None,
    decimals: int | None = None,
    range: int | None = None,
) -> Panel:
    """A panel of which nobody wrote anything themselves."""
    return Panel(
        title=title,
        type=type,
        description=description,
        unit=unit,
        queries=tuple(queries),
        text="",
        limits=limits,
        limits_below=limits_below,
        min=min,
        max=None,
        decimals=decimals,
        width=None,
        height=None,
        options={},
        origin=origin,
        range=range,
    )
