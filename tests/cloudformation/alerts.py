"""Alerts on CloudWatch signals, made by hand for tests."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from monitorspec.plan import Alert, CloudWatchSignal, Condition, Limit, Signal

MINUTE = 60_000


def cloudwatch_signal(**changes: Any) -> CloudWatchSignal:
    """Errors of a function, per minute."""
    sound = CloudWatchSignal(
        namespace="AWS/Lambda",
        metric="Errors",
        stat="Sum",
        period=MINUTE,
        dimensions=(("FunctionName", "receipts"),),
        expression="",
        metrics=(),
        label="",
        region="",
        unit="",
    )
    return sound._replace(**changes)


def metric_math(expression: str, **metrics: CloudWatchSignal) -> CloudWatchSignal:
    """An expression over metrics."""
    return cloudwatch_signal(
        namespace="", metric="", dimensions=(), expression=expression, metrics=tuple(metrics.items())
    )


def above(value: str = "5", datapoints: tuple[int, int] | None = None) -> Limit:
    """A limit from above."""
    return Limit(">", Decimal(value), value, None, datapoints)


def make(
    signal: CloudWatchSignal | None = None,
    condition: Condition | None = None,
    properties: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Alert:
    """An alert; everything about it can be changed."""
    alert = Alert(
        id="receipts.errors.critical",
        name="ReceiptsErrors",
        title="Errors",
        description="",
        service="receipts",
        key="errors",
        severity="critical",
        labels={"service": "receipts", "severity": "critical", "system": "shop"},
        annotations={},
        signal=Signal("", signal or cloudwatch_signal(), "count"),
        condition=condition or above(),
        hold=0,
        keep_firing=0,
        interval=MINUTE,
        group="",
        missing="ok",
        actions_enabled=True,
        properties=properties or {},
        series_labels=(),
        runbook="receipts/ReceiptsErrors.md",
        dashboard="",
        origin=("services", "receipts", "thresholds", "errors"),
    )
    return alert._replace(**changes)
