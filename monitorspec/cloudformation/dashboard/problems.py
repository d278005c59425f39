"""What CloudWatch would refuse, or quietly not show, of a finished dashboard body.

In: a body as JSON data. Out: problems, each with the number of its widget. Texts with `${…}` are taken on trust: only a deployment
knows them. Source: the CloudWatch API reference, "Dashboard Body Structure and Syntax", and the user guide, "Service quotas".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monitorspec.cloudformation import metricmath
from monitorspec.cloudformation.dashboard.bodyschema import (
    BODY,
    COLUMNS,
    HEIGHT,
    NEEDED,
    OPTIONS,
    PROPERTIES,
    WIDGET,
    keys,
    references,
)

WIDGETS, METRICS, WIDGET_METRICS, DIMENSIONS = 500, 2500, 500, 30

_name = re.compile(r"[A-Za-z0-9_-]{1,255}").fullmatch

_SIDES = ("x", "y", "width", "height")


class Problem(NamedTuple):
    """`widget` is its index, or None for the dashboard as a whole; `limit` is set where there is too much of something."""

    widget: int | None
    message: str
    limit: bool = False


def dashboard_problems(properties: Mapping[str, Any]) -> list[str]:
    """What is wrong with the properties of an AWS::CloudWatch::Dashboard."""
    out = []
    name, body = (_filled_in(properties.get(key)) for key in ("DashboardName", "DashboardBody"))
    if name is not None and not _name(references.sub("x", name)):
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
    out = [Problem(None, text) for text in keys(body, BODY, "the body")]
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


# ---- widgets


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    yield from keys(widget, WIDGET, "a widget")
    type_, properties = widget.get("type"), widget.get("properties")
    if ("x" in widget) != ("y" in widget):
        yield "only one of `x` and `y` is given"
    x, width = widget.get("x", 0), widget.get("width", 6)
    if isinstance(x, int) and isinstance(width, int) and x + width > COLUMNS:
        yield f"it ends in column {x + width}; there are {COLUMNS}"
    if not isinstance(properties, Mapping):
        yield "it has no properties"
        return
    if not isinstance(type_, str) or type_ not in PROPERTIES:
        return
    yield from (f"`{key}` is missing" for key in NEEDED[type_] if key not in properties)
    yield from keys(properties, PROPERTIES[type_], f"a {type_} widget")
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
        yield from (f"{where}: {text}" for text in keys(options, OPTIONS, "a metric"))
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
