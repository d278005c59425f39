"""Lint: what is valid and still wrong.

In: the plan. Out: diagnostics. A rule is a function from the plan to findings, its docstring is its page in `explain`, and
its line in `RULES` names the codes that it can give. Rules over PromQL, in `promql`, look at nodes of expressions instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from monitorspec.diagnostics import Diagnostic, Fix, Path, replaced
from monitorspec.lint import (
    agents,
    alarms,
    alerting,
    composites,
    dashboards,
    inhibitions,
    labelreads,
    labels,
    matchers,
    metrics,
    mutes,
    namespaces,
    objectives,
    policies,
    promql,
    records,
    resources,
    routes,
    routetree,
    scenarios,
    slos,
    spending,
    stack,
    templates,
    texts,
    windows,
)
from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan
from monitorspec.spec.validate import Places

Rule = Callable[[Plan], Iterable[Finding]]

RULES: Mapping[str, Rule] = {
    "routes/nobody": routes.nobody,
    "routes/empty-default": routes.empty_default,
    "alerts/comparison": alerting.comparison,
    "alerts/limit": alerting.limit,
    "alerts/for": alerting.hold,
    "alerts/absent": alerting.absent,
    "alerts/duplicate": alerting.duplicate,
    "alerts/value-label": texts.value_in_label,
    "alerts/unhumanised": texts.unhumanised,
    "alerts/percentage": texts.percentage,
    "annotations/address": texts.address,
    "labels/external": labels.external,
    "labels/overridden": labels.overridden,
    "records/convention": records.convention,
    "records/twice": records.twice,
    "records/order": records.order,
    "records/slower": records.slower,
    "records/unused": records.unused,
    "records/unknown": records.unknown,
    "records/stale": records.stale,
    "slos/retention": objectives.retention,
    "slos/scrape": objectives.scrape,
    "policy/label": policies.label,
    "policy/annotation": policies.annotation,
    "policy/for": policies.hold,
    "policy/metric": policies.metric,
    "policy/name": policies.name,
    "policy/kept-label": policies.kept_label,
    "policy/group-size": policies.group_size,
    "routes/silent-hours": routes.silent_hours,
    "routes/no-pager": routes.no_pager,
    "routes/told-twice": routes.told_twice,
    "routes/unrouted-severity": routes.unrouted_severity,
    "routes/must-page": routes.must_page,
    "routes/dead": routetree.dead,
    "routes/unreachable": routetree.unreachable,
    "routes/vain-continue": routetree.vain_continue,
    "routes/short-repeat": routetree.short_repeat,
    "windows/unused": mutes.unused,
    "windows/never-open": mutes.never_open,
    "mute/nothing": mutes.muted_nothing,
    "mute/always": mutes.muted_always,
    "inhibit/dead": inhibitions.dead,
    "inhibit/itself": inhibitions.itself,
    "metrics/near-name": metrics.near_name,
    "cloudwatch/alarm": alarms.invalid,
    "cloudwatch/sns": alarms.beyond_sns,
    "cloudwatch/untold": alarms.untold,
    "cloudwatch/unmuted": alarms.unmuted,
    "slos/too-late": slos.too_late,
    "composites/limit": composites.too_large,
    "composites/region": composites.other_region,
    "composites/property": composites.raw_properties,
    "aws/parameter-unused": stack.unused_parameter,
    "aws/no-subscription": stack.no_subscription,
    "resources/taken": resources.taken,
    "resources/reference": resources.reference,
    "resources/cycle": resources.cycle,
    "dashboards/limit": dashboards.beyond_limits,
    "dashboards/split": dashboards.split,
    "dashboards/widget": dashboards.refused,
    "aws/over-budget": spending.over_budget,
    "cloudwatch/unknown-metric": namespaces.unfit,
    "templates/rule": templates.in_rules,
    "templates/message": templates.in_messages,
    "templates/label": labelreads.in_rules,
    "templates/message-label": labelreads.in_messages,
    "dashboards/label": labelreads.on_dashboards,
    "metrics/recorded-label": labelreads.of_recorded,
    "routes/label": matchers.unknown_label,
    "routes/value": matchers.unknown_value,
    "routes/group-by": matchers.group_by,
    "inhibit/equal": matchers.equal,
    "agents/unpinned-image": agents.unpinned_image,
    "agents/host-port": agents.host_port,
    "tests/unread": scenarios.unread,
    "windows/clock-change": windows.clock_change,
}

# What outputs would be wrong with in any case, so that it cannot be ignored: a resource too few, or one that stands for nothing.
FATAL = frozenset({"resources/taken", "resources/reference", "resources/cycle"})


PAGES: Mapping[str, Callable[..., object]] = {**RULES, **promql.RULES}
"""Every rule by its code; their docstrings are pages of `explain`."""


def lint(plan: Plan, places: Places) -> list[Diagnostic]:
    """Every finding of every rule, at its place."""
    found = [(code, finding) for code, rule in RULES.items() for finding in rule(plan)]
    found += [(finding.code, finding) for finding in promql.findings(plan)]
    told = ((finding, _diagnostic(code, finding, places)) for code, finding in found)
    return [diagnostic for finding, diagnostic in told if not finding.own or diagnostic.position.file == places.file]


def _diagnostic(code: str, finding: Finding, places: Places) -> Diagnostic:
    path = next((path for path in (finding.origin, *finding.also) if places.value(path)), finding.origin)
    at = places.inside(path, *finding.within) if finding.within else None
    at = at or (places.value(path) if not finding.key else None)
    at = at or places.key(path) or places.value(path) or places.nearest(path)
    return Diagnostic(
        finding.code or code,
        finding.message,
        at,
        finding.level,
        finding.label,
        finding.help,
        finding.effect,
        _fix(path, finding.put, places) if finding.put else None,
    )


def _fix(path: Path, put: tuple[str, int, int, str], places: Places) -> Fix | None:
    """The fix of a part of a text, where that stands in the file as it is: within quotes it might have to be escaped."""
    text, offset, length, new = put
    at = places.inside(path, text, offset, length)
    old = text[offset : offset + length]
    if at is None or places.written(at) != old or not set(new) <= set(old):
        return None
    return replaced(at, new, f"write `{new}`" if new else f"remove `{old}`")
