"""Who is told at each hour of the week."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from benchmarks.workload import spec
from monitorspec import paging
from monitorspec.compiler import plan_of
from monitorspec.paging import Shift
from monitorspec.plan import Plan

HEAD = """\
version: 1
system: shop
owner: web
services:
  api:
    thresholds:
      cpu: {expr: cpu_ratio, above: {warning: 80%, critical: 95%}}
      disk: {expr: disk_ratio, above: {warning: 80%}}
  lambda:
    thresholds:
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
aws: {topics: {pages: {parameter: PagesTopicArn}}}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pagerduty}, sns: pages}
  chat: {webhook: {url: 'http://chat.example'}}
  leads: {webhook: {url: 'http://leads.example'}}
"""


def made(text: str) -> Plan:
    plan, diagnostics = plan_of(HEAD + text)
    assert plan is not None, diagnostics
    return plan


def rows(shifts: tuple[Shift, ...]) -> list[tuple[str, list[str], list[tuple[str, str]]]]:
    return [
        (
            s.when,
            [f"{n.receiver} {n.after // 60_000}m" if n.after else n.receiver for n in s.told],
            [(n.receiver, n.silenced_by) for n in s.silenced],
        )
        for s in shifts
    ]


OFFICE = "windows: {office: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}"
SPEC = f"""\
routes:
  default: {{notify: chat}}
  critical: {{notify: [oncall], escalate: [{{after: 15m, to: leads}}]}}
  warning: {{notify: chat, during: office, otherwise: leads}}
{OFFICE}, patching: {{days: sat-sun, hours: '02:00-04:00', tz: Europe/Berlin}}, noon: {{hours: '12:00-13:00', tz: Europe/Berlin}}}}
mute:
  patching: {{match: {{alerts: [api.disk, lambda.errors]}}, during: patching}}
  noon: {{match: {{alerts: api.disk}}, during: noon}}
"""


def test_the_shifts_of_each_alert() -> None:
    found = {id: rows(shifts) for id, shifts in paging.paging(made(SPEC)).items()}
    assert found == {
        "api.cpu.critical": [("always", ["oncall", "leads 15m"], [])],
        "api.cpu.warning": [
            ("mon-fri 08:00-18:00 Europe/Berlin", ["chat"], [("leads", "office")]),
            ("otherwise", ["leads"], [("chat", "office")]),
        ],
        "api.disk.warning": [
            (
                "mon-fri 08:00-18:00 Europe/Berlin and 12:00-13:00 Europe/Berlin",
                [],
                [("chat", "noon"), ("leads", "office")],
            ),
            (
                "mon-fri 08:00-18:00 Europe/Berlin outside 12:00-13:00 Europe/Berlin",
                ["chat"],
                [("leads", "office")],
            ),
            ("sat-sun 02:00-04:00 Europe/Berlin", [], [("chat", "office"), ("leads", "patching")]),
            (
                "12:00-13:00 Europe/Berlin outside mon-fri 08:00-18:00 Europe/Berlin",
                [],
                [("chat", "office"), ("leads", "noon")],
            ),
            ("otherwise", ["leads"], [("chat", "office")]),
        ],
        # SNS knows no waiting; a mute rule keeps the alarm silent.
        "lambda.errors.critical": [
            ("sat-sun 02:00-04:00 Europe/Berlin", [], [("oncall", "patching")]),
            ("otherwise", ["oncall"], []),
        ],
    }


def test_shifts_are_all_of_the_week() -> None:
    for shifts in paging.paging(made(SPEC)).values():
        assert sum(s.minutes for s in shifts) == 7 * 24 * 60
        spans = sorted(span for s in shifts for span in s.spans)
        assert not spans or (spans[0][0], spans[-1][1]) == (0, 10080)
        assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_a_window_of_an_alarm_is_no_window_of_its_topic() -> None:
    plan = made(
        f"routes: {{critical: {{notify: oncall, during: office, otherwise: []}}, default: {{notify: chat}}}}\n{OFFICE}}}\n"
    )
    found = paging.paging(plan)
    assert rows(found["lambda.errors.critical"]) == [("always", ["oncall"], [])]
    assert [when for when, _, _ in rows(found["api.cpu.critical"])] == [
        "mon-fri 08:00-18:00 Europe/Berlin",
        "otherwise",
    ]


def test_what_no_mute_rule_can_say_mutes_no_alarm() -> None:
    plan = made(
        "routes: {default: {notify: [oncall]}}\nwindows: {end: {dates: '-1'}}\n"
        "mute: {end: {match: {severity: critical}, during: end}}\n"
    )
    found = paging.paging(plan)
    assert rows(found["lambda.errors.critical"]) == [("always", ["oncall"], [])]
    assert [(when, told) for when, told, _ in rows(found["api.cpu.critical"])] == [
        ("on -1 of the month UTC", []),
        ("otherwise", ["oncall"]),
    ]


@pytest.mark.parametrize(
    ("windows", "when"),
    [
        ("{w: {days: [mon, wed-thu]}}", "mon, wed-thu UTC"),
        ("{w: {hours: ['06:00-07:00', '22:00-04:00']}}", "06:00-07:00, 22:00-04:00 UTC"),
        ("{w: {days: sat-sun, months: [dec, jan-feb], tz: Asia/Tokyo}}", "sat-sun in dec, jan-feb Asia/Tokyo"),
        ("{w: {dates: ['1-7', '-1']}}", "on 1-7, -1 of the month UTC"),
    ],
)
def test_a_window_is_told_in_its_own_words(windows: str, when: str) -> None:
    plan = made(f"routes: {{default: {{notify: oncall}}, warning: {{notify: chat, during: w}}}}\nwindows: {windows}\n")
    assert [s.when for s in paging.paging(plan)["api.cpu.warning"]] == [when, "otherwise"]


def test_a_window_that_is_always_or_never_open_cuts_nothing() -> None:
    plan = made(
        "routes:\n  default: {notify: chat}\n  warning: {notify: chat, during: all}\n"
        "  critical: {notify: oncall, during: never, otherwise: []}\n"
        "windows: {all: {hours: '00:00-24:00'}, never: {dates: '31', months: feb}}\n"
    )
    found = paging.paging(plan)
    assert rows(found["api.cpu.warning"]) == [("always", ["chat"], [])]
    assert rows(found["api.cpu.critical"]) == [("always", [], [("oncall", "never")])]


def test_many_alerts_have_few_shifts_and_cost_little() -> None:
    plan, _ = plan_of(spec(200))
    assert plan is not None
    start = time.process_time()
    found = paging.paging(plan)
    taken = time.process_time() - start
    assert len(found) == len(plan.alerts) > 3_000
    assert len({id(shifts) for shifts in found.values()}) < 20
    assert taken / len(found) < 100e-6
