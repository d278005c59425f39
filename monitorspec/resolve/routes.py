"""Who is told: routes, receivers, windows, mutes and inhibitions, with all references resolved.

In: the spec and the alerts. Out: the routing tree and what belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from monitorspec import plan, re2
from monitorspec import receivers as receiver_kinds
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import LABEL, Context
from monitorspec.spec.routing import Escalation, Match, Route

_MATCHER = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:\\.|[^"\\])*)"|([^"]*?))\s*', re.S)
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


class Routing(NamedTuple):
    root: plan.Route
    receivers: tuple[plan.Receiver, ...]
    mutes: tuple[plan.Mute, ...]
    inhibits: tuple[plan.Inhibit, ...]


def routing(context: Context, alerts: Sequence[plan.Alert], windows: Mapping[str, plan.Window]) -> Routing:
    """Everything about who is told."""
    found = _receivers(context)
    return Routing(
        root=_root(context, alerts, windows),
        receivers=tuple(found),
        mutes=tuple(_mutes(context, alerts, windows)),
        inhibits=tuple(_inhibits(context, alerts)),
    )


def _receivers(context: Context) -> Iterable[plan.Receiver]:
    for name, kinds in (context.spec.receivers or {}).items():
        path: Path = ("receivers", name)
        integrations: list[tuple[str, Mapping[str, Any]]] = []
        topics: list[str] = []
        for kind, value in kinds.items():
            if kind == "sns" and isinstance(value, str):
                topics.append(value)
                continue
            many = value if isinstance(value, list) else [value]
            for n, fields in enumerate(many):
                where = (*path, kind, n) if isinstance(value, list) else (*path, kind)
                if not isinstance(fields, dict):
                    context.notes.add(
                        "receivers/type",
                        where,
                        f"`{kind}` has to be a mapping of its fields",
                        help=(f"such as `{kind}: {{…}}`",),
                    )
                    continue
                for problem in receiver_kinds.check(kind, fields, context.versions.alertmanager):
                    context.notes.add(
                        problem.code,
                        (*where, *problem.path),
                        problem.message,
                        help=problem.help,
                        key=_is_key(problem.code),
                    )
                integrations.append((kind, fields))
        if not kinds:
            context.notes.add(
                "receivers/empty",
                path,
                f"receiver `{name}` tells nobody",
                key=True,
                help=("give it an integration such as `slack: {…}`",),
            )
        _check_topics(context, topics, path)
        yield plan.Receiver(name, tuple(integrations), tuple(topics), path)


def _is_key(code: str) -> bool:
    return code.endswith(("unknown-field", "unknown-kind", "needs-newer"))


def _check_topics(context: Context, topics: list[str], path: Path) -> None:
    stack = context.spec.cloudwatch
    declared = (stack.topics if stack else None) or {}
    for topic in topics:
        if topic not in declared:
            context.notes.unknown("receivers/topic", (*path, "sns"), "SNS topic", topic, declared, "cloudwatch.topics")


# ---- routes


def _root(context: Context, alerts: Sequence[plan.Alert], windows: Mapping[str, plan.Window]) -> plan.Route:
    spec = dict(context.spec.routes or {})
    default = spec.pop("default", None)
    path: Path = ("routes", "default")
    children = _children(context, spec, alerts, windows, ("routes",))
    if default is None:
        return plan.Route("default", (), (), None, None, None, None, False, children, ("routes",))
    if default.match is not None:
        context.notes.add(
            "routes/default", (*path, "match"), "`default` takes what no other route takes: it has no `match`", key=True
        )
    for name in ("during", "otherwise"):
        if getattr(default, name) is not None:
            context.notes.add(
                "routes/default",
                (*path, name),
                f"`default` cannot have `{name}`: Alertmanager's root route is always active",
                key=True,
            )
    made = _route(context, "default", default, (), alerts, windows, path)
    return made._replace(routes=(*made.routes, *children))


def _children(
    context: Context,
    spec: Mapping[str, Route],
    alerts: Sequence[plan.Alert],
    windows: Mapping[str, plan.Window],
    path: Path,
) -> tuple[plan.Route, ...]:
    out: list[plan.Route] = []
    severities = {s.name for s in context.severities}
    for name, route in spec.items():
        where = (*path, name)
        if route.match is None:
            if name not in severities:
                context.notes.add(
                    "routes/match",
                    where,
                    f"route `{name}` has no `match`",
                    key=True,
                    label="only a route named after a severity needs none",
                    help=(
                        f"severities: {', '.join(severities and [s.name for s in context.severities])}",
                        "such as `match: {service: api}`",
                    ),
                )
                continue
            alternatives: list[tuple[plan.Matcher, ...]] = [(plan.Matcher("severity", "=", name),)]
        else:
            alternatives = matchers(context, route.match, alerts, (*where, "match"))
            if (
                name in severities
                and route.match.severity is None
                and not any(m.label == "severity" for ms in alternatives for m in ms)
            ):
                # A route named after a severity takes that severity, whatever else it asks for.
                alternatives = [(plan.Matcher("severity", "=", name), *ms) for ms in alternatives]
        out += [_route(context, name, route, ms, alerts, windows, where) for ms in alternatives]
    return tuple(out)


def _route(
    context: Context,
    name: str,
    spec: Route,
    match: tuple[plan.Matcher, ...],
    alerts: Sequence[plan.Alert],
    windows: Mapping[str, plan.Window],
    path: Path,
) -> plan.Route:
    active: tuple[str, ...] = ()
    if spec.during is not None:
        if spec.during not in windows:
            context.notes.unknown("routes/unknown-window", (*path, "during"), "window", spec.during, windows, "windows")
        active = (spec.during,)
    elif spec.otherwise is not None:
        context.notes.add("routes/otherwise", (*path, "otherwise"), "`otherwise` needs `during`", key=True)
    if spec.notify is None and not spec.routes:
        context.notes.add(
            "routes/empty", path, f"route `{name}` tells nobody", key=True, help=("notify: [a receiver]",)
        )
    targets = [plan.Target(r, 0, None, active, ()) for r in _known(context, spec.notify, (*path, "notify"))]
    targets += [plan.Target(r, 0, None, (), active) for r in _known(context, spec.otherwise, (*path, "otherwise"))]
    for n, step in enumerate(spec.escalate or []):
        targets += _escalation(context, step, active, (*path, "escalate", n))
    if spec.group_by is not None:
        for n, label in enumerate(spec.group_by):
            if label != "..." and not LABEL.fullmatch(label):
                context.notes.add("labels/name", (*path, "group_by", n), f"`{label}` is not a label name")
    return plan.Route(
        name=name,
        matchers=match,
        targets=tuple(targets),
        group_by=tuple(spec.group_by) if spec.group_by is not None else None,
        group_wait=spec.group_wait,
        group_interval=spec.group_interval,
        repeat_interval=spec.repeat_interval,
        continue_=spec.continue_,
        routes=_children(context, spec.routes or {}, alerts, windows, (*path, "routes")),
        origin=path,
    )


def _escalation(context: Context, step: Escalation, active: tuple[str, ...], path: Path) -> list[plan.Target]:
    if step.after <= 0:
        context.notes.add(
            "routes/escalate", (*path, "after"), "an escalation comes later: `after` has to be more than 0s"
        )
    return [
        plan.Target(r, step.after, step.repeat_interval, active, ()) for r in _known(context, step.to, (*path, "to"))
    ]


def _known(context: Context, names: tuple[str, ...] | None, path: Path) -> list[str]:
    declared = context.spec.receivers or {}
    out: list[str] = []
    for n, name in enumerate(names or ()):
        where = (*path, n)
        if context.notes._places.value(where) is None:
            where = path
        if name not in declared:
            context.notes.unknown("routes/unknown-receiver", where, "receiver", name, declared, "receivers")
        elif name in out:
            context.notes.add("routes/twice", where, f"receiver `{name}` is named twice", level="warning")
        else:
            out.append(name)
    return out


# ---- matching


def matchers(
    context: Context, match: Match, alerts: Sequence[plan.Alert], path: Path
) -> list[tuple[plan.Matcher, ...]]:
    """Alternatives, each a conjunction: one unless `alerts` names some that no single conjunction picks out."""
    common: list[plan.Matcher] = []
    if match.severity is not None:
        for name in match.severity:
            context.severity(name, (*path, "severity"))
        common.append(one_of("severity", match.severity))
    if match.service is not None:
        known = context.spec.services or {}
        for name in match.service:
            if name not in known:
                context.notes.unknown("routes/unknown-service", (*path, "service"), "service", name, known, "services")
        common.append(one_of("service", match.service))
    for label, values in (match.labels or {}).items():
        if not LABEL.fullmatch(label):
            context.notes.add("labels/name", (*path, "labels", label), f"`{label}` is not a label name", key=True)
        common.append(one_of(label, values))
    for n, text in enumerate(match.matchers or ()):
        parsed = parse_matcher(text)
        where = (*path, "matchers", n) if context.notes._places.value((*path, "matchers", n)) else (*path, "matchers")
        if parsed is None:
            context.notes.add(
                "routes/matcher", where, f"`{text}` is not a matcher", label='such as `team!="x"` or `pod=~"web-.*"`'
            )
        else:
            if parsed.op in ("=~", "!~"):
                wrong = re2.problem(parsed.value)
                if wrong:
                    context.notes.add("routes/matcher", where, f"`{parsed.value}` cannot be matched: {wrong}")
                    continue
            common.append(parsed)
    if match.alerts is None:
        if not common:
            context.notes.add(
                "routes/match", path, "`match` selects every alert", help=("such as `match: {service: api}`",)
            )
        return [tuple(common)]
    chosen = _chosen(context, match.alerts, alerts, path)
    return [(*ms, *common) for ms in _pick_out(chosen, alerts)]


def one_of(label: str, values: Sequence[str]) -> plan.Matcher:
    """`label` equals one of the values."""
    if len(values) == 1:
        return plan.Matcher(label, "=", values[0])
    return plan.Matcher(label, "=~", "|".join(re.sub(r"([.+*?()|\[\]{}^$\\])", r"\\\1", v) for v in values))


def parse_matcher(text: str) -> plan.Matcher | None:
    """An Alertmanager matcher; its value may be quoted, with backslash escapes."""
    m = _MATCHER.fullmatch(text)
    if m is None:
        return None
    value = (
        m[4]
        if m[3] is None
        else re.sub(r"\\(.)", lambda e: {"n": "\n"}.get(e[1], e[1] if e[1] in '"\\' else "\\" + e[1]), m[3], flags=re.S)
    )
    return plan.Matcher(m[1], m[2], value)


def _chosen(context: Context, patterns: Sequence[str], alerts: Sequence[plan.Alert], path: Path) -> list[plan.Alert]:
    out: dict[str, plan.Alert] = {}
    for n, pattern in enumerate(patterns):
        found = [a for a in alerts if fnmatchcase(a.id, pattern) or fnmatchcase(f"{a.service}.{a.key}", pattern)]
        if not found:
            ids = sorted({f"{a.service}.{a.key}" for a in alerts})
            where = (*path, "alerts", n) if context.notes._places.value((*path, "alerts", n)) else (*path, "alerts")
            context.notes.unknown("routes/unknown-alert", where, "alert", pattern, ids, "services")
        out.update((a.id, a) for a in found)
    return list(out.values())


def _pick_out(chosen: list[plan.Alert], alerts: Sequence[plan.Alert]) -> list[tuple[plan.Matcher, ...]]:
    """The fewest conjunctions over alertname, service and severity that take exactly the chosen alerts."""
    wanted = {a.id for a in chosen}
    for labels in (
        ("alertname",),
        ("alertname", "service"),
        ("alertname", "severity"),
        ("alertname", "service", "severity"),
    ):
        sets = {label: sorted({_label(a, label) for a in chosen}) for label in labels}
        taken = {a.id for a in alerts if all(_label(a, label) in values for label, values in sets.items())}
        if taken == wanted:
            return [tuple(one_of(label, values) for label, values in sets.items())] if chosen else []
    tiers = sorted({(a.name, a.service, a.severity, a.labels.get("burn_tier", "")) for a in chosen})
    return [
        tuple(
            plan.Matcher(label, "=", value)
            for label, value in zip(("alertname", "service", "severity", "burn_tier"), key, strict=True)
            if value
        )
        for key in tiers
    ]


def _label(alert: plan.Alert, label: str) -> str:
    return alert.name if label == "alertname" else alert.labels.get(label, "")


# ---- mutes and inhibitions


def _mutes(context: Context, alerts: Sequence[plan.Alert], windows: Mapping[str, plan.Window]) -> Iterable[plan.Mute]:
    for name, mute in (context.spec.mute or {}).items():
        path: Path = ("mute", name)
        if mute.during not in windows:
            context.notes.unknown("mute/unknown-window", (*path, "during"), "window", mute.during, windows, "windows")
        yield plan.Mute(name, tuple(matchers(context, mute.match, alerts, (*path, "match"))), mute.during, path)


def _inhibits(context: Context, alerts: Sequence[plan.Alert]) -> Iterable[plan.Inhibit]:
    for name, rule in (context.spec.inhibit or {}).items():
        path: Path = ("inhibit", name)
        sources = matchers(context, rule.source, alerts, (*path, "source"))
        targets = matchers(context, rule.target, alerts, (*path, "target"))
        for source in sources:
            for target in targets:
                yield plan.Inhibit(name, source, target, tuple(rule.equal or ()), path)
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
    """A faster burn silences the slower ones of the same SLO."""
    orders: dict[str, tuple[list[str], set[str]]] = {}
    for alert in alerts:
        if isinstance(alert.condition, plan.Burn):
            order, labels = orders.setdefault(alert.condition.slo, ([], set()))
            order.append(alert.condition.tier)
            labels.update(alert.series_labels or ())
    pairs: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for order, labels in orders.values():
        for n, tier in enumerate(order[:-1]):
            pairs.setdefault((tier, tuple(order[n + 1 :])), set()).update(labels)
    for (tier, slower), labels in sorted(pairs.items()):
        equal = ("system", "service", "slo", *sorted(labels - {"system", "service", "slo"}))
        yield plan.Inhibit(
            f"{tier}-over-slower", (plan.Matcher("burn_tier", "=", tier),), (one_of("burn_tier", slower),), equal, ()
        )
