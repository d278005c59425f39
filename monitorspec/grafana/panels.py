"""One panel of the plan as Grafana's JSON.

In: a `Panel`, its id and box, and what its dashboard knows. Out: a plain dict. Static parts are shared with the
skeletons; only the levels that differ are made anew, because a large system has ten thousand panels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from monitorspec.grafana import queries, skeletons
from monitorspec.layout import Box, Sizes
from monitorspec.panels import ends
from monitorspec.plan import Datasource, Panel, PanelLimit, Path, Severity
from monitorspec.spec.units import MS, UNITS

Json = dict[str, Any]

# On Grafana's grid a line is 30 pixels high.
SIZES: Sizes = {
    "timeseries": (2, 8),
    "stat": (6, 4),
    "gauge": (4, 6),
    "table": (1, 8),
    "heatmap": (2, 8),
    "bar": (2, 8),
    "pie": (3, 8),
    "alarms": (1, 8),
    "logs": (1, 10),
    "text": (1, 4),
}
GOOD = "green"
_WORST_FIRST = ("red", "orange", "yellow", "purple")
_LEAST = "blue"
_LINES: Json = {"mode": "line"}
_STACKED: Json = {"group": "A", "mode": "normal"}
# CloudWatch statistic → what makes one value of its datapoints.
_TOTALS = {"Sum": "sum", "SampleCount": "sum", "Maximum": "max", "Minimum": "min"}


class Context(NamedTuple):
    """What the panels of all dashboards share."""

    colors: Mapping[str, str]
    """Colour by severity."""
    sources: Mapping[str, Datasource]
    """Declared data sources by name."""
    runbooks: Mapping[Path, str]
    """Address of the runbook by the origin of the threshold or objective that a panel shows."""


def severity_colors(severities: Iterable[Severity]) -> dict[str, str]:
    """A colour for each severity: red for the most severe; blue for the least of three or more."""
    ranked = sorted(severities, key=lambda s: s.rank)
    colors = {s.name: _WORST_FIRST[min(i, len(_WORST_FIRST) - 1)] for i, s in enumerate(ranked)}
    if len(ranked) > 2:
        colors[ranked[-1].name] = _LEAST
    return colors


def panel(p: Panel, id_: int, box: Box, context: Context) -> tuple[Json, set[str]]:
    """The panel's JSON and the kinds of the dashboard's own data sources that it uses."""
    skeleton = skeletons.panel(p.type)
    out: Json = {
        "id": id_,
        "type": skeleton["type"],
        "title": p.title,
        "description": p.description.strip() or f"{p.title.strip() or p.type}.",
        "gridPos": {"h": box.h, "w": box.w, "x": box.x, "y": box.y},
    }
    kinds: set[str] = set()
    runbook = context.runbooks.get(p.origin)
    if runbook:
        out["links"] = [{"targetBlank": True, "title": "Runbook", "url": runbook}]
    if p.type == "text":
        out["options"] = skeleton["options"] | {"content": p.text}
    else:
        sources = [(query, queries.source(query, context.sources)) for query in p.queries]
        references = [reference for _, (_, reference) in sources]
        # Equal references mean one data source; a panel of several needs Grafana's mixed one.
        mixed = any(reference != references[0] for reference in references[1:])
        out["datasource"] = (
            queries.MIXED if mixed else references[0] if references else queries.own("prometheus").reference
        )
        kinds = {kind for query, (kind, _) in sources if query.datasource not in context.sources}
        defaults: Json = skeleton["fieldConfig"]["defaults"] | _field(p)
        defaults["thresholds"] = _thresholds(p.limits, p.limits_below, tuple(context.colors.items()))
        if p.limits and p.type == "timeseries":
            defaults["custom"] = defaults["custom"] | {"thresholdsStyle": _LINES}
        if p.stacked and p.type == "timeseries":
            defaults["custom"] = defaults["custom"] | {"stacking": _STACKED}
        out["fieldConfig"] = {"defaults": defaults, "overrides": []}
        out["options"] = skeleton["options"]
        if p.range is not None:
            out["timeFrom"] = interval(p.range)
        reduced = _reduced(p, skeleton)
        if reduced:
            out["options"] = out["options"] | {"reduceOptions": reduced}
        if p.type == "heatmap":
            out["options"] = out["options"] | {"yAxis": out["options"]["yAxis"] | {"unit": defaults["unit"]}}
        out["targets"] = queries.targets(p.type, sources)
        if p.type == "table" and len(out["targets"]) > 1:
            # One table of all queries, instead of one at a time behind a list.
            out["transformations"] = [{"id": "merge", "options": {}}]
    return (merged(out, p.options) if p.options else out), kinds


def _reduced(p: Panel, skeleton: Json) -> Json:
    """How each series becomes one value, where the skeleton does not say it right; {} else."""
    usual: Json = skeleton["options"].get("reduceOptions", {})
    if usual and p.type in ("bar", "pie") and p.queries and all(query.logs for query in p.queries):
        # A log query that counts gives a table: every line of it is a value.
        return usual | {"values": True}
    if not usual or not p.whole_range:
        return {}
    stats = {query.cloudwatch.stat for query in p.queries if query.cloudwatch is not None}
    return usual | {"calcs": [_TOTALS.get(stats.pop(), "mean") if len(stats) == 1 else "mean"]}


def interval(ms: int) -> str:
    """A duration in Grafana's syntax, which has one unit only: 5400000 → `90m`."""
    for unit in ("d", "h", "m", "s"):
        if ms % MS[unit] == 0:
            return f"{ms // MS[unit]}{unit}"
    return f"{ms}ms"


def _field(p: Panel) -> Json:
    field: Json = {"unit": UNITS[p.unit or "none"][2]}
    if p.decimals is not None:
        field["decimals"] = p.decimals
    low, high = ends(p)
    if low is not None:
        field["min"] = low
    if high is not None:
        field["max"] = high
    return field


@cache
def _thresholds(limits: tuple[PanelLimit, ...], below: bool, colors: tuple[tuple[str, str], ...]) -> Json:
    """Colours by value: the first step has no value, the others ascend.

    A limit colours what lies above it, or below it where low values are bad. Of two severities with one limit the more
    severe counts: the order of `colors`.
    """
    order = [name for name, _ in colors]
    by_value: dict[Decimal, str] = {}
    for severity, value in sorted(
        limits, key=lambda limit: order.index(limit.severity) if limit.severity in order else 99
    ):
        by_value.setdefault(value, severity)
    palette = dict(colors)
    ascending = [(number(value), palette.get(by_value[value], _WORST_FIRST[0])) for value in sorted(by_value)]
    steps: list[Json] = []
    if below:
        shades = [color for _, color in ascending] + [GOOD]
        steps = [{"color": shades[0], "value": None}]
        steps += [{"color": shade, "value": value} for (value, _), shade in zip(ascending, shades[1:], strict=True)]
    else:
        steps = [{"color": GOOD, "value": None}]
        steps += [{"color": color, "value": value} for value, color in ascending]
    return {"mode": "absolute", "steps": steps}


def number(value: Decimal) -> int | float:
    """A decimal as JSON writes it best."""
    return int(value) if value == value.to_integral_value() else float(value)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """`over` laid over `base`: mappings merge key by key, anything else replaces. Neither is changed."""
    out: Json = dict(base)
    for key, value in over.items():
        old = out.get(key)
        out[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return out
