"""Objectives that CloudWatch counts: their events, and which burn alerts CloudWatch can have.

In: the `cloudwatch` of a `spec.Slo`. Out: `plan.services.CloudWatchEvents`, tiers.
"""

from __future__ import annotations

from monitorspec import burnrate, plan
from monitorspec.cloudformation.burnsignal import LONGEST
from monitorspec.diagnostics import Path
from monitorspec.plan.services import CloudWatchEvents
from monitorspec.resolve.context import Context
from monitorspec.resolve.metrics import metric_unit
from monitorspec.resolve.signals import cloudwatch_signals, in_unit
from monitorspec.spec import cloudwatch as spec_cloudwatch
from monitorspec.spec.service import Slo, SloAlert
from monitorspec.spec.units import duration_text, number_text

Tiers = list[tuple[burnrate.Tier, SloAlert]]


def events(context: Context, key: str, spec: Slo, path: Path) -> CloudWatchEvents | None:
    """The counts that the indicator is made of, or None after a finding."""
    given = spec.cloudwatch
    assert given is not None
    at = (*path, "cloudwatch")
    if spec.by:
        context.notes.add(
            "slos/cloudwatch",
            (*path, "by"),
            "an objective on CloudWatch cannot be split by labels",
            key=True,
            help=("make an objective for each, with its own dimensions",),
        )
    if given.latency is not None:
        return _latency(context, key, given, at)
    for name in ("under", "unit"):
        if getattr(given, name) is not None:
            context.notes.add("slos/cloudwatch", (*at, name), f"`{name}` needs `latency`", key=True)
    kind = context.notes.one_of("slos/indicator", at, f"`{key}` counts {{}} kind of events", given, ("bad", "good"))
    if not kind:
        return None
    if given.total is None:
        context.notes.add("slos/indicator", at, f"`{key}` has no `total`", key=True, label="the count of all events")
        return None
    part = given.bad or given.good
    assert part is not None
    counted = _count(context, part, (*at, kind))
    total = _count(context, given.total, (*at, "total"))
    if counted is None or total is None:
        return None
    return CloudWatchEvents(total, counted if kind == "bad" else None, counted if kind == "good" else None)


def _count(context: Context, metric: spec_cloudwatch.CloudWatchMetric, path: Path) -> plan.CloudWatchSignal | None:
    """A plain metric, summed unless it says otherwise."""
    if metric.expression is not None or metric.metrics is not None:
        context.notes.add(
            "slos/cloudwatch",
            path,
            "an objective counts plain metrics: over a window, no expression has one value",
            key=True,
            help=("publish the count as a metric of its own, or make it from logs under `aws.metric_filters`",),
        )
        return None
    found = cloudwatch_signals(context, metric, path)
    if len(found) > 1:
        context.notes.add("slos/cloudwatch", (*path, "dimensions"), "an objective needs one value for each dimension")
        return None
    signal = found[0][1]
    if metric.period is not None:
        context.notes.add(
            "slos/cloudwatch", (*path, "period"), "the windows of the burn alerts are the periods", key=True
        )
    return signal if metric.stat is not None else signal._replace(stat="Sum")


def _latency(context: Context, key: str, given: spec_cloudwatch.CloudWatchEvents, at: Path) -> CloudWatchEvents | None:
    notes = context.notes
    assert given.latency is not None
    for name in ("total", "bad", "good"):
        if getattr(given, name) is not None:
            notes.add("slos/indicator", (*at, name), f"`latency` and `{name}` exclude each other", key=True)
    if given.under is None:
        notes.add("slos/indicator", at, f"`{key}` has no `under`", key=True, label="how long a good request may take")
        return None
    if given.latency.stat is not None:
        notes.add(
            "slos/cloudwatch", (*at, "latency", "stat"), "requests are counted: a latency has no `stat` here", key=True
        )
    metric = _count(context, given.latency, (*at, "latency"))
    if metric is None:
        return None
    under = in_unit(context, given.under, given.unit or metric_unit(context, metric), (*at, "under"))
    if under is None:
        return None
    # TC(:x) is the number of samples up to x (CloudWatch user guide, "Statistics definitions").
    return CloudWatchEvents(
        metric._replace(stat="SampleCount"), None, metric._replace(stat=f"TC(:{number_text(under)})")
    )


def fitting(context: Context, spec: Slo, tiers: Tiers, path: Path) -> Tiers:
    """The tiers that CloudWatch can have: a window is one datapoint, of a day at most and of whole minutes.

    A default tier over more than a day is left out; one that the spec asks for is a finding.
    """
    out = []
    for tier, alert in tiers:
        own = (spec.alerts or {}).get(tier.name)
        where = (*path, "alerts", tier.name)
        if alert.for_:
            context.notes.add(
                "slos/cloudwatch",
                (*where, "for"),
                f"`{tier.name}` cannot wait: an alarm over two alarms has no `for`",
                key=True,
                help=("leave it out: a longer window waits, too",),
            )
        if tier.long_window > LONGEST:
            if own is not None:
                context.notes.add(
                    "slos/cloudwatch",
                    where,
                    f"`{tier.name}` looks back {duration_text(tier.long_window)}; an alarm's datapoint is a day at most",
                    key=True,
                    help=("set `long_window: 1d`, with a `burn_rate` that fits",),
                )
            continue
        odd = next((w for w in (tier.long_window, tier.short_window) if w % 60_000), None)
        if odd is not None:
            context.notes.add(
                "slos/cloudwatch",
                where if own is not None else path,
                f"a window of {duration_text(odd)} is no whole number of minutes",
                key=True,
            )
            continue
        out.append((tier, alert))
    return out
