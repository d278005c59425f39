"""Metrics of the plan as CloudWatch knows them: with the values of the stack's parameters in their names.

In: a plain signal, the values. Out: an `alarmstate` metric.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitorspec.alarmstate.samples import Metric, metric
from monitorspec.plan import CloudWatchSignal

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
