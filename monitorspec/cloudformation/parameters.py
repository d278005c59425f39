"""Parameters of templates: declared ones, and those that topics, limits, retentions and sampling rates name.

In: the plan. Out: the body of each parameter by name. A template holds those that its resources refer to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.plan import Limit, Plan
from monitorspec.plan.aws import Parameter

_ARN = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$"
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days that CloudWatch Logs keeps events (API reference, PutRetentionPolicy)."""
_DAY = 86_400_000
# What a limit is in, where the name of its unit says nothing to people.
_UNITS = {"ratio": "a share of 1, ", "usd": "in US dollars, ", "count": "", "bool": "", "none": ""}


def parameter_bodies(plan: Plan) -> dict[str, dict[str, Any]]:
    """Every parameter that a template of the plan can have; a declared one says more than one that is only named."""
    made: dict[str, dict[str, Any]] = {}
    for name, body in _named(plan):
        made.setdefault(name, body)
    for declared in plan.stack.parameters:
        body = _declared(declared)
        if declared.name == "Environment" and plan.environment:
            body["Default"] = plan.environment
        made[declared.name] = {**made.get(declared.name, {}), **body}
    made.setdefault("Environment", _environment(plan))
    return made


def _declared(p: Parameter) -> dict[str, Any]:
    body: dict[str, Any] = {"Type": "Number" if p.number else "String"}
    if p.description:
        body["Description"] = _line(p.description)
    if p.default is not None:
        body["Default"] = p.default
    if p.allowed:
        body["AllowedValues"] = list(p.allowed)
    if p.pattern:
        body["AllowedPattern"] = p.pattern
    if p.secret:
        body["NoEcho"] = True
    return body


def _environment(plan: Plan) -> dict[str, Any]:
    body: dict[str, Any] = {"Type": "String", "Description": "Which environment the alarms watch"}
    default = plan.environment or plan.labels.get("environment", "")
    return {**body, "Default": default} if default else body


def _named(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    for topic in plan.stack.topics:
        if topic.parameter:
            about = f": {topic.description}" if topic.description else ""
            yield (
                topic.parameter,
                {
                    "Type": "String",
                    "Description": _line(f"ARN of the SNS topic {topic.name}{about}"),
                    "AllowedPattern": _ARN,
                    "ConstraintDescription": "the ARN of an SNS topic",
                },
            )
    for alert in plan.alerts:
        if alert.parameter and isinstance(alert.condition, Limit):
            side = "above" if alert.condition.op[0] == ">" else "below"
            unit = _UNITS.get(alert.signal.unit, f"in {alert.signal.unit}, ")
            about = f"{alert.title} ({alert.service}): limit of {alert.severity}, {unit}which fires {side} it"
            yield (
                alert.parameter,
                {"Type": "Number", "Description": _line(about), "Default": alert.condition.value},
            )
    for group in plan.stack.log_groups:
        if group.parameter:
            body = {"Type": "Number", "Description": "Days that log events are kept", "AllowedValues": list(RETENTIONS)}
            yield group.parameter, body | ({"Default": group.retention // _DAY} if group.retention else {})
    for rule in plan.stack.sampling_rules:
        if rule.parameter:
            about = f"Share of requests that sampling rule {rule.key} traces, from 0 to 1"
            yield (
                rule.parameter,
                {"Type": "Number", "Description": _line(about), "Default": rule.rate, "MinValue": 0, "MaxValue": 1},
            )


def _line(text: str) -> str:
    return " ".join(text.split())[:4000]
