"""How a change of an alert is put into words.

In: an alert, what it was and is. Out: `Change`s.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from monitorspec.diff.change import At, Change, Level
from monitorspec.plan import Alert
from monitorspec.spec.units import duration_text

SHOWN = 5
"""Names of a list that are told; the others are counted."""


def listed(names: Iterable[str], none: str = "nothing") -> str:
    """The first few of some names, or `none`."""
    found = list(names) or [none]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


def say(alert: Alert, code: str, level: Level, text: str, before: str = "", after: str = "") -> Change:
    """A change of one alert in place."""
    return Change(code, level, "~", alert.id, text, At(alert.origin), before, after)


def sensitivity(alert: Alert, looser: bool, text: str, before: str, after: str) -> Change:
    """A limit that lies further out, or less far."""
    if looser:
        return say(alert, "detection/looser", "risky", f"{text} {before} → {after}: LOOSER", before, after)
    return say(alert, "detection/tighter", "notable", f"{text} {before} → {after}: tighter", before, after)


def delay(alert: Alert, later: bool, text: str, before: str, after: str) -> Change:
    """A condition that has to hold for longer, or less long."""
    if later:
        return say(alert, "detection/slower", "risky", f"{text} {before} → {after}: LATER", before, after)
    return say(alert, "detection/sooner", "notable", f"{text} {before} → {after}: sooner", before, after)


def span(ms: int) -> str:
    """A duration, also none."""
    return duration_text(ms) if ms else "0s"


def far(op: str, old: Decimal, new: Decimal) -> bool:
    """Whether the new limit lies further out than the old one."""
    return new > old if op.startswith(">") else new < old
