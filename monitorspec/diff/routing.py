"""Changes of how alerts find their receivers: routes, receivers, windows, mutes, inhibitions, severities.

In: a `Comparison`. Out: changes `routing/…`. Whom an alert reaches by them is told in `paging`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.facts import Difference, differences, shown
from monitorspec.diff.pairs import Comparison
from monitorspec.diff.saying import listed
from monitorspec.matching import matches
from monitorspec.plan import Inhibit, Matcher, Mute, Path, Plan, Route, Target
from monitorspec.spec.units import duration_text

_ANEW = "Alertmanager tells it once more of what fires just then"
_TIMES = frozenset(("group_wait", "group_interval", "repeat_interval", "after"))


def changes(compared: Comparison) -> Iterator[Change]:
    """What changed in the ways of alerts."""
    old, new = compared.known, compared.new
    yield from _severities(old, new)
    yield from _routes(old.root, new.root, ())
    yield from _receivers(old, new)
    for was, now in compared.receivers.items():
        at = At(("receivers", now))
        text = f"was {was}"
        yield Change("identity/renamed", "notable", "-/+", f"receiver {now}", text, at, was, now, (_ANEW,))
    yield from _windows(old, new)
    yield from _mutes(old, new)
    yield from _inhibitions(old, new)
    for field, what in (("alertmanager_global", "global"), ("alertmanager_templates", "templates")):
        for found in differences(getattr(old, field), getattr(new, field)):
            name = ".".join((what, *found.path))
            yield _changed("routing/alertmanager", "notable", "alertmanager", name, found, At(("alertmanager",)))


def _changed(code: str, level: Level, subject: str, name: str, found: Difference, at: At) -> Change:
    before, after = _text(found, found.before), _text(found, found.after)
    return Change(code, level, "~", subject, f"{name} {before} → {after}", at, before, after)


def _text(found: Difference, value: object) -> str:
    if isinstance(value, int) and found.path and found.path[-1] in _TIMES:
        return duration_text(value)
    if isinstance(value, tuple) and value and all(isinstance(item, Matcher) for item in value):
        return _said(value)
    return shown(value)


def _said(matchers: Iterable[Matcher]) -> str:
    return ", ".join(f'{m.label}{m.op}"{m.value}"' for m in matchers)


def _severities(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({s.name: s for s in plan.severities} for plan in (old, new))
    for name in dict.fromkeys((*before, *after)):
        at, subject = At(("severities", name), name not in after), f"severity {name}"
        was, now = before.get(name), after.get(name)
        if was is None:
            yield Change("routing/severity", "notable", "+", subject, "new severity", at)
        elif now is None:
            yield Change("routing/severity", "notable", "-", subject, "severity is gone", at)
        else:
            if was.page != now.page:
                text = "is meant to wake somebody" if now.page else "is no longer meant to wake anybody"
                level: Level = "notable" if now.page else "risky"
                yield Change("routing/severity", level, "~", subject, text, at, shown(was.page), shown(now.page))
            if was.rank != now.rank:
                text = f"rank {was.rank + 1} → {now.rank + 1}"
                yield Change("routing/severity", "notable", "~", subject, text, at, str(was.rank), str(now.rank))
            if was.description != now.description:
                yield Change("cosmetic/text", "cosmetic", "~", subject, "its description changed", at)


def _routes(old: Route, new: Route, above: Path) -> Iterator[Change]:
    subject = f"route {' > '.join(map(str, above)) or 'default'}"
    at = At(new.origin)
    for found in differences(old, new, frozenset(("routes", "name", "matchers", "targets"))):
        yield _changed("routing/timing", "notable", subject, found.field.rstrip("_"), found, at)
    if set(old.matchers) != set(new.matchers):
        before, after = _said(old.matchers) or "everything", _said(new.matchers) or "everything"
        yield Change("routing/matchers", "notable", "~", subject, f"takes {before} → {after}", at, before, after)
    if old.targets != new.targets:
        before, after = (", ".join(_target(t) for t in route.targets) or "nobody" for route in (old, new))
        if before != after:
            yield Change("routing/targets", "notable", "~", subject, f"tells {before} → {after}", at, before, after)
    was, now = {r.name: r for r in old.routes}, {r.name: r for r in new.routes}
    for name, other in _renamed(was, now).items():
        said = f"route {' > '.join(map(str, (*above, name)))}"
        yield Change("cosmetic/text", "cosmetic", "~", said, f"was called {other}", At(now[name].origin), other, name)
        was = {name if key == other else key: route for key, route in was.items()}
    orders = [[key for key in names if key in others] for names, others in ((was, now), (now, was))]
    if orders[0] != orders[1]:
        before, after = (", ".join(order) for order in orders)
        text = f"tries {before} → {after}"
        yield Change("routing/order", "notable", "~", subject, text, at, before, after)
    for name in dict.fromkeys((*now, *was)):
        said = f"route {' > '.join(map(str, (*above, name)))}"
        if name not in was:
            route = now[name]
            text = f"new: takes {_said(route.matchers) or 'everything'}"
            yield Change("routing/route-added", "notable", "+", said, text, At(route.origin))
        elif name not in now:
            route = was[name]
            text = f"gone: took {_said(route.matchers) or 'everything'}"
            yield Change("routing/route-removed", "notable", "-", said, text, At(route.origin, True))
        else:
            yield from _routes(was[name], now[name], (*above, name))


def _renamed(old: Mapping[str, Route], new: Mapping[str, Route]) -> dict[str, str]:
    """New name → old name of routes that take the same: Alertmanager knows a route by its matchers."""
    gone = {frozenset(route.matchers): name for name, route in old.items() if name not in new}
    found = {name: gone.pop(frozenset(r.matchers), None) for name, r in new.items() if name not in old and r.matchers}
    return {name: other for name, other in found.items() if other is not None}


def _target(target: Target) -> str:
    parts = [target.receiver]
    if target.after:
        parts.append(f"after {duration_text(target.after)}")
    if target.repeat_interval is not None:
        parts.append(f"every {duration_text(target.repeat_interval)}")
    if target.active:
        parts.append(f"in {' or '.join(target.active)}")
    if target.muted:
        parts.append(f"outside of {' and '.join(target.muted)}")
    return " ".join(parts)


def _receivers(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({r.name: r for r in plan.receivers} for plan in (old, new))
    for name in dict.fromkeys((*after, *before)):
        subject = f"receiver {name}"
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            text = f"new: {', '.join(_ways(now.integrations, now.topics))}"
            yield Change("routing/receiver", "notable", "+", subject, text, At(now.origin))
        elif now is None and was is not None:
            text = f"gone: {', '.join(_ways(was.integrations, was.topics))}"
            yield Change("routing/receiver", "risky", "-", subject, text, At(was.origin, True))
        elif was is not None and now is not None:
            for found in differences(was, now):
                gone = found.after is None or (found.field == "topics" and not set(found.before) <= set(found.after))
                path = [part for part in found.path if part != "integrations" and not part.isdigit()]
                name_ = ".".join(path)
                level: Level = "risky" if gone else "notable"
                yield _changed("routing/receiver", level, subject, name_, found, At(now.origin))


def _ways(integrations: Iterable[tuple[str, object]], topics: Iterable[str]) -> list[str]:
    return [*(kind for kind, _ in integrations), *(f"topic {topic}" for topic in topics)] or ["no way to tell"]


def _windows(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({w.name: w for w in plan.windows} for plan in (old, new))
    for name in dict.fromkeys((*after, *before)):
        subject = f"window {name}"
        if name not in before:
            yield Change("routing/window", "notable", "+", subject, "new window", At(after[name].origin))
        elif name not in after:
            yield Change("routing/window", "notable", "-", subject, "window is gone", At(before[name].origin, True))
        elif before[name].parts != after[name].parts:
            was, now = before[name].text, after[name].text
            text = f"{was} → {now}"
            yield Change("routing/window", "notable", "~", subject, text, At(after[name].origin), was, now)


def _mutes(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({m.name: m for m in plan.mutes} for plan in (old, new))
    common = {alert.id for alert in old.alerts} & {alert.id for alert in new.alerts}
    for name in dict.fromkeys((*after, *before)):
        subject = f"mute {name}"
        was, now = before.get(name), after.get(name)
        silent, muted = _muted(old, was), _muted(new, now)
        # What an alert that comes or goes is told at, it says itself.
        more = [a for a in muted if a not in silent and a in common]
        less = [a for a in silent if a not in muted and a in common]
        if was is None and now is not None:
            text = f"new: silences {listed(muted)} in {now.window}"
            yield Change("routing/mute", "risky", "+", subject, text, At(now.origin))
        elif now is None and was is not None:
            text = f"gone: silenced {listed(silent)} in {was.window}"
            yield Change("routing/mute", "notable", "-", subject, text, At(was.origin, True))
        elif was is not None and now is not None:
            if was.window != now.window:
                text = f"in {was.window} → {now.window}"
                yield Change("routing/mute", "risky", "~", subject, text, At(now.origin), was.window, now.window)
            if more or less:
                text = " and ".join(
                    part
                    for part in (
                        f"also silences {listed(more)}" if more else "",
                        f"no longer silences {listed(less)}" if less else "",
                    )
                    if part
                )
                yield Change("routing/mute", "risky" if more else "notable", "~", subject, text, At(now.origin))
            elif was.any_of != now.any_of:
                before_, after_ = (" or ".join(map(_said, m.any_of)) for m in (was, now))
                text = f"{before_} → {after_}"
                yield Change("routing/mute", "notable", "~", subject, text, At(now.origin), before_, after_)


def _muted(plan: Plan, mute: Mute | None) -> list[str]:
    if mute is None:
        return []
    return [a.id for a in plan.alerts if any(matches(m, {**a.labels, "alertname": a.name}) for m in mute.any_of)]


def _inhibitions(old: Plan, new: Plan) -> Iterator[Change]:
    if old.inhibits == new.inhibits:
        return
    before, after = _by_name(old), _by_name(new)
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name, []), after.get(name, [])
        if [r._replace(origin=()) for r in was] == [r._replace(origin=()) for r in now]:
            continue
        declared = any(rule.origin for rule in (*was, *now))
        at = At((now or was)[0].origin or ("inhibit",), not now)
        subject = f"inhibition {name}"
        silent, targets = _targets(old, was), _targets(new, now)
        common = {alert.id for alert in old.alerts} & {alert.id for alert in new.alerts}
        more = [a for a in targets if a not in silent and a in common]
        less = [a for a in silent if a not in targets and a in common]
        # What follows from the severities and burn tiers is as right after the change as it was before.
        level: Level = "cosmetic" if not declared else "risky" if more else "notable"
        sign = "+" if not was else "-" if not now else "~"
        said = [f"silences {listed(more)}" if more else "", f"no longer silences {listed(less)}" if less else ""]
        if not more and not less:
            said = [_rules(was) + " → " + _rules(now) if was and now else _rules(now or was)]
        text = ", ".join(part for part in said if part)
        yield Change("routing/inhibition", level, sign, subject, text, at, _rules(was), _rules(now))  # type: ignore[arg-type]


def _by_name(plan: Plan) -> dict[str, list[Inhibit]]:
    out: dict[str, list[Inhibit]] = {}
    for rule in plan.inhibits:
        out.setdefault(rule.name, []).append(rule)
    return out


def _targets(plan: Plan, rules: list[Inhibit]) -> list[str]:
    """Alerts that some other alert silences by the rules, as far as fixed labels tell."""
    labelled = [(alert.id, {**alert.labels, "alertname": alert.name}) for alert in plan.alerts]
    found: dict[str, None] = {}
    for rule in rules:
        sources = [labels for _, labels in labelled if matches(rule.source, labels)]
        if sources:
            found |= {id: None for id, labels in labelled if matches(rule.target, labels)}
    return list(found)


def _rules(rules: list[Inhibit]) -> str:
    return "; ".join(f"{_said(r.source)} over {_said(r.target)} with equal {shown(r.equal)}" for r in rules)
