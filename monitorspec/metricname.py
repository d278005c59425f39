"""Metrics of the plan as CloudWatch knows them: with the values of the stack's parameters in their names.

In: a plain signal, the values that a stack is given when it is proven. Out: an `alarmstate` metric.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitorspec.alarmstate.samples import Metric, metric
from monitorspec.plan import CloudWatchSignal, Limit, Plan
from monitorspec.spec.units import number_text

DEFAULT_REGION, ACCOUNT = "us-east-1", "123456789012"

_reference = re.compile(r"\$\{(?!!)([A-Za-z0-9:.]+)\}").sub


def text_of(text: str, values: Mapping[str, str]) -> str:
    """A text with the values of its parameters; what else it refers to, such as a resource, stays as its name."""
    if "${" not in text:
        return text
    return _reference(lambda m: values.get(m[1], m[1]), text).replace("${!", "${")


def metric_of(part: CloudWatchSignal, values: Mapping[str, str]) -> Metric:
    """The metric that a plain signal names."""
    dimensions = {name: text_of(value, values) for name, value in part.dimensions}
    return metric(text_of(part.namespace, values), part.metric, dimensions, part.unit)


def values_of(plan: Plan) -> dict[str, str]:
    """Values that a stack may be given: defaults, first allowed values, limits as the spec has them."""
    region = plan.stack.region or DEFAULT_REGION
    out = {"AWS::Region": region, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}
    out["Environment"] = plan.environment or plan.labels.get("environment", "") or "any"
    for p in plan.stack.parameters:
        if p.name == "Environment" and plan.environment:
            continue
        out[p.name] = p.default or (p.allowed[0] if p.allowed else "1" if p.number else f"any-{p.name}")
    for alert in plan.alerts:
        if alert.parameter and isinstance(alert.condition, Limit):
            out[alert.parameter] = number_text(alert.condition.value)
    return out
