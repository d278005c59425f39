"""Who is told: routes, receivers, windows, mutes and inhibitions, with all references resolved.

In: the spec and the alerts. Out: the routing tree and what belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec import plan
from monitorspec import receivers as receiver_kinds
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context, checked_label
from monitorspec.resolve.inhibitions import inhibits
from monitorspec.resolve.matches import asked, matchers
from monitorspec.spec.routing import Escalation, Route


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
        inhibits=tuple(inhibits(context, alerts)),
    )


def _receivers(context: Context) -> Iterable[plan.Receiver]:
    for name, kinds in (context.spec.receivers or {}).items():
        path: Path = ("receivers", name)
        integrations: list[tuple[str, Mapping[str, Any]]] = []
        topics: list[str] = []
        for kind, value in kinds.items():
            if kind == "sns" and (
                isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))
            ):
                topics += [value] if isinstance(value, str) else value
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
                        fix=context.notes.respelt((*where, *problem.path), problem.meant, kinds),
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
    return code.endswith(("unknown-field", "unknown-kind", "needs-newer", "missing-field"))


def _check_topics(context: Context, topics: list[str], path: Path) -> None:
    aws = context.spec.aws
    declared = (aws.topics if aws else None) or {}
    for topic in topics:
        if topic not in declared:
            context.notes.unknown("receivers/topic", (*path, "sns"), "SNS topic", topic, declared, "aws.topics")


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
            if label != "...":
                checked_label(context.notes, label, (*path, "group_by", n))
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
        quiet=spec.otherwise == (),
        asked=asked(spec.match, (*path, "match")),
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
        if name not in declared:
            context.notes.unknown("routes/unknown-receiver", where, "receiver", name, declared, "receivers")
        elif name in out:
            fix = context.notes.removal(where)
            context.notes.add("routes/twice", where, f"receiver `{name}` is named twice", level="warning", fix=fix)
        else:
            out.append(name)
    return out


def _mutes(context: Context, alerts: Sequence[plan.Alert], windows: Mapping[str, plan.Window]) -> Iterable[plan.Mute]:
    for name, mute in (context.spec.mute or {}).items():
        path: Path = ("mute", name)
        if mute.during not in windows:
            context.notes.unknown("mute/unknown-window", (*path, "during"), "window", mute.during, windows, "windows")
        where = (*path, "match")
        any_of = tuple(matchers(context, mute.match, alerts, where))
        yield plan.Mute(name, any_of, mute.during, path, asked(mute.match, where))
