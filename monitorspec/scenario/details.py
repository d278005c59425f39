"""What a story of a failed test needs besides what was seen: values, and when an alert fires at all.

In: scenarios that failed. Out: further questions to promtool, and `Detail`s from its answers. Only failures pay for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec import names
from monitorspec.phrases import condition_text
from monitorspec.plan import Absent, Alert, Burn, Labels, Plan
from monitorspec.promql import expression
from monitorspec.rules.text import series
from monitorspec.scenario import probe
from monitorspec.scenario.outcome import Detail, Outcome
from monitorspec.spec.samples import Samples
from monitorspec.spec.units import duration_text


class Asked(NamedTuple):
    """A question of a story: `what` is "first", or what the value is of."""

    alert: str
    at: int
    what: str


def questions(
    plan: Plan, outcome: Outcome, number: int, step: int, interval: int, samples: Sequence[str]
) -> tuple[list[probe.Question], dict[int, Asked], int]:
    """What a failed test's story asks, numbered from `number` on, and when the series end (ms)."""
    alerts = {alert.id: alert for alert in plan.alerts if not alert.on_cloudwatch}
    last = max((m.moment.at + m.moment.within for m in outcome.scenes), default=0)
    length = max((len(Samples(text).values) for text in samples), default=1)
    end = max(last, (length - 1) * interval)
    asked: list[probe.Question] = []
    meant: dict[int, Asked] = {}
    for id, at in dict.fromkeys(about(outcome)):
        if id not in alerts:
            continue
        for what, when, expr in _of(alerts[id], at, end, step):
            meant[number] = Asked(id, at, what)
            asked.append(probe.Question(number, when, expr))
            number += 1
    return asked, meant, end


def details(
    plan: Plan, meant: Mapping[int, Asked], answers: Mapping[int, Sequence[probe.Sample]], end: int
) -> tuple[Detail, ...]:
    """The answers, by alert and time."""
    alerts = {alert.id: alert for alert in plan.alerts}
    first: dict[tuple[str, int], int] = {}
    values: dict[tuple[str, int], list[tuple[str, Labels, float]]] = {}
    for number, asked in meant.items():
        key = asked.alert, asked.at
        found = answers.get(number, ())
        values.setdefault(key, [])
        if asked.what == "first":
            times = [round(sample.value * 1000) for sample in found]
            if times:
                first[key] = min(times)
        else:
            values[key] += [(asked.what, _bare(sample.labels), sample.value) for sample in found]
    return tuple(
        Detail(id, at, condition_text(alerts[id]), tuple(found), first.get((id, at)), end)
        for (id, at), found in values.items()
    )


def about(outcome: Outcome) -> Iterator[tuple[str, int]]:
    """(alert, time) of everything that the story of an outcome speaks of."""
    at = {scene.moment.at + scene.moment.within: scene for scene in outcome.scenes}
    for problem in outcome.problems:
        yield from ((id, problem.at) for id in problem.alerts)
        if problem.at in at:
            yield from ((t.fired.alert, problem.at) for t in at[problem.at].now if t.fired.alert)


def _of(alert: Alert, at: int, end: int, step: int) -> Iterator[tuple[str, int, str]]:
    matchers = {"alertname": alert.name, "alertstate": "firing"}
    matchers |= {name: value for name, value in alert.labels.items() if "{{" not in value}
    inside = f"timestamp({series('ALERTS', matchers)})"
    span = duration_text(end + step)
    yield "first", end, f"min_over_time({inside}[{span}:{duration_text(step)}])"
    condition = alert.condition
    if isinstance(condition, Burn):
        labels = {name: alert.labels[name] for name in ("service", "slo", "system") if name in alert.labels}
        for window in (condition.long_window, condition.short_window):
            name = names.ERROR_RATIO.format(window=duration_text(window))
            yield f"error ratio over {duration_text(window)}", at, series(name, labels)
    elif not isinstance(condition, Absent):
        expr = alert.signal.promql
        yield "value", at, f"vector({expr})" if expression.value_type(expr) == "scalar" else f"({expr})"


def _bare(labels: Labels) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != "__name__"}
