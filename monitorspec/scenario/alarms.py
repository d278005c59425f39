"""CloudWatch alarms of finished templates over the samples of tests: which of them are on, and whom they told.

In: a plan, the templates as text, scenarios. Out: `Seen`. Alarms are evaluated by `alarmstate`; nothing here knows what the
spec means by them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec.alarmstate import timeline
from monitorspec.alarmstate.errors import AlarmError
from monitorspec.alarmstate.mathframe import ANY, Band
from monitorspec.alarmstate.metricalarm import MetricAlarm, Watch
from monitorspec.alarmstate.resolver import Stack
from monitorspec.alarmstate.samples import Metric, Sample, Samples
from monitorspec.alarmstate.timeline import Alarms, History
from monitorspec.alarmstate.verdict import ALARM
from monitorspec.artifact import Artifact
from monitorspec.metricname import DEFAULT_REGION, metric_of
from monitorspec.plan import Alert, Anomaly, MetricFeed, Plan, Scenario
from monitorspec.proof.alarms.case import START
from monitorspec.proof.alarms.clusters import cluster
from monitorspec.proof.alarms.context import Context, context_of
from monitorspec.scenario.seen import Fired, Seen

# What CloudWatch expects of a metric nobody knows: in a test nothing is unusual.
_USUAL: Band = (0.0, 1e18)


class Desk(NamedTuple):
    """The alarms of a plan's templates, by region, ready for tests. `problem`: why they cannot be evaluated, or ""."""

    context: Context
    regions: tuple[Alarms, ...]
    topics: Mapping[str, str]
    problem: str


def desk_of(plan: Plan, artifacts: Iterable[Artifact]) -> Desk:
    """The alarms of the templates among `artifacts`."""
    context = context_of(plan)
    topics = {symbol: topic for topic, symbol in context.known.topics.items()}
    try:
        regions = tuple(timeline.read(stacks) for stacks in _by_region(context, artifacts).values())
    except AlarmError as error:
        return Desk(context, (), topics, str(error))
    return Desk(context, regions, topics, "")


def stacks_of(plan: Plan, artifacts: Iterable[Artifact]) -> list[Stack]:
    """The templates among `artifacts` as stacks, each in its region."""
    return list(stacks_by_path(plan, artifacts).values())


def stacks_by_path(plan: Plan, artifacts: Iterable[Artifact]) -> dict[str, Stack]:
    """The same, by the paths of the artifacts."""
    regions = {s.region for alert in plan.alerts if (s := alert.signal.cloudwatch) and s.region}
    own = plan.stack.region or DEFAULT_REGION
    out = {}
    for artifact in artifacts:
        folder, _, file = artifact.path.rpartition("/")
        if folder == "cloudwatch" and ".template." in file:
            rest = file.removeprefix(f"{plan.system}-")
            found = [region for region in regions if rest.startswith(region)]
            region = max(found, key=len) if found else own
            out[artifact.path] = Stack(_read(file, artifact.text), region=region)
    return out


def see(desk: Desk, scenario: Scenario, services: Sequence[str]) -> list[Seen]:
    """What the alarms of `services` do at each moment of a scenario, and at the time after which it is to begin."""
    times = sorted({at for m in scenario.moments for at in ((m.at, m.at + m.within) if m.within else (m.at,))})
    if desk.problem:
        return [Seen(at, (), trouble=desk.problem) for at in times]
    wanted = {
        desk.context.known.alarms[alert.id]: alert
        for alert in desk.context.plan.alerts
        if alert.on_cloudwatch and alert.service in services and not alert.asks
    }
    if not wanted or not times:
        return [Seen(at, ()) for at in times]
    start = int(scenario.start.timestamp()) if scenario.start else START
    samples = Samples(_samples(desk.context.values, scenario.metrics, start))
    fired: dict[int, list[Fired]] = {at: [] for at in times}
    try:
        for alarms in desk.regions:
            mine = {name: wanted[id] for name, id in alarms.ids.items() if id in wanted}
            if not mine:
                continue
            # Without a clock of its own a test cannot tell a window: what mutes an alarm at some hours is told apart.
            given = alarms if scenario.start else alarms._replace(mutes=())
            histories = timeline.run(
                given, samples, start, start + times[-1] // 1000, only=list(mine), bands=_bands(desk.context)
            )
            for name, alert in mine.items():
                for at in times:
                    found = _fired(desk, alarms, histories, name, alert, start, at, scenario.start is not None)
                    fired[at] += [found] if found else []
    except AlarmError as error:
        return [Seen(at, (), trouble=str(error)) for at in times]
    return [Seen(at, tuple(fired[at])) for at in times]


def view(desk: Desk, scenario: Scenario, id: str, at: int) -> str:
    """What the alarm of an alert sees at a time: its datapoints and what it compares them with, for people."""
    start = int(scenario.start.timestamp()) if scenario.start else START
    samples = Samples(_samples(desk.context.values, scenario.metrics, start))
    logical = desk.context.known.alarms.get(id, "")
    for alarms in desk.regions:
        name = next((name for name, found in alarms.ids.items() if found == logical), None)
        alarm = alarms.metrics.get(name) if name else None
        if alarm is not None:
            time = (start + at // 1000) // alarm.windows.step * alarm.windows.step
            values = Watch(alarm, samples, _bands(desk.context)).seen(time).values
            shown = ", ".join("no data" if value is None else f"{value:.6g}" for value in values)
            return f"it sees {shown}; {_condition(alarm)}"
    return ""


_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def _condition(alarm: MetricAlarm) -> str:
    if alarm.band:
        return "it is outside of its band only where a model is known"
    op = _COMPARISONS.get(alarm.comparison, alarm.comparison)
    enough = f"{alarm.enough} of {alarm.of} datapoints" if alarm.of > 1 else "a datapoint"
    return f"on with {enough} {op} {alarm.threshold:.12g}, each of {alarm.period} s"


def _fired(
    desk: Desk,
    alarms: Alarms,
    histories: Mapping[str, History],
    name: str,
    alert: Alert,
    start: int,
    at: int,
    clocked: bool,
) -> Fired | None:
    """The alarm's firing at `at`, with those that it has told of it; None where it is not on."""
    now = start + at // 1000
    history = histories[name]
    if history.at(now) != ALARM:
        return None
    since = max(change.time for change in history.changes if change.time <= now)
    told = [action for action in history.actions if action.state == ALARM and since <= action.time <= now]
    targets = tuple(desk.topics.get(t, t) for action in told for t in action.targets)
    orders = alarms.orders[name]
    muted = [rule.name for rule in alarms.mutes if rule.targets is None or name in rule.targets]
    why = ""
    if not targets:
        if not orders.targets[ALARM]:
            why = "the alarm has no action"
        elif orders.suppressor and histories[orders.suppressor.alarm].at(now) == ALARM:
            why = f"suppressed by the alarm {orders.suppressor.alarm}"
        elif muted:
            why = f"muted by {', '.join(muted)}"
    if muted and targets and not clocked:
        why = f"muted at some hours by {', '.join(muted)}"
    labels = {**alert.labels, "alertname": alert.name}
    return Fired(alert.id, labels, (since - start) * 1000, tuple(dict.fromkeys(targets)), why)


def _bands(context: Context) -> dict[Metric | str, Band]:
    bands: dict[Metric | str, Band] = {ANY: _USUAL}
    for alert in context.plan.alerts:
        signal = alert.signal.cloudwatch
        if isinstance(alert.condition, Anomaly) and signal and not signal.expression:
            bands[metric_of(signal, context.values)] = _USUAL
    return bands


def _samples(values: Mapping[str, str], feeds: Sequence[MetricFeed], start: int) -> dict[Metric, list[Sample]]:
    out: dict[Metric, list[Sample]] = {}
    for feed in feeds:
        samples = out.setdefault(metric_of(feed.signal, values), [])
        for n, value in enumerate(feed.values):
            if value is None:
                continue
            time = start + n * feed.step // 1000
            if not feed.stat:
                samples.append(Sample(time, value))
                continue
            found = cluster(feed.stat, value, feed.least)
            if found is None:
                raise AlarmError(f"no samples give {feed.stat} of {feed.signal.metric} the value {value:g}")
            for parts, offset in ((found.early, 0), (found.late, feed.step // 2000)):
                samples += [Sample(time + offset, v, weight) for v, weight in parts]
    return out


def _by_region(context: Context, artifacts: Iterable[Artifact]) -> dict[str, list[Stack]]:
    out: dict[str, list[Stack]] = {}
    for stack in stacks_of(context.plan, artifacts):
        declared = stack.template.get("Parameters") or {}
        given = {name: value for name, value in context.values.items() if name in declared}
        out.setdefault(stack.region, []).append(stack._replace(parameters=given))
    return out


def _read(file: str, text: str) -> dict[str, Any]:
    """The template as CloudFormation would read it."""
    if file.endswith(".json"):
        data: dict[str, Any] = json.loads(text)
    else:
        from monitorspec import source

        data = source.parse(text, file).data
    return data
