"""All mutants of a plan before all its tests: those that follow from the spec, then those that the spec writes.

In: a plan. Out: a `Verdict` for each mutant, in the order of the spec; and what cannot be tested.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from monitorspec.artifact import Artifact
from monitorspec.compiler import emit
from monitorspec.mutation.alarms import Wrong, alarm_mutants, alarm_verdicts
from monitorspec.mutation.mutant import Mutant, Verdict
from monitorspec.mutation.sameness import same
from monitorspec.mutation.services import noted, service_mutants
from monitorspec.mutation.trial import Trial as Tried
from monitorspec.mutation.trial import bench_of, swapped, tried
from monitorspec.plan import Plan, Service
from monitorspec.proof.records import record_lane
from monitorspec.proof.service import recorded_by
from monitorspec.proof.shapes import Shapes
from monitorspec.proof.steps import evaluation_step
from monitorspec.scenario.alarms import stacks_by_path
from monitorspec.scenario.judge import Trial, judged


class Found(NamedTuple):
    """What came of a plan's mutants. `closed`: (alert, why no test can be made of it, so that no mutant was)."""

    verdicts: tuple[Verdict, ...]
    closed: tuple[tuple[str, str], ...]


def mutated(plan: Plan, processes: int, every: int = 1) -> Found:
    """Every mutant, or every `every`-th one. Raises Refused, ToolMissing and ToolFailed."""
    verdicts: list[Verdict] = []
    shapes = Shapes()
    for service in plan.services:
        mutants = list(service_mutants(service, plan))[::every]
        if mutants:
            verdicts += _rules(plan, service, mutants, shapes, processes)
    closed: tuple[tuple[str, str], ...] = ()
    if any(alert.on_cloudwatch for alert in plan.alerts):
        stacks = stacks_by_path(plan, emit(plan, ("cloudwatch",)))
        wrongs, closed = alarm_mutants(plan, stacks)
        found = alarm_verdicts(plan, stacks, wrongs[::every])
        verdicts += _by_users(plan, found, [_templates(wrong) for wrong in wrongs[::every]], processes)
    return Found(tuple(verdicts), closed)


def _rules(plan: Plan, service: Service, mutants: Sequence[Mutant], shapes: Shapes, processes: int) -> list[Verdict]:
    """Mutants of a service's rules."""
    bench = bench_of(plan, service, shapes)
    right = noted(service, plan.links)
    step = evaluation_step([alert for alert in service.alerts if alert.signal.promql])
    gaps = {alert.id: reason for alert, reason in bench.proof.gaps}
    for name, expr, labels in recorded_by(service):
        reason = record_lane(name, name, expr, labels, step)[1]
        if reason:
            gaps[name] = reason
    open_ = [m for m in mutants if not m.change.same]
    trials = dict(zip(map(id, open_), tried(bench, open_, processes), strict=True))
    out = []
    for mutant in mutants:
        trial = trials.get(id(mutant), Tried("", ()))
        if trial.seen:
            verdict = Verdict(mutant.subject, mutant.change, mutant.origin, "noticed", trial.seen)
        elif found := same(mutant, right, step):
            verdict = Verdict(mutant.subject, mutant.change, mutant.origin, "equivalent", found, trial.tests)
        else:
            why = _gap(gaps, mutant.subject) or _unseen(trial)
            verdict = Verdict(mutant.subject, mutant.change, mutant.origin, "survived", why, trial.tests)
        out.append(verdict)
    made = [lambda m=m: swapped(plan, m) for m in mutants]
    return _by_users(plan, out, made, processes)


def _unseen(trial: Tried) -> str:
    return "they pass all the same" if trial.tests else "no test looks at it"


def _gap(gaps: dict[str, str], subject: str) -> str:
    """Why no generated test shows an alert, or any alert of a threshold."""
    found = [reason for id, reason in gaps.items() if id == subject or id.startswith(f"{subject}.")]
    return f"no generated test drives it: {found[0]}" if found else ""


def _by_users(plan: Plan, verdicts: Sequence[Verdict], made, processes: int) -> list[Verdict]:  # type: ignore[no-untyped-def]
    """The verdicts after the tests that the spec writes, which are asked of what survived the others."""
    left = [n for n, verdict in enumerate(verdicts) if verdict.outcome == "survived"]
    out = list(verdicts)
    if not left or not plan.scenarios:
        return out
    right = emit(plan, ("prometheus", "cloudwatch"))
    trials = []
    for n in left:
        changed = {artifact.path: artifact for artifact in made[n]()}
        artifacts = [changed.get(artifact.path, artifact) for artifact in right]
        trials.append(Trial(plan, artifacts, plan, only=("test",)))
    base = {
        o.name: o.passed for o in judged([Trial(plan, right, plan, only=("test",))], processes=processes)[0].outcomes
    }
    for n, verdict in zip(left, judged(trials, processes=processes), strict=True):
        failed = next((o.name for o in verdict.outcomes if not o.passed and base.get(o.name)), None)
        if failed is not None:
            out[n] = out[n]._replace(outcome="noticed", reason=f"test `{failed}`")
        else:
            names = tuple(f"test `{outcome.name}`" for outcome in verdict.outcomes)
            out[n] = out[n]._replace(tests=(*out[n].tests, *names))
    return out


def _templates(wrong: Wrong):  # type: ignore[no-untyped-def]
    def made() -> list[Artifact]:
        return [Artifact(path, json.dumps(stack.template)) for path, stack in wrong.stacks]

    return made
