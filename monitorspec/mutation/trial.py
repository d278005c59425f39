"""Mutants of Prometheus rules before the generated tests: promtool runs the tests of what a mutant touches on its rules.

In: a plan's service and its mutants. Out: for each whether a test notices it, and which one. The tests are those that a build
writes, for the right service; of each file only the lanes that the mutant touches are run, and of the rules those that they
look at. Many files go into one run of promtool.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from monitorspec import names, tools
from monitorspec.artifact import Artifact
from monitorspec.mutation.mutant import Mutant
from monitorspec.plan import Alert, Labels, Plan, Service
from monitorspec.proof.groups import Block, Group
from monitorspec.proof.render import block, test_file
from monitorspec.proof.service import Proof, group_names, proof_of
from monitorspec.proof.shapes import Shapes
from monitorspec.rules.annotations import annotations_of
from monitorspec.targets import prometheus

_SECONDS = 3600.0
# promtool tells of a test that failed; anything else is an error of ours.
_FAILED = re.compile(r"\b(?P<what>alertname: [^\n,]*|rule: [^\n,]*|expr: [^\n]*?), time: (?P<time>[^,\n]*)")


class Refused(Exception):
    """The tests do not hold for the right rules, or promtool does not take a file: nothing can be said of mutants."""


class Trial(NamedTuple):
    """What came of one mutant: `seen` is the test that noticed it, or ""; `tests` are those that were run."""

    seen: str
    tests: tuple[str, ...]


class Bench(NamedTuple):
    """The right service, and its tests."""

    plan: Plan
    service: Service
    proof: Proof

    def lanes(self, part: str, keys: frozenset[str]) -> list[Group]:
        """The groups of a test file, as far as they touch any of the keys."""
        groups = [group for file in self.proof.files if file.part == part for group in file.groups]
        found = [group._replace(lanes=tuple(lane for lane in group.lanes if _touches(lane, keys))) for group in groups]
        return [group for group in found if group.lanes]

    def tests(self, part: str, keys: frozenset[str], order: Sequence[str]) -> str:
        """The test file of these lanes, or "" where there are none."""
        groups = self.lanes(part, keys)
        step = next((file.step for file in self.proof.files if file.part == part), 0)
        return test_file("", "rules.yml", step, order, groups) if groups else ""

    def span(self, part: str) -> int:
        """How long the longest test of a test file is, in ms."""
        groups = [group for file in self.proof.files if file.part == part for group in file.groups]
        return max((lane.end for group in groups for lane in group.lanes), default=0)


def _touches(lane: Block, keys: frozenset[str]) -> bool:
    """Whether a lane looks at what has these keys: by its alerts, if both have any."""
    alerts = {key for key in keys if key.startswith("alert ")}
    return bool(lane.keys & (alerts if alerts and any(key.startswith("alert ") for key in lane.keys) else keys))


def bench_of(plan: Plan, service: Service, shapes: Shapes) -> Bench:
    """The tests of a service as a build makes them."""

    def annotate(alert: Alert) -> Labels:
        return annotations_of(alert, plan.links)

    return Bench(plan, service, proof_of(service, lambda lane: block(lane, annotate), shapes))


def tried(bench: Bench, mutants: Sequence[Mutant], processes: int) -> list[Trial]:
    """What came of each mutant. Raises Refused, ToolMissing and ToolFailed."""
    _hold(bench, mutants, processes)
    out = [Trial("", ()) for _ in mutants]
    # What is in no alert is noticed by the tests of recorded series, which come last and are quick.
    recorded = {n for n, mutant in enumerate(mutants) if mutant.subject.startswith("slo:")}
    parts = [file.part for file in bench.proof.files]
    for part, other in zip(parts, reversed(parts), strict=True):
        for chosen, these in ((part, set(range(len(mutants))) - recorded), (other, recorded)):
            left = [n for n in sorted(these) if not out[n].seen]
            for n, trial in zip(left, _run(bench, chosen, [mutants[n] for n in left], processes), strict=True):
                out[n] = Trial(trial.seen, (*out[n].tests, *trial.tests))
    return out


def swapped(plan: Plan, mutant: Mutant) -> list[Artifact]:
    """The rule file with the mutant, at its place."""
    text = _rules(plan, mutant.service, mutant.swaps)
    return [Artifact(names.rules_file(mutant.service.name), text)]


def _hold(bench: Bench, mutants: Sequence[Mutant], processes: int) -> None:
    """The same tests on the right rules."""
    right = [m._replace(service=bench.service, swaps=()) for m in {m.keys: m for m in mutants}.values()]
    for part in (file.part for file in bench.proof.files):
        for trial in _run(bench, part, right, processes):
            if trial.seen:
                raise Refused(f"a test fails for the rules as they are: {trial.seen}")


def _run(bench: Bench, part: str, mutants: Sequence[Mutant], processes: int) -> list[Trial]:
    """The tests of one file, for each mutant."""
    out = [Trial("", ()) for _ in mutants]
    with tempfile.TemporaryDirectory(prefix="monitorspec-") as name:
        files: dict[Path, int] = {}
        for n, mutant in enumerate(mutants):
            groups = bench.lanes(part, mutant.keys)
            if not groups:
                continue
            touched = frozenset(key for group in groups for lane in group.lanes for key in lane.keys)
            service = _reduced(mutant.service, touched)
            folder = Path(name) / str(n)
            folder.mkdir()
            (folder / "rules.yml").write_text(_rules(bench.plan, service, mutant.swaps), encoding="utf-8")
            file = folder / "test.yml"
            file.write_text(bench.tests(part, mutant.keys, group_names(service)), encoding="utf-8")
            files[file] = n
            out[n] = Trial("", tuple(dict.fromkeys(lane.title for group in groups for lane in group.lanes)))
        for file, failure in _failures(list(files), processes, bench.span(part) <= tools.SHORT):
            out[files[file]] = out[files[file]]._replace(seen=failure)
    return out


def _reduced(service: Service, keys: frozenset[str]) -> Service:
    """The service with the rules that lanes with these keys look at."""
    return service._replace(
        slos=tuple(slo for slo in service.slos if f"slo {slo.service}.{slo.key}" in keys),
        thresholds=tuple(t for t in service.thresholds if any(f"alert {a.name}" in keys for a in t.alerts)),
    )


def _rules(plan: Plan, service: Service, swaps: Sequence[tuple[str, str]]) -> str:
    """The rule file of the service."""
    alone = plan._replace(services=(service,), records=(), prometheus=None)
    text = next((artifact.text for artifact in prometheus.emit(alone)), "groups: []\n")
    for right, wrong in swaps:
        assert right in text, right
        text = text.replace(right, wrong, 1)
    return text


def _failures(files: Sequence[Path], processes: int, memory: bool) -> Iterator[tuple[Path, str]]:
    """The files in which a test fails, and the first such test."""
    if not files:
        return
    result = tools.prove_rules(files, processes=processes, timeout=_SECONDS, memory=memory)
    passed = {Path(found["file"].strip()): bool(found["well"]) for found in tools.TESTED.finditer(result.stdout)}
    failed = [file for file, well in passed.items() if not well]
    stories = result.stderr.split("  FAILED:\n")[1:]
    if len(passed) != len(files) or len(stories) != len(failed):
        raise tools.ToolFailed(f"promtool told of {len(passed)} of {len(files)} files: {result.stderr[:500]}")
    for file, story in zip(failed, stories, strict=True):
        found = _FAILED.search(story)
        if found is None:
            raise Refused(f"promtool does not take the rules: {story.strip()[:500]}")
        yield file, f"{found['what']} at {found['time'].strip()}"
