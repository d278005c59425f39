"""Coverage: a thing counts when a test that passes would fail without it, and for nothing else."""

from __future__ import annotations

import pytest

from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Plan
from monitorspec.scenario.coverage import GENERATED, Coverage, coverage
from monitorspec.scenario.judge import Trial, judge, judged

SPEC = """
version: 1
system: shop
owner: web
defaults: {interval: 1m}
services:
  api:
    thresholds:
      cpu: {expr: 'avg by (pod) (cpu_ratio)', above: {warning: 80, critical: 95}}
      disk: {expr: 'avg by (pod) (disk_ratio)', above: {warning: 90}}
receivers:
  oncall: {webhook: {url: 'http://oncall.example'}}
  chat: {webhook: {url: 'http://chat.example'}}
routes:
  critical: {notify: [oncall]}
  warning: {notify: [chat], during: day}
  info: {notify: [chat]}
windows: {day: {days: mon-fri, hours: '08:00-18:00'}, patching: {days: sun}}
mute: {patching: {match: {alerts: api.disk}, during: patching}}
inhibit: {disk: {source: {alerts: api.disk}, target: {alerts: api.cpu.warning}, equal: [pod]}}
tests:
"""
BOTH = """series: {'cpu_ratio{pod="a"}': 50x5 85x10 97x10, 'disk_ratio{pod="a"}': 50x25}"""


def covered(tests: str, spec: str = SPEC) -> tuple[Plan, Coverage]:
    plan, found = plan_of(spec + tests)
    assert plan is not None, found
    outcomes = judged([Trial(plan, emit(plan, ("prometheus",)), plan, only=("test",))])[0].outcomes
    return plan, coverage(plan, outcomes)


def noticed(tests: str) -> set[str]:
    _, found = covered(tests)
    return {f"{item.kind} {item.name}" for item in found.items if item.by}


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        # Silence would be the same without any alert.
        ("start: tue 10:00\n    at: 3m\n    silent: true", set()),
        (
            "start: tue 10:00\n    at: 10m\n    expect: {api.cpu.warning: [chat]}",
            {"alert api.cpu.warning", "route warning", "window day: inside"},
        ),
        (
            "start: sat 10:00\n    at: 10m\n    expect: {api.cpu.warning: []}",
            {"alert api.cpu.warning", "window day: outside"},
        ),
        # The warning fires as well, and is silenced: without the inhibition the chat would be told.
        (
            "start: tue 10:00\n    at: 20m\n    expect: {api.cpu.critical: [oncall]}",
            {"alert api.cpu.critical", "route critical", "inhibition critical-over-milder"},
        ),
        (
            "at: 20m\n    expect: {api.cpu.critical: [oncall], api.cpu.warning: {inhibited_by: api.cpu.critical}}",
            {"alert api.cpu.critical", "alert api.cpu.warning", "route critical", "inhibition critical-over-milder"},
        ),
        # The threshold as a whole tells the same without its warning, and more without what silences it.
        (
            "at: 20m\n    expect: {api.cpu: [oncall]}",
            {"alert api.cpu.critical", "route critical", "inhibition critical-over-milder"},
        ),
        # It does not pass, so it counts for nothing.
        ("start: tue 10:00\n    at: 10m\n    expect: {api.cpu.warning: [oncall]}", set()),
    ],
)
def test_what_a_test_would_notice(checks: str, expected: set[str]) -> None:
    found = noticed(f"  t:\n    {BOTH}\n    {checks}\n")
    assert found == expected


@pytest.mark.usefixtures("promtool")
def test_mutes_and_windows_of_mutes() -> None:
    full = "\n    series: {'disk_ratio{pod=\"a\"}': 95x10}\n    at: 5m\n"
    muted = f"  t:\n    start: sun 10:00{full}    expect: {{api.disk: []}}\n"
    # On a sunday the day's window is closed as well: the mute alone decides nothing.
    assert noticed(muted) == {"alert api.disk.warning"}
    _, found = covered(muted)
    assert "mute patching" in {f"{item.kind} {item.name}" for item in found.open}
    _, found = covered(muted, spec=SPEC.replace("days: mon-fri, hours", "hours"))
    by = {f"{item.kind} {item.name}": item.by for item in found.items}
    assert by["mute patching"] == ("t",)
    assert by["window patching: inside"] == ("t",)
    assert by["window patching: outside"] == ()


@pytest.mark.usefixtures("promtool")
def test_what_follows_from_the_spec_counts_too() -> None:
    plan, diagnostics = plan_of(SPEC.replace("tests:\n", ""))
    assert plan is not None, diagnostics
    found = coverage(plan, judge(plan, emit(plan, ("prometheus",))))
    by = {f"{item.kind} {item.name}": item.by for item in found.items}
    assert by["alert api.cpu.critical"] == (GENERATED,)
    assert by["route warning"] == (GENERATED,)
    assert by["inhibition critical-over-milder"] == (GENERATED,)
    # Windows and inhibitions of one's own are one's own to test.
    assert by["inhibition disk"] == ()
    assert by["window day: inside"] == ()
    cannot = {f"{item.kind} {item.name}": item.cannot for item in found.items if item.cannot}
    assert cannot == {"route info": "no alert of this spec goes there"}
    # Three alerts, two routes and an inhibition; not noticed: the own inhibition, the mute, four sides of windows.
    assert found.counts() == (6, 12)
    assert found.percent == 50


def test_an_inhibition_that_others_do_the_work_of_cannot_be_noticed() -> None:
    twice = "twice: {source: {severity: critical}, target: {severity: warning}, equal: [alertname, pod]}"
    plan, found = plan_of(SPEC.replace("tests:\n", "").replace("inhibit: {", f"inhibit: {{{twice}, "))
    assert plan is not None, found
    items = {item.name: item.cannot for item in coverage(plan, ()).items if item.kind == "inhibition"}
    assert items["twice"] == "others silence the same alerts"
    assert items["disk"] == ""
