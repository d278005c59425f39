"""Changes of a condition, with the direction where it is certain: past a higher limit of "above" lies less.

In: an alert before and after. Out: changes `detection/…`. A new kind of condition is a function here and a line in `CONDITIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitorspec.diff.change import Change, Level
from monitorspec.diff.saying import delay, far, say, sensitivity, span
from monitorspec.phrases import condition_text, value_text
from monitorspec.plan import Absent, Alert, Anomaly, Burn, Composite, Custom, Forecast, Limit
from monitorspec.spec.units import number_text

Found = Iterator[Change]


def condition(old: Alert, new: Alert) -> Found:
    """How the condition of an alert changed."""
    if old.condition == new.condition:
        return
    if type(old.condition) is not type(new.condition):
        yield _other(old, new)
        return
    yield from CONDITIONS[type(new.condition)](old, new)


def _other(old: Alert, new: Alert) -> Change:
    before, after = condition_text(old), condition_text(new)
    return say(new, "detection/condition", "risky", f"fires {after}, and no longer {before}", before, after)


def _limit(old: Alert, new: Alert) -> Found:
    a, b = old.condition, new.condition
    assert isinstance(a, Limit)
    assert isinstance(b, Limit)
    if a.op[0] != b.op[0]:
        yield _other(old, new)
        return
    if a.value != b.value:
        before, after = value_text(a.value, old.signal.unit), value_text(b.value, new.signal.unit)
        yield sensitivity(new, far(b.op, a.value, b.value), "above" if b.op[0] == ">" else "below", before, after)
    elif a.op != b.op:
        # Only at the limit itself do the two differ.
        yield sensitivity(new, len(b.op) < len(a.op), "compared by", f"{a.op} {a.text}", f"{b.op} {b.text}")
    if a.recover != b.recover:
        before, after = (
            "its limit" if limit.recover is None else value_text(limit.recover, alert.signal.unit)
            for alert, limit in ((old, a), (new, b))
        )
        yield say(new, "detection/recovery", "notable", f"ends at {before} → {after}", before, after)
    yield from _datapoints(new, a.datapoints, b.datapoints)


def _datapoints(alert: Alert, old: tuple[int, int] | None, new: tuple[int, int] | None) -> Found:
    if old == new:
        return
    (m, n), (more, of) = old or (1, 1), new or (1, 1)
    yield delay(alert, more > m or (more == m and of < n), "datapoints to alarm", f"{m} of {n}", f"{more} of {of}")


def _forecast(old: Alert, new: Alert) -> Found:
    a, b = old.condition, new.condition
    assert isinstance(a, Forecast)
    assert isinstance(b, Forecast)
    if a.op != b.op:
        yield _other(old, new)
        return
    if a.value != b.value:
        before, after = value_text(a.value, old.signal.unit), value_text(b.value, new.signal.unit)
        side = "above" if b.op[0] == ">" else "below"
        yield sensitivity(new, far(b.op, a.value, b.value), f"expected {side}", before, after)
    if a.within != b.within:
        yield delay(new, b.within < a.within, "warns ahead by", span(a.within), span(b.within))
    if a.window != b.window:
        yield _window(new, "trend over", a.window, b.window, "notable")


def _burn(old: Alert, new: Alert) -> Found:
    a, b = old.condition, new.condition
    assert isinstance(a, Burn)
    assert isinstance(b, Burn)
    if a.factor != b.factor:
        yield sensitivity(new, b.factor > a.factor, "burn rate", number_text(a.factor), number_text(b.factor))
    for what, was, now in (("long", a.long_window, b.long_window), ("short", a.short_window, b.short_window)):
        if was != now:
            yield _window(new, f"{what} window", was, now, "risky" if now > was else "notable")


def _window(alert: Alert, what: str, old: int, new: int, level: Level) -> Change:
    return say(alert, "detection/window", level, f"{what} {span(old)} → {span(new)}", span(old), span(new))


def _anomaly(old: Alert, new: Alert) -> Found:
    a, b = old.condition, new.condition
    assert isinstance(a, Anomaly)
    assert isinstance(b, Anomaly)
    if a.side != b.side:
        level: Level = "notable" if b.side == "both" else "risky"
        yield say(new, "detection/condition", level, f"side of the expected band {a.side} → {b.side}", a.side, b.side)
    if a.deviations != b.deviations:
        before, after = number_text(a.deviations), number_text(b.deviations)
        yield sensitivity(new, b.deviations > a.deviations, "band in standard deviations", before, after)
    yield from _datapoints(new, a.datapoints, b.datapoints)


def _composite(old: Alert, new: Alert) -> Found:
    a, b = old.condition, new.condition
    assert isinstance(a, Composite)
    assert isinstance(b, Composite)
    if a.rule != b.rule:
        yield _other(old, new)
    if a.suppressor != b.suppressor:
        before, after = a.suppressor or "none", b.suppressor or "none"
        level: Level = "risky" if b.suppressor else "notable"
        yield say(new, "detection/suppressor", level, f"suppressed by {before} → {after}", before, after)
    for what, was, now in (("wait", a.wait, b.wait), ("extension", a.extension, b.extension)):
        if was != now:
            level = "risky" if now > was else "notable"
            text = f"{what} of its suppressor {span(was)} → {span(now)}"
            yield say(new, "detection/suppressor", level, text, span(was), span(now))


def _nothing(old: Alert, new: Alert) -> Found:
    """Conditions that have nothing to differ in: the signal says it all."""
    del old, new
    return iter(())


CONDITIONS: dict[type, Callable[[Alert, Alert], Found]] = {
    Limit: _limit,
    Forecast: _forecast,
    Absent: _nothing,
    Burn: _burn,
    Anomaly: _anomaly,
    Composite: _composite,
    Custom: _nothing,
}
