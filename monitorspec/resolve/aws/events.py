"""EventBridge rules: which events, or which hours, are told to whom.

In: `aws.event_rules`. Out: `plan.aws.EventRule`s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import EventRule
from monitorspec.resolve.aws import values
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text, masked
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws

TARGETS = 5
"""Targets of a rule (EventBridge quotas)."""
_KINDS = ("failure", "pattern", "schedule")


def event_rules(context: Context, aws: Aws) -> Iterator[EventRule]:
    """Every rule, checked."""
    for name, spec in (aws.event_rules or {}).items():
        path: Path = ("aws", "event_rules", name)
        kind = context.notes.one_of("events/rule", path, f"event rule `{name}` has {{}} pattern", spec, _KINDS)
        pattern: Mapping[str, Any] | None = None
        schedule = ""
        if kind == "failure":
            pattern = _failure(context, spec, path)
        elif kind == "pattern":
            pattern = _pattern(context, spec.pattern or {}, (*path, "pattern"))
        elif kind == "schedule":
            schedule = _schedule(context, spec.schedule or "", (*path, "schedule"))
        if spec.resources and kind not in ("failure", ""):
            context.notes.add(
                "events/rule", (*path, "resources"), f"`resources` means nothing with `{kind}`", key=True,
                label="they go into a ready pattern: `failure`",
            )  # fmt: skip
        if len((spec.description or "").encode()) > 512:
            context.notes.add("events/rule", (*path, "description"), "a description has at most 512 characters")
        _check_targets(context, spec, name, path)
        yield EventRule(
            name=name,
            description=spec.description or "",
            service=values.service(context, spec.service, (*path, "service")),
            pattern=pattern,
            schedule=schedule,
            notify=values.topics(context, spec.notify or (), (*path, "notify")),
            function=values.arn(context, spec.lambda_, (*path, "lambda"), "lambda") if spec.lambda_ else "",
            message=_message(context, spec.message or "", (*path, "message")),
            origin=path,
        )


def _check_targets(context: Context, spec: spec_aws.EventRule, name: str, path: Path) -> None:
    count = len(spec.notify or ()) + (spec.lambda_ is not None)
    if not count:
        context.notes.add(
            "events/rule",
            path,
            f"event rule `{name}` tells nobody",
            key=True,
            help=("`notify` names SNS topics, `lambda` a function",),
        )
    elif count > TARGETS:
        context.notes.add(
            "events/rule",
            (*path, "notify"),
            f"a rule has at most {TARGETS} targets, this one {count}",
            help=("let one topic have several subscriptions",),
        )


def _failure(context: Context, spec: spec_aws.EventRule, path: Path) -> dict[str, Any] | None:
    from monitorspec.events.ready import pattern, ready

    kinds = ready()
    assert spec.failure is not None
    if spec.failure not in kinds:
        from difflib import get_close_matches

        near = get_close_matches(spec.failure, kinds, 1)
        context.notes.add(
            "events/failure",
            (*path, "failure"),
            f"there is no ready pattern for failures of `{spec.failure}`",
            help=(f"did you mean `{near[0]}`?",) if near else (f"there are {', '.join(kinds)}", "or write a `pattern`"),
        )
        return None
    of = kinds[spec.failure]
    if spec.resources and not of.resources:
        context.notes.add(
            "events/resource",
            (*path, "resources"),
            f"the events of `{spec.failure}` do not name a resource",
            key=True,
            help=("leave out `resources`",),
        )
        return None
    for n, resource in enumerate(spec.resources or ()):
        at = (*path, "resources", n)
        if of.resources == "arn":
            values.arn(context, resource, at)
            continue
        checked_text(context, resource, at)
        if resource.startswith("arn:"):
            short = resource.replace("/", ":").rpartition(":")[2]
            context.notes.add(
                "events/resource",
                at,
                f"the events of `{spec.failure}` name resources, without their ARN",
                help=(f"write `{short}`",) if short else (),
            )
    return pattern(of, spec.resources or ())


def _pattern(context: Context, given: dict[str, Any], path: Path) -> dict[str, Any]:
    from monitorspec.events.pattern import LENGTH, problems

    for wrong in problems(given):
        help_ = (wrong.help,) if wrong.help else ()
        context.notes.add("events/pattern", (*path, *wrong.path), wrong.message, key=wrong.key, help=help_)
    for where, text in values.texts(given, path):
        values.no_account(context, checked_text(context, text, where), where)
    size = len(masked(json.dumps(given, separators=(",", ":"), default=str)))
    if size > LENGTH:
        context.notes.add(
            "events/size",
            path,
            f"a pattern has at most {LENGTH:,} characters, this one {size:,}",
            level="warning",
            help=("make several rules of it", "AWS raises the quota `Event pattern size` on request"),
        )
    return given


def _schedule(context: Context, text: str, path: Path) -> str:
    from monitorspec.events.schedule import problem

    fault = problem(masked(checked_text(context, text, path)))
    if fault:
        context.notes.fault("events/schedule", path, text, fault)
    return text


def _message(context: Context, text: str, path: Path) -> str:
    from monitorspec.events.message import faults

    for fault in faults(masked(checked_text(context, text, path))):
        context.notes.fault("events/message", path, text, fault)
    return text
