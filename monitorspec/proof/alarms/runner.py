"""Finished templates held against the cases of a plan.

In: a `Proof`, stacks. Out: `Failure`s, told as stories. This is the only part of a proof that reads what was emitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from monitorspec.alarmstate import schedule
from monitorspec.alarmstate.desk import Action
from monitorspec.alarmstate.errors import AlarmError
from monitorspec.alarmstate.metricalarm import MetricAlarm, Watch
from monitorspec.alarmstate.resolver import MUTE, Stack, resources_of
from monitorspec.alarmstate.samples import Samples
from monitorspec.alarmstate.timeline import Alarms, History, read, run
from monitorspec.alarmstate.verdict import LOOK_BACK
from monitorspec.proof.alarms.case import START, Case, Proof

_SHOWN = 3
"""Failures of a case that are told; the others are counted."""


class Failure(NamedTuple):
    """What an alarm does other than the spec wants. `time` in seconds since the epoch."""

    alert: str
    alarm: str
    time: int
    text: str

    def __str__(self) -> str:
        return self.text


def failures(proof: Proof, stacks: Sequence[Stack], look_back: int = LOOK_BACK) -> list[Failure]:
    """What the alarms of the stacks do wrong in the cases; [] when all is well."""
    out: list[Failure] = []
    for case in proof.cases:
        out += failures_of(case, proof, stacks, look_back)
    return [*out, *_muting(proof, stacks)] if proof.quiet else out


def failures_of(case: Case, proof: Proof, stacks: Sequence[Stack], look_back: int = LOOK_BACK) -> list[Failure]:
    """What goes wrong in one case."""
    only = (case.alarm, *case.needs)
    given = [stack._replace(parameters=_given(stack, {**proof.parameters, **case.parameters})) for stack in stacks]
    try:
        alarms = read(given, look_back, only)
        by_id = {id: name for name, id in alarms.ids.items()}
        if case.alarm not in by_id:
            return [_failure(case, START, "no template has this alarm")]
        samples = Samples(case.samples)
        names = [by_id[case.alarm], *(by_id[id] for id in case.silent if id in by_id)]
        histories = run(alarms, samples, START, case.end, only=names, bands=case.bands)
    except AlarmError as error:
        return [_failure(case, START, f"it cannot be evaluated: {error}")]
    history = histories[by_id[case.alarm]]
    found = [*_states(case, history, alarms, samples), *_actions(case, history, proof.topics)]
    for id in case.silent:
        if id in by_id and histories[by_id[id]].actions:
            action = histories[by_id[id]].actions[0]
            found.append(
                _failure(case, action.time, f"{id} is to tell nobody, but told {_names(action, proof.topics)}")
            )
    if len(found) > _SHOWN:
        rest = len(found) - _SHOWN
        found[_SHOWN - 1] = found[_SHOWN - 1]._replace(text=f"{found[_SHOWN - 1].text} (and {rest} more like it)")
    return found[:_SHOWN]


def _muting(proof: Proof, stacks: Sequence[Stack]) -> Iterator[Failure]:
    """Alarms that are muted when they should not be, or the other way round."""
    given = [stack._replace(parameters=_given(stack, proof.parameters)) for stack in stacks]
    try:
        made = list(resources_of(given))
        rules = [schedule.read(r.name, r.properties) for r in made if r.type == MUTE]
    except AlarmError as error:
        any_ = proof.quiet[0]
        yield Failure(any_.alert, any_.alarm, START, f"mute rules cannot be read: {error}")
        return
    names = {r.id: r.name for r in made if r.type != MUTE}
    first, last = min(proof.quiet[0].times), max(proof.quiet[0].times)
    windows = [(rule, tuple(rule.windows(first, last))) for rule in rules]
    for quiet in proof.quiet:
        name = names.get(quiet.alarm)
        mine = [w for rule, found in windows if rule.targets is None or name in rule.targets for w in found]
        for time, muted in zip(quiet.times, quiet.muted, strict=True):
            if any(start <= time < end for start, end in mine) != muted:
                when = datetime.fromtimestamp(time, UTC).strftime("%a %d %b %H:%M UTC")
                said = "it is to be silent, but is not muted" if muted else "it is muted, and should not be"
                yield Failure(quiet.alert, quiet.alarm, time, f"{quiet.alert} (alarm {quiet.alarm}), {when}: {said}")
                break


def _given(stack: Stack, values: Mapping[str, str]) -> dict[str, str]:
    declared = stack.template.get("Parameters") or {}
    return {name: value for name, value in values.items() if name in declared}


def _states(case: Case, history: History, alarms: Alarms, samples: Samples) -> Iterator[Failure]:
    for check in case.checks:
        state = history.at(check.time)
        if state != check.state:
            seen = _seen(case, check.time, alarms, samples)
            yield _failure(case, check.time, f"{check.why}: expected {check.state}, it is {state}{seen}")


def _seen(case: Case, time: int, alarms: Alarms, samples: Samples) -> str:
    """What the alarm, or those that it stands on, sees at that time."""
    name = next(name for name, id in alarms.ids.items() if id == case.alarm)
    alarm = alarms.metrics.get(name)
    if alarm is None:
        return ""
    at = time // alarm.windows.step * alarm.windows.step
    values = Watch(alarm, samples, case.bands).seen(at).values
    shown = ", ".join("–" if value is None else f"{value:.6g}" for value in values)
    return f"; it sees {shown} and compares: {_condition(alarm)}"


def _condition(alarm: MetricAlarm) -> str:
    limit = alarm.band or f"{alarm.threshold:.12g}"
    return f"{alarm.comparison} {limit}, {alarm.enough} of {alarm.of} datapoints of {alarm.period} s, {alarm.treatment}"


def _actions(case: Case, history: History, topics: Mapping[str, str]) -> Iterator[Failure]:
    for action in history.actions:
        wanted = case.topics.get(action.state)
        told = {topics.get(target, target) for target in action.targets}
        if wanted is not None and told != set(wanted):
            said = f"told {_names(action, topics)} of {action.state}, instead of {', '.join(wanted) or 'nobody'}"
            yield _failure(case, action.time, said)
            break
    for told_ in case.told:
        if not case.topics.get(told_.state):
            continue
        found = any(
            action.state == told_.state and told_.after < action.time <= told_.until for action in history.actions
        )
        if found == told_.never:
            what = "nobody is to be told" if told_.never else "nobody was told"
            yield _failure(case, told_.until, f"{told_.why}: {what} of {told_.state}")


def _names(action: Action, topics: Mapping[str, str]) -> str:
    return ", ".join(topics.get(target, target) for target in action.targets)


def _failure(case: Case, time: int, text: str) -> Failure:
    minutes = (time - START) / 60
    clock = f"minute {minutes:g}" if minutes < 600 else f"hour {minutes / 60:.4g}"
    return Failure(case.alert, case.alarm, time, f"{case.alert} (alarm {case.alarm}; {case.title}), {clock}: {text}")
