"""What is known of a CloudWatch metric: its unit, and the statistic to look at.

In: `aws.namespaces`, `aws.metric_filters`, the catalogue. Out: names of units and statistics.
"""

from __future__ import annotations

from monitorspec import catalogue, plan
from monitorspec.catalogue import Metric
from monitorspec.resolve.context import Context
from monitorspec.spec.root import Spec
from monitorspec.spec.units import UNITS

STAT = "Average"
"""What CloudWatch's console shows first."""


def metric_unit(context: Context, signal: plan.CloudWatchSignal) -> str:
    """Our unit of a CloudWatch signal, "" where it is not known.

    It is that of the CloudWatch unit that the metric is filtered by, the metric's own, or that of metrics that math only adds up.
    """
    filtered = next((name for name, (_, _, _, aws) in UNITS.items() if aws and aws == signal.unit), "")
    if filtered:
        return filtered
    return catalogue.signal_unit(signal, lambda namespace, name: _metric(context.spec, namespace, name))


def unit_reason(context: Context, signal: plan.CloudWatchSignal) -> str:
    """Why a signal is in the unit that it is in, for whoever gives a limit in another; "" where only the spec can know."""
    known = _metric(context.spec, signal.namespace, signal.metric) if signal.metric else None
    if known is None:
        return ""
    if known.average and signal.stat != "Average" and known.average != known.unit:
        return f"the metric's Average is its {known.average}: `stat: Average`"
    return f"{signal.namespace} publishes `{signal.metric}` in that unit"


def usual_stat(context: Context, namespace: str | None, metric: str | None) -> str:
    """The statistic of a metric whose spec names none."""
    known = _metric(context.spec, namespace, metric) if namespace and metric else None
    return (known.stat if known else "") or STAT


def _metric(spec: Spec, namespace: str, name: str) -> Metric | None:
    """What the spec says about a metric, or the catalogue."""
    aws = spec.aws
    declared = (aws.namespaces or {}).get(namespace) if aws else None
    own = declared.metrics.get(name) if declared else None
    if own:
        return Metric(own.unit or "", own.stat or "", "", own.help or "", None)
    for made in (aws.metric_filters or {}).values() if aws else ():
        if made.metric == name and made.namespace == namespace:
            counts = made.value is None
            return Metric(made.unit or ("count" if counts else ""), "Sum" if counts else "", "", "", None)
    known = catalogue.metrics(namespace)
    return catalogue.find(known, name) if known else None
