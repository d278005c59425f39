"""Alarms of CloudWatch for people: what they watch, what they are called, who hears of them.

In: alerts on CloudWatch and their plan. Out: plain texts, and Markdown where it says so. Who is told follows the topics: SNS knows
neither waiting nor hours nor repetition, so neither do these texts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping

from monitorspec import markdown
from monitorspec.burnrate import default_tiers
from monitorspec.cloudformation.burnsignal import LONGEST
from monitorspec.cloudformation.metricmath import is_insights
from monitorspec.cloudformation.resource import filled
from monitorspec.plan import Alert, Burn, CloudWatchSignal, Composite, Plan, Slo
from monitorspec.plan.aws import Topic
from monitorspec.routing import topics_of
from monitorspec.spec.units import duration_text, number_text

_duration = functools.cache(duration_text)
_STATES = {"alarm": "it begins", "ok": "it ends", "insufficient": "its data is missing"}
_WAYS = {"email": "e-mail to", "sms": "text message to", "https": "web hook", "lambda": "function", "sqs": "queue"}


def signal_text(signal: CloudWatchSignal) -> str:
    """A CloudWatch signal: the metric, or the expression and below it what its ids are."""
    if not signal.expression:
        return _metric_text(signal)
    lines = [signal.expression]
    if is_insights(signal.expression):
        lines.append(f"every {_duration(signal.period)}")
    for id, part in signal.metrics:
        lines.append(f"{id} = {part.expression or _metric_text(part)}")
    return "\n".join(lines)


def _metric_text(signal: CloudWatchSignal) -> str:
    dimensions = ", ".join(f"{name}={value}" for name, value in signal.dimensions)
    where = f" {{{dimensions}}}" if dimensions else ""
    return f"{signal.namespace} {signal.metric}{where}, {signal.stat} over {_duration(signal.period)}"


def left_out(slo: Slo) -> str:
    """Which default burn alerts an objective on CloudWatch cannot have; "" for none."""
    kept = {tier.condition.tier for tier in slo.tiers if isinstance(tier.condition, Burn)}
    lost = [t for t in default_tiers(slo.window) if t.name not in kept and t.long_window > LONGEST]
    if not lost:
        return ""
    said = " and ".join(f"{t.name} ({number_text(t.factor)} times over {_duration(t.long_window)})" for t in lost)
    return f"An alarm looks back {_duration(LONGEST)} at most, so there is no {said}"


class Alarms:
    """What there is to say of a plan's alarms."""

    def __init__(self, plan: Plan, values: Mapping[str, str], quote: Callable[[str], str] = markdown.cell) -> None:
        """`values`: what parameters are unless told otherwise. `quote` is put around what the spec wrote."""
        from monitorspec.cloudformation.known import known

        self._plan = plan
        self._quote = quote
        self._topics = {topic.name: topic for topic in plan.stack.topics}
        self._names = {id: filled(name, values) for id, name in known(plan).alarm_names.items()}
        self._told: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
        self._above: dict[str, list[Alert]] = {}
        for alert in plan.alerts:
            if isinstance(alert.condition, Composite) and alert.actions_enabled:
                for id in dict.fromkeys(alert.condition.rule.alarms()):
                    self._above.setdefault(id, []).append(alert)

    def name(self, alert: Alert) -> str:
        """What the alarm is called in AWS."""
        return self._names[alert.id]

    def told(self, alert: Alert) -> str:
        """Which topics carry it and who is subscribed to them, as Markdown. One whose actions are switched off is told of
        through the composites that watch it."""
        if not alert.actions_enabled:
            through = [f"through `{self.name(above)}`: {self.told(above)}" for above in self._above.get(alert.id, ())]
            return "; ".join(through) or "nobody: its actions are switched off"
        key = topics_of(self._plan, alert), alert.notify_on
        text = self._told.get(key)
        if text is None:
            text = self._told[key] = self._said(*key)
        return text

    def _said(self, topics: tuple[str, ...], states: tuple[str, ...]) -> str:
        named = [_topic(self._topics[name], self._quote) for name in topics if name in self._topics]
        if not named or not states:
            return "nobody"
        when = " and when ".join(_STATES[state] for state in _STATES if state in states)
        return f"{'; '.join(named)}; when {when}"

    def facts(self, alert: Alert) -> Iterator[tuple[str, str]]:
        """(what, Markdown) of what only alarms have."""
        name = self.name(alert)
        condition = alert.condition
        yield "Alarm", f"`{name}`"
        if isinstance(condition, Burn):
            windows = " and ".join(f"`{name}-{which}`" for which in ("long", "short"))
            yield "Made of", f"{windows}, which tell nobody themselves"
        if isinstance(condition, Composite):
            yield "Made of", ", ".join(f"`{self._names[id]}`" for id in condition.rule.alarms() if id in self._names)
            if condition.suppressor in self._names:
                yield "Silent while", f"`{self._names[condition.suppressor]}` is on"
        else:
            reason = "--state-value ALARM --state-reason drill"
            which = f"{name}-long" if isinstance(condition, Burn) else name
            yield "Drill", f"`aws cloudwatch set-alarm-state --alarm-name {which} {reason}`"


def _topic(topic: Topic, quote: Callable[[str], str]) -> str:
    """`pages (e-mail to a@b.example, web hook pager)`."""
    ways = []
    for s in topic.subscriptions:
        if s.protocol == "slack":
            ways.append(f"Slack channel {s.name}")
        elif s.protocol in ("email", "sms") and "${" not in s.endpoint:
            ways.append(f"{_WAYS[s.protocol]} {s.endpoint}")
        else:
            ways.append(f"{_WAYS[s.protocol]} {s.name}")
    if not ways:
        ways = [f"its subscribers; {topic.description.rstrip('.')}" if topic.description else "its subscribers"]
    return f"topic {quote(topic.name)} ({quote(', '.join(ways))})"
