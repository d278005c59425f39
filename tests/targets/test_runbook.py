"""Runbook pages: facts that are true, links that lead somewhere, Markdown that holds together."""

from __future__ import annotations

import posixpath
import re
from typing import Any

import pytest

from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Plan, Span, Window, WindowPart
from monitorspec.targets import runbook
from monitorspec.told import window_text

HEAD = """
version: 1
system: shop
title: The shop
owner: payments
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pd}, sns: pages}
  chat: {slack: {channel: '#c', api_url_file: /etc/slack}}
  leads: {slack: {channel: '#leads', api_url_file: /etc/slack}}
routes:
  critical: {notify: [oncall, chat], escalate: [{after: 15m, to: leads}], repeat_interval: 2h}
  warning: {notify: chat, during: office-hours}
  default: {notify: chat}
windows: {office-hours: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}}
prometheus: {retention: 30d}
aws:
  topics: {pages: {subscriptions: {pager: {https: '${PagerUrl}'}, mail: {email: web@shop.example}}}}
  parameters: {PagerUrl: {secret: true}}
"""
SPEC = (
    HEAD
    + """
services:
  api:
    slos:
      availability:
        objective: 99.9%
        ratio: {bad: 'http_requests_total{job="api",code=~"5.."}', total: 'http_requests_total{job="api"}'}
    thresholds:
      disk:
        expr: 'volume_used_ratio{job="api"}'
        unit: ratio
        above: {warning: 80%, critical: 90%}
        for: 10m
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, dimensions: {FunctionName: receipts}}
        above: {critical: 5}
        missing: breaching
      stale:
        expr: 'age_seconds{job="api"}'
        unit: seconds
        above: {warning: 1h}
        runbook: data-recovery
    runbooks:
      disk:
        title: The disk is full
        description: Templates {{ $labels.pod }} | stay as they are
        impact: Nobody can pay
        steps: [Look at `df -h`, Look at the logs]
        queries:
          slow: {sql: "SELECT 1\\nFROM slow_queries", description: The slow ones}
        remediation:
          cleanup-temp: {command: "find /temp -delete", above: 85%, target: /temp, older_than: 1d, cooldown: 5m, automatic: true}
          scale: {description: Asks for more, below: 10%, grace_period: 30s}
        escalation: [Call the lead, Call the manager]
        links: {Dashboard of disks: 'https://example.org/d/1'}
runbooks:
  data-recovery: {title: Data recovery, steps: [Restore]}
  upgrades: {steps: [Read the notes]}
"""
)


def compiled(text: str = SPEC) -> Plan:
    plan, diagnostics = plan_of(text)
    assert plan is not None, diagnostics
    return plan


def pages(plan: Plan) -> dict[str, str]:
    return {artifact.path: artifact.text for artifact in runbook.emit(plan)}


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next of its level or above."""
    level = heading.split()[0]
    rest = page.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def outside_fences(text: str) -> list[str]:
    """Lines that are no code; fails where a fence is left open."""
    lines, fence = [], ""
    for part in text.splitlines():
        mark = re.match(r" {0,3}(`{3,})", part)
        if fence:
            if mark and mark[1] == fence and part.strip() == fence:
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            lines.append(part)
    assert not fence, "a fence is left open"
    return lines


def test_every_alert_has_its_page_and_every_page_its_place() -> None:
    plan = compiled()
    made = pages(plan)
    assert set(made) == {"runbooks/README.md", *(f"runbooks/{page.path}" for page in plan.runbooks)}
    assert {f"runbooks/{alert.runbook}" for alert in plan.alerts} <= set(made)
    for alert in plan.alerts:
        assert f"### {alert.name} ({alert.severity}" in made[f"runbooks/{alert.runbook}"]


def test_relative_links_lead_to_files() -> None:
    plan = compiled()
    files = {artifact.path for artifact in emit(plan)}
    followed = 0
    for path, text in pages(plan).items():
        for target in re.findall(r"\]\(([^)]*)\)", "\n".join(outside_fences(text))):
            if "://" not in target:
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) in files
                followed += 1
    assert followed > len(plan.runbooks)


def test_dashboards_and_graphs_are_linked_where_their_address_is_known() -> None:
    links = "links: {grafana: 'https://grafana.example', prometheus: 'https://prom.example'}\n"
    made = pages(compiled(SPEC + links))["runbooks/api/ApiDisk.md"]
    assert re.search(r"\[Dashboard\]\(https://grafana\.example/d/[a-z0-9-]+\)", made)
    query = "volume_used_ratio%7Bjob%3D%22api%22%7D"
    assert f"(https://prom.example/graph?g0.expr={query}&g0.tab=0)" in made


def test_an_objective_in_numbers() -> None:
    page = pages(compiled())["runbooks/api/ApiAvailability.md"]
    # A thousandth of 30 days is 2,592 s.
    assert "99.9% over 30d; allowed downtime 43m12s per 30d" in section(page, "## Objective")
    fast = section(page, "### ApiAvailabilityErrorBudgetBurn (critical, page-fast)")
    # 14.4 times 0.1%; and 30 days by 14.4 is 50 h.
    assert "- Limit: an error ratio over 1.44%\n" in fast
    assert "14.4 times what the budget allows, over 1h and 5m" in fast
    assert "- Budget: at that rate 2% of it is gone in 1h, all of it in 2d2h\n" in fast
    assert "slo:error:ratio_rate1h{" in fast
    assert "} > 0.0144\nand\nslo:error:ratio_rate5m{" in fast


def test_how_fast_an_outage_is_noticed() -> None:
    """At 10% errors, 1.44% of an hour is reached in 8m38.4s, and rates over 5m lag by half of that."""
    text = section(pages(compiled())["runbooks/api/ApiAvailability.md"], "## Objective")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert rows[:2] == [
        "| Errors | page-fast | page-slow | ticket-fast | ticket-slow |",
        "| --- | --- | --- | --- | --- |",
    ]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[2:]] == [
        "100%",
        "50%",
        "10%",
        "1%",
        "0.101%, just over budget",
    ]
    assert rows[4].startswith("| 10% | 11m9s (2.6%) |")
    assert rows[5].startswith("| 1% | never |")
    assert {row.count("|") for row in rows} == {6}
    # Two evaluations of 30s.
    assert "\n\nData come in and are evaluated at intervals: an alert may fire up to 1m later.\n" in text


def test_each_objective_of_a_page_has_its_table() -> None:
    shared = SPEC.replace(
        "      availability:\n        objective: 99.9%\n",
        """      quick:
        objective: 99%
        runbook: both
        latency: {histogram: took_seconds, under: 300ms}
      availability:
        objective: 99.9%
        runbook: both
""",
    )
    shared = shared.replace("  data-recovery:", "  both: {steps: [Look]}\n  data-recovery:")
    text = section(pages(compiled(shared))["runbooks/both.md"], "## Objective")
    assert text.count("\nHow long an outage lasts before each alert of ") == 2
    assert "\nHow long an outage lasts before each alert of Quick fires, " in text
    # 1% is within the budget of the one and an outage to the other.
    assert text.count("| 1% |") == 1


def test_the_query_of_a_burn_alert_reads_recorded_series() -> None:
    plan = compiled()
    rules = "".join(a.text for a in emit(plan, ["prometheus"]))
    names = re.findall(r"slo:error:ratio_rate\w+", "".join(pages(plan).values()))
    assert names
    assert all(f"record: {name}\n" in rules for name in names)


def test_a_threshold_in_numbers() -> None:
    page = pages(compiled())["runbooks/api/ApiDisk.md"]
    severe = section(page, "### ApiDisk (critical)")
    assert "- Fires when: above 90% for 10m\n- Limit: 90%\n- For: 10m\n- Evaluated every: 30s\n" in severe
    assert "- Notified: at once: oncall, chat; after 15m: leads; repeats every 2h\n" in severe
    assert '```promql\nvolume_used_ratio{job="api"}\n```' in severe
    mild = section(page, "### ApiDisk (warning)")
    assert (
        "- Notified: at once: chat (only office-hours: Mon–Fri 08:00–18:00 Europe/Berlin); repeats every 4h\n" in mild
    )
    # Both watch the same; once is enough.
    assert page.count("```promql") == 1


def test_a_cloudwatch_alarm_in_numbers() -> None:
    page = pages(compiled())["runbooks/api/ApiErrors.md"]
    assert "```text\nAWS/Lambda Errors {FunctionName=receipts}, Sum over 1m\n```" in page
    assert "- Missing data: counts as bad\n" in page


def test_what_the_spec_says_stands_in_its_sections() -> None:
    page = pages(compiled())["runbooks/api/ApiDisk.md"]
    assert page.startswith(
        "<!-- Generated by monitorspec from shop; edit the spec, not this file. -->\n\n# The disk is full\n"
    )
    assert "\nTemplates {{ $labels.pod }} | stay as they are\n" in page
    assert section(page, "## Impact").strip() == "Nobody can pay"
    assert section(page, "## Diagnosis").strip() == "1. Look at `df -h`\n2. Look at the logs"
    assert section(page, "### slow").strip() == "The slow ones\n\n```sql\nSELECT 1\nFROM slow_queries\n```"
    assert section(page, "## Remediation").strip().split("\n") == [
        "- **cleanup-temp** above 85%, on `/temp`, older than 1d, cooldown 5m, automatic",
        "",
        "  ```sh",
        "  find /temp -delete",
        "  ```",
        "- **scale** below 10%, grace period 30s: Asks for more",
    ]
    assert section(page, "## Escalation").strip() == "1. Call the lead\n2. Call the manager"
    assert "- [Dashboard of disks](https://example.org/d/1)" in section(page, "## Links")


def test_the_index_lists_alerts_by_service_then_other_pages_then_retention() -> None:
    text = pages(compiled())["runbooks/README.md"]
    assert "\n# Runbooks of The shop\n" in text
    rows = [line for line in section(text, "## Api").splitlines() if line.startswith("| [")]
    assert len(rows) == len(compiled().alerts)
    assert (
        "| [ApiErrors](api/ApiErrors.md) | critical | above 5 | "
        "topic pages (web hook pager, e-mail to web@shop.example); when it begins and when it ends |" in rows
    )
    assert section(text, "## Other runbooks").strip() == "- [Upgrades](upgrades.md)"
    assert "30d" in section(text, "## Retention")


def test_the_index_says_which_agents_run_where() -> None:
    agents = """
agents:
  node-exporter: {kind: node-exporter, namespace: monitoring, image: 'node-exporter:v1'}
  state: {image: 'state:v2', replicas: 2, description: a | b}
"""
    plan, found = plan_of(SPEC + agents)
    assert [d for d in found if d.level != "note"] == []
    assert plan is not None
    index = next(a.text for a in runbook.emit(plan) if a.path == "runbooks/README.md")
    assert index.split("## Agents\n\n")[1].split("\n\n")[0].splitlines() == [
        "| Agent | What it is | Runs | Namespace | Image |",
        "| --- | --- | --- | --- | --- |",
        "| node-exporter | node-exporter | on every node | monitoring | node-exporter:v1 |",
        "| state | a \\| b | as 2 pods | default | state:v2 |",
    ]


def test_nobody_is_said_where_nobody_is_told() -> None:
    silent = SPEC.replace("missing: breaching", "missing: breaching\n        actions_enabled: false")
    assert "- Notified: nobody: its actions are switched off" in pages(compiled(silent))["runbooks/api/ApiErrors.md"]


def test_an_alarm_says_when_it_is_muted() -> None:
    muted = SPEC + "mute: {nights: {match: {alerts: [api.errors]}, during: office-hours}}\n"
    page = pages(compiled(muted))["runbooks/api/ApiErrors.md"]
    assert "\n- Muted: office-hours: Mon–Fri 08:00–18:00 Europe/Berlin\n" in page


def test_an_alarm_that_is_switched_off_is_told_of_through_the_composite_above_it() -> None:
    above = "missing: breaching\n        actions_enabled: false\n      health: {composite: {any_of: [errors]}, severity: critical}"
    page = pages(compiled(SPEC.replace("missing: breaching", above)))["runbooks/api/ApiErrors.md"]
    told = "topic pages (web hook pager, e-mail to web@shop.example); when it begins and when it ends"
    assert f"- Notified: through `shop-api-health-critical`: {told}\n" in page


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (
            WindowPart((Span(1, 5),), (Span(480, 1080),), (), (), "Europe/Berlin"),
            "w: Mon–Fri 08:00–18:00 Europe/Berlin",
        ),
        (WindowPart((Span(0, 0), Span(6, 6)), (), (), (), ""), "w: Sun, Sat UTC"),
        (
            WindowPart((), (), (Span(1, 7), Span(-1, -1)), (Span(12, 12),), ""),
            "w: day 1–7 of the month, day last of the month Dec UTC",
        ),
        (WindowPart((), (Span(1320, 1440),), (), (Span(1, 3),), ""), "w: 22:00–24:00 Jan–Mar UTC"),
    ],
)
def test_windows_in_words(part: WindowPart, words: str) -> None:
    assert window_text(Window("w", (part,), ())) == words


AWKWARD = "a | b\n# c `d` *e* [f](javascript:g) <b> {{ h }} {% i %} ``` \\ é"


def awkward() -> Plan:
    """A plan in which every text is as awkward as can be."""
    plan = compiled()

    def spoiled(page: Any) -> Any:
        return page._replace(
            title=AWKWARD,
            description=AWKWARD,
            impact=AWKWARD,
            steps=(AWKWARD,),
            queries=tuple(q._replace(name=AWKWARD, text=AWKWARD, description=AWKWARD) for q in page.queries),
            remediation=tuple(
                r._replace(name=AWKWARD, command=AWKWARD, description=AWKWARD, target=AWKWARD) for r in page.remediation
            ),
            escalation=(AWKWARD,),
            links=((AWKWARD, AWKWARD),),
            markdown="Own *text*  \nwith a fence\n\n```sh\n{{ x }}  ",
        )

    return plan._replace(
        title=AWKWARD,
        description=AWKWARD,
        runbooks=tuple(map(spoiled, plan.runbooks)),
        services=tuple(s._replace(title=AWKWARD, owner=AWKWARD) for s in plan.services),
    )


@pytest.mark.parametrize("plan", [compiled, awkward])
def test_markdown_holds_together(plan: Any) -> None:
    for path, text in pages(plan()).items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]+$", text, re.MULTILINE), path
        assert "\n\n\n" not in text, path
        lines = outside_fences(text)
        assert sum(line.startswith("# ") for line in lines) == 1, path
        columns = 0
        for line in lines:
            found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not columns or found in (0, columns), line
            columns = found


def test_awkward_texts_become_no_markup() -> None:
    page = pages(awkward())["runbooks/api/ApiDisk.md"]
    assert "{{ h }} {% i %}" in page
    prose = re.sub(r"(?<![\\`])(`+)(?!`).*?[^`]\1(?!`)", "", "\n".join(outside_fences(page)))
    assert "<b>" not in prose
    assert not re.search(r"(?<!\\)\]\(javascript", prose)
    # The first line of a remediation holds all about it, whatever its texts hold.
    (first,) = [line for line in page.splitlines() if line.startswith("- **") and "cooldown" in line]
    assert "above 85%" in first
    assert "older than 1d" in first


def test_nothing_comes_of_no_runbooks() -> None:
    assert pages(compiled()._replace(services=(), runbooks=())) == {}
