"""Mutants of CloudWatch alarms before the cases that are made from the spec.

In: a plan. Out: a `Verdict` for each wrong version of an alarm in the finished templates. What no case notices is looked for
further, in stories made up at random out of the cases' samples, so that the report can say what a test would have to try.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec.alarmstate.errors import AlarmError
from monitorspec.alarmstate.resolver import Stack
from monitorspec.alarmstate.samples import Sample, Samples
from monitorspec.alarmstate.timeline import read, run
from monitorspec.mutation.alarmsameness import same_alarm
from monitorspec.mutation.mutant import Change, Verdict
from monitorspec.mutation.templates import Mutant, mutants
from monitorspec.plan import Alert, Plan
from monitorspec.proof.alarms.case import START, Case, Proof
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.runner import failures_of

STORIES = 20
"""How many stories are made up for a mutant that no case notices."""
_FACTORS = (0.0, 0.5, 0.9, 0.98, 0.99, 1.0, 1.0, 1.01, 1.02, 1.1, 2.0, 10.0)


class Wrong(NamedTuple):
    """A mutant of the alarm `id` of an alert; `stacks`: path and stack of the templates with it."""

    alert: Alert
    id: str
    mutant: Mutant
    properties: Mapping[str, Any]
    stacks: tuple[tuple[str, Stack], ...]


def alarm_mutants(plan: Plan, stacks: Mapping[str, Stack]) -> tuple[list[Wrong], tuple[tuple[str, str], ...]]:
    """The mutants of every alarm that has cases; and the alerts that have none, with the reason. `stacks` by path."""
    proof = proof_of(plan)
    alerts = {alert.id: alert for alert in plan.alerts if alert.on_cloudwatch}
    named = {case.alarm: case.alert for case in proof.cases}
    out = []
    for id, alert in named.items():
        path = next(path for path, stack in stacks.items() if id in stack.template["Resources"])
        properties = stacks[path].template["Resources"][id]["Properties"]
        for mutant in mutants(properties):
            changed = {**stacks, path: _changed(stacks[path], id, mutant.properties)}
            out.append(Wrong(alerts[alert], id, mutant, properties, tuple(changed.items())))
    told = set(named.values())
    return out, tuple((gap.alert, gap.reason) for gap in proof.gaps if gap.alert not in told)


def alarm_verdicts(plan: Plan, stacks: Mapping[str, Stack], wrongs: Sequence[Wrong]) -> list[Verdict]:
    """What came of each mutant."""
    proof = proof_of(plan)
    cases: dict[str, list[Case]] = defaultdict(list)
    for case in proof.cases:
        for id in (case.alarm, *case.silent):
            cases[id].append(case)
    return [_verdict(wrong, cases[wrong.id], proof, list(stacks.values())) for wrong in wrongs]


def _verdict(given: Wrong, cases: Sequence[Case], proof: Proof, stacks: Sequence[Stack]) -> Verdict:
    alert, id, mutant = given.alert, given.id, given.mutant
    change = Change(mutant.kind, _said(mutant))
    wrong = [stack for _, stack in given.stacks]
    for case in cases:
        found = failures_of(case, proof, wrong)
        if found:
            return Verdict(alert.id, change, alert.origin, "noticed", found[0].text)
    titles = tuple(dict.fromkeys(case.title for case in cases))
    reason = same_alarm(mutant, given.properties, alert, proof)
    if reason:
        return Verdict(alert.id, change, alert.origin, "equivalent", reason, titles)
    own = [case for case in cases if case.alarm == id]
    told = "" if mutant.kind in ("actions", "suppressor") else _difference(id, own, proof, stacks, wrong)
    return Verdict(alert.id, change, alert.origin, "survived", told or "they pass all the same", titles)


def _said(mutant: Mutant) -> str:
    text = mutant.change
    return text if " → " in text or mutant.kind in ("actions", "rule", "suppressor") else f"→ {text}"


def _difference(id: str, cases: Sequence[Case], proof: Proof, stacks: Sequence[Stack], wrong: Sequence[Stack]) -> str:
    """What a made-up story tells, or "" where none tells anything."""
    chance = random.Random(id)
    for n in range(STORIES):
        case = cases[n % len(cases)]
        samples = {metric: tuple(_shaken(listed, chance)) for metric, listed in case.samples.items()}
        right, other = (_states(id, case, samples, proof, given) for given in (stacks, wrong))
        if right != other:
            return f"samples like those of `{case.title}` would tell: in a story made up at random it differs"
    return ""


def _shaken(samples: Sequence[Sample], chance: random.Random) -> Iterator[Sample]:
    """The samples, some of them larger, smaller or missing, for a while each."""
    left, factor = 0, 1.0
    for sample in samples:
        if not left:
            left, factor = chance.randint(1, 12), chance.choice((*_FACTORS, -1.0))
        left -= 1
        if factor >= 0:
            yield sample._replace(value=float(round(sample.value * factor, 6)))


def _states(id: str, case: Case, samples: Mapping[Any, Any], proof: Proof, stacks: Sequence[Stack]) -> object:
    given = [
        stack._replace(
            parameters={
                name: value
                for name, value in {**proof.parameters, **case.parameters}.items()
                if name in (stack.template.get("Parameters") or {})
            }
        )
        for stack in stacks
    ]
    try:
        alarms = read(given, only=(case.alarm, *case.needs))
        name = next(name for name, found in alarms.ids.items() if found == id)
        history = run(alarms, Samples(samples), START, case.end, only=[name], bands=case.bands)[name]
    except AlarmError as error:
        return str(error)
    return [history.at(time) for time in range(START, case.end + 1, 60)]


def _changed(stack: Stack, id: str, properties: Mapping[str, Any]) -> Stack:
    resources = stack.template["Resources"]
    if id not in resources:
        return stack
    return stack._replace(
        template={**stack.template, "Resources": {**resources, id: {**resources[id], "Properties": properties}}}
    )
