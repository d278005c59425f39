"""Users' tests: what promtool and the alarms are asked for them, and what came of each.

In: a plan, the rules and templates that were made of it. Out: test files for promtool, then `Outcome`s from its answers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import gcd
from pathlib import Path
from typing import NamedTuple

from monitorspec import names
from monitorspec.artifact import Artifact
from monitorspec.plan import Alert, Plan, Scenario
from monitorspec.proof.service import group_names
from monitorspec.scenario import alarms, details, probe, slices
from monitorspec.scenario.outcome import Detail, Outcome
from monitorspec.scenario.pool import TestFile, cost, run
from monitorspec.scenario.reach import SYSTEM, Reach, Readers
from monitorspec.scenario.seen import Fired, Seen
from monitorspec.scenario.told import tellings
from monitorspec.scenario.verdict import NEVER, Problem, Scene, problems

_FINEST, _COARSEST = 1_000, 60_000


class Asked(NamedTuple):
    """A scenario with what it has to do with. `asked`: question's number → its time; `rules`: names of the rule files."""

    scenario: Scenario
    reach: Reach
    step: int
    asked: Mapping[int, int]
    rules: tuple[str, ...]
    file: TestFile | None


class Prepared(NamedTuple):
    """The users' tests of a plan, on their way."""

    plan: Plan
    desk: alarms.Desk | None
    asked: tuple[Asked, ...]
    by_name: Mapping[str, tuple[Alert, ...]]
    """Alerts by service and name, for recognising those that fire."""


def prepare(
    plan: Plan, artifacts: Sequence[Artifact], folder: Path, services: Collection[str] | None, first: int = 0
) -> Prepared:
    """Write the questions to promtool below `folder`, with the rules that have a part in the answers.

    `services`: only tests of these. `first`: the number of the first question; promtool's answers to several plans come together.
    """
    if not plan.scenarios:
        return Prepared(plan, None, (), {})
    on_cloudwatch = any(alert.on_cloudwatch for alert in plan.alerts)
    desk = alarms.desk_of(plan, artifacts) if on_cloudwatch else None
    readers = Readers(plan, desk.context.values if desk else {})
    written = {artifact.path: artifact.text for artifact in artifacts}
    parts: dict[str, slices.RuleFile | None] = {}
    numbers = first
    asked = []
    for n, scenario in enumerate(plan.scenarios):
        reach = readers.reach(scenario)
        if services is not None and not set(services) & set(reach.rules) - {SYSTEM}:
            continue
        files = [f for f in (names.rules_file(s or plan.system) for s in reach.rules) if f in written]
        step = _step(plan, reach)
        times = times_of(scenario) if files else []
        questions = tuple(probe.Question(numbers + i, at, probe.ACTIVE) for i, at in enumerate(times))
        numbers += len(times)
        rules = tuple(f.rpartition("/")[2] for f in files)
        file = None
        if files and times:
            group = probe.Group(
                scenario.name, scenario.interval, tuple((s.series, s.values) for s in scenario.series), questions
            )
            texts = [written[f] for f in files]
            if len(files) == 1:
                if files[0] not in parts:
                    parts[files[0]] = slices.read(texts[0])
                texts = [_fed(parts[files[0]], scenario) or texts[0]]
            path = folder / "probes" / str(n) / "prometheus" / "probe.yml"
            path.parent.mkdir(parents=True)
            for name, text in zip(rules, texts, strict=True):
                (path.parent / name).write_text(text, encoding="utf-8")
            path.write_text(probe.text(rules, _order(plan, reach), step, [group]), encoding="utf-8")
            count = sum(text.count("\n        expr: ") for text in texts)
            file = TestFile(path, cost(count, times[-1] // step + 1), times[-1], True)
        asked.append(Asked(scenario, reach, step, {q.number: q.at for q in questions}, rules, file))
    return Prepared(plan, desk, tuple(asked), _by_name(plan))


def _fed(file: slices.RuleFile | None, scenario: Scenario) -> str:
    """The rules that may make anything of the scenario's series; "" where that cannot be told."""
    return file.text(file.busy(feed.labels for feed in scenario.series)) if file else ""


def watched(prepared: Prepared) -> list[list[Seen]]:
    """What CloudWatch alarms do in each test; needs no promtool."""
    if prepared.desk is None:
        return [[] for _ in prepared.asked]
    return [alarms.see(prepared.desk, one.scenario, one.reach.services) for one in prepared.asked]


def conclude(
    prepared: Prepared,
    seen: Sequence[Sequence[Seen]],
    outputs: Mapping[Path, str],
    broken: Mapping[str, str],
    routed: Plan,
) -> list[Outcome]:
    """What came of every test. `outputs`: what promtool said; `routed`: the plan whose routes tell people.

    `broken`: names of rule files that cannot be loaded, and what promtool said of them.
    """
    out = []
    for one, on_cloudwatch in zip(prepared.asked, seen, strict=True):
        active = _active(prepared, one, outputs, broken)
        views = {view.at: view for view in on_cloudwatch}
        scenes = []
        for moment in one.scenario.moments:
            before = _together(active, views, moment.at) if moment.within else Seen(moment.at, ())
            now = _together(active, views, moment.at + moment.within)
            start = one.scenario.start
            scenes.append(
                Scene(
                    moment,
                    tuple(tellings(routed, before.fired, before.at, start)),
                    tuple(tellings(routed, now.fired, now.at, start)),
                    dict(now.pending),
                    before.trouble or now.trouble,
                )
            )
        found = _troubles(one, scenes) or tuple(problem for scene in scenes for problem in problems(scene))
        out.append(Outcome("test", one.scenario.name, one.scenario.origin, found, tuple(scenes)))
    return out


def _troubles(one: Asked, scenes: Sequence[Scene]) -> tuple[Problem, ...]:
    """Why a test cannot be run: told once, not for every moment."""
    found = dict.fromkeys(scene.trouble for scene in scenes if scene.trouble)
    return tuple(Problem(NEVER, f"it cannot be run: {text}", "", (), one.scenario.origin) for text in found)


def with_details(prepared: Prepared, outcomes: Sequence[Outcome], processes: int) -> list[Outcome]:
    """The outcomes with what the stories of failed ones tell; promtool runs once more for these."""
    mine = {one.scenario.name: one for one in prepared.asked}
    number = 0
    pending: dict[str, tuple[TestFile, dict[int, details.Asked], int]] = {}
    for outcome in outcomes:
        one = mine.get(outcome.name) if outcome.kind == "test" and not outcome.passed else None
        if one is None or one.file is None:
            continue
        scenario = one.scenario
        samples = [feed.values for feed in scenario.series]
        asked, meant, end = details.questions(prepared.plan, outcome, number, one.step, scenario.interval, samples)
        number += len(asked)
        if asked:
            feeds = tuple((feed.series, feed.values) for feed in scenario.series)
            path = one.file.path.with_name(f"story-{number}.yml")
            group = probe.Group(scenario.name, scenario.interval, feeds, tuple(asked))
            path.write_text(
                probe.text(one.rules, _order(prepared.plan, one.reach), one.step, [group]), encoding="utf-8"
            )
            pending[outcome.name] = one.file._replace(path=path), meant, end
    answered = run([file for file, _, _ in pending.values()], processes)
    out = []
    for outcome in outcomes:
        if outcome.kind == "test" and outcome.name in pending:
            file, meant, end = pending[outcome.name]
            answers = probe.answers(answered[file.path].output)
            outcome = outcome._replace(details=details.details(prepared.plan, meant, answers, end))
        if outcome.kind == "test" and outcome.name in mine and not outcome.passed and prepared.desk is not None:
            scenario, desk = mine[outcome.name].scenario, prepared.desk
            views = [
                Detail(id, at, "", (), None, 0, said)
                for id, at in dict.fromkeys(details.about(outcome))
                if (said := alarms.view(desk, scenario, id, at))
            ]
            outcome = outcome._replace(details=(*outcome.details, *views))
        out.append(outcome)
    return out


def times_of(scenario: Scenario) -> list[int]:
    """The times that a scenario asks about, in order."""
    return sorted({at for m in scenario.moments for at in ((m.at, m.at + m.within) if m.within else (m.at,))})


def _order(plan: Plan, reach: Reach) -> list[str]:
    """The rule groups of the files, what is recorded for all services first."""
    found = [record.group for record in plan.records] if SYSTEM in reach.rules else []
    found += [name for service in plan.services if service.name in reach.rules for name in group_names(service)]
    return list(dict.fromkeys(found))


def _step(plan: Plan, reach: Reach) -> int:
    """Rules are evaluated as often as the most frequent of them; promtool has one interval for all."""
    intervals = [
        alert.interval
        for service in plan.services
        if service.name in reach.rules
        for alert in service.alerts
        if not alert.on_cloudwatch
    ]
    return min(max(gcd(*intervals), _FINEST), _COARSEST) if intervals else _COARSEST


def _by_name(plan: Plan) -> dict[str, tuple[Alert, ...]]:
    out: dict[str, list[Alert]] = {}
    for alert in plan.alerts:
        if not alert.on_cloudwatch:
            out.setdefault(alert.name, []).append(alert)
    return {name: tuple(alerts) for name, alerts in out.items()}


def _active(prepared: Prepared, one: Asked, outputs: Mapping[Path, str], broken: Mapping[str, str]) -> dict[int, Seen]:
    """What Prometheus alerts do at each time that was asked about."""
    if one.file is None:
        return {}
    wrong = next((broken[name] for name in one.rules if name in broken), "")
    output = wrong or outputs.get(one.file.path, "")
    answers = {} if wrong else probe.answers(output)
    out = {}
    for number, at in one.asked.items():
        if number in answers:
            out[at] = _seen(prepared, one, at, answers[number])
        else:
            out[at] = Seen(at, (), trouble=f"promtool gives no answer: {'; '.join(probe.said(output))}")
    return out


def _seen(prepared: Prepared, one: Asked, at: int, samples: Sequence[probe.Sample]) -> Seen:
    since: dict[tuple[tuple[str, str], ...], int] = {}
    for sample in samples:
        if sample.labels.get("__name__") == "ALERTS_FOR_STATE":
            since[_key(sample.labels)] = round(sample.value * 1000)
    fired: list[Fired] = []
    pending: dict[str, int] = {}
    for sample in samples:
        if sample.labels.get("__name__") != "ALERTS":
            continue
        labels = {k: v for k, v in sample.labels.items() if k not in ("__name__", "alertstate")}
        alert = recognised(prepared.by_name, labels)
        if alert is not None and alert.service not in one.reach.services:
            continue
        held = since.get(_key(sample.labels), at)
        if sample.labels.get("alertstate") == "firing":
            hold = alert.hold if alert else 0
            # `for` is over at the first evaluation that is not before its end.
            begins = held + -(-hold // one.step) * one.step
            own = alert.labels if alert else {}
            others = {k: v for k, v in labels.items() if k not in own and k != "alertname"}
            fired.append(Fired(alert.id if alert else "", labels, min(begins, at), series=others))
        elif alert is not None:
            pending[alert.id] = min(held, pending.get(alert.id, held))
    fired.sort(key=lambda f: (f.alert, sorted(f.labels.items())))
    return Seen(at, tuple(fired), tuple(sorted(pending.items())))


def recognised(by_name: Mapping[str, Sequence[Alert]], labels: Mapping[str, str]) -> Alert | None:
    """The plan's alert with these labels, which all of its own are among; templates in them may be anything."""
    for alert in by_name.get(labels.get("alertname", ""), ()):
        if all("{{" in value or labels.get(name, "") == value for name, value in alert.labels.items()):
            return alert
    return None


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in labels.items() if k not in ("__name__", "alertstate")))


def _together(active: Mapping[int, Seen], views: Mapping[int, Seen], at: int) -> Seen:
    found = [seen for seen in (active.get(at), views.get(at)) if seen is not None]
    return Seen(
        at,
        tuple(fired for seen in found for fired in seen.fired),
        tuple(pair for seen in found for pair in seen.pending),
        next((seen.trouble for seen in found if seen.trouble), ""),
    )
