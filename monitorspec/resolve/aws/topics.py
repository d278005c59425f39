"""SNS topics and who hears of them.

In: `aws.topics`. Out: `plan.aws.Topic`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Subscription, Topic
from monitorspec.resolve.aws.parameters import checked_parameter_name
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws

_WAYS = ("email", "https", "sms", "lambda_", "sqs", "slack")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[0-9]{7,15}")
# Web hooks whose address is all that is needed to send to them.
_HOOK = re.compile(r"https://(hooks\.slack\.com/services|events\.pagerduty\.com/(integration|x-ere))/\w", re.I)
# Amazon SNS API reference, CreateTopic.
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")


def topics(context: Context, aws: Aws, prefix: str) -> Iterator[Topic]:
    """Every topic, checked."""
    notes = context.notes
    for name, given in (aws.topics or {}).items():
        path: Path = ("aws", "topics", name)
        spec = given or spec_aws.Topic.__new__(spec_aws.Topic)
        if spec.parameter is not None:
            checked_parameter_name(context, spec.parameter, (*path, "parameter"))
            for key in ("name", "kms_key"):
                if getattr(spec, key) is not None:
                    notes.add(
                        "aws/topic",
                        (*path, key),
                        f"a topic that is there already cannot have `{key}`",
                        key=True,
                        help=("leave out `parameter` to have the stack make the topic",),
                    )
        topic_name = checked_text(context, spec.name or f"{prefix}{name}", (*path, "name") if spec.name else path)
        if not _TOPIC_NAME.fullmatch(re.sub(r"\$\{[^}]*\}", "x", topic_name)):
            notes.add(
                "aws/topic",
                (*path, "name") if spec.name else path,
                f"`{topic_name}` cannot name an SNS topic",
                key=spec.name is None,
                label="letters, digits, `-` and `_`, at most 256",
                help=("give it a `name` of its own",) if spec.name is None else (),
            )
        if (spec.kms_key or "").removeprefix("alias/").startswith("aws/"):
            notes.add(
                "aws/topic",
                (*path, "kms_key"),
                f"CloudWatch cannot send to a topic that is encrypted with `{spec.kms_key}`",
                label="AWS' own key lets no other service in",
                help=("use a key of your own whose policy allows cloudwatch.amazonaws.com",),
            )
        yield Topic(
            name=name,
            description=spec.description or "",
            parameter=spec.parameter or "",
            topic_name="" if spec.parameter else topic_name,
            kms_key=checked_text(context, spec.kms_key or "", (*path, "kms_key")),
            subscriptions=tuple(_subscriptions(context, spec.subscriptions or {}, (*path, "subscriptions"))),
            origin=path,
        )


def _subscriptions(context: Context, specs: Mapping[str, spec_aws.Subscription], at: Path) -> Iterator[Subscription]:
    for name, spec in specs.items():
        path = (*at, name)
        way = context.notes.one_of("aws/subscription", path, f"subscription `{name}` has {{}} way", spec, _WAYS)
        if not way:
            continue
        if way == "slack":
            assert spec.slack is not None
            where = (*path, "slack")
            channel, workspace, role = (
                checked_text(context, getattr(spec.slack, key), (*where, key))
                for key in ("channel", "workspace", "role")
            )
            yield Subscription(name, "slack", channel, workspace, role, path)
            continue
        key = way.rstrip("_")
        endpoint = checked_text(context, getattr(spec, way), (*path, key))
        _check_endpoint(context, key, endpoint, (*path, key))
        yield Subscription(name, key, endpoint, "", "", path)


def _check_endpoint(context: Context, way: str, endpoint: str, path: Path) -> None:
    notes = context.notes
    if "${" in endpoint:
        return
    problem = ""
    if way == "email" and not _EMAIL.fullmatch(endpoint):
        problem = "is no e-mail address"
    elif way == "sms" and not _PHONE.fullmatch(endpoint):
        problem = "is no telephone number such as +4930123456"
    elif way == "https" and not endpoint.startswith("https://"):
        problem = "does not begin with https://"
    elif way in ("lambda", "sqs"):
        notes.add(
            "aws/subscription",
            path,
            "an ARN holds the number of an account, which does not belong in a spec",
            help=("make it a parameter: `aws.parameters`, then `${Name}` here",),
        )
    if problem:
        notes.add("aws/subscription", path, f"`{endpoint}` {problem}")
    elif way == "https" and (_HOOK.match(endpoint) or "@" in endpoint):
        notes.add(
            "aws/literal-secret",
            path,
            "whoever has this address can send to it: it must not stand in the spec",
            help=(
                "make it a parameter: `aws.parameters: {PagerDutyUrl: {secret: true}}`, then `${PagerDutyUrl}` here",
            ),
        )
