"""Lint of routes, windows, mutes and inhibitions: what amtool takes without a word, and what is no mistake."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from benchmarks.workload import spec
from monitorspec import compiler, tools
from monitorspec.compiler import compile_file, emit, plan_of
from monitorspec.explain import page
from monitorspec.lint import inhibitions, mutes, routes, routetree
from tests.test_explain import whole

CODES = (
    "routes/silent-hours", "routes/no-pager", "routes/told-twice", "routes/unrouted-severity", "routes/must-page", "routes/dead",
    "routes/unreachable", "routes/vain-continue", "routes/short-repeat", "windows/unused", "windows/never-open",
    "mute/nothing", "mute/always", "inhibit/dead", "inhibit/itself",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_amtool_takes_it_without_a_word(
    code: str, amtool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lint refuses or warns of, as the file that would have been written: a peer's check of it passes."""
    wrong = whole(re.findall(r"```yaml wrong\n(.*?)```", page(code), re.S)[0])
    assert code in {d.code for d in plan_of(wrong)[1]}
    monkeypatch.setattr(compiler, "lint", lambda *_: [])
    plan, diagnostics = plan_of(wrong)
    assert plan is not None
    assert diagnostics == []
    (artifact,) = emit(plan, ("alertmanager",))
    file = tmp_path / "alertmanager.yml"
    file.write_text(artifact.text, encoding="utf-8")
    done = tools.run(str(amtool), ["check-config", str(file)])
    assert done.code == 0, done.output
    assert "SUCCESS" in done.output
    assert not re.search("warn|error|fail", done.output, re.IGNORECASE)


HEAD = """\
version: 1
system: shop
owner: web
services:
  api:
    labels: {team: web}
    thresholds:
      cpu: {expr: cpu_ratio, unit: ratio, above: {warning: 80%, critical: 95%}}
      disk: {expr: disk_ratio, unit: ratio, above: {warning: 80%}, labels: {team: storage}}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pagerduty}}
  chat: {slack: {channel: '#shop', api_url_file: /etc/slack}}
  hook: {webhook: {url: 'http://hook.example'}}
"""
OFFICE = "windows: {office: {days: mon-fri, hours: '08:00-18:00'}, night: {hours: '22:00-06:00'}}\n"


def codes(text: str, file: str = "spec.yaml") -> list[tuple[str, str, int]]:
    return [(d.code, d.level, d.position.line) for d in plan_of(HEAD + text, file)[1]]


@pytest.mark.parametrize(
    "text",
    [
        # A severity that no alert has yet is looked after.
        "routes: {default: {notify: chat}, info: {notify: chat}, critical: {notify: oncall}}\n",
        "routes: {critical: {notify: oncall}, rest: {match: {severity: [warning, info]}, notify: chat}}\n",
        # Labels that series or the server carry may match.
        "routes: {default: {notify: oncall}, eu: {match: {matchers: 'cluster=\"eu\"'}, notify: hook}}\n",
        "routes: {default: {notify: oncall}, web: {match: {matchers: 'pod=~\"web.*\"'}, notify: hook}}\n",
        "routes: {default: {notify: oncall}, first: {match: {matchers: 'pod=\"a\"'}, notify: hook}, critical: {notify: oncall}}\n",
        "routes: {default: {notify: oncall}}\ninhibit: {x: {source: {matchers: 'pod=\"a\"'}, target: {severity: warning}}}\n",
        # A route that continues tells what the route around it tells as well.
        "routes: {default: {notify: oncall}, critical: {notify: hook, continue: true}}\n",
        # The same receiver later is an escalation.
        "routes: {default: {notify: oncall, escalate: [{after: 15m, to: oncall}]}}\n",
        # A webhook may be a bridge to a pager.
        "routes: {default: {notify: oncall}, critical: {notify: hook}}\n",
        # Where no route pages, none is missed.
        "routes: {default: {notify: chat}}\n",
        # Somebody is told at every hour, or nobody is meant to be.
        f"{OFFICE}routes:\n  default: {{notify: oncall}}\n  critical: {{notify: oncall, during: office, otherwise: hook}}\n"
        "  warning: {notify: chat, during: night, otherwise: []}\n",
        # Maintenance is what mutes are for, of pages too.
        f"{OFFICE}routes: {{default: {{notify: oncall}}}}\n"
        "mute: {a: {match: {severity: critical}, during: night}, b: {match: {service: api}, during: office}}\n",
        # A more general source of narrower targets.
        "routes: {default: {notify: oncall}}\ninhibit: {x: {source: {service: api}, target: {severity: warning}}}\n",
    ],
)
def test_what_is_no_mistake(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # The fallback is silent too.
        (
            "routes:\n  default: {notify: chat}\n  critical: {notify: oncall, during: office}\n"
            f"{OFFICE}mute: {{a: {{match: {{severity: warning}}, during: night}}}}\n",
            [("routes/silent-hours", "error", 16)],
        ),
        # At night the pager is not told, by day nothing but it.
        (
            f"routes: {{default: {{notify: chat}}, critical: {{notify: oncall, during: office, otherwise: chat}}}}\n{OFFICE}"
            "mute: {a: {match: {severity: warning}, during: night}}\n",
            [("routes/no-pager", "warning", 14)],
        ),
        # Several routes together take all that a later one could.
        (
            "routes:\n  default: {notify: oncall}\n  a: {match: {labels: {team: web}}, notify: hook}\n"
            "  b: {match: {labels: {team: storage}}, notify: hook}\n  warning: {notify: chat}\n",
            [("routes/unreachable", "warning", 18)],
        ),
        # By its matchers alone, before there is an alert of it.
        (
            "routes:\n  default: {notify: oncall}\n  all: {match: {matchers: 'severity=~\".+\"'}, notify: oncall}\n"
            "  info: {notify: chat}\n",
            [("routes/unreachable", "warning", 17)],
        ),
        # Below a route that nothing reaches nothing more is said.
        (
            "routes:\n  default: {notify: oncall}\n  x: {match: {alerts: api.disk, severity: critical}, notify: hook,\n"
            "    routes: {y: {match: {service: api}, notify: hook}}}\n",
            [("routes/dead", "warning", 16)],
        ),
        (
            "routes: {default: {notify: oncall}}\n"
            "inhibit: {x: {source: {service: api}, target: {alerts: api.cpu}, equal: [team]}}\n",
            [("inhibit/itself", "warning", 15)],
        ),
    ],
)  # fmt: skip
def test_what_is_found(text: str, found: list[tuple[str, str, int]]) -> None:
    assert codes(text) == found


def test_alarms_are_not_inhibited() -> None:
    alarm = HEAD.replace(
        "receivers:",
        "  lambda: {thresholds: {errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}}}\n"
        "aws: {topics: {pages: {parameter: PagesTopicArn}}}\nreceivers:\n  topic: {sns: pages}",
    )
    text = "routes: {default: {notify: [oncall, topic]}}\ninhibit: {x: {source: {service: api}, target: {service: lambda}}}\n"
    (found,) = plan_of(alarm + text)[1]
    assert found.code == "inhibit/dead"
    assert "make a composite alarm with `suppress`" in found.help[0]


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        ("{phone: {sms: '+4930123456'}}", []),
        ("{mail: {email: web@shop.example}, phone: {sms: '+4930123456'}}", []),
        ("{pager: {https: '${Url}'}}", []),
        ("{mail: {email: web@shop.example}}", ["routes/no-pager"]),
    ],
)
def test_topics_that_page(ways: str, found: list[str]) -> None:
    text = f"""\
version: 1
system: shop
owner: web
services:
  lambda:
    thresholds:
      errors: {{cloudwatch: {{namespace: AWS/Lambda, metric: Errors, stat: Sum}}, above: {{critical: 5}}}}
      phone: {{cloudwatch: {{namespace: AWS/Lambda, metric: Throttles, stat: Sum}}, above: {{critical: 5}}}}
aws:
  parameters: {{Url: {{secret: true}}}}
  topics:
    pages: {{subscriptions: {{phone: {{sms: '+4930123456'}}, hook: {{https: '${{Url}}'}}}}}}
    notices: {{subscriptions: {ways}}}
receivers: {{oncall: {{sns: pages}}, team: {{sns: notices}}}}
routes: {{default: {{notify: oncall}}, errors: {{match: {{alerts: lambda.errors}}, notify: team}}}}
"""
    assert [d.code for d in plan_of(text)[1]] == found


def test_routes_that_others_share_are_no_mistake(tmp_path: Path) -> None:
    shared = (
        "receivers:\n  chat: {slack: {channel: '#shop', api_url_file: /etc/slack}}\n"
        "  oncall: {pagerduty: {routing_key_file: /etc/pd}}\n"
        "windows: {office: {days: mon-fri}, unused: {days: sat}}\n"
        "routes:\n  default: {notify: chat}\n  other: {match: {labels: {team: other}}, notify: oncall}\n"
        "inhibit: {x: {source: {labels: {team: other}}, target: {severity: warning}}}\n"
        "mute: {x: {match: {labels: {team: other}}, during: office}}\n"
    )
    own = HEAD[: HEAD.index("receivers:")].replace("version: 1\n", "version: 1\nextends: org.yaml\n")
    (tmp_path / "org.yaml").write_text(shared)
    file = tmp_path / "shop.monitorspec.yaml"
    file.write_text(own)
    assert [d.code for d in compile_file(file).diagnostics] == []
    # What the spec adds is looked at.
    file.write_text(own + "routes: {x: {match: {alerts: api.disk, severity: critical}, notify: chat}}\n")
    assert [(d.code, Path(d.position.file).name) for d in compile_file(file).diagnostics] == [
        ("routes/dead", "shop.monitorspec.yaml")
    ]


@pytest.mark.parametrize("place", ["service", "threshold", "slo", "severity"])
def test_must_page_stands_where_it_is_meant(place: str) -> None:
    text = """\
version: 1
system: shop
owner: web
severities:
  critical: {page: true SEVERITY}
  warning: {}
services:
  api:
    slos:
      availability:
        objective: 99.9%
        error_ratio: errors_ratio
        SLO
    thresholds:
      cpu: {expr: cpu_ratio, unit: ratio, above: {warning: 80%, critical: 95%} THRESHOLD}
    SERVICE
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pagerduty}}
  chat: {slack: {channel: '#shop', api_url_file: /etc/slack}}
routes: {default: {notify: oncall}}
"""
    assertion = "must_page: [oncall, chat]"
    for name in ("service", "threshold", "slo", "severity"):
        comma = ", " if name in ("threshold", "severity") else ""
        text = text.replace(f" {name.upper()}", f"{comma or ' '}{assertion}" if name == place else "")
    line = next(n for n, line in enumerate(text.splitlines(), 1) if assertion in line)
    found = plan_of(text)[1]
    assert [(d.code, d.level, d.position.line) for d in found] == [("routes/must-page", "error", line)]
    about = {"service": ["cpu.critical", "page-fast"], "threshold": ["cpu.critical"], "slo": ["page-fast"]}
    for id in about.get(place, ["cpu.critical", "page-fast"]):
        assert id in found[0].message
    assert "warning" not in found[0].message
    assert "`oncall` is told instead" in found[0].message


def test_a_thousand_services_are_linted_in_no_time() -> None:
    plan, diagnostics = plan_of(spec(150))
    assert plan is not None
    assert [d for d in diagnostics if d.code.startswith(("routes/", "mute/", "inhibit/", "windows/"))] == []
    rules = (
        routes.nobody, routes.silent_hours, routes.no_pager, routes.told_twice, routes.unrouted_severity, routes.must_page,
        routetree.dead, routetree.unreachable, routetree.vain_continue, routetree.short_repeat, mutes.unused,
        mutes.never_open, mutes.muted_nothing, mutes.muted_always, inhibitions.dead, inhibitions.itself,
    )  # fmt: skip
    start = time.process_time()
    for rule in rules:
        assert list(rule(plan)) == []
    assert (time.process_time() - start) / len(plan.alerts) < 150e-6
