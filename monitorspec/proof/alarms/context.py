"""What the stories of a plan's alarms have in common: names, values of parameters, who is told.

In: the plan. Out: `Context`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.cloudformation.known import Known, known
from monitorspec.metricname import values_of
from monitorspec.plan import Alert, Plan
from monitorspec.proof.alarms.case import Case, Check, Told
from monitorspec.proof.alarms.model import ALARM, INSUFFICIENT, OK
from monitorspec.routing import topics_of

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
    return Context(plan, known(plan), values_of(plan), {alert.id: alert for alert in plan.alerts})


def raw_reason(alert: Alert) -> str:
    """Why raw properties keep an alarm from being proven, or ""."""
    keys = [key for key in alert.properties if key not in _HARMLESS]
    return f"raw properties change what it does: {', '.join(keys)}" if keys else ""
