"""Changes of all else: what the stacks hold, agents, servers, versions, and texts that nobody is woken by.

In: a `Comparison`. Out: changes `aws/…`, `agents/…`, `system/…` and `cosmetic/…`. Every field of the plan that no other area
tells of is told of here, so that no change of a spec goes without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.diff import detection, identity, objectives
from monitorspec.diff.change import At, Change, Level, Sign
from monitorspec.diff.facts import Difference, differences, shown
from monitorspec.diff.pairs import Comparison, Pair
from monitorspec.plan import Path, Plan, Service
from monitorspec.spec.units import duration_text

ELSEWHERE = frozenset(
    (
        *("services", "records", "dashboards", "receivers", "root", "windows", "mutes", "inhibits", "severities"),
        *("alertmanager_global", "alertmanager_templates", "environment", "scenarios", "must_page"),
    )
)
"""Fields of a plan that other areas tell of."""
_ALERT_ELSEWHERE = detection.FIELDS | identity.FIELDS | frozenset(("actions_enabled", "notify_on"))
# Facts about the alert's series that no output holds: what follows from them is told of.
_DERIVED = frozenset(("series_labels",))
_WORDS = frozenset(("title", "description", "annotations", "help", "owner", "impact", "steps", "links", "named"))
# Fields that hold durations in ms.
_TIMES = frozenset(
    "retention every timeout boost_every interval scrape_interval evaluation_interval cooldown grace_period older_than".split()
)
_CODES = {
    "stack": "aws/changed",
    "agents": "agents/changed",
    "runbooks": "cosmetic/runbook",
    "policy": "system/policy",
}
# Where they stand in a spec.
_KEYS: Mapping[str, Path] = {
    "stack": ("aws",),
    "prometheus": ("prometheus",),
    "versions": ("targets",),
    "targets": ("targets", "only"),
}


def changes(compared: Comparison) -> Iterator[Change]:
    """What changed besides alerts, their ways and dashboards."""
    yield from _alerts(compared)
    yield from _services(compared)
    old, new = compared.old, compared.new
    # Labels of the system are told of by every alert that carries them.
    told = frozenset(("labels",)) if old.alerts and new.alerts else frozenset()
    for found in differences(old, new, ELSEWHERE | told):
        yield _of_system(old, new, found)


def _alerts(compared: Comparison) -> Iterator[Change]:
    for old, new in compared.alerts:
        if old is None or new is None:
            continue
        at = At(new.origin)
        for found in differences(old, new, _ALERT_ELSEWHERE | _DERIVED):
            yield _cosmetic(new.id, found, at)
    for was, now in compared.slos:
        if was is not None and now is not None:
            for found in differences(was, now, objectives.FIELDS | frozenset(("key", "service"))):
                yield _cosmetic(f"{now.service}.{now.key}", found, At(now.origin))


def _cosmetic(subject: str, found: Difference, at: At) -> Change:
    before, after = shown(found.before), shown(found.after)
    name = ".".join(found.path)
    text = f"{name} {before} → {after}" if len(before) + len(after) < 100 else f"its {name} changed"
    return Change("cosmetic/text", "cosmetic", "~", subject, text, at, before, after)


def _services(compared: Comparison) -> Iterator[Change]:
    for pair in compared.services:
        old, new = pair
        if old is not None and new is not None:
            if old.name != new.name:
                text = f"service {old.name} → {new.name}"
                at = At(new.origin)
                yield Change("identity/service", "notable", "-/+", new.name, text, at, old.name, new.name)
            yield from _service(pair)
        elif not pair.either.alerts:
            # A service with alerts is told of by them.
            sign: Sign = "+" if new is not None else "-"
            text = "new service" if new is not None else "service is gone"
            at = At(pair.either.origin, new is None)
            yield Change("system/service", "notable", sign, pair.either.name, text, at)


def _service(pair: Pair[Service]) -> Iterator[Change]:
    old, new = pair
    assert old is not None
    assert new is not None
    told = frozenset(("name", "slos", "thresholds", "records", "raw", "dashboard"))
    for found in differences(old, new, told):
        if found.field == "labels" and new.alerts:
            continue  # its alerts tell
        yield _cosmetic(new.name, found, At(new.origin))
    was, now = ({raw.name: raw for raw in service.raw} for service in (old, new))
    for name in was.keys() & now.keys():
        if was[name].interval != now[name].interval:
            before, after = (duration_text(g.interval) if g.interval else "default" for g in (was[name], now[name]))
            text = f"evaluated every {before} → {after}"
            at = At(now[name].origin)
            yield Change("detection/interval", "notable", "~", f"rule group {name}", text, at, before, after)


def _of_system(old: Plan, new: Plan, found: Difference) -> Change:
    sign: Sign = "+" if found.before is None else "-" if found.after is None else "~"
    before, after = _text(found, found.before), _text(found, found.after)
    name = " ".join(part for part in found.path if part != "stack") or found.field
    code, level = _CODES.get(found.field, "system/changed"), _level(found)
    if found.field == "runbooks":
        name = f"runbook {' '.join(found.path[1:])}"
    elif level == "cosmetic":
        code = "cosmetic/text"
    thing, _, field = name.rpartition(" ")
    subject, field = (thing, field) if thing else (name, "")
    whole = sign != "~" and _is_record(found.before if found.after is None else found.after)
    if whole:
        subject, text = name, "new" if sign == "+" else "gone"
    else:
        text = f"{field} {before} → {after}".strip()
    if len(text) > 160:
        text = f"{field or 'it'} changed"
    at = At(_origin(old if sign == "-" else new, found), sign == "-")
    return Change(code, level, sign, subject, text, at, before, after)


def _is_record(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _level(found: Difference) -> Level:
    if (
        found.field == "runbooks"
        or found.path[-1] in _WORDS
        or found.field in ("links", "title", "description", "owner")
    ):
        return "cosmetic"
    if found.field == "targets" and not set(found.before or ()) <= set(found.after or ()):
        return "risky"
    if found.after is None and found.field in ("stack", "agents", "prometheus", "policy"):
        return "risky"
    return "notable"


def _origin(plan: Plan, found: Difference) -> Path:
    """The place of the innermost record on the way to the difference."""
    value: Any = plan
    place: Path = _KEYS.get(found.field, (found.field,))
    for part in found.path:
        if _is_record(value) and part in value._fields:
            value = getattr(value, part)
        elif isinstance(value, tuple):
            value = next((item for item in value if part in _names(item)), None)
        elif isinstance(value, Mapping):
            value = value.get(part)
        place = getattr(value, "origin", ()) or place
    return place


def _names(item: Any) -> set[Any]:
    return {getattr(item, name, None) for name in ("key", "name", "path", "title", "logical_id", "uid")}


def _text(found: Difference, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and found.path[-1] in _TIMES:
        return duration_text(value)
    return shown(value)
