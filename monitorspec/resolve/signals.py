"""Signals: PromQL and CloudWatch metrics, checked, with the unit they are in.

In: expressions and metrics of the spec. Out: `plan.Signal` and limits in its unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import product

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.promql.expression import check, metric_names, value_type
from monitorspec.resolve.context import Context
from monitorspec.resolve.metrics import usual_stat
from monitorspec.resolve.references import checked_dimension, checked_text
from monitorspec.spec.cloudwatch import CloudWatchMetric
from monitorspec.spec.service import Metric
from monitorspec.spec.units import UNITS, Quantity

# Suffixes that Prometheus' naming conventions give base units to.
_SUFFIX_UNITS = (
    ("_seconds", "seconds"),
    ("_milliseconds", "milliseconds"),
    ("_bytes", "bytes"),
    ("_ratio", "ratio"),
    ("_percent", "percent"),
)
# Functions whose result is in the unit of their argument.
_KEEPS_UNIT = re.compile(
    r"\s*(?:(?:sum|avg|min|max|topk|bottomk|quantile|last)(?:_over_time)?|abs|clamp\w*|sort(?:_desc)?|deriv|histogram_quantile)\b"
)


def checked_promql(context: Context, expr: str, path: Path) -> bool:
    """Whether `expr` is PromQL that the target version knows; findings otherwise."""
    problem = check(expr, context.versions.prometheus)
    if problem is None:
        return True
    variable = re.search(r"\$\{?\w+", expr)
    context.notes.add(
        "promql/invalid",
        path,
        f"invalid PromQL: {problem.message}",
        label=problem.hint or "",
        within=None if problem.offset is None else (expr, problem.offset, problem.length or 1),
        help=(f"Grafana's variables, such as `{variable[0]}`, are known on dashboards only",) if variable else (),
    )
    return False


def checked_signal(context: Context, expr: str, path: Path) -> bool:
    """Whether `expr` is valid PromQL that has one value at each instant; findings otherwise."""
    if not checked_promql(context, expr, path):
        return False
    kind = value_type(expr)
    if kind in ("scalar", "vector"):
        return True
    context.notes.add(
        "promql/type",
        path,
        "a rule needs one value at each instant, this is " + ("a text" if kind == "string" else "a range of samples"),
        help=("such as `rate(…[5m])` of a counter, or `avg_over_time(…[5m])` of a gauge",) if kind == "matrix" else (),
    )
    return False


def unit_of(expr: str, metrics: Mapping[str, Metric]) -> str:
    """The unit of an expression that nobody named: its metric's declared one, or the one its name ends in; "" if unclear."""
    names = metric_names(expr)
    if len(set(names)) != 1 or re.search(r"[-+*/%^]", re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", expr)):
        return ""
    name = names[0]
    declared = metrics.get(name)
    plain = re.match(r"\s*[A-Za-z_:][\w:]*\s*(\{.*\})?\s*$", expr, re.S) is not None
    if not plain and not _KEEPS_UNIT.match(expr):
        return ""
    if (
        re.search(r"\b(rate|irate|increase|count\w*|deriv|changes|resets|absent\w*)\s*(\(|by|without)", expr)
        and "histogram_quantile" not in expr
    ):
        return ""
    if declared and declared.unit:
        return declared.unit
    base = re.sub(r"_bucket$", "", name)
    declared = metrics.get(base)
    if declared and declared.unit:
        return declared.unit
    return next((unit for suffix, unit in _SUFFIX_UNITS if base.endswith(suffix)), "")


def in_unit(context: Context, quantity: Quantity, unit: str, path: Path, *, why: str = "") -> Decimal | None:
    """The number to compare with; a finding where the dimensions differ.

    `why` says why the signal is in that unit, where the spec does not choose it.
    """
    value = quantity.in_unit(unit or "none")
    if value is not None:
        return value
    fitting = [name for name, (dimension, *_) in UNITS.items() if dimension == quantity.dimension]
    said = _SAID[quantity.dimension].partition(",")[0]
    if not unit:
        context.notes.add(
            "units/unknown",
            path,
            f"`{quantity.text}` cannot be compared with a signal of unknown unit",
            label=f"this is {said}",
            help=(f"say what the signal is in: `unit: {fitting[0]}`", "or write a bare number"),
        )
        return None
    # The limit of a latency SLO takes its unit from the histogram.
    where = "the histogram's `unit` under `metrics`" if path[-1] == "under" else "`unit`"
    context.notes.add(
        "units/mismatch",
        path,
        f"`{quantity.text}` is {said}, but the signal is in {_IN.get(unit, unit)}",
        label=f"expected {_SAID[UNITS[unit][0]]}",
        help=(why or f"if the signal is {said}, set {where} to `{fitting[0]}`",),
    )
    return None


_IN = {
    "ratio": "`ratio`, a share of 1",
    "percent": "percent",
    "usd": "US dollars",
    "none": "no unit",
    "bool": "0 and 1",
}
_SAID = {
    "ratio": "a share, such as `80%`",
    "time": "a time, such as `300ms`",
    "size": "a size, such as `20GiB`",
    "rate": "a rate, such as `5/s`",
    "money": "an amount of money, such as `5 USD`",
    "throughput": "a bare number of bytes per second",
    "number": "a bare number",
}


Chosen = tuple[tuple[str, str], ...]
"""Dimensions and the values that one of several signals has for them."""


def cloudwatch_signals(
    context: Context, metric: CloudWatchMetric, path: Path, *, period: int = 0
) -> list[tuple[Chosen, plan.CloudWatchSignal]]:
    """The signals of a metric: one, or one for each combination of the dimensions that have several values.

    Metrics of a math expression that have the same several values for a dimension vary together.
    """
    several: dict[str, tuple[str, ...]] = {}
    for where, values in _several(metric, path):
        name = str(where[-1])
        if several.setdefault(name, values) != values:
            context.notes.add(
                "cloudwatch/fan-out", where, f"`{name}` has other values here than in another metric of the expression"
            )
    out: list[tuple[Chosen, plan.CloudWatchSignal]] = []
    for combination in product(*several.values()):
        chosen = tuple(zip(several, combination, strict=True))
        # What is wrong with a metric is said once.
        said = context if not out else context._replace(notes=context.notes.muted())
        out.append((chosen, cloudwatch_signal(said, metric, path, period=period, chosen=dict(chosen))))
    return out


def _several(metric: CloudWatchMetric, path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for name, values in (metric.dimensions or {}).items():
        if len(values) > 1:
            yield (*path, "dimensions", name), values
    for key, part in (metric.metrics or {}).items():
        yield from _several(part, (*path, "metrics", key))


def cloudwatch_signal(
    context: Context, metric: CloudWatchMetric, path: Path, *, period: int = 0, chosen: Mapping[str, str] | None = None
) -> plan.CloudWatchSignal:
    """A CloudWatch metric or metric math with its defaults (period 1m, the metric's usual statistic)."""
    length = metric.period or period or 60_000
    metrics = tuple(
        (key, cloudwatch_signal(context, part, (*path, "metrics", key), period=length, chosen=chosen))
        for key, part in (metric.metrics or {}).items()
    )
    if metric.expression is None and metric.metric is None:
        context.notes.add(
            "cloudwatch/signal",
            path,
            "neither `metric` nor `expression` is given",
            key=True,
            help=("metric: its name, with `namespace`",),
        )
    elif metric.expression is not None and metric.metric is not None:
        context.notes.add(
            "cloudwatch/signal", (*path, "metric"), "`metric` and `expression` exclude each other", key=True
        )
    elif metric.metric is not None and metric.namespace is None:
        context.notes.add(
            "cloudwatch/signal",
            path,
            f"`{metric.metric}` has no `namespace`",
            key=True,
            help=("such as `namespace: AWS/Lambda`",),
        )
    aws = context.spec.aws
    dimensions = []
    for name, values in (metric.dimensions or {}).items():
        value = (chosen or {}).get(name, "") if len(values) > 1 else values[0]
        dimensions.append((name, checked_dimension(context, value, (*path, "dimensions", name))))
    return plan.CloudWatchSignal(
        namespace=metric.namespace or "",
        metric=metric.metric or "",
        stat=metric.stat or usual_stat(context, metric.namespace, metric.metric),
        period=length,
        dimensions=tuple(dimensions),
        expression=checked_text(context, metric.expression or "", (*path, "expression")),
        metrics=metrics,
        label=metric.label or "",
        region=metric.region or (aws.region if aws and aws.region else ""),
        unit=metric.unit or "",
    )
