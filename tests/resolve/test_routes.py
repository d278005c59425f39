"""What users write about routes, as the matchers and inhibitions that come of it."""

from __future__ import annotations

import pytest

from monitorspec.compiler import plan_of
from monitorspec.plan import Matcher, Plan
from monitorspec.resolve.matches import parse_matcher
from monitorspec.routing import inhibited, receivers_of

SPEC = """
version: 1
system: shop
owner: payments
services:
  api:
    slos:
      availability: {objective: 99.9%, ratio: {bad: errors_total, total: requests_total}}
    thresholds:
      cpu: {expr: avg by (pod) (cpu_ratio), above: {warning: 80%, critical: 95%}}
      disk: {expr: disk_ratio, above: {warning: 80%, critical: 90%}}
  web:
    thresholds:
      cpu: {expr: avg by (pod) (cpu_ratio), above: {warning: 80%}}
receivers:
  a: {webhook: {url: 'http://a'}}
  b: {webhook: {url: 'http://b'}}
  c: {webhook: {url: 'http://c'}}
routes:
"""


def plan_with(routes: str) -> Plan:
    plan, diagnostics = plan_of(SPEC + routes)
    assert plan is not None, diagnostics
    return plan


def told(routes: str) -> dict[str, list[str]]:
    """Every alert's receivers."""
    plan = plan_with(routes)
    return {
        alert.id: [n.receiver for n in receivers_of(plan, {**alert.labels, "alertname": alert.name})]
        for alert in plan.alerts
    }


def test_a_route_named_after_a_severity_takes_it() -> None:
    found = told("  default: {notify: [a]}\n  critical: {notify: [b]}\n")
    assert found["api.cpu.critical"] == found["api.availability.page-fast"] == ["b"]
    assert found["api.cpu.warning"] == found["web.cpu.warning"] == ["a"]


def test_alerts_are_picked_out_exactly() -> None:
    found = told("  default: {notify: [a]}\n  some: {match: {alerts: [api.cpu.warning, web.cpu]}, notify: [b]}\n")
    assert {id for id, receivers in found.items() if receivers == ["b"]} == {"api.cpu.warning", "web.cpu.warning"}


def test_alerts_that_no_single_conjunction_picks_out() -> None:
    chosen = {"api.cpu.critical", "api.disk.warning", "api.availability.ticket-slow"}
    found = told(
        f"  default: {{notify: [a]}}\n  some: {{match: {{alerts: [{', '.join(sorted(chosen))}]}}, notify: [b]}}\n"
    )
    assert {id for id, receivers in found.items() if receivers == ["b"]} == chosen


def test_a_pattern_takes_all_that_fit() -> None:
    found = told("  default: {notify: [a]}\n  some: {match: {alerts: '*.cpu'}, notify: [b]}\n")
    assert {id for id, receivers in found.items() if receivers == ["b"]} == {i for i in found if ".cpu." in i}


def test_finer_routes_come_first_and_the_rest_is_told_to_the_route_itself() -> None:
    found = told(
        "  default: {notify: [a]}\n  critical: {notify: [b], routes: {disk: {match: {alerts: api.disk}, notify: c}}}\n"
    )
    assert found["api.disk.critical"] == ["c"]
    assert found["api.cpu.critical"] == ["b"]


def test_values_are_literal() -> None:
    plan = plan_with("  default: {notify: [a]}\n  x: {match: {labels: {path: ['/a+b', 'c|d']}}, notify: b}\n")
    assert [n.receiver for n in receivers_of(plan, {"path": "/a+b"})] == ["b"]
    assert [n.receiver for n in receivers_of(plan, {"path": "c|d"})] == ["b"]
    assert [n.receiver for n in receivers_of(plan, {"path": "/aab"})] == ["a"]
    assert [n.receiver for n in receivers_of(plan, {"path": "c"})] == ["a"]


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ('team!="x"', Matcher("team", "!=", "x")),
        ("pod =~ web-.*", Matcher("pod", "=~", "web-.*")),
        ('a="with \\"quotes\\" and \\\\ and \\n"', Matcher("a", "=", 'with "quotes" and \\ and \n')),
        ('a=~"\\\\d+"', Matcher("a", "=~", "\\d+")),
        ('a=""', Matcher("a", "=", "")),
        # As Alertmanager's own parser has it: escapes without quotes as well, and blanks that are blank to Go.
        ("a=b\\\\c\\d\\n", Matcher("a", "=", "b\\c\\d\n")),
        ('a=b\\"', Matcher("a", "=", 'b"')),
        ("a=b\\", Matcher("a", "=", "b\\")),
        ("a=b\u00a0 ", Matcher("a", "=", "b\u00a0")),
        ('a="b', None),
        ('a=b"', None),
        ("a\u00a0=b", None),
        ("no matcher", None),
        ('a="open', None),
        ("a.b=c", None),
    ],
)
def test_matchers(text: str, matcher: Matcher | None) -> None:
    assert parse_matcher(text) == matcher


def labels_of(plan: Plan, id: str, **more: str) -> dict[str, str]:
    (alert,) = [a for a in plan.alerts if a.id == id]
    return {**alert.labels, "alertname": alert.name, **more}


def test_the_critical_alert_silences_the_warning_of_the_same_series_only() -> None:
    plan = plan_with("  default: {notify: [a]}\n")
    warning = labels_of(plan, "api.cpu.warning", pod="1")
    assert inhibited(plan, warning, [labels_of(plan, "api.cpu.critical", pod="1")])
    assert not inhibited(plan, warning, [labels_of(plan, "api.cpu.critical", pod="2")])
    assert not inhibited(plan, warning, [labels_of(plan, "api.disk.critical", pod="1")])
    assert not inhibited(plan, labels_of(plan, "api.cpu.critical", pod="1"), [warning])
    assert not inhibited(
        plan, labels_of(plan, "web.cpu.warning", pod="1"), [labels_of(plan, "api.cpu.critical", pod="1")]
    )


def test_disks_of_an_expression_with_unknown_labels_do_not_silence_each_other() -> None:
    plan = plan_with("  default: {notify: [a]}\n")
    warning = labels_of(plan, "api.disk.warning", mountpoint="/logs", instance="1")
    assert not inhibited(plan, warning, [labels_of(plan, "api.disk.critical", mountpoint="/data", instance="1")])
    assert inhibited(plan, warning, [labels_of(plan, "api.disk.critical", mountpoint="/logs", instance="1")])


def test_a_faster_burn_silences_the_slower_ones_of_the_same_objective() -> None:
    plan = plan_with("  default: {notify: [a]}\n")
    fast, slow = labels_of(plan, "api.availability.page-fast"), labels_of(plan, "api.availability.page-slow")
    assert inhibited(plan, slow, [fast])
    assert not inhibited(plan, fast, [slow])
    assert not inhibited(plan, {**slow, "slo": "other"}, [fast])
