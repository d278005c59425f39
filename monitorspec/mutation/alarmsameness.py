"""Why a wrong version of a CloudWatch alarm does the same as the right one: reasons that its properties show.

In: a mutant, the right properties, the alert. Out: the reason, or "".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from monitorspec.mutation.templates import Mutant
from monitorspec.plan import Alert, Limit
from monitorspec.proof.alarms.case import Proof, Unproven
from monitorspec.proof.alarms.drive import present_of
from monitorspec.proof.model import beyond
from monitorspec.spec.units import plain

_MORE_THAN_NOTHING = frozenset({"Sum", "Average", "Maximum"})
# The number that an expression is where its guard is not met: `IF(calls >= 20, errors / calls, 0)`.
_OTHERWISE = re.compile(r"IF\(.*, (\d+(?:\.\d+)?)\)")


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
        return _otherwise(mutant.change, alert.condition)
    return ""


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


def _otherwise(change: str, limit: Limit) -> str:
    """Another number where the guard is not met, on the same side of the limit."""
    old, _, new = change.partition(" → ")
    found, other = _OTHERWISE.fullmatch(old), _OTHERWISE.fullmatch(new)
    if not found or not other or old[: found.start(1)] != new[: other.start(1)]:
        return ""
    values = [plain(Decimal(m[1])) for m in (found, other)]
    sides = {beyond(limit.op, value, limit.value) for value in values}
    return (
        "both numbers are on the same side of the limit, and are compared with nothing else" if len(sides) == 1 else ""
    )
