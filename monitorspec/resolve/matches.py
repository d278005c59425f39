"""Which alerts: what users write in `match` as matchers over labels.

In: `spec.Match`es and the alerts. Out: conjunctions of `plan.Matcher`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from monitorspec import plan, re2
from monitorspec.diagnostics import Path
from monitorspec.fault import Fault
from monitorspec.plan.routing import Asked
from monitorspec.resolve.context import Context, checked_label
from monitorspec.spec.routing import Match

_BLANK = "\t\n\f\r "  # Go's \s: neither others of Unicode nor the vertical tab
_MATCHER = re.compile(rf"([A-Za-z_][A-Za-z0-9_]*)[{_BLANK}]*(=~|!~|!=|=)[{_BLANK}]*(.*)", re.S)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.S)
_UNQUOTED = re.compile(r'((?:\\.|[^"\\])*\\?)', re.S)
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


def matchers(
    context: Context, match: Match, alerts: Sequence[plan.Alert], path: Path
) -> list[tuple[plan.Matcher, ...]]:
    """Alternatives, each a conjunction: one unless `alerts` names some that no single conjunction picks out."""
    common: list[plan.Matcher] = []
    if match.severity is not None:
        for n, name in enumerate(match.severity):
            context.severity(name, (*path, "severity", n))
        common.append(one_of("severity", match.severity))
    if match.service is not None:
        known = context.spec.services or {}
        for n, name in enumerate(match.service):
            if name not in known:
                where = (*path, "service", n)
                context.notes.unknown("routes/unknown-service", where, "service", name, known, "services")
        common.append(one_of("service", match.service))
    for label, values in (match.labels or {}).items():
        checked_label(context.notes, label, (*path, "labels", label), key=True)
        common.append(one_of(label, values))
    for n, text in enumerate(match.matchers or ()):
        parsed = parse_matcher(text)
        where = (*path, "matchers", n)
        if parsed is None:
            context.notes.add(
                "routes/matcher", where, f"`{text}` is not a matcher", label='such as `team!="x"` or `pod=~"web-.*"`'
            )
        else:
            if parsed.op in ("=~", "!~"):
                fault = re2.problem(parsed.value)
                if fault:
                    said = f"`{parsed.value}` cannot be matched: {fault.message}"
                    # Behind an escape the two texts run apart; then the whole matcher is marked.
                    start = text.rfind(parsed.value) if parsed.value else -1
                    offset, length = (start + fault.offset, fault.length) if start >= 0 else (0, len(text))
                    context.notes.fault("routes/matcher", where, text, Fault(said, offset, length, fault.help))
                    continue
            common.append(parsed)
    if match.alerts is None:
        if not common and not match.matchers:
            context.notes.add(
                "routes/match", path, "`match` selects every alert", help=("such as `match: {service: api}`",)
            )
        return [tuple(common)]
    chosen = _chosen(context, match.alerts, alerts, path)
    return [(*ms, *common) for ms in _pick_out(chosen, alerts)]


def asked(match: Match | None, path: Path) -> tuple[Asked, ...]:
    """The matchers that are written with a label, each with its place; `path`: where the match stands."""
    if match is None:
        return ()
    out = [Asked(label, "=", values, (*path, "labels", label), "") for label, values in (match.labels or {}).items()]
    for n, text in enumerate(match.matchers or ()):
        parsed = parse_matcher(text)
        if parsed is not None and not (parsed.op in ("=~", "!~") and re2.problem(parsed.value)):
            out.append(Asked(parsed.label, parsed.op, (parsed.value,), (*path, "matchers", n), text))
    return tuple(out)


def one_of(label: str, values: Sequence[str]) -> plan.Matcher:
    """`label` equals one of the values."""
    if len(values) == 1:
        return plan.Matcher(label, "=", values[0])
    return plan.Matcher(label, "=~", "|".join(re.sub(r"([.+*?()|\[\]{}^$\\])", r"\\\1", v) for v in values))


def parse_matcher(text: str) -> plan.Matcher | None:
    """An Alertmanager matcher, as its ParseMatcher reads it: backslashes escape in quotes and without, if there is something
    to escape."""
    found = _MATCHER.fullmatch(text.strip(_BLANK))
    value = found and (_QUOTED.fullmatch(found[3]) or _UNQUOTED.fullmatch(found[3]))
    if not found or not value:
        return None
    return plan.Matcher(found[1], found[2], re.sub(r"\\(.)", lambda e: _ESCAPED.get(e[1], e[0]), value[1], flags=re.S))


def _chosen(context: Context, patterns: Sequence[str], alerts: Sequence[plan.Alert], path: Path) -> list[plan.Alert]:
    out: dict[str, plan.Alert] = {}
    for n, pattern in enumerate(patterns):
        found = [a for a in alerts if any(fnmatchcase(name, pattern) for name in _names(a))]
        if not found:
            ids = sorted({f"{a.service}.{a.key}" for a in alerts})
            if any(fnmatchcase(id, pattern) or pattern.startswith(f"{id}.") for id in context.declared - set(ids)):
                continue  # what is wrong with that alert has been said
            context.notes.unknown("routes/unknown-alert", (*path, "alerts", n), "alert", pattern, ids, "services")
        out.update((a.id, a) for a in found)
    return list(out.values())


def _names(alert: plan.Alert) -> Iterator[str]:
    yield alert.id
    yield f"{alert.service}.{alert.key}"
    if alert.on_cloudwatch and isinstance(alert.condition, plan.Limit | plan.Anomaly):
        # The id of an alarm that stands for one value of a dimension has that value in it.
        yield f"{alert.service}.{alert.key}.{alert.severity}"


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
