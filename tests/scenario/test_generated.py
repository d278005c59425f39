"""Failures of generated tests: each kind of wrong rule is told of the alert that is wrong, with the reason of the check."""

from __future__ import annotations

import pytest

from monitorspec.artifact import Artifact
from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Plan
from monitorspec.scenario.judge import Trial, judged

SPEC = """
version: 1
system: shop
owner: web
services:
  api:
    slos: {availability: {objective: 99%, ratio: {bad: errors_total, total: all_total}}}
    thresholds:
      cpu: {expr: 'avg by (pod) (cpu_ratio)', unit: ratio, above: {warning: 80%, critical: 95%}, for: 10m}
      disk: {expr: 'avg by (pod) (disk_ratio)', unit: ratio, above: {warning: 90%}, keep_firing_for: 10m}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    made, found = plan_of(SPEC)
    assert made is not None, found
    return made


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize(
    ("old", "new", "failed", "said"),
    [
        ("> 0.95", "> 0.97", {"api.cpu.critical"}, "api.cpu.critical does not fire"),
        ("> 0.95", "> 0.94", {"api.cpu.critical"}, "api.cpu.critical fires, and should not"),
        ("owner: web\n", "owner: app\n", None, "fires with another label: owner is `app` instead of `web`"),
        (
            "Cpu of api",
            "The CPU of api",
            {"api.cpu.critical", "api.cpu.warning"},
            "another text: description is `The CPU of",
        ),
        ("keep_firing_for: 10m", "keep_firing_for: 1m", {"api.disk.warning"}, "api.disk.warning does not fire"),
        ("> 14.4 * 0.01", "> 14.9 * 0.01", {"api.availability.page-fast"}, "api.availability.page-fast does not fire"),
        ("rate(errors_total[5m])", "rate(errors_total[5m]) * 2", {"api.availability.page-fast"}, "instead of"),
        ("groups:", "grups:", {"api"}, "promtool cannot run the tests of api: prometheus/api.rules.yml: yaml"),
    ],
)
def test_a_wrong_rule_is_told_of_its_alert(plan: Plan, old: str, new: str, failed: set[str] | None, said: str) -> None:
    made = [Artifact(a.path, a.text.replace(old, new)) for a in emit(plan, ("prometheus",))]
    assert made != list(emit(plan, ("prometheus",)))
    outcomes = judged([Trial(plan, made, plan, only=("rules",))])[0].outcomes
    wrong = [outcome for outcome in outcomes if not outcome.passed]
    if failed is None:
        assert len(wrong) >= 3
    else:
        assert {outcome.name for outcome in wrong} == failed
    problems = [problem for outcome in wrong for problem in outcome.problems]
    assert any(said in problem.message for problem in problems), [problem.message for problem in problems]
    if failed != {"api"}:
        # The check's own reason stands above it in the file.
        assert all(problem.expected for problem in problems)
