"""References to parameters of the CloudFormation stack: `${Name}` in texts.

In: texts of the spec. Out: findings for names that no stack has. Which parameters there are: those declared under
`aws.parameters`, those that topics, limits and the like name, `Environment`, and AWS' own. Raw resources can be named, too, as
`${Id}` or `${Id.Attribute}`. A dimension of a metric may also name a health check, as `${health_checks.key}`: AWS gives it its id
when it is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context
from monitorspec.spec.aws import Aws
from monitorspec.spec.root import Spec

# AWS CloudFormation user guide, "Pseudo parameters".
PSEUDO = tuple(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
ENVIRONMENT = "Environment"
# `${!Name}` is an escape: the text `${Name}`.
_REFERENCE = re.compile(r"\$\{(?!!)([^}]*)\}?")
_HEALTH_CHECK = re.compile(r"\$\{health_checks\.([^}]*)\}")
METRICS_OF_HEALTH_CHECKS = "us-east-1"
"""Where Route 53 publishes them (developer guide, "Monitoring health checks using CloudWatch")."""


def parameter_names(spec: Spec) -> tuple[str, ...]:
    """Every parameter that the spec's stacks can have, in the order of the spec."""
    aws = spec.aws
    named = [*_of_stack(aws)] if aws else []
    for service in (spec.services or {}).values():
        named += [t.parameter for t in (service.thresholds or {}).values() if t.parameter]
    return tuple(dict.fromkeys((*named, ENVIRONMENT)))


def _of_stack(aws: Aws) -> Iterable[str]:
    yield from aws.parameters or {}
    yield from (topic.parameter for topic in (aws.topics or {}).values() if topic and topic.parameter)
    yield from (group.parameter for group in (aws.log_groups or {}).values() if group.parameter)
    yield from (rule.parameter for rule in (aws.sampling_rules or {}).values() if rule.parameter)


def checked_text(context: Context, text: str, path: Path, *, key: bool = False) -> str:
    """`text`, after a finding for each name in it that is no parameter."""
    if "${" not in text:
        return text
    for found in _REFERENCE.finditer(text):
        name = found[1]
        if name in context.parameters or name in PSEUDO or name.partition(".")[0] in context.resources:
            continue
        known = (*context.parameters, *context.resources, *PSEUDO)
        context.notes.unknown(
            "aws/parameter", path, "parameter", name, known, "aws.parameters", key=key,
            within=(text, found.start(), len(found[0])),
        )  # fmt: skip
    return text


def masked(text: str) -> str:
    """`text` with an `x` for each character of a reference, for checks of what it will be like."""
    return _REFERENCE.sub(lambda m: "x" * len(m[0]), text) if "${" in text else text


def checked_dimension(context: Context, value: str, path: Path) -> str:
    """The value of a dimension, a health check in it by its logical id; findings as for any text, and for a health check that
    is of another region's stack than its metrics."""
    found = _HEALTH_CHECK.fullmatch(value)
    if not found:
        return checked_text(context, value, path)
    from monitorspec.cloudformation.template import health_check_ids

    aws = context.spec.aws
    checks = (aws.health_checks if aws else None) or {}
    if found[1] not in checks:
        context.notes.unknown("aws/health-check", path, "health check", found[1], checks, "aws.health_checks")
        return value
    if aws and aws.region != METRICS_OF_HEALTH_CHECKS:
        context.notes.add(
            "aws/health-check",
            path,
            f"the metrics of health checks are in {METRICS_OF_HEALTH_CHECKS}, where no stack of another region can be referred to",
            label=f"the stack is in {aws.region}" if aws.region else "the spec does not say where its stacks are",
            help=(
                f"aws: {{region: {METRICS_OF_HEALTH_CHECKS}}}",
                "or make the id of the health check a parameter: `aws.parameters`, then `${Name}` here",
            ),
        )
    return f"${{{health_check_ids(checks)[found[1]]}}}"
