"""Who is told, as the spec reads: a tree that says something else is noticed."""

from __future__ import annotations

import pytest

from monitorspec.compiler import plan_of
from monitorspec.plan import Plan
from monitorspec.scenario.routes import intended, labels_of, outcomes

SPEC = """
version: 1
system: shop
owner: web
services:
  api:
    slos: {availability: {objective: 99.9%, ratio: {bad: 'errors_total', total: 'all_total'}}}
    thresholds: {cpu: {expr: 'avg by (pod) (cpu_ratio)', above: {warning: 80, critical: 95}}}
receivers:
  oncall: {webhook: {url: 'http://oncall.example'}}
  chat: {webhook: {url: 'http://chat.example'}}
  log: {webhook: {url: 'http://log.example'}}
  lead: {webhook: {url: 'http://lead.example'}}
routes:
  default: {notify: [chat]}
  everything: {match: {service: api}, notify: [log], continue: true}
  critical:
    notify: [oncall]
    escalate: [{after: 15m, to: lead}]
    routes:
      slow:
        match: {labels: {burn_tier: page-slow}}
        routes: {odd: {match: {labels: {pod: odd}}, notify: [log]}}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    made, found = plan_of(SPEC)
    assert made is not None, found
    return made


def failed(plan: Plan, routed: Plan) -> dict[str, list[str]]:
    return {o.name: [p.message for p in o.problems] for o in outcomes(plan, routed) if not o.passed}


def test_the_spec_is_read_as_it_says(plan: Plan) -> None:
    alerts = {alert.id: labels_of(alert) for alert in plan.alerts}
    told = {id: [(i.receiver, i.after, i.route) for i in intended(plan.root, labels)] for id, labels in alerts.items()}
    assert told["api.cpu.critical"] == [
        ("log", 0, ("everything",)),
        ("oncall", 0, ("critical",)),
        ("lead", 900_000, ("critical",)),
    ]
    # A finer route without receivers of its own has those around it.
    assert [route for _, _, route in told["api.availability.page-slow"][1:]] == [("critical", "slow")] * 2
    assert told["api.cpu.warning"] == [("log", 0, ("everything",)), ("chat", 0, ("default",))]


def test_the_tree_that_is_compiled_does_so(plan: Plan) -> None:
    assert failed(plan, plan) == {}


def test_another_tree_is_noticed(plan: Plan) -> None:
    everything, critical = plan.root.routes
    swallowing = plan._replace(root=plan.root._replace(routes=(everything._replace(continue_=False), critical)))
    found = failed(plan, swallowing)
    assert found["api.cpu.critical"] == [
        "oncall is not told of api.cpu.critical",
        "lead is not told of api.cpu.critical after 15m",
    ]
    assert found["api.cpu.warning"] == ["chat is not told of api.cpu.warning"]
    louder = plan._replace(root=plan.root._replace(routes=(everything, critical._replace(continue_=True))))
    assert failed(plan, louder)["api.cpu.critical"] == ["chat is told of api.cpu.critical as well"]


@pytest.mark.parametrize("name", ["critical-over-milder", "page-fast-over-slower", "ticket-fast-over-slower"])
def test_a_missing_inhibition_is_noticed(plan: Plan, name: str) -> None:
    without = plan._replace(inhibits=tuple(rule for rule in plan.inhibits if rule.name != name))
    assert len(without.inhibits) < len(plan.inhibits)
    assert any("is told beside" in text for texts in failed(plan, without).values() for text in texts)


def test_an_inhibition_the_wrong_way_round_or_too_broad_is_noticed(plan: Plan) -> None:
    turned = tuple(
        rule._replace(source=rule.target, target=rule.source) if rule.name == "critical-over-milder" else rule
        for rule in plan.inhibits
    )
    texts = [text for texts in failed(plan, plan._replace(inhibits=turned)).values() for text in texts]
    assert "api.cpu.critical is silenced by api.cpu.warning, which matters less" in texts
    broad = tuple(rule._replace(equal=("alertname", "service")) for rule in plan.inhibits)
    texts = [text for texts in failed(plan, plan._replace(inhibits=broad)).values() for text in texts]
    assert "api.cpu.warning is silenced by api.cpu.critical of another pod" in texts


def test_an_objective_without_series_labels_or_some_tier_leaves_others_their_regions() -> None:
    """Matchers of inhibitions tell tiers apart, not objectives: each rule holds for all of them."""
    more = """
      availability: {objective: 99.9%, ratio: {bad: 'errors_total', total: 'all_total'}}
      reachable: {objective: 99%, probe: 'min by (region) (probe_success)', by: [region]}
      search: {objective: 98%, ratio: {bad: 'errors_total', total: 'all_total'}, alerts: {ticket-slow: null}}
"""
    whole = "    slos: {availability: {objective: 99.9%, ratio: {bad: 'errors_total', total: 'all_total'}}}\n"
    made, found = plan_of(SPEC.replace(whole, "    slos:" + more))
    assert made is not None, found
    assert len([alert for alert in made.alerts if "region" in (alert.series_labels or ())]) == 4
    assert failed(made, made) == {}
