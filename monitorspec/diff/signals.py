"""Changes of what is watched: other series, fewer of them, another window.

In: a signal or an expression before and after. Out: changes `detection/…`, and `cosmetic/expression` where only the layout differs.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.expressions import Way, turn
from monitorspec.diff.facts import differences, shown
from monitorspec.diff.saying import say, span
from monitorspec.plan import Alert, CloudWatchSignal, Signal

_TURNS: dict[Way, tuple[str, Level, str]] = {
    "narrower": ("detection/narrower", "risky", "NARROWER: "),
    "wider": ("detection/wider", "notable", "wider: "),
    "selector": ("detection/signal", "risky", "other series: "),
    "window": ("detection/window", "risky", ""),
    "number": ("detection/signal", "risky", ""),
    "other": ("detection/signal", "risky", ""),
}


def signal(alert: Alert, old: Signal, new: Signal) -> Iterator[Change]:
    """How what an alert watches changed."""
    if (old.cloudwatch is None) != (new.cloudwatch is None):
        before, after = ("CloudWatch" if s.cloudwatch else "Prometheus" for s in (old, new))
        yield say(alert, "detection/signal", "risky", f"watched by {before} → {after}", before, after)
    elif old.cloudwatch is not None and new.cloudwatch is not None:
        yield from metric(alert.id, At(alert.origin), old.cloudwatch, new.cloudwatch)
    else:
        yield from expression(alert.id, At(alert.origin), old.promql, new.promql)
    if old.unit != new.unit:
        yield say(alert, "detection/unit", "notable", f"unit {old.unit} → {new.unit}", old.unit, new.unit)


def expression(subject: str, at: At, old: str, new: str, what: str = "") -> Iterator[Change]:
    """How a PromQL expression changed, `what` being its name where a thing has several."""
    if old == new:
        return
    lead = f"{what}: " if what else ""
    if not old or not new:
        before, after = old or "nothing", new or "nothing"
        yield Change("detection/signal", "risky", "~", subject, f"{lead}{before} → {after}", at, before, after)
        return
    way, text = turn(old, new)
    if way == "same":
        yield Change("cosmetic/expression", "cosmetic", "~", subject, f"{lead}its expression is laid out anew", at)
        return
    code, level, word = _TURNS[way]
    before, after = " ".join(old.split()), " ".join(new.split())
    details = () if way in ("narrower", "wider", "selector") else (f"- {before}", f"+ {after}")
    yield Change(code, level, "~", subject, f"{lead}{word}{text}", at, before, after, details)


def metric(subject: str, at: At, old: CloudWatchSignal, new: CloudWatchSignal, what: str = "") -> Iterator[Change]:
    """How a CloudWatch metric or metric math changed."""
    lead = f"{what}: " if what else ""
    for path, before, after in differences(old, new):
        name = ".".join(path)
        code, level = "detection/signal", "risky"
        was, now = shown(before), shown(after)
        text = f"{name} {was} → {now}"
        if path[-2:-1] == ("dimensions",) and (before is None or after is None):
            code, level = ("detection/narrower", "risky") if before is None else ("detection/wider", "notable")
            text = f"NARROWER: only {path[-1]}={now}" if before is None else f"wider: no longer only {path[-1]}={was}"
        elif path[-1] == "label":
            code, level = "cosmetic/text", "cosmetic"
        elif path[-1] == "period":
            code, was, now = "detection/window", span(before or 0), span(after or 0)
            text = f"{name} {was} → {now}"
        yield Change(code, level, "~", subject, f"{lead}{text}", at, was, now)  # type: ignore[arg-type]
