"""Inhibitions: those that the spec declares, between the severities of one threshold, and between burn tiers.

In: the spec and the alerts. Out: `plan.Inhibit`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context
from monitorspec.resolve.matches import asked, matchers, one_of

# Labels that tell apart what an alert is about, for expressions whose labels cannot be known. A label that is missing on
# both alerts counts as equal, so a name too many does no harm; one too few would let one disk silence another.
INSTANCE_LABELS = [
    "cluster",
    "namespace",
    "pod",
    "container",
    "node",
    "instance",
    "job",
    "device",
    "mountpoint",
    "path",
    "queue",
    "topic",
    "partition",
    "consumergroup",
    "shard",
    "database",
    "datname",
    "table",
    "index",
    "name",
    "endpoint",
    "route",
    "handler",
    "method",
    "code",
    "le",
    "zone",
    "region",
]


def inhibits(context: Context, alerts: Sequence[plan.Alert]) -> Iterable[plan.Inhibit]:
    for name, rule in (context.spec.inhibit or {}).items():
        path: Path = ("inhibit", name)
        sources = matchers(context, rule.source, alerts, (*path, "source"))
        targets = matchers(context, rule.target, alerts, (*path, "target"))
        written = asked(rule.source, (*path, "source")) + asked(rule.target, (*path, "target"))
        for source in sources:
            for target in targets:
                yield plan.Inhibit(name, source, target, tuple(rule.equal or ()), path, written)
    prometheus = [a for a in alerts if a.signal.promql]
    equal = tuple(dict.fromkeys(("alertname", "system", "service", *_identity(prometheus))))
    yield from _between_severities(context, prometheus, equal)
    yield from _between_tiers(prometheus)


def _identity(alerts: Sequence[plan.Alert]) -> list[str]:
    labels: set[str] = set()
    for alert in alerts:
        labels.update(INSTANCE_LABELS if alert.series_labels is None else alert.series_labels)
    return sorted(labels - {"alertname", "severity", "system", "service", "owner"})


def _between_severities(
    context: Context, alerts: Sequence[plan.Alert], equal: tuple[str, ...]
) -> Iterable[plan.Inhibit]:
    """A more severe alert silences the milder ones of the same threshold, for the same series."""
    ranks = {s.name: s.rank for s in context.severities}
    named: dict[str, set[str]] = {}
    for alert in alerts:
        named.setdefault(alert.name, set()).add(alert.severity)
    for severity in context.severities:
        milder = sorted(
            {
                other
                for group in named.values()
                if severity.name in group
                for other in group
                if ranks[other] > severity.rank
            },
            key=ranks.__getitem__,
        )
        if milder:
            yield plan.Inhibit(
                f"{severity.name}-over-milder",
                (plan.Matcher("severity", "=", severity.name),),
                (one_of("severity", milder),),
                equal,
                (),
            )


def _between_tiers(alerts: Sequence[plan.Alert]) -> Iterable[plan.Inhibit]:
    """A faster burn silences the slower ones of the same SLO, for the same series.

    The matchers do not tell one SLO from another, so that every rule is held to the labels of all of them: one to the labels
    of an SLO without series labels would let a region of another SLO silence its other regions.
    """
    orders: dict[str, list[str]] = {}
    labels: set[str] = set()
    for alert in alerts:
        if isinstance(alert.condition, plan.Burn):
            orders.setdefault(alert.condition.slo, []).append(alert.condition.tier)
            labels.update(alert.series_labels or ())
    equal = ("system", "service", "slo", *sorted(labels - {"system", "service", "slo"}))
    slower: dict[str, dict[str, None]] = {}
    for order in orders.values():
        for n, tier in enumerate(order[:-1]):
            slower.setdefault(tier, {}).update(dict.fromkeys(order[n + 1 :]))
    for tier, others in sorted(slower.items()):
        target = one_of("burn_tier", tuple(others))
        yield plan.Inhibit(f"{tier}-over-slower", (plan.Matcher("burn_tier", "=", tier),), (target,), equal, ())
