"""Changes of what an alert or a recorded series is called: to Prometheus and Alertmanager it is another one afterwards.

In: a `Comparison`. Out: changes `identity/…`. A new name or label resets `for`, ends the notification of the old alert and begins
that of the new one, misses silences, and starts the history of a recorded series anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.facts import differences, shown
from monitorspec.diff.pairs import Comparison
from monitorspec.plan import Alert, Burn, Labels

FIELDS = frozenset(("id", "name", "service", "key", "severity", "labels", "group"))
"""Fields of an alert that are told of here."""

# Labels that say what its condition is: they change with it.
_OF_BURN = frozenset(("burn_rate", "burn_tier", "long_window", "short_window"))
_EFFECT = "`for` starts anew; silences, acknowledgements and links by its labels miss it"
_MADE_ANEW = "CloudFormation makes the alarm anew: its history and links to it are gone"
_HISTORY = "its recorded series begin anew: the error budget is full again until the window has passed"


def changes(compared: Comparison) -> Iterator[Change]:
    """Alerts and objectives with another name, other labels or another rule group."""
    ranks = {severity.name: severity.rank for plan in (compared.old, compared.new) for severity in plan.severities}
    for old_alert, new_alert in compared.alerts:
        if old_alert is not None and new_alert is not None:
            yield from _alert(old_alert, new_alert, ranks)
    yield from _alarms(compared)
    for old, new in compared.slos:
        if old is None or new is None:
            continue
        at = At(new.origin)
        was, now = f"{old.service}.{old.key}", f"{new.service}.{new.key}"
        if was != now:
            text = f"was {was}"
            yield Change("identity/renamed", "risky", "-/+", now, text, at, was, now, (_HISTORY,))
        elif old.labels != new.labels:
            text = labels_text(old.labels, new.labels)
            yield Change("identity/labels", "risky", "-/+", now, text, at, details=(_HISTORY,))


def _alert(old: Alert, new: Alert, ranks: Mapping[str, int]) -> Iterator[Change]:
    at = At(new.origin)
    details = () if new.on_cloudwatch else (_EFFECT,)
    told = {"severity"} | (_OF_BURN if isinstance(new.condition, Burn) else set())
    if old.id != new.id:
        # Labels with the service's name in them follow from the new name.
        told |= {"service", "slo", "alertname"}
    labels = labels_text(*({k: v for k, v in labels.items() if k not in told} for labels in (old.labels, new.labels)))
    if old.severity != new.severity:
        text = f"severity {old.severity} → {new.severity}"
        milder = ranks.get(new.severity, 0) > ranks.get(old.severity, 0)
        level: Level = "risky" if milder else "notable"
        yield Change("identity/severity", level, "-/+", new.id, text, at, old.severity, new.severity, details)
    elif old.id != new.id and _known_as(old) == _known_as(new):
        # Only the spec calls it otherwise.
        yield Change("cosmetic/text", "cosmetic", "~", new.id, f"was {old.id} in the spec", at, old.id, new.id)
    elif old.id != new.id:
        yield Change("identity/renamed", "notable", "-/+", new.id, f"was {old.id}", at, old.id, new.id, details)
    if old.name != new.name and old.id == new.id and not new.on_cloudwatch:
        text = f"alert name {old.name} → {new.name}"
        yield Change("identity/renamed", "notable", "-/+", new.id, text, at, old.name, new.name, details)
    if labels and new.on_cloudwatch:
        # An alarm is known by its name; what its labels do is route it.
        yield Change("cosmetic/text", "cosmetic", "~", new.id, labels, at)
    elif labels:
        yield Change("identity/labels", "notable", "-/+", new.id, labels, at, details=(_EFFECT,))
    if old.group != new.group and old.group and new.group and old.id == new.id:
        text = f"rule group {old.group} → {new.group}"
        yield Change("identity/group", "notable", "-/+", new.id, text, at, old.group, new.group, ("`for` starts anew",))


def _alarms(compared: Comparison) -> Iterator[Change]:
    """Alarms that the stack calls otherwise: by their own names, their threshold's other severities or the stack's prefix."""
    old, new = compared.old, compared.new
    touched = any(pair.either.on_cloudwatch for pair in compared.alerts)
    if not touched and old.stack.prefix == new.stack.prefix:
        return
    from monitorspec.cloudformation.known import known

    before, after = known(old).alarm_names, known(new).alarm_names
    for alert in new.alerts:
        was, now = (names.get(alert.id, "") for names in (before, after))
        if was and now and was != now:
            text = f"alarm name {was} → {now}"
            at = At(alert.origin)
            yield Change("identity/renamed", "notable", "-/+", alert.id, text, at, was, now, (_MADE_ANEW,))


def _known_as(alert: Alert) -> tuple[str, Labels, str]:
    """What Prometheus and Alertmanager know an alert by; CloudWatch knows an alarm by what the stack calls it."""
    return alert.name, alert.labels, alert.id if alert.on_cloudwatch else alert.group


def labels_text(old: Labels, new: Labels) -> str:
    """Which labels came, went or have another value."""
    found = []
    for path, before, after in differences(old, new):
        name = path[0]
        if before is None:
            found.append(f"label {name}={shown(after)} added")
        elif after is None:
            found.append(f"label {name}={shown(before)} removed")
        else:
            found.append(f"label {name} {shown(before)} → {shown(after)}")
    return ", ".join(found)
