"""CloudFormation templates of CloudWatch alarms.

In: the plan's alerts on CloudWatch signals. Out: `cloudwatch/<system>.template.yml`; where that would be too large for
one stack, `cloudwatch/<system>-<n>.template.yml`, a service whole in one of them where it fits. An alarm can only watch its
own region: those on metrics of another one (billing is in us-east-1) go to `cloudwatch/<system>-<region>.template.yml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from monitorspec.artifact import Artifact
from monitorspec.cloudformation import alarm, template
from monitorspec.plan import Alert, Plan
from monitorspec.yamltext import dump

_LARGE = "# Larger than 51,200 bytes, so it has to be deployed from S3: aws cloudformation deploy --s3-bucket"
_ARN = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$"


class Alarm(NamedTuple):
    """A resource of a template, and the service and threshold that decide where it goes."""

    logical_id: str
    service: str
    key: str
    resource: dict[str, Any]
    refers_to: frozenset[str]
    """Names that its references want."""
    region: str
    """Where the stack that holds it has to be."""


def emit(plan: Plan) -> Iterable[Artifact]:
    """The templates; none without alarms. Alarms on another region's metrics stand in a template for that region."""
    by_region: dict[str, list[Alarm]] = {}
    for made in _alarms(plan):
        by_region.setdefault(made.region, []).append(made)
    out = []
    for region, alarms in by_region.items():
        home = region in ("", plan.stack.region)
        out += _templates(plan, alarms, plan.system if home else f"{plan.system}-{region}")
    return out


def _templates(plan: Plan, alarms: list[Alarm], stem: str) -> list[Artifact]:
    at_least = 1
    while True:
        parts = _spread(alarms, at_least)
        texts = [_text(plan, part, n, len(parts)) for n, part in enumerate(parts, 1)]
        # Text is larger than it should be only with very long descriptions or raw properties.
        if at_least >= len(alarms) or all(len(text.encode()) <= template.SIZE for text in texts):
            break
        at_least = len(parts) + 1
    return [
        Artifact(f"cloudwatch/{stem}{f'-{n}' if len(parts) > 1 else ''}.template.yml", text)
        for n, (text, part) in enumerate(zip(texts, parts, strict=True), 1)
        if part
    ]


def topics_of(plan: Plan, alert: Alert) -> tuple[str, ...]:
    """Names of the SNS topics that carry an alarm: those of the receivers told at once.

    SNS knows no waiting and no hours: who is told by an escalation is left out, who is told in a window only is told at
    any hour.
    """
    from monitorspec.routing import receivers_of

    by_receiver = {receiver.name: receiver.topics for receiver in plan.receivers if receiver.topics}
    if not by_receiver:
        return ()
    told = [n.receiver for n in receivers_of(plan, {**alert.labels, "alertname": alert.name}) if not n.after]
    return tuple(dict.fromkeys(topic for name in told for topic in by_receiver.get(name, ())))


def _alarms(plan: Plan) -> list[Alarm]:
    alerts = [alert for alert in plan.alerts if alarm.is_alarm(alert)]
    if not alerts:
        return []
    names = template.unique_names(
        {alert.id: alarm.alarm_name(plan.system, plan.environment, alert) for alert in alerts}, alarm.NAME_LENGTH
    )
    keys = {alert.id: (alert.service, alert.key, alarm.variant(alert)) for alert in alerts}
    parameters = topic_parameters(plan)
    taken = set(parameters.values()) | {"Environment"}
    ids = template.logical_ids(keys.values(), "Alarm")
    out = []
    for alert in alerts:
        actions = [parameters[topic] for topic in topics_of(plan, alert)]
        made = alarm.properties(
            alert,
            name=names[alert.id],
            actions=actions,
            tags=plan.stack.tags,
            runbook=_runbook(plan, alert),
        )
        id = ids[keys[alert.id]]
        if id in taken:
            id = template.digested(id, alert.id, template.ID_LENGTH)
        # Without raw properties there is nothing else that refers to anything.
        wanted = (reference.name for reference in template.references(made)) if alert.properties else actions
        resource = {"Type": "AWS::CloudWatch::Alarm", "Properties": made}
        region = alert.signal.cloudwatch.region if alert.signal.cloudwatch else ""
        out.append(Alarm(id, alert.service, alert.key, resource, frozenset(wanted), region))
    return out


def topic_parameters(plan: Plan) -> dict[str, str]:
    """Topic → parameter that holds its ARN: its own name where that can be one."""
    names = dict.fromkeys([name for name, _ in plan.stack.topics])
    names.update(dict.fromkeys(topic for receiver in plan.receivers for topic in receiver.topics))
    plain = {name for name in names if template.is_logical_id(name) and name != "Environment"}
    others = template.logical_ids(((name,) for name in names if name not in plain), "Topic")
    out = {}
    for name in names:
        id = name if name in plain else others[(name,)]
        out[name] = template.digested(id, name, template.ID_LENGTH) if name not in plain and id in plain else id
    return out


def _runbook(plan: Plan, alert: Alert) -> str:
    if not alert.runbook:
        return ""
    return f"{plan.links.runbooks}/{alert.runbook}" if plan.links.runbooks else f"runbooks/{alert.runbook}"


def _spread(alarms: list[Alarm], at_least: int) -> list[list[Alarm]]:
    """The alarms of each template. Services are the unit; one that is too large alone is taken by threshold."""
    if len(alarms) <= template.RESOURCES and at_least == 1:
        return [alarms]
    sizes: dict[str, int] = {}
    for a in alarms:
        sizes[a.service] = sizes.get(a.service, 0) + 1
    units: dict[str, list[Alarm]] = {}
    for a in alarms:
        large = sizes[a.service] > template.RESOURCES // 2 or at_least > 2 * len(sizes)
        units.setdefault(f"{a.service}\0{a.key}" if large else a.service, []).append(a)
    placed = template.shards({key: len(unit) for key, unit in units.items()}, template.RESOURCES, at_least)
    return [[a for key in keys for a in units[key]] for keys in placed]


def _text(plan: Plan, alarms: list[Alarm], number: int, of: int) -> str:
    """One template as YAML."""
    resources = {a.logical_id: a.resource for a in alarms}
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": template.FORMAT,
        "Description": _description(plan, alarms[0].region if alarms else "", number, of),
    }
    parameters = _parameters(plan, alarms)
    if parameters:
        body["Parameters"] = parameters
    body["Resources"] = resources
    body["Outputs"] = {
        "AlarmPrefix": {"Description": "What the names of the alarms start with", "Value": _prefix(plan)},
        "AlarmCount": {"Description": "How many alarms this stack holds", "Value": str(len(alarms))},
    }
    text = dump(body, f"Generated by monitorspec from {plan.system}; edit the spec, not this file.")
    if len(text.encode()) <= template.INLINE_SIZE:
        return text
    first, _, rest = text.partition("\n")
    return f"{first}\n{_LARGE}\n{rest}"


def _prefix(plan: Plan) -> str:
    return f"{plan.system}-{plan.environment}-" if plan.environment else f"{plan.system}-"


def _description(plan: Plan, region: str, number: int, of: int) -> str:
    text = " ".join(f"CloudWatch alarms of {plan.title or plan.system}".split())
    if plan.environment:
        text += f" ({plan.environment})"
    if region:
        text += f", for a stack in {region}"
    if of > 1:
        text += f", part {number}"
    # CloudFormation counts bytes here.
    return text.encode()[:1024].decode(errors="ignore")


def _parameters(plan: Plan, alarms: Iterable[Alarm]) -> dict[str, Any]:
    """The parameters that the alarms refer to."""
    wanted = frozenset[str]().union(*(a.refers_to for a in alarms))
    described = dict(plan.stack.topics)
    out: dict[str, Any] = {}
    if "Environment" in wanted:
        out["Environment"] = {"Type": "String", "Description": "Which environment the alarms watch"}
        default = plan.environment or plan.labels.get("environment", "")
        if default:
            out["Environment"]["Default"] = default
    for topic, parameter in sorted(topic_parameters(plan).items(), key=lambda item: item[1]):
        if parameter in wanted:
            about = " ".join(described.get(topic, "").split())
            out[parameter] = {
                "Type": "String",
                "Description": (f"ARN of the SNS topic {topic}" + (f": {about}" if about else ""))[:4000],
                "AllowedPattern": _ARN,
                "ConstraintDescription": "the ARN of an SNS topic",
            }
    return out
