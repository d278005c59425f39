"""Changes of what an alert or a recorded series is called: to Prometheus and Alertmanager it is another one afterwards.

In: a `Comparison`. Out: changes `identity/…`. A new name or label resets `for`, ends the notification of the old alert and begins
that of the new one, misses silences, and starts the history of a recorded series anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diff.change import At, Change
from monitorspec.diff.facts import differences, shown
from monitorspec.diff.pairs import Comparison
from monitorspec.plan import Alert, Burn, Labels

FIELDS = frozenset(("id", "name", "service", "key", "severity", "labels", "group"))
"""Fields of an alert that are told of here."""

# Labels that say what its condition is: they change with it.
_OF_BURN = frozenset(("burn_rate", "burn_tier", "long_window", "short_window"))
_EFFECT = "`for` starts anew; silences, acknowledgements and links by its labels miss it"
_HISTORY = "its recorded series begin anew: the error budget is full again until the window has passed"


def changes(compared: Comparison) -> Iterator[Change]:
    """Alerts and objectives with another name, other labels or another rule group."""
    for old_alert, new_alert in compared.alerts:
        if old_alert is not None and new_alert is not None:
            yield from _alert(old_alert, new_alert)
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


def _alert(old: Alert, new: Alert) -> Iterator[Change]:
    at = At(new.origin)
    if old.severity != new.severity:
        text = f"severity {old.severity} → {new.severity}"
        yield Change("identity/severity", "risky", "-/+", new.id, text, at, old.severity, new.severity, (_EFFECT,))
    elif old.id != new.id:
        yield Change("identity/renamed", "notable", "-/+", new.id, f"was {old.id}", at, old.id, new.id, (_EFFECT,))
    if old.name != new.name and old.id == new.id:
        text = f"alert name {old.name} → {new.name}"
        yield Change("identity/renamed", "notable", "-/+", new.id, text, at, old.name, new.name, (_EFFECT,))
    told = {"severity"} | (_OF_BURN if isinstance(new.condition, Burn) else set())
    if old.id != new.id:
        # Labels with the service's name in them follow from the new name.
        told |= {"service", "slo", "alertname"}
    text = labels_text(*({k: v for k, v in labels.items() if k not in told} for labels in (old.labels, new.labels)))
    if text:
        yield Change("identity/labels", "notable", "-/+", new.id, text, at, details=(_EFFECT,))
    if old.group != new.group and old.group and new.group and old.id == new.id:
        text = f"rule group {old.group} → {new.group}"
        yield Change("identity/group", "notable", "-/+", new.id, text, at, old.group, new.group, ("`for` starts anew",))


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
