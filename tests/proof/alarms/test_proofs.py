"""The emitted templates of every spec, held against what the spec means."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitorspec.plan import Absent, Plan
from monitorspec.proof.alarms.case import BLIND, Gap, Proof
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.runner import failures
from tests.proof.alarms.stacks import EVERY_KIND, compiled, planned, stacks_of

ROOT = Path(__file__).parents[3]
SPECS = sorted([*(ROOT / "specs").glob("*.monitorspec.yaml"), *(ROOT / "docs/examples").glob("*.monitorspec.yaml")])


def wrong(plan: Plan, look_back: int = 2) -> list[str]:
    return [str(failure) for failure in failures(proof_of(plan), stacks_of(plan), look_back)]


def test_there_are_specs() -> None:
    assert any("datavault" in path.name for path in SPECS)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_every_alarm_of_a_spec_does_what_the_spec_means(path: Path) -> None:
    plan = compiled(path)
    assert wrong(plan) == []
    proof = proof_of(plan)
    shown = {case.alert for case in proof.cases} | {gap.alert for gap in proof.gaps}
    assert shown == {alert.id for alert in plan.alerts if alert.on_cloudwatch}


def test_every_kind_of_alarm_does_what_the_spec_means() -> None:
    assert wrong(compiled(EVERY_KIND)) == []


@pytest.mark.parametrize("look_back", [n for n in range(BLIND) if n != 2])
def test_the_stories_hold_however_far_cloudwatch_looks_back(look_back: int) -> None:
    plan = compiled(EVERY_KIND)
    proof = proof_of(plan)
    quick = [case for case in proof.cases if case.alert.partition(".")[0] in ("receipts", "math", "bands")]
    if not look_back:
        # Who looks back at nothing but N periods never sees one of them rise.
        quick = [case for case in quick if case.alert != "math.rise.warning"]
    assert len(quick) > 30
    assert failures(proof._replace(cases=tuple(quick)), stacks_of(plan), look_back) == []


def test_what_is_not_shown_is_told_with_the_reason() -> None:
    assert proof_of(compiled(EVERY_KIND)).gaps == (
        Gap("math.slow.warning", "its value depends on how many periods CloudWatch looks back"),
        Gap("math.fleet.warning", "a Metrics Insights query with GROUP BY has a state for each of its series"),
        Gap("math.nightly.warning", "HOUR makes it depend on the time"),
        Gap("math.raw.warning", "raw properties change what it does: EvaluateLowSampleCountPercentile"),
    )


def test_every_story_says_much() -> None:
    """A case without checks, or that only ever expects one state, would show nothing."""
    proof = proof_of(compiled(EVERY_KIND))
    for case in proof.cases:
        states = {check.state for check in case.checks}
        assert {"OK", "ALARM"} <= states, case.title
        assert len(case.checks) >= 4, case.title
        assert all(check.why for check in case.checks)
        assert list(case.checks) == sorted(case.checks, key=lambda check: check.time)


def test_who_is_told_follows_from_the_routes() -> None:
    proof = proof_of(compiled(EVERY_KIND))
    told = {case.alert: case.topics for case in proof.cases}
    nobody = {"ALARM": (), "OK": (), "INSUFFICIENT_DATA": ()}
    assert told["receipts.errors.critical"] == {**nobody, "ALARM": ("pages", "notices"), "OK": ("pages", "notices")}
    assert told["receipts.errors.warning"] == {**nobody, "ALARM": ("notices",), "OK": ("notices",)}
    assert told["receipts.errors-inclusive.critical"] == {**nobody, "ALARM": ("pages", "notices")}
    assert told["receipts.silent.critical"] == nobody
    # Actions that the spec gives by hand are its own business.
    assert told["math.named.warning"] == {"ALARM": ("notices",), "INSUFFICIENT_DATA": ()}


def test_a_parameter_takes_the_limit() -> None:
    cases = [case for case in proof_of(compiled(EVERY_KIND)).cases if case.alert == "receipts.concurrency.critical"]
    assert [dict(case.parameters) for case in cases] == [{}, {"ConcurrencyLimit": "1800"}]


def absent() -> Plan:
    """A plan whose alarms watch for missing data."""
    plan = planned(
        """
  receipts:
    thresholds:
      beats: {cloudwatch: {namespace: Shop, metric: Beats, stat: Sum, period: 5m}, above: {critical: 5}}
      share:
        cloudwatch:
          expression: errors / calls
          metrics: {errors: {namespace: Shop, metric: Errors}, calls: {namespace: Shop, metric: Calls}}
        above: {critical: 5}
"""
    )
    (service,) = plan.services
    thresholds = tuple(
        t._replace(
            alerts=tuple(
                a._replace(condition=Absent(), id=f"{a.service}.{a.key}.absent", hold=600_000) for a in t.alerts
            )
        )
        for t in service.thresholds
    )
    return plan._replace(services=(service._replace(thresholds=thresholds),))


def test_alarms_on_missing_data() -> None:
    plan = absent()
    proof = proof_of(plan)
    assert [case.alert for case in proof.cases] == ["receipts.beats.absent", "receipts.share.absent"]
    assert failures(proof, stacks_of(plan)) == []
    # An alarm that is not on missing data would be wrong in the same cases.
    wanted = plan._replace(services=planned("  a: {}").services)
    assert [f.text.partition(": ")[2] for f in failures(proof, stacks_of(wanted))] == ["no template has this alarm"] * 2


def test_tiers_of_an_objective_with_a_wait_of_their_own_are_not_shown() -> None:
    plan = planned(
        """
  api:
    slos:
      odd:
        objective: 99%
        cloudwatch: {bad: {namespace: Shop, metric: Latency, stat: Average}, total: {namespace: Shop, metric: All}}
"""
    )
    reasons = {gap.reason for gap in proof_of(plan).gaps}
    assert reasons == {"Average over a window is not the sum of its parts"}


def test_proofs_of_a_thousand_alarms_take_seconds() -> None:
    from time import process_time

    from tests.targets.test_cloudwatch import many

    plan = many(125)
    stacks = stacks_of(plan)
    started = process_time()
    proof: Proof = proof_of(plan)
    assert len(proof.cases) == 1000
    assert failures(proof, stacks) == []
    # Two to three seconds; a slow machine is given its time.
    assert process_time() - started < 20
