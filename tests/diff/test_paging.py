"""Who counts as woken, what has lost its last page, and that being called otherwise is no change of either."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diff.test_codes import compare, edited

SPEC = """\
version: 1
system: shop
owner: web
severities:
  critical: {page: true}
  warning: {}
services:
  api:
    thresholds:
      queue: {expr: queue_size, unit: count, above: {warning: 100, critical: 500}, for: 5m, must_page: [oncall]}
      disk: {expr: disk_used_ratio, unit: ratio, above: {critical: 90%}, for: 5m}
receivers:
  oncall: {WAY}
  chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}}
routes:
  critical: {notify: [oncall, chat]}
  default: {notify: [chat]}
tests:
  a long queue wakes somebody:
    series: {queue_size: 0+100x60}
    checks:
      - {at: 15m, expect: {api.queue.critical: [oncall, chat]}}
"""
PAGER = SPEC.replace("{WAY}", "{pagerduty: {routing_key_file: /etc/alertmanager/key}}")
HOOK = SPEC.replace("{WAY}", "{webhook: {url: 'http://bridge.example'}}")
MAIL = SPEC.replace("{WAY}", "{email: {to: web@shop.example}}")
DEMOTED = ("above: {critical: 90%}", "above: {warning: 90%}")


def paging(folder: Path, old: str, new: str) -> set[tuple[str, str]]:
    return {(t.change.code, t.change.subject) for t in compare(folder, old, new).told if t.change.area == "paging"}


@pytest.mark.parametrize("spec", [PAGER, HOOK])
def test_an_alert_that_wakes_nobody_any_more(spec: str, tmp_path: Path) -> None:
    """What is behind a web hook is not known: it wakes for what is meant to wake, where there is no other pager."""
    found = paging(tmp_path, spec, edited(*DEMOTED, spec))
    assert found == {("paging/unpaged", "api.disk.warning"), ("paging/last-page", "api.disk")}


def test_mail_wakes_nobody(tmp_path: Path) -> None:
    found = paging(tmp_path, MAIL, edited(*DEMOTED, MAIL))
    assert found == {("paging/receivers", "api.disk.warning")}


def test_where_there_is_a_pager_a_web_hook_is_none(tmp_path: Path) -> None:
    hook = edited("  chat: {slack", "  log: {webhook: {url: 'http://log.example'}}\n  chat: {slack", PAGER)
    old = edited("critical: {notify: [oncall, chat]}", "critical: {notify: [oncall, log, chat]}", hook)
    old = edited("{api.queue.critical: [oncall, chat]}", "{api.queue.critical: [oncall, log, chat]}", old)
    new = edited("expect: {api.queue.critical: [oncall, log, chat]}", "expect: {api.queue.critical: [log, chat]}", old)
    new = edited("notify: [oncall, log, chat]", "notify: [log, chat]", edited(", must_page: [oncall]", "", new))
    assert ("paging/unpaged", "api.queue.critical") in paging(tmp_path, old, new)


def test_the_last_page_of_a_whole_service_is_said_once(tmp_path: Path) -> None:
    new = edited(", must_page: [oncall]", "", PAGER)
    new = edited("critical: {notify: [oncall, chat]}", "critical: {notify: [chat]}", new)
    new = edited("{api.queue.critical: [oncall, chat]}", "{api.queue.critical: [chat]}", new)
    found = paging(tmp_path, PAGER, new)
    assert {subject for code, subject in found if code == "paging/last-page"} == {"api"}
    assert {subject for code, subject in found if code == "paging/unpaged"} == {
        "api.queue.critical",
        "api.disk.critical",
    }


def test_an_alert_that_stays_under_another_name_is_no_last_page(tmp_path: Path) -> None:
    new = edited("      disk: {expr", "      space: {expr", PAGER)
    assert paging(tmp_path, PAGER, new) == set()


def test_names_are_no_change_of_tests_and_assertions(tmp_path: Path) -> None:
    new = PAGER.replace("oncall", "pager").replace("queue:", "backlog:").replace("api.queue", "api.backlog")
    found = compare(tmp_path, PAGER, new).told
    loud = {(t.change.code, t.change.subject) for t in found if t.level != "cosmetic"}
    assert loud == {
        ("identity/renamed", "receiver pager"),
        ("identity/renamed", "api.backlog.critical"),
        ("identity/renamed", "api.backlog.warning"),
    }


def test_fewer_hours_of_a_pager_are_risky_though_somebody_is_told(tmp_path: Path) -> None:
    office = "\nwindows: {office: {days: mon-fri, hours: '08:00-18:00'}}\n"
    old = edited(", must_page: [oncall]", "", PAGER)
    old = old[: old.index("tests:")] + office
    new = edited("{notify: [oncall, chat]}", "{notify: [oncall, chat], during: office, otherwise: [chat]}", old)
    found = [t for t in compare(tmp_path, old, new).told if t.change.area == "paging"]
    assert {(t.change.code, t.level) for t in found} == {("paging/fewer-hours", "risky")}
    assert {t.change.text for t in found} == {"pages nobody for 118h more of the week"}
