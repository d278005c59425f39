"""What CloudWatch would refuse, or quietly not show, of a finished dashboard body.

In: a body as JSON data. Out: problems, each with the number of its widget. Texts with `${…}` are taken on trust: only a deployment
knows them. Source: the CloudWatch API reference, "Dashboard Body Structure and Syntax", and the user guide, "Service quotas".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from monitorspec.cloudformation import metricmath, statistics

WIDGETS, METRICS, WIDGET_METRICS, ALARMS, DIMENSIONS = 500, 2500, 500, 100, 30
COLUMNS, HEIGHT = 24, 1000

_color = re.compile(r"#[0-9a-fA-F]{6}").fullmatch
_relative = re.compile(r"-P(\d+[DWM]|T\d+[HM])").fullmatch
_absolute = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").fullmatch
_name = re.compile(r"[A-Za-z0-9_-]{1,255}").fullmatch
_reference = re.compile(r"\$\{[^}]*\}").sub
_arn = re.compile(r"arn:[^:\s]+:cloudwatch:[^:\s]*:[^:\s]*:alarm:.+").fullmatch

_SIDES = ("x", "y", "width", "height")

Check = Callable[[Any], str]


class Problem(NamedTuple):
    """`widget` is its index, or None for the dashboard as a whole; `limit` is set where there is too much of something."""

    widget: int | None
    message: str
    limit: bool = False


def dashboard_problems(properties: Mapping[str, Any]) -> list[str]:
    """What is wrong with the properties of an AWS::CloudWatch::Dashboard."""
    out = []
    name, body = (_filled_in(properties.get(key)) for key in ("DashboardName", "DashboardBody"))
    if name is not None and not _name(_reference("x", name)):
        out.append(f"DashboardName {name}: 1 to 255 letters, digits, `-` and `_` are allowed")
    if body is None:
        return [*out, "DashboardBody is missing"]
    try:
        data = json.loads(body)
    except ValueError as error:
        return [*out, f"DashboardBody is not JSON: {error}"]
    if not isinstance(data, Mapping):
        return [*out, "DashboardBody is no mapping"]
    return [*out, *(said(problem, data) for problem in body_problems(data))]


def _filled_in(value: Any) -> str | None:
    """A text, or that of `Fn::Sub` with its references as they are; "${x}" for any other function."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((function, inner),) = value.items()
        inner = inner[0] if isinstance(inner, list) and inner else inner
        return inner if function == "Fn::Sub" and isinstance(inner, str) else "${x}"
    return value if isinstance(value, str) else None


def body_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with a body."""
    out = [Problem(None, text) for text in _keys(body, _BODY, "the body")]
    if "end" in body and "start" not in body:
        out.append(Problem(None, "`end` without `start`"))
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        return [*out, Problem(None, "`widgets` is not a list")]
    if len(widgets) > WIDGETS:
        out.append(Problem(None, f"{len(widgets)} widgets; a dashboard has at most {WIDGETS}", limit=True))
    metrics = 0
    for n, widget in enumerate(widgets):
        if not isinstance(widget, Mapping):
            out.append(Problem(n, "a widget is not a mapping"))
            continue
        out += [Problem(n, text) for text in _widget(widget)]
        properties = widget.get("properties")
        rows = properties.get("metrics") if isinstance(properties, Mapping) else None
        if isinstance(rows, list):
            metrics += len(rows)
            if len(rows) > WIDGET_METRICS:
                out.append(Problem(n, f"{len(rows)} metrics; a widget shows at most {WIDGET_METRICS}", limit=True))
    if metrics > METRICS:
        out.append(Problem(None, f"{metrics} metrics; a dashboard shows at most {METRICS}", limit=True))
    return [*out, *_overlaps(widgets)]


def said(problem: Problem, body: Mapping[str, Any]) -> str:
    """A problem with the widget that it is of."""
    if problem.widget is None:
        return problem.message
    properties = body["widgets"][problem.widget].get("properties") or {}
    title = properties.get("title") or str(properties.get("markdown") or "").partition("\n")[0]
    return f"widget {problem.widget + 1} ({title}): {problem.message}"


# ---- values


def _one_of(*values: str) -> Check:
    return lambda v: "" if _trusted(v) or v in values else f"is none of {', '.join(values)}"


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "is not a text"


def _filled(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else "is no text with something in it"


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "is neither true nor false"


def _number(value: Any) -> str:
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else "is not a number"


def _period(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "is no whole number of seconds"
    return statistics.graph_period_problem(value * 1000)[0]


def _stat(value: Any) -> str:
    if _trusted(value):
        return ""
    return statistics.statistic_problem(value)[0] if isinstance(value, str) else "is not a text"


def _time(value: Any) -> str:
    good = isinstance(value, str) and (_trusted(value) or _relative(value) or _absolute(value))
    return "" if good else "is neither a time nor a length such as -PT6H or -P30D"


def _hex(value: Any) -> str:
    return "" if isinstance(value, str) and (_trusted(value) or _color(value)) else "is no colour such as #d62728"


def _whole(low: int, high: int | None) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
            return f"has to be from {low} to {high}" if high is not None else f"has to be {low} or more"
        return ""

    return check


def _mapping(keys: Mapping[str, Check]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, Mapping):
            return "is not a mapping"
        return "; ".join(_keys(value, keys, ""))

    return check


def _list(inner: Check, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, list):
            return "is not a list"
        if len(value) < least or (most is not None and len(value) > most):
            return f"has {len(value)} items, not {least} to {most}"
        for n, item in enumerate(value, 1):
            if text := inner(item):
                return f"{f'{item:.60}' if isinstance(item, str) else f'(item {n})'} {text}"
        return ""

    return check


def _trusted(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def _anything(_value: Any) -> str:
    return ""


def _horizontal(value: Any) -> str:
    """A line, or a band of two lines."""
    if isinstance(value, list):
        return "is no band of two lines" if len(value) != 2 else next((t for line in value if (t := _line(line))), "")
    return _line(value)


def _line(value: Any) -> str:
    if isinstance(value, Mapping) and "value" not in value:
        return "has no value"
    return _LINE(value)


def _vertical(value: Any) -> str:
    lines = value if isinstance(value, list) else [value]
    return next((text for line in lines if (text := _VERTICAL(line))), "")


def _alarm_arn(value: Any) -> str:
    return "" if isinstance(value, str) and _arn(_reference("x", value)) else "is no ARN of an alarm"


_LINE = _mapping(
    {
        "value": _number,
        "label": _text,
        "color": _hex,
        "fill": _one_of("none", "above", "below"),
        "visible": _flag,
        "yAxis": _one_of("left", "right"),
    }
)
_VERTICAL = _mapping(
    {"value": _time, "label": _text, "color": _hex, "fill": _one_of("none", "before", "after"), "visible": _flag}
)
_AXIS = _mapping({"label": _text, "min": _number, "max": _number, "showUnits": _flag})
_BODY: Mapping[str, Check] = {
    "start": _time,
    "end": _time,
    "periodOverride": _one_of("auto", "inherit"),
    "widgets": _anything,
    "variables": _list(_anything),
}
_WIDGET: Mapping[str, Check] = {
    "type": _one_of("metric", "log", "alarm", "text", "explorer", "custom", "trace", "chart"),
    "x": _whole(0, COLUMNS - 1),
    "y": _whole(0, None),
    "width": _whole(1, COLUMNS),
    "height": _whole(1, HEIGHT),
    "properties": _anything,
}
_PROPERTIES: Mapping[str, Mapping[str, Check]] = {
    "text": {"markdown": _filled, "background": _one_of("transparent", "solid")},
    "alarm": {
        "alarms": _list(_alarm_arn, 1, ALARMS),
        "sortBy": _one_of("default", "stateUpdatedTimestamp", "timestamp"),
        "states": _list(_one_of("ALARM", "INSUFFICIENT_DATA", "OK")),
        "title": _text,
    },
    "log": {
        "query": _filled,
        "region": _filled,
        "title": _text,
        "view": _one_of("table", "timeSeries", "bar", "pie"),
        "stacked": _flag,
        "accountId": _text,
        "queryLanguage": _one_of("CWLI", "SQL", "PPL"),
    },
    "metric": {
        "metrics": _list(_anything),
        "annotations": _mapping(
            {
                "alarms": _list(_alarm_arn, 1, 1),
                "horizontal": _list(_horizontal),
                "vertical": _list(_vertical),
            }
        ),
        "region": _filled,
        "accountId": _text,
        "title": _text,
        "view": _one_of("timeSeries", "singleValue", "gauge", "bar", "pie", "table"),
        "stacked": _flag,
        "period": _period,
        "stat": _stat,
        "start": _time,
        "end": _time,
        "legend": _mapping({"position": _one_of("bottom", "right", "hidden")}),
        "labels": _mapping({"visible": _flag}),
        "liveData": _flag,
        "setPeriodToTimeRange": _flag,
        "singleValueFullPrecision": _flag,
        "sparkline": _flag,
        "trend": _flag,
        "timezone": _text,
        "yAxis": _mapping({"left": _AXIS, "right": _AXIS}),
        "table": _mapping(
            {
                "layout": _one_of("horizontal", "vertical"),
                "showTimeSeriesData": _flag,
                "stickySummary": _flag,
                "summaryColumns": _list(_one_of("MIN", "MAX", "SUM", "AVG")),
            }
        ),
    },
}
_NEEDED = {"text": ("markdown",), "alarm": ("alarms",), "log": ("query", "region"), "metric": ("region",)}
_OPTIONS: Mapping[str, Check] = {
    "color": _hex,
    "expression": _filled,
    "id": lambda v: "" if isinstance(v, str) and metricmath.is_id(v) else "is no id of metric math",
    "label": _text,
    "period": _period,
    "stat": _stat,
    "region": _filled,
    "accountId": _text,
    "visible": _flag,
    "yAxis": _one_of("left", "right"),
}


def _keys(value: Mapping[str, Any], known: Mapping[str, Check], where: str) -> Iterator[str]:
    for key, inner in value.items():
        check = known.get(key)
        if check is None:
            yield f"{where} has no property `{key}`".strip() if where else f"there is no `{key}` in it"
        elif text := check(inner):
            yield f"`{key}` {text}"


# ---- widgets


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    yield from _keys(widget, _WIDGET, "a widget")
    type_, properties = widget.get("type"), widget.get("properties")
    if ("x" in widget) != ("y" in widget):
        yield "only one of `x` and `y` is given"
    x, width = widget.get("x", 0), widget.get("width", 6)
    if isinstance(x, int) and isinstance(width, int) and x + width > COLUMNS:
        yield f"it ends in column {x + width}; there are {COLUMNS}"
    if not isinstance(properties, Mapping):
        yield "it has no properties"
        return
    if not isinstance(type_, str) or type_ not in _PROPERTIES:
        return
    yield from (f"`{key}` is missing" for key in _NEEDED[type_] if key not in properties)
    yield from _keys(properties, _PROPERTIES[type_], f"a {type_} widget")
    if type_ == "metric":
        yield from _metric(properties)
    elif type_ == "log" and properties.get("queryLanguage", "CWLI") == "CWLI":
        query = properties.get("query")
        if isinstance(query, str) and not re.match(r"\s*SOURCE\b", query):
            yield "`query` does not begin with its log groups: SOURCE '…' | …"


def _metric(p: Mapping[str, Any]) -> Iterator[str]:
    rows, annotations = p.get("metrics"), p.get("annotations")
    if not rows and not (isinstance(annotations, Mapping) and annotations.get("alarms")):
        yield "it has neither metrics nor an alarm to show"
    if p.get("sparkline") is True and p.get("setPeriodToTimeRange") is True:
        yield "`sparkline` and `setPeriodToTimeRange` exclude each other"
    if "end" in p and "start" not in p:
        yield "`end` without `start`"
    axes = p.get("yAxis")
    sides = [axis for axis in axes.values() if isinstance(axis, Mapping)] if isinstance(axes, Mapping) else []
    for axis in sides:
        low, high = axis.get("min"), axis.get("max")
        if isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
            yield f"the axis ends where it begins, or below: {low:g} to {high:g}"
    left = axes.get("left") if isinstance(axes, Mapping) else None
    if p.get("view") == "gauge" and not (isinstance(left, Mapping) and "min" in left and "max" in left):
        yield "a gauge needs `min` and `max` of its left axis"
    if isinstance(rows, list):
        yield from _rows(rows)


def _rows(rows: list[Any]) -> Iterator[str]:
    ids: list[str] = []
    expressions: list[str] = []
    for n, row in enumerate(rows, 1):
        where = f"metric {n}"
        if not isinstance(row, list) or not row:
            yield f"{where} is not a list"
            continue
        options = row[-1] if isinstance(row[-1], Mapping) else {}
        names = row[:-1] if isinstance(row[-1], Mapping) else row
        yield from (f"{where}: {text}" for text in _keys(options, _OPTIONS, "a metric"))
        if not all(isinstance(name, str) for name in names):
            yield f"{where} has other things than texts before its options"
        elif "expression" in options:
            if names:
                yield f"{where} is both a metric and an expression"
        elif not any(name in (".", "...") for name in names):
            if len(names) < 2 or len(names) % 2:
                yield f"{where} has no namespace, name and pairs of dimensions"
            elif len(names) > 2 + 2 * DIMENSIONS:
                yield f"{where} has more than {DIMENSIONS} dimensions"
        if isinstance(id := options.get("id"), str):
            ids.append(id)
        if isinstance(expression := options.get("expression"), str):
            expressions.append(expression)
    yield from (f"two metrics have the id `{id}`" for id in dict.fromkeys(id for id in ids if ids.count(id) > 1))
    for text in expressions:
        if metricmath.is_insights(text) or "${" in text:
            continue
        read = metricmath.read(text)
        if read.error:
            yield f"`{text}`: {read.error}"
        yield from (f"`{text}` names `{id}`, which is no metric" for id in read.ids if id not in ids)


def _overlaps(widgets: list[Any]) -> Iterator[Problem]:
    taken: dict[tuple[int, int], int] = {}
    for n, widget in enumerate(widgets):
        if not isinstance(widget, Mapping):
            continue
        x, y, width, height = (side if isinstance(side := widget.get(key), int) else -1 for key in _SIDES)
        if min(x, y, width, height) < 0:
            continue
        cells = [(a, b) for a in range(x, min(x + width, COLUMNS)) for b in range(y, y + min(height, HEIGHT))]
        other = next((taken[cell] for cell in cells if cell in taken), None)
        if other is not None:
            yield Problem(n, f"it lies over widget {other + 1}")
        taken.update(dict.fromkeys(cells, n))
