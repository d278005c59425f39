"""What the stories of a plan's alarms have in common: names, values of parameters, who is told.

In: the plan. Out: `Context`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.cloudformation.known import Known, known
from monitorspec.plan import Alert, Limit, Plan
from monitorspec.proof.alarms.case import Case, Check, Told
from monitorspec.proof.alarms.model import ALARM, INSUFFICIENT, OK
from monitorspec.routing import topics_of
from monitorspec.spec.units import number_text

DEFAULT_REGION, ACCOUNT = "us-east-1", "123456789012"
_STATES = {"alarm": ALARM, "ok": OK, "insufficient": INSUFFICIENT}
_KEYS = {"AlarmActions": ALARM, "OKActions": OK, "InsufficientDataActions": INSUFFICIENT}
# Raw properties that change nothing about when an alarm is in which state.
_HARMLESS = frozenset({"AlarmName", "AlarmDescription", "Tags", *_KEYS})


class Context(NamedTuple):
    """`values`: those of the stack's parameters."""

    plan: Plan
    known: Known
    values: Mapping[str, str]
    alerts: Mapping[str, Alert]

    def topics(self, alert: Alert) -> dict[str, tuple[str, ...]]:
        """State → the topics that are told of it; a state whose actions the spec gives by hand is left out."""
        told = topics_of(self.plan, alert) if alert.actions_enabled else ()
        out = {state: told if name in alert.notify_on else () for name, state in _STATES.items()}
        return {state: out[state] for key, state in _KEYS.items() if key not in alert.properties}

    def case(
        self,
        alert: Alert,
        title: str,
        samples: Mapping[Metric, tuple[Sample, ...]],
        end: int,
        checks: tuple[Check, ...],
        told: tuple[Told, ...],
    ) -> Case:
        """A case of an alert's own alarm."""
        return Case(alert.id, self.known.alarms[alert.id], (), title, samples, end, checks, told, self.topics(alert))


def context_of(plan: Plan) -> Context:
    """The context of a plan."""
    return Context(plan, known(plan), _values(plan), {alert.id: alert for alert in plan.alerts})


def raw_reason(alert: Alert) -> str:
    """Why raw properties keep an alarm from being proven, or ""."""
    keys = [key for key in alert.properties if key not in _HARMLESS]
    return f"raw properties change what it does: {', '.join(keys)}" if keys else ""


def _values(plan: Plan) -> dict[str, str]:
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
