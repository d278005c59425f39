"""The AWS side of a spec: what its CloudFormation stacks hold besides alarms.

In: the spec's `aws`. Out: `plan.Stack`. A module for each part of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec import plan
from monitorspec.plan.aws import Stack
from monitorspec.resolve.aws.namespaces import namespaces
from monitorspec.resolve.aws.parameters import parameters
from monitorspec.resolve.aws.topics import topics
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import ENVIRONMENT, checked_text
from monitorspec.spec.aws import Aws

NOTIFY_ON = ("alarm", "ok")
# Keys of `aws` whose modules are loaded only where a spec has them: a lint of alarms alone stays a keystroke.
_PARTS = (
    "log_groups", "metric_filters", "log_queries", "canaries", "health_checks", "sampling_rules", "trace_groups",
    "cost_anomalies", "budgets", "monthly_budget", "event_rules", "automations", "resources",
)  # fmt: skip


def stack(context: Context, environment: str, services: Iterable[plan.Service]) -> Stack:
    """What the stacks hold."""
    aws = context.spec.aws or Aws.__new__(Aws)
    prefix = name_prefix(context, environment)
    made = Stack(
        region=aws.region or "",
        format=aws.format,
        inline=aws.inline,
        prefix=prefix,
        notify_on=tuple(aws.notify_on) if aws.notify_on is not None else NOTIFY_ON,
        tags=tuple((k, checked_text(context, v, ("aws", "tags", k))) for k, v in (aws.tags or {}).items()),
        parameters=tuple(parameters(context, aws)),
        topics=tuple(topics(context, aws, prefix)),
        namespaces=tuple(namespaces(context, aws)),
    )
    if not any(getattr(aws, part) for part in _PARTS):
        return made
    from monitorspec.resolve.aws.parts import with_parts

    return with_parts(made, context, aws, services)


def name_prefix(context: Context, environment: str) -> str:
    """What names start with: the spec's own prefix, or the system with the environment where stacks differ by it."""
    spec = context.spec
    if spec.aws and spec.aws.name_prefix is not None:
        return checked_text(context, spec.aws.name_prefix, ("aws", "name_prefix"))
    if environment:
        return f"{spec.system}-{environment}-"
    declared = spec.aws and ENVIRONMENT in (spec.aws.parameters or {})
    return f"{spec.system}-${{{ENVIRONMENT}}}-" if declared else f"{spec.system}-"
