"""The properties of dashboard bodies: which there are of each kind of widget, and which values they take.

In: JSON data. Out: what is wrong with it, as texts. Texts with `${…}` are taken on trust: only a deployment knows them. Source: the
CloudWatch API reference, "Dashboard Body Structure and Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from monitorspec.cloudformation import metricmath, statistics

ALARMS, COLUMNS, HEIGHT = 100, 24, 1000

_color = re.compile(r"#[0-9a-fA-F]{6}").fullmatch
_relative = re.compile(r"-P(\d+[DWM]|T\d+[HM])").fullmatch
_absolute = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").fullmatch
_arn = re.compile(r"arn:[^:\s]+:cloudwatch:[^:\s]*:[^:\s]*:alarm:.+").fullmatch
references = re.compile(r"\$\{[^}]*\}")

Check = Callable[[Any], str]


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


def _mapping(known: Mapping[str, Check]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, Mapping):
            return "is not a mapping"
        return "; ".join(keys(value, known, ""))

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
    return "" if isinstance(value, str) and _arn(references.sub("x", value)) else "is no ARN of an alarm"


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
BODY: Mapping[str, Check] = {
    "start": _time,
    "end": _time,
    "periodOverride": _one_of("auto", "inherit"),
    "widgets": _anything,
    "variables": _list(_anything),
}
WIDGET: Mapping[str, Check] = {
    "type": _one_of("metric", "log", "alarm", "text", "explorer", "custom", "trace", "chart"),
    "x": _whole(0, COLUMNS - 1),
    "y": _whole(0, None),
    "width": _whole(1, COLUMNS),
    "height": _whole(1, HEIGHT),
    "properties": _anything,
}
PROPERTIES: Mapping[str, Mapping[str, Check]] = {
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
NEEDED = {"text": ("markdown",), "alarm": ("alarms",), "log": ("query", "region"), "metric": ("region",)}
OPTIONS: Mapping[str, Check] = {
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


def keys(value: Mapping[str, Any], known: Mapping[str, Check], where: str) -> Iterator[str]:
    """What is wrong with the keys of a mapping; `where` names it."""
    for key, inner in value.items():
        check = known.get(key)
        if check is None:
            yield f"{where} has no property `{key}`".strip() if where else f"there is no `{key}` in it"
        elif text := check(inner):
            yield f"`{key}` {text}"
