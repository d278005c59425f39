"""Changes of objectives: what they promise, over which time, and how they count.

In: a `Comparison`. Out: changes `detection/…` of objectives; their burn alerts are told of as alerts.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from monitorspec.detection import RATIOS, detection, time_text
from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.facts import differences, shown
from monitorspec.diff.pairs import Comparison
from monitorspec.diff.saying import span
from monitorspec.diff.signals import expression, metric
from monitorspec.phrases import percent_text
from monitorspec.plan import CloudWatchSignal, Slo
from monitorspec.spec.units import duration_text, number_text

FIELDS = frozenset(
    ("objective", "window", "min_traffic", "by", "indicator", "interval", "application_signals", "tiers", "labels")
)
"""Fields of an objective that are told of here, or with its alerts and its identity."""


def changes(compared: Comparison) -> Iterator[Change]:
    """Objectives that come and go, promise more or less, or count something else."""
    for old, new in compared.slos:
        if old is not None and new is not None:
            yield from _changed(old, new)
        elif new is not None:
            yield Change(
                "detection/objective-added", "notable", "+", _name(new), f"new: {_promise(new)}", At(new.origin)
            )
        elif old is not None:
            text = f"gone: {_promise(old)}"
            yield Change("detection/objective-removed", "risky", "-", _name(old), text, At(old.origin, True))


def _name(slo: Slo) -> str:
    return f"{slo.service}.{slo.key}"


def _promise(slo: Slo) -> str:
    return f"{percent_text(slo.objective)} over {duration_text(slo.window)}"


def _rate(per_second: Decimal) -> str:
    """A rate in the longest unit in which it is a whole number, or else per second."""
    for unit, seconds in (("s", 1), ("m", 60), ("h", 3600)):
        number = round(per_second * seconds, 4)
        if number == int(number):
            return f"{int(number)}/{unit}"
    return f"{number_text(per_second)}/s"


def budget(slo: Slo) -> str:
    """The time of a total outage that the objective allows."""
    ms = int((1 - slo.objective) * Decimal(slo.window))
    return duration_text(ms // 1000 * 1000) if ms >= 1000 else f"{ms}ms"


def _changed(old: Slo, new: Slo) -> Iterator[Change]:
    at, name = At(new.origin), _name(new)

    def say(code: str, level: Level, text: str, before: str, after: str) -> Change:
        return Change(code, level, "~", name, text, at, before, after)

    if old.objective != new.objective:
        looser = new.objective < old.objective
        before, after = percent_text(old.objective), percent_text(new.objective)
        word = "LOOSER" if looser else "tighter"
        spent = f"budget {budget(old)} → {budget(new)} per {duration_text(new.window)}"
        text = f"objective {before} → {after}: {word}, {spent}"
        code = "detection/looser" if looser else "detection/tighter"
        yield say(code, "risky" if looser else "notable", text, before, after)
    if old.window != new.window:
        before, after = duration_text(old.window), duration_text(new.window)
        text = f"over {before} → {after}: budget {budget(old)} → {budget(new)}"
        yield say("detection/period", "risky", text, before, after)
    if old.min_traffic != new.min_traffic:
        before, after = (_rate(t) if t else "none" for t in (old.min_traffic, new.min_traffic))
        looser = (new.min_traffic or 0) > (old.min_traffic or 0)
        level: Level = "risky" if looser else "notable"
        yield say("detection/min-traffic", level, f"least traffic {before} → {after}", before, after)
    if old.by != new.by:
        before, after = shown(old.by), shown(new.by)
        yield say("detection/signal", "risky", f"counted by {before} → {after}", before, after)
    if old.interval != new.interval:
        before, after = span(old.interval), span(new.interval)
        yield say("detection/interval", "notable", f"recorded every {before} → {after}", before, after)
    if old.application_signals != new.application_signals:
        before, after = shown(old.application_signals), shown(new.application_signals)
        text = f"in Application Signals: {before} → {after}"
        yield say("detection/application-signals", "notable", text, before, after)
    yield from _indicator(name, at, old, new)
    yield from _noticed(name, at, old, new)


def _noticed(name: str, at: At, old: Slo, new: Slo) -> Iterator[Change]:
    """How much sooner or later an outage is noticed; what is noticed later first."""
    before, after = _times(old), _times(new)
    later: list[str] = []
    sooner: list[str] = []
    for ratio in RATIOS:
        was, now = before[ratio], after[ratio]
        if was != now:
            said = f"an outage of {percent_text(ratio)} is noticed after {_after(was)} → {_after(now)}"
            (later if now is None or (was is not None and now > was) else sooner).append(said)
    lines = (*later, *sooner)
    if lines:
        code: str = "detection/slower" if later else "detection/sooner"
        level: Level = "risky" if later else "notable"
        a, b = (", ".join(f"{percent_text(r)}: {_after(ms)}" for r, ms in side.items()) for side in (before, after))
        yield Change(code, level, "~", name, lines[0], at, a, b, lines[1:])


def _times(slo: Slo) -> dict[Decimal, int | None]:
    """Share of requests that fail → ms until an alert of the objective fires, None for never."""
    found = {ratio: detection(slo).first(ratio) for ratio in RATIOS}
    return {ratio: row.time if row is not None else None for ratio, row in found.items()}


def _after(ms: int | None) -> str:
    return "never" if ms is None else time_text(ms)


def _indicator(name: str, at: At, old: Slo, new: Slo) -> Iterator[Change]:
    a, b = old.indicator, new.indicator
    if a == b:
        return
    if a.kind != b.kind:
        text = f"counted as {a.kind} → {b.kind}"
        yield Change("detection/signal", "risky", "~", name, text, at, a.kind, b.kind)
        return
    for field in ("total", "bad", "good", "histogram", "expr"):
        yield from expression(name, at, getattr(a, field), getattr(b, field), field)
    if a.under != b.under:
        looser = b.under > a.under
        before, after = number_text(a.under), number_text(b.under)
        code = "detection/looser" if looser else "detection/tighter"
        level: Level = "risky" if looser else "notable"
        text = f"good under {before} → {after}: {'LOOSER' if looser else 'tighter'}"
        yield Change(code, level, "~", name, text, at, before, after)
    if a.native != b.native:
        text = f"native histogram: {shown(a.native)} → {shown(b.native)}"
        yield Change("detection/signal", "risky", "~", name, text, at, shown(a.native), shown(b.native))
    if a.events is not None and b.events is not None and a.events != b.events:
        for field in ("total", "bad", "good"):
            was, now = getattr(a.events, field), getattr(b.events, field)
            if isinstance(was, CloudWatchSignal) and isinstance(now, CloudWatchSignal):
                yield from metric(name, at, was, now, field)
            elif was != now:
                for path, before, after in differences(was, now):
                    where = ".".join((field, *path))
                    text = f"{where} {shown(before)} → {shown(after)}"
                    yield Change("detection/signal", "risky", "~", name, text, at, shown(before), shown(after))
