"""All tests of a plan, held against what was made of it: `judge(plan, artifacts)`.

In: a plan (what is meant), artifacts of the targets prometheus and cloudwatch (what was made; of this plan, or changed by
somebody who wants to know whether a test notices), and the plan whose routes, windows and inhibitions tell people (the same,
unless told). Out: an `Outcome` for every test: the users' (`test/<name>`), and those that are written from the spec: of rules
(`rules/<alert's id>`), of alarms (`alarms/<alert's id>`), of who is told (`routes/<alert's id>`). What is expected always
comes from `plan`.

`Trial` does the same for several plans at once, so that promtool keeps all processors busy to the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from monitorspec import names
from monitorspec.artifact import Artifact
from monitorspec.plan import Plan
from monitorspec.scenario import generated, pool, routes, users
from monitorspec.scenario.alarms import stacks_of
from monitorspec.scenario.outcome import Outcome
from monitorspec.scenario.pool import TestFile
from monitorspec.scenario.runs import Run, load, runs_of
from monitorspec.scenario.seen import Seen
from monitorspec.scenario.verdict import NEVER, Problem
from monitorspec.targets.promtest import proofs

PROCESSES = 2
_QUESTIONS = 10_000_000
"""More than any plan has."""


class Trial(NamedTuple):
    """What is to be held against what. `services`: only tests that have to do with these; None is all of them."""

    plan: Plan
    artifacts: Sequence[Artifact]
    routed: Plan
    services: Collection[str] | None = None
    only: Collection[str] | None = None
    """Kinds of tests; None is all of them."""
    details: bool = False
    """Whether failed tests are asked once more, for their stories."""


class Gap(NamedTuple):
    """What no generated test shows of an alert, and why."""

    alert: str
    reason: str


class Verdict(NamedTuple):
    """What came of a trial."""

    outcomes: tuple[Outcome, ...]
    gaps: tuple[Gap, ...]


def judge(
    plan: Plan, artifacts: Sequence[Artifact], routed: Plan | None = None, *, processes: int = PROCESSES
) -> list[Outcome]:
    """What the tests of `plan` say of `artifacts`. Raises ToolMissing and ToolFailed where promtool cannot be run."""
    return list(judged([Trial(plan, artifacts, routed or plan)], processes=processes)[0].outcomes)


def judged(trials: Sequence[Trial], *, processes: int = PROCESSES) -> list[Verdict]:
    """What came of every trial."""
    with tempfile.TemporaryDirectory(prefix="monitorspec-") as name:
        works = [_prepared(trial, Path(name) / str(n), n * _QUESTIONS) for n, trial in enumerate(trials)]
        files = [file for work in works for file in (*work.files, *(a.file for a in work.users.asked if a.file))]
        said, alarms = _beside(files, works, processes)
        verdicts = [_concluded(work, said, found) for work, found in zip(works, alarms, strict=True)]
        return [_detailed(work, verdict, processes) for work, verdict in zip(works, verdicts, strict=True)]


def _detailed(work: _Work, verdict: Verdict, processes: int) -> Verdict:
    if not work.trial.details or all(o.passed for o in verdict.outcomes if o.kind == "test"):
        return verdict
    found = users.with_details(work.users, verdict.outcomes, processes)
    return verdict._replace(outcomes=tuple(found))


class _Work(NamedTuple):
    trial: Trial
    users: users.Prepared
    tests: dict[Path, tuple[str, str]]
    """Generated test file → (service, text)."""
    loads: dict[str, Path]
    """Service or system → the file that loads all of its rules."""
    unproven: list[Gap]
    files: list[TestFile]


class _Alarms(NamedTuple):
    outcomes: list[Outcome]
    gaps: list[Gap]
    seen: list[list[Seen]]


def _prepared(trial: Trial, folder: Path, first: int) -> _Work:
    plan = trial.plan
    rules = {artifact.path: artifact.text for artifact in trial.artifacts if artifact.path.endswith(".rules.yml")}
    tests: dict[Path, tuple[str, str]] = {}
    files: list[TestFile] = []
    unproven: list[Gap] = []
    wanted = _wanted(trial, "test")
    asked = users.prepare(
        plan if wanted else plan._replace(scenarios=()), trial.artifacts, folder, trial.services, first
    )
    loaded = {name.removesuffix(".rules.yml") for one in asked.asked if one.file for name in one.rules}
    if _wanted(trial, "rules") and any(not alert.on_cloudwatch for alert in plan.alerts):
        for service, proof in zip(plan.services, proofs(plan), strict=True):
            if not proof.files or (trial.services is not None and service.name not in trial.services):
                continue
            loaded.add(service.name)
            unproven += (Gap(alert.id, reason) for alert, reason in proof.gaps)
            for n, run in enumerate(runs_of(service.name, proof, rules.get(names.rules_file(service.name), ""))):
                path = _written(folder / "runs" / str(n), service.name, run)
                tests[path] = service.name, run.test
                files.append(TestFile(path, run.cost, run.span, False))
    loads: dict[str, Path] = {}
    for name in sorted(loaded):
        run = load(name, rules.get(names.rules_file(name), ""))
        loads[name] = _written(folder / "whole", name, run)
        files.append(TestFile(loads[name], run.cost, run.span, False))
    return _Work(trial, asked, tests, loads, unproven, files)


def _written(folder: Path, service: str, run: Run) -> Path:
    """The test file of a run, with its rules where they are in a build's folder."""
    path = folder / names.tests_file(service)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(run.test, encoding="utf-8")
    (folder / names.rules_file(service)).write_text(run.rules, encoding="utf-8")
    return path


def _wanted(trial: Trial, kind: str) -> bool:
    return trial.only is None or kind in trial.only


def _beside(
    files: Sequence[TestFile], works: Sequence[_Work], processes: int
) -> tuple[dict[Path, pool.Said], list[_Alarms]]:
    """promtool on all files, and meanwhile the alarms."""
    if not files:
        return {}, [_alarms(work) for work in works]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(pool.run, files, processes)
        alarms = [_alarms(work) for work in works]
        return running.result(), alarms


def _alarms(work: _Work) -> _Alarms:
    """The generated cases of CloudWatch alarms, and what alarms do in the users' tests."""
    plan, trial = work.trial.plan, work.trial
    seen = users.watched(work.users)
    alerts = {alert.id: alert for alert in plan.alerts if alert.on_cloudwatch}
    if not alerts or not _wanted(trial, "alarms"):
        return _Alarms([], [], seen)
    from monitorspec.proof.alarms.kinds import proof_of
    from monitorspec.proof.alarms.runner import failures

    proof = proof_of(plan)
    if trial.services is not None:
        chosen = {id for id, alert in alerts.items() if alert.service in trial.services}
        proof = proof._replace(
            cases=tuple(case for case in proof.cases if case.alert in chosen),
            quiet=tuple(quiet for quiet in proof.quiet if quiet.alert in chosen),
        )
    tested = (*(case.alert for case in proof.cases), *(quiet.alert for quiet in proof.quiet))
    found: dict[str, list[Problem]] = {id: [] for id in tested}
    for failure in failures(proof, stacks_of(plan, trial.artifacts)):
        alert = alerts[failure.alert]
        found.setdefault(alert.id, []).append(Problem(NEVER, failure.text, "", (alert.id,), alert.origin))
    fire = {case.alert for case in proof.cases if any(check.state == "ALARM" for check in case.checks)}
    outcomes = [
        Outcome("alarms", id, alerts[id].origin, tuple(problems), covers=(id,) if id in fire else ())
        for id, problems in found.items()
    ]
    return _Alarms(outcomes, [Gap(gap.alert, gap.reason) for gap in proof.gaps], seen)


def _concluded(work: _Work, said: dict[Path, pool.Said], alarms: _Alarms) -> Verdict:
    plan = work.trial.plan
    outputs = {path: one.output for path, one in said.items()}
    broken = {f"{name}.rules.yml": outputs[path] for name, path in work.loads.items() if not said[path].passed}
    outcomes = users.conclude(work.users, alarms.seen, outputs, broken, work.trial.routed)
    if work.tests:
        outcomes += _rules(work, said, {gap.alert for gap in work.unproven})
    outcomes += alarms.outcomes
    if _wanted(work.trial, "routes"):
        outcomes += routes.outcomes(plan, work.trial.routed)
    return Verdict(tuple(outcomes), (*work.unproven, *alarms.gaps))


def _rules(work: _Work, said: dict[Path, pool.Said], unproven: Collection[str]) -> Iterator[Outcome]:
    """The generated tests of rules, one outcome for each alert."""
    plan = work.trial.plan
    services = {service.name: service for service in plan.services}
    tested = {service for service, _ in work.tests.values()}
    found: dict[str, list[Problem]] = {}
    loads = {path: (name, "") for name, path in work.loads.items() if name in tested}
    for path, (name, text) in {**loads, **work.tests}.items():
        if not said[path].passed:
            service = services[name]
            for problem in generated.failed(service, text, said[path].output):
                for id in problem.alerts or (service.name,):
                    found.setdefault(id, []).append(problem)
    for alert in plan.alerts:
        if not alert.on_cloudwatch and alert.service in tested:
            covers = () if alert.id in unproven else (alert.id,)
            yield Outcome("rules", alert.id, alert.origin, tuple(dict.fromkeys(found.pop(alert.id, ()))), covers=covers)
    for name, problems in found.items():
        yield Outcome("rules", name, services[name].origin, tuple(dict.fromkeys(problems)))
