"""Panels of the plan as widgets of a CloudWatch dashboard.

In: a `Panel` and what all dashboards share. Out: `Widget`s, without their places. One panel may be several: each log query is a
widget of its own, and an alarm status widget holds a hundred alarms. Format: the CloudWatch API reference, "Dashboard Body
Structure and Syntax".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from monitorspec.cloudformation.dashboard.bodyschema import ALARMS
from monitorspec.cloudformation.dashboard.texts import literal
from monitorspec.layout import COLUMNS, Sizes
from monitorspec.metricrows import MetricRow, metric_rows
from monitorspec.panels import ends
from monitorspec.phrases import value_text
from monitorspec.plan import Panel, Path, Query, Severity

Json = dict[str, Any]

# On CloudWatch's grid a line is about 50 pixels high.
SIZES: Sizes = {
    "timeseries": (2, 6),
    "stat": (6, 4),
    "gauge": (4, 6),
    "table": (2, 6),
    "heatmap": (2, 6),
    "bar": (2, 6),
    "pie": (2, 6),
    "logs": (1, 6),
    "alarms": (1, 2),
    "text": (1, 2),
}
_VIEWS = {
    "timeseries": "timeSeries",
    "heatmap": "timeSeries",
    "stat": "singleValue",
    "gauge": "gauge",
    "table": "table",
    "bar": "bar",
    "pie": "pie",
}
_LOG_VIEWS = {"timeseries": "timeSeries", "heatmap": "timeSeries", "bar": "bar", "pie": "pie"}
# Views that draw limits: as lines, as parts of the dial, as the colours of cells.
_LIMITED = ("timeSeries", "gauge", "table", "bar")
# What an axis says about the numbers on it.
_AXES = {
    "ratio": "share",
    "percent": "%",
    "seconds": "s",
    "milliseconds": "ms",
    "microseconds": "µs",
    "bytes": "bytes",
    "kibibytes": "KiB",
    "mebibytes": "MiB",
    "megabytes": "MB",
    "gigabytes": "GB",
    "bytes/s": "bytes per second",
    "per_second": "per second",
    "requests/s": "requests per second",
    "ops/s": "operations per second",
    "count": "count",
    "usd": "USD",
}
# The console's own colours, the worst severity first.
_WORST_FIRST = ("#d62728", "#ff7f0e", "#dbdb8d", "#9467bd")
_LEAST = "#1f77b4"


class Widget(NamedTuple):
    """`type` is the panel's, by which it gets its size; `kind` is CloudWatch's: metric, log, alarm, text."""

    type: str
    kind: str
    properties: Json
    width: int | None
    height: int | None
    origin: Path


class Shared(NamedTuple):
    """What the widgets of all dashboards share."""

    region: str
    """The stack's, or a reference to it."""
    colors: Mapping[str, str]
    """Colour by severity."""
    alarms: Mapping[str, str]
    """ARN by id of alert."""


def severity_colors(severities: Sequence[Severity]) -> dict[str, str]:
    """A colour for each severity: red for the most severe; blue for the least of three or more."""
    ranked = sorted(severities, key=lambda s: s.rank)
    colors = {s.name: _WORST_FIRST[min(i, len(_WORST_FIRST) - 1)] for i, s in enumerate(ranked)}
    if len(ranked) > 2:
        colors[ranked[-1].name] = _LEAST
    return colors


def widgets(p: Panel, shared: Shared) -> Iterator[Widget]:
    """The widgets of a panel."""
    metrics = [query for query in p.queries if query.cloudwatch is not None]
    logs = [query for query in p.queries if query.log_groups]
    for type_, kind, made in (
        *(("alarms", "alarm", m) for m in _alarms(p, shared)),
        *((p.type, "metric", m) for m in _metrics(p, metrics, shared)),
        *(("logs", "log", _log(p, query, shared, several=len(p.queries) > 1)) for query in logs),
        *(("text", "text", {"markdown": literal(_titled(p))}) for _ in range(bool(p.text))),
    ):
        height = p.height
        if height is None and kind == "alarm":
            height = _alarms_height(len(made["alarms"]), p.width or COLUMNS)
        elif height is None and kind == "text":
            height = text_height(_titled(p), p.width or COLUMNS)
        yield Widget(type_, kind, _with_raw(made, p.properties), p.width, height, p.origin)


def text(markdown: str, origin: Path, *, height: int | None = None, clear: bool = False) -> Widget:
    """A text over all columns."""
    made: Json = {"markdown": literal(markdown)}
    if clear:
        made["background"] = "transparent"
    return Widget("text", "text", made, COLUMNS, height or text_height(markdown, COLUMNS), origin)


def _titled(p: Panel) -> str:
    """The text below its title, which a text widget has no place for, unless it has a heading of its own."""
    return p.text if p.text.lstrip().startswith("#") or not p.title.strip() else f"### {p.title}\n{p.text}"


def text_height(markdown: str, width: int) -> int:
    """Lines of the grid that a text needs: one holds a heading, or two and a half lines."""
    # A column is about 55 pixels wide, which eight letters fill.
    lines = sum(
        (2.0 if line.startswith("#") else 1.0) * -(-len(line) // (8 * width)) if line.strip() else 0.4
        for line in markdown.strip().splitlines()
    )
    return max(1, min(round(lines / 2.5 + 0.4), 20))


def _alarms_height(count: int, width: int) -> int:
    """Lines of the grid that so many alarms need: each is a box of about four columns."""
    return min(1 + -(-count // max(width // 4, 1)), 8)


def _with_raw(made: Json, raw: Mapping[str, Any]) -> Json:
    """Raw properties laid over the generated ones: mappings key by key, anything else whole; null takes one away."""
    if not raw:
        return made
    out = dict(made)
    for key, value in raw.items():
        old = out.get(key)
        out[key] = _with_raw(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return {key: value for key, value in out.items() if value is not None}


# ---- alarms and logs


def _alarms(p: Panel, shared: Shared) -> Iterator[Json]:
    arns = [shared.alarms[id] for id in p.alarms if id in shared.alarms]
    parts = [arns[n : n + ALARMS] for n in range(0, len(arns), ALARMS)]
    for n, part in enumerate(parts, 1):
        title = p.title if len(parts) == 1 else f"{p.title} ({n} of {len(parts)})"
        yield {"title": literal(title), "alarms": part}


def _log(p: Panel, query: Query, shared: Shared, *, several: bool) -> Json:
    view = _LOG_VIEWS.get(p.type, "table")
    made: Json = {
        "title": literal(f"{p.title}: {query.legend}" if several and query.legend else p.title),
        "view": view,
        "region": shared.region,
    }
    if view == "timeSeries":
        made["stacked"] = p.stacked
    sources = " | ".join(f"SOURCE '{group}'" for group in query.log_groups)
    made["query"] = f"{sources} | {literal(query.logs.strip())}"
    return made


# ---- metrics


def _metrics(p: Panel, queries: Sequence[Query], shared: Shared) -> Iterator[Json]:
    if not queries:
        return
    taken: set[str] = set()
    rows = [row for query in queries if query.cloudwatch for row in metric_rows(query.cloudwatch, query.legend, taken)]
    regions, periods, stats = (
        _usual(values)
        for values in (
            (row.signal.region or shared.region for row in rows),
            (row.signal.period // 1000 for row in rows),
            (row.signal.stat for row in rows if not row.signal.expression),
        )
    )
    view = _VIEWS.get(p.type, "timeSeries")
    made: Json = {"title": literal(p.title), "view": view}
    if view in ("timeSeries", "bar"):
        made["stacked"] = p.stacked
    made |= {"region": regions, "period": periods}
    if stats:
        made["stat"] = stats
    if view == "table":
        columns = ["MIN", "AVG", "MAX"]
        made["table"] = {"showTimeSeriesData": False, "stickySummary": False, "summaryColumns": columns}
    if p.whole_range:
        made["setPeriodToTimeRange"] = True
    elif view == "singleValue":
        made["sparkline"] = True
    if (p.decimals or 0) > 2 and view in ("singleValue", "table"):
        made["singleValueFullPrecision"] = True
    if p.range is not None:
        made["start"] = start(p.range)
    made["metrics"] = [_row(p, row, made, taken, shared) for row in rows]
    axis = _axis(p, view)
    if axis:
        made["yAxis"] = {"left": axis}
    if p.limits and view in _LIMITED:
        made["annotations"] = {"horizontal": list(_limits(p, shared))}
    yield made


def _usual(values: Iterator[Any]) -> Any:
    """The most frequent value, the first of several; None of none."""
    return max(counted.items(), key=lambda item: item[1])[0] if (counted := Counter(values)) else None


def _row(p: Panel, row: MetricRow, widget: Json, taken: set[str], shared: Shared) -> list[Any]:
    """[namespace, metric, dimension, value, …, options], or [options] for an expression: only what the widget does not say."""
    signal = row.signal
    options: Json = {}
    out: list[Any] = []
    if signal.expression:
        id = row.id or _free(taken)
        # Without a label an expression is called by its id.
        options |= {"expression": signal.expression, "id": id, "label": literal(row.label or p.title)}
    else:
        out += [signal.namespace, signal.metric, *(text for pair in signal.dimensions for text in pair)]
        if row.id:
            options["id"] = row.id
        if row.label:
            options["label"] = literal(row.label)
        if signal.stat != widget.get("stat"):
            options["stat"] = signal.stat
    if signal.period // 1000 != widget["period"]:
        options["period"] = signal.period // 1000
    if (signal.region or shared.region) != widget["region"]:
        options["region"] = signal.region or shared.region
    if not row.visible:
        options["visible"] = False
    return [*out, options] if options else out


def _free(taken: set[str]) -> str:
    id = next(f"e{n}" for n in range(1, len(taken) + 2) if f"e{n}" not in taken)
    taken.add(id)
    return id


def _axis(p: Panel, view: str) -> Json:
    axis: Json = {}
    if view in ("timeSeries", "bar") and p.unit in _AXES:
        axis |= {"label": _AXES[p.unit], "showUnits": False}
    low, high = ends(p)
    if low is not None and view not in ("singleValue", "pie", "table"):
        axis["min"] = _short(low)
    if high is not None and view not in ("singleValue", "pie", "table"):
        axis["max"] = _short(high)
    return axis


def _short(value: float) -> float:
    return int(value) if value == int(value) else value


def _limits(p: Panel, shared: Shared) -> Iterator[Json]:
    for limit in p.limits:
        made: Json = {
            "color": shared.colors.get(limit.severity, _WORST_FIRST[0]),
            "label": f"{limit.severity}: {value_text(limit.value, p.unit or 'none')}",
            "value": number(limit.value),
            "fill": "below" if p.limits_below else "above",
        }
        yield made


def number(value: Decimal) -> int | float:
    """A decimal as JSON writes it best."""
    return int(value) if value == value.to_integral_value() else float(value)


def start(ms: int) -> str:
    """The beginning of a time range that ends now, as an ISO 8601 duration: 21600000 → `-PT6H`, 30 days → `-P30D`."""
    for unit, letter, prefix in ((86_400_000, "D", "P"), (3_600_000, "H", "PT"), (60_000, "M", "PT")):
        if ms >= unit and ms % unit == 0:
            return f"-{prefix}{ms // unit}{letter}"
    return f"-PT{max(round(ms / 60_000), 1)}M"
