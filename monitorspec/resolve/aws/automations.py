"""Automations: what Systems Manager does by itself when an alarm fires.

In: `aws.automations`, services with their alerts. Out: `plan.aws.Automation`s, and runbooks that tell of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Automation
from monitorspec.resolve.alarmnames import alarm_ids, alarm_names
from monitorspec.resolve.aws import values
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text, masked
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws

# Systems Manager API reference: DocumentARN, and the pattern of parameters in a document.
_DOCUMENT = re.compile(r"[A-Za-z0-9_.\-]{3,128}")
_PARAMETER = re.compile(r"[A-Za-z0-9_]+")


def automations(context: Context, aws: Aws, services: Iterable[plan.Service]) -> Iterator[Automation]:
    """Every automation, checked."""
    if not aws.automations:
        return
    services = list(services)
    known = alarm_names(services)
    regions = {a.id: a.signal.cloudwatch.region for s in services for a in s.alerts if a.signal.cloudwatch is not None}
    for name, spec in aws.automations.items():
        path: Path = ("aws", "automations", name)
        way = context.notes.one_of(
            "automations/document", path, f"automation `{name}` has {{}} document", spec, ("document", "steps")
        )
        if way == "steps" and len(spec.description or "") > 1024:
            context.notes.add(
                "automations/document", (*path, "description"), "a description has at most 1,024 characters"
            )
        yield Automation(
            name=name,
            description=spec.description or "",
            alarms=_alarms(context, aws, spec, known, regions, (*path, "alarms")),
            document=_document(context, spec, (*path, "document")) if way == "document" else "",
            steps=tuple(_steps(context, spec, (*path, "steps"))) if way == "steps" else (),
            parameters=tuple(_parameters(context, spec, (*path, "parameters"))),
            role=values.arn(context, spec.role, (*path, "role"), "iam"),
            assume=values.arn(context, spec.assume, (*path, "assume"), "iam") if spec.assume else "",
            origin=path,
        )


def _alarms(
    context: Context,
    aws: Aws,
    spec: spec_aws.Automation,
    known: Mapping[str, tuple[str, ...]],
    regions: Mapping[str, str],
    path: Path,
) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for n, name in enumerate(spec.alarms):
        found = alarm_ids(context, name, (*path, n), known)
        for id in found:
            region = regions.get(id, "")
            if region and region != aws.region:
                context.notes.add(
                    "automations/region",
                    (*path, n),
                    f"`{name}` is an alarm in {region}: its events do not reach the stack",
                    label="EventBridge sees events of its own region only",
                )
                break
        out.update(dict.fromkeys(found))
    return tuple(out)


def _document(context: Context, spec: spec_aws.Automation, path: Path) -> str:
    text = checked_text(context, spec.document or "", path)
    if not _DOCUMENT.fullmatch(masked(text)):
        context.notes.add(
            "automations/document",
            path,
            f"`{text}` cannot name a document",
            label="3 to 128 letters, digits, `_`, `.` and `-`",
            help=("the name, such as `AWS-RestartEC2Instance`, not the ARN",) if text.startswith("arn:") else (),
        )
    return text


def _steps(context: Context, spec: spec_aws.Automation, path: Path) -> Sequence[dict[str, Any]]:
    from monitorspec.automationsteps import problems

    steps = spec.steps or []
    for wrong in problems(steps, spec.parameters or ()):
        help_ = (wrong.help,) if wrong.help else ()
        context.notes.add("automations/step", (*path, *wrong.path), wrong.message, key=wrong.key, help=help_)
    for where, text in values.texts(steps, path):
        values.no_account(context, checked_text(context, text, where), where)
    return steps


def _parameters(context: Context, spec: spec_aws.Automation, path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    from monitorspec.events.message import faults

    for name, given in (spec.parameters or {}).items():
        at = (*path, name)
        if not _PARAMETER.fullmatch(name):
            context.notes.add(
                "automations/parameter",
                at,
                f"`{name}` cannot name a parameter",
                key=True,
                label="letters, digits and `_`",
            )
        for n, text in enumerate(given):
            where = (*at, n)
            values.no_account(context, checked_text(context, text, where), where)
            for fault in faults(masked(text)):
                context.notes.fault("automations/parameter", where, text, fault)
        yield name, given


def told(
    runbooks: Iterable[plan.Runbook], alerts: Iterable[plan.Alert], made: Sequence[Automation]
) -> tuple[plan.Runbook, ...]:
    """The runbooks, those of alarms that start an automation with it among what mends them."""
    if not made:
        return tuple(runbooks)
    pages = {alert.id: alert.runbook for alert in alerts}
    titles = {alert.id: alert.title for alert in alerts}
    of_page: dict[str, dict[str, list[str]]] = {}
    for automation in made:
        for id in automation.alarms:
            of_page.setdefault(pages[id], {}).setdefault(automation.name, []).append(id)
    by_name = {automation.name: automation for automation in made}
    return tuple(
        page._replace(
            remediation=(
                *page.remediation,
                *(_remediation(by_name[name], [titles[id] for id in ids]) for name, ids in of_page[page.path].items()),
            )
        )
        if page.path in of_page
        else page
        for page in runbooks
    )


def _remediation(automation: Automation, titles: Sequence[str]) -> plan.Remediation:
    alarms = " or ".join(f"“{title}”" for title in dict.fromkeys(titles))
    steps = ", ".join(str(step.get("name")) for step in automation.steps)
    runs = f"Systems Manager runs {automation.document or f'the steps {steps}'}."
    return plan.Remediation(
        name=automation.name,
        description=f"{automation.description} {runs}".strip(),
        command="",
        when=f"when {alarms} fires",
        target="",
        cooldown=None,
        grace_period=None,
        older_than=None,
        automatic=True,
    )
