"""What is noticed that was not, what is no longer noticed, and how much sooner or later.

In: a `Comparison`. Out: changes `detection/…` of alerts.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.conditions import condition
from monitorspec.diff.facts import differences, shown
from monitorspec.diff.pairs import Comparison
from monitorspec.diff.saying import delay, say, span
from monitorspec.diff.signals import signal
from monitorspec.phrases import condition_text
from monitorspec.plan import Alert, Burn, Custom
from monitorspec.proof.rawrule import as_limit

# How much each policy notices of missing data.
_MISSING = {"breaching": 2, "insufficient": 1, "ignore": 0, "ok": 0}

FIELDS = frozenset(
    ("signal", "condition", "hold", "missing", "min_samples", "keep_firing", "interval", "parameter", "properties")
)
"""Fields of an alert that are told of here."""


def changes(compared: Comparison) -> Iterator[Change]:
    """Alerts that come and go, and what makes them fire sooner, later, more or less often."""
    for old, new in compared.alerts:
        if old is not None and new is not None:
            yield from _changed(_read(old), _read(new))
        elif new is not None:
            yield Change("detection/added", "notable", "+", new.id, f"new: fires {condition_text(new)}", At(new.origin))
        elif old is not None:
            text = f"gone: no longer fires {condition_text(old)}"
            yield Change("detection/removed", "risky", "-", old.id, text, At(old.origin, True))


def _read(alert: Alert) -> Alert:
    """A raw rule that compares a signal with a number is compared as a limit."""
    return (as_limit(alert) or alert) if isinstance(alert.condition, Custom) else alert


def _changed(old: Alert, new: Alert) -> Iterator[Change]:
    yield from condition(old, new)
    if old.signal != new.signal and not (isinstance(old.condition, Burn) and isinstance(new.condition, Burn)):
        # What a burn alert watches is its objective's indicator.
        yield from signal(new, old.signal, new.signal)
    if old.hold != new.hold:
        yield delay(new, new.hold > old.hold, "`for`", span(old.hold), span(new.hold))
    if old.missing != new.missing:
        level: Level = "risky" if _MISSING.get(new.missing, 0) < _MISSING.get(old.missing, 0) else "notable"
        text = f"missing data {old.missing} → {new.missing}"
        yield say(new, "detection/missing-data", level, text, old.missing, new.missing)
    if old.min_samples != new.min_samples:
        level = "risky" if new.min_samples > old.min_samples else "notable"
        before, after = str(old.min_samples), str(new.min_samples)
        yield say(new, "detection/min-samples", level, f"least samples {before} → {after}", before, after)
    if old.keep_firing != new.keep_firing:
        before, after = span(old.keep_firing), span(new.keep_firing)
        yield say(new, "detection/recovery", "notable", f"keeps firing for {before} → {after}", before, after)
    if old.interval != new.interval and not new.on_cloudwatch:
        # That of an alarm is its period.
        before, after = span(old.interval), span(new.interval)
        yield say(new, "detection/interval", "notable", f"evaluated every {before} → {after}", before, after)
    if old.parameter != new.parameter:
        before, after = old.parameter or "none", new.parameter or "none"
        text = f"parameter that takes its limit: {before} → {after}"
        yield say(new, "detection/parameter", "notable", text, before, after)
    for path, was, now in differences(old.properties, new.properties):
        text = f"raw property {'.'.join(path)}: {shown(was)} → {shown(now)}"
        yield say(new, "detection/property", "notable", text, shown(was), shown(now))
