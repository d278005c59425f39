"""Why a wrong version of a CloudWatch alarm does the same as the right one: reasons that its properties show.

In: a mutant, the right properties, the alert. Out: the reason, or "".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Any

from monitorspec.alarmstate.errors import AlarmError
from monitorspec.cloudformation.metricmath import is_insights
from monitorspec.metricname import text_of
from monitorspec.mutation.templates import Mutant
from monitorspec.plan import Alert, Limit
from monitorspec.proof.alarms.case import Proof, Unproven
from monitorspec.proof.alarms.drive import present_of, value_of
from monitorspec.proof.model import beyond

_MORE_THAN_NOTHING = frozenset({"Sum", "Average", "Maximum"})
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_MOST = 10_000  # combinations of datapoints


def same_alarm(mutant: Mutant, right: Mapping[str, Any], alert: Alert, proof: Proof) -> str:
    """Why the change is none, or ""."""
    if mutant.kind == "actions":
        return _actions(mutant, right)
    if mutant.kind == "missing" and alert.signal.cloudwatch is not None and alert.signal.cloudwatch.expression:
        try:
            filled = present_of(alert.signal.cloudwatch, proof.parameters).empty is not None
        except Unproven:
            filled = False
        return "its expression has a value without data, too, so that nothing is missing" if filled else ""
    if mutant.kind == "statistic":
        stats = {p.get("Statistic") for p in (right, mutant.properties)}
        if stats <= _MORE_THAN_NOTHING and right.get("ComparisonOperator") == "GreaterThanThreshold":
            return (
                "counts are above 0 in sum, on average and at most at the same time" if right["Threshold"] == 0 else ""
            )
    if mutant.kind == "expression" and isinstance(alert.condition, Limit):
        return _expression(mutant, right, alert, alert.condition, proof)
    return ""


def _expression(mutant: Mutant, right: Mapping[str, Any], alert: Alert, limit: Limit, proof: Proof) -> str:
    """Both expressions are past the limit for the same datapoints, of all that the numbers in them make interesting."""
    signal = alert.signal.cloudwatch
    assert signal is not None
    if is_insights(signal.expression):
        return ""
    pairs = zip(right["Metrics"], mutant.properties["Metrics"], strict=True)
    old, new = next((a["Expression"], b["Expression"]) for a, b in pairs if a != b)
    if old != text_of(signal.expression, proof.parameters):
        return ""
    parts = [id for id, part in signal.metrics if not part.expression]
    numbers = {float(found) for found in _NUMBER.findall(f"{old} {new}")}
    around = {n + away for n in numbers for away in (-1.0, 0.0, 1.0)} | {n * float(limit.value) for n in numbers}
    values = [None, *sorted({0.0, 1.0, 1000.0, *around} - {n for n in around if n < 0})]
    if len(values) ** len(parts) > _MOST:
        return ""
    wrong = signal._replace(expression=new)
    for inputs in product(values, repeat=len(parts)):
        try:
            seen = [_past(value_of(one, inputs, proof.parameters), limit) for one in (signal, wrong)]  # type: ignore[arg-type]
        except AlarmError:
            return ""
        if seen[0] != seen[1]:
            return ""
    return (
        f"both are past the limit for the same datapoints, of {len(values) ** len(parts):,} at and around their numbers"
    )


def _past(value: float | None, limit: Limit) -> bool | None:
    return None if value is None else beyond(limit.op, Decimal(repr(value)), limit.value)


def _actions(mutant: Mutant, right: Mapping[str, Any]) -> str:
    if right.get("ActionsEnabled") is False and mutant.properties.get("ActionsEnabled") is False:
        return "its actions are disabled"
    if mutant.properties.keys() - right.keys() != {"InsufficientDataActions"}:
        return ""
    if "AlarmRule" in right:
        return "a composite alarm does not get into the state INSUFFICIENT_DATA"
    if right.get("TreatMissingData") in ("breaching", "notBreaching"):
        return "it is never in the state INSUFFICIENT_DATA, because missing data is taken for data"
    if right.get("TreatMissingData") == "ignore":
        return "it does not get into the state INSUFFICIENT_DATA, because without data it stays as it was"
    return ""
