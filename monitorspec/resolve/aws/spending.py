"""Monitors of unusual spending, and budgets.

In: `aws.cost_anomalies`, `aws.budgets`, `aws.monthly_budget`. Out: `plan.aws.CostAnomalies` and `Budget`s. Billing is one for the
whole account, but not every region's CloudFormation can make these: where the stacks' own cannot, another region does
(data/regions). Limits: AWS Cost Management API reference, AnomalySubscription and Notification.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as File
from typing import Any

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Budget, CostAnomalies
from monitorspec.resolve.aws import values
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text
from monitorspec.spec import aws as spec_aws
from monitorspec.spec.aws import Aws

ANOMALY_MONITOR, BUDGET = "AWS::CE::AnomalyMonitor", "AWS::Budgets::Budget"
ELSEWHERE = "us-east-1"
"""The region that has everything; the billing console's own."""
NOTIFICATIONS, EMAILS = 10, 10
"""Of a budget, and addresses of a notification."""
NAME_LENGTH = 90
"""A budget's name has 100 characters, and gets a digest."""
_MOST = Decimal(100)
"""A hundred times the budget is no budget any more."""
_DATA = File(__file__).parent.parent.parent / "data" / "regions" / "spending.json"
_UNNAMEABLE = re.compile(r"[:\\]")


def cost_anomalies(context: Context, aws: Aws, prefix: str) -> Iterator[CostAnomalies]:
    """Every monitor, checked."""
    for key, spec in (aws.cost_anomalies or {}).items():
        path: Path = ("aws", "cost_anomalies", key)
        topic, addresses = _told(context, spec, path)
        every = spec.every or ("immediately" if topic and not addresses else "daily")
        _check_frequency(context, every, bool(topic), bool(addresses), path)
        relative = spec.above.dimension == "ratio"
        where = (*path, "above")
        yield CostAnomalies(
            key=key,
            name=f"{prefix}{key}",
            by=spec.by,
            tag=spec.tag or "",
            values=_values(context, spec, path),
            above=values.share(context, spec.above, where, _MOST)
            if relative
            else values.usd(context, spec.above, where),
            relative=relative,
            every=every,
            topic=topic,
            emails=addresses,
            region=_region(context, aws, ANOMALY_MONITOR, path),
            origin=path,
        )


def _values(context: Context, spec: spec_aws.CostAnomalies, path: Path) -> tuple[str, ...]:
    """What the monitor is narrowed to."""
    where = (*path, "values")
    if spec.by == "tag" and not (spec.tag and spec.values):
        missing = " and ".join(f"`{name}`" for name in ("tag", "values") if not getattr(spec, name))
        context.notes.add(
            "aws/cost-split",
            path,
            f"`by: tag` has no {missing}",
            key=True,
            help=("such as `{by: tag, tag: team, values: [payments]}`",),
        )
    if spec.by != "tag" and spec.tag is not None:
        context.notes.add(
            "aws/cost-split", (*path, "tag"), f"`by: {spec.by}` takes no tag", key=True, help=("write `by: tag`",)
        )
    if spec.by == "service" and spec.values is not None:
        context.notes.add(
            "aws/cost-split",
            where,
            "a monitor of services watches all of them",
            key=True,
            help=("leave `values` out, or split `by: account` or `by: tag`",),
        )
    check = values.account if spec.by == "account" else checked_text
    return tuple(check(context, value, (*where, n)) for n, value in enumerate(spec.values or ()))


def _check_frequency(context: Context, every: str, topic: bool, addresses: bool, path: Path) -> None:
    wrong = "emails" if every == "immediately" and addresses else "notify" if every != "immediately" and topic else ""
    if not wrong:
        return
    if topic and addresses:
        help = "make two of them: one `every: immediately` with `notify`, one `every: daily` with `emails`"
    elif wrong == "notify":
        help = "write `every: immediately`, or `emails` instead of `notify`"
    else:
        help = "write `every: daily`, or `notify` instead of `emails`"
    context.notes.add(
        "aws/cost-subscribers",
        (*path, wrong),
        f"AWS tells anomalies {every} to {'SNS topics' if every == 'immediately' else 'e-mail addresses'} only",
        key=True,
        help=(help,),
    )


def _told(context: Context, spec: spec_aws.CostAnomalies | spec_aws.Budget, path: Path) -> tuple[str, tuple[str, ...]]:
    """The topic and the addresses that are told."""
    topics = values.topics(context, spec.notify or (), (*path, "notify"))
    addresses = values.emails(context, spec.emails or (), (*path, "emails"))
    notes = context.notes
    if spec.notify is None and spec.emails is None:
        notes.add(
            "aws/cost-subscribers",
            path,
            f"`{path[-1]}` tells nobody",
            key=True,
            help=("add `notify: <topic>` or `emails: [someone@example.com]`",),
        )
    if len(topics) > 1:
        notes.add(
            "aws/cost-subscribers",
            (*path, "notify", 1),
            "AWS tells one SNS topic",
            help=("subscribe everybody to one topic, below `aws.topics`",),
        )
    if len(addresses) > EMAILS:
        notes.add(
            "aws/cost-subscribers",
            (*path, "emails", EMAILS),
            f"AWS tells at most {EMAILS} addresses",
            help=("give a list's address, or tell an SNS topic",),
        )
    return (topics[0] if topics else ""), addresses


def budgets(context: Context, aws: Aws, prefix: str) -> Iterator[Budget]:
    """Every budget, checked."""
    notes = context.notes
    for key, spec in (aws.budgets or {}).items():
        path: Path = ("aws", "budgets", key)
        if _UNNAMEABLE.search(key):
            notes.add("aws/name", path, f"`{key}` cannot name a budget", key=True, label=r"no `:` and no `\`")
        if spec.every == "daily" and spec.forecast:
            notes.add(
                "aws/budget",
                (*path, "forecast"),
                "AWS makes no forecasts for daily budgets",
                key=True,
                help=("give `actual` shares, or a monthly budget",),
            )
        shares = [
            tuple(_share(context, given, (*path, name, n)) for n, given in enumerate(getattr(spec, name) or ()))
            for name in ("actual", "forecast")
        ]
        if not any(shares):
            notes.add(
                "aws/budget",
                path,
                f"`{key}` never tells anybody",
                key=True,
                help=("add `actual: [80%, 100%]`, or `forecast: [100%]`",),
            )
        if sum(map(len, shares)) > NOTIFICATIONS:
            notes.add("aws/budget", path, f"a budget takes at most {NOTIFICATIONS} notifications", key=True)
        topic, addresses = _told(context, spec, path)
        yield Budget(
            key=key,
            name=values.shortened(context, prefix, key, NAME_LENGTH),
            limit=values.usd(context, spec.limit, (*path, "limit")),
            every=spec.every,
            actual=shares[0],
            forecast=shares[1],
            topic=topic,
            emails=addresses,
            tags=tuple(
                (name, tuple(checked_text(context, text, (*path, "tags", name, n)) for n, text in enumerate(texts)))
                for name, texts in (spec.tags or {}).items()
            ),
            region=_region(context, aws, BUDGET, path),
            origin=path,
        )


def _share(context: Context, given: Any, path: Path) -> Decimal:
    value = values.share(context, given, path, _MOST)
    if value < Decimal("0.001"):
        context.notes.add("spec/value", path, "AWS takes shares of 0.1% or more")
    return value


def monthly_budget(context: Context, aws: Aws) -> Decimal | None:
    """What CloudWatch may cost in a month, in USD."""
    if aws.monthly_budget is None:
        return None
    return values.usd(context, aws.monthly_budget, ("aws", "monthly_budget"))


def _region(context: Context, aws: Aws, type_: str, path: Path) -> str:
    """Where CloudFormation can make a resource of this type: "" for the stacks' own region."""
    regions = _regions()[type_]
    if not aws.region or aws.region in regions:
        return ""
    # Partitions have accounts and bills of their own.
    if re.match(r"(cn|us-gov|us-iso\w*|eu-iso\w*|eusc)-", aws.region):
        context.notes.add(
            "aws/billing-region",
            path,
            f"CloudFormation has no {type_} in {aws.region}",
            key=True,
            effect="no other region knows the bills of this partition",
        )
        return ""
    return ELSEWHERE


@functools.cache
def _regions() -> dict[str, frozenset[str]]:
    data = json.loads(_DATA.read_text(encoding="utf-8"))
    return {type_: frozenset(regions) for type_, regions in data["types"].items()}
