"""`monitorspec routes`: the matrix, answers to one question, the tree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group

SPEC = """\
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
      quiet: {cloudwatch: {namespace: AWS/Lambda, metric: Throttles, stat: Sum}, above: {critical: 5}, actions_enabled: false}
aws: {topics: {pages: {parameter: PagesTopicArn}}}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pagerduty}, sns: pages}
  chat: {webhook: {url: 'http://chat.example'}}
  leads: {webhook: {url: 'http://leads.example'}}
routes:
  default: {notify: chat}
  critical: {notify: [oncall], escalate: [{after: 15m, to: leads, repeat_interval: 2h}]}
  warning: {notify: chat, during: office, otherwise: []}
windows:
  office: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}
  patching: {days: sun, hours: '02:00-04:00', tz: Europe/Berlin}
mute: {patching: {match: {alerts: [api.cpu.critical]}, during: patching}}
inhibit: {cpu: {source: {alerts: api.cpu.critical}, target: {alerts: api.disk}, equal: [instance]}}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "shop.monitorspec.yaml"
    file.write_text(SPEC)
    return file


def routes(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["routes", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.usefixtures("shop")
def test_the_matrix() -> None:
    result = routes()
    assert result.exit_code == 0
    assert result.stdout == (
        "shop\n\n"
        "critical, which pages, 1 alert: api.cpu\n"
        "  sun 02:00-04:00 Europe/Berlin      2 h  NOBODY, muted in patching; oncall later if it still fires\n"
        "  otherwise                        166 h  oncall at once; leads after 15m; repeated every 2h to leads, "
        "every 4h to oncall\n\n"
        "critical, which pages, 1 CloudWatch alarm: lambda.errors\n"
        "  always  oncall (topic pages) at once\n\n"
        "critical, which pages, 1 CloudWatch alarm: lambda.quiet\n"
        "  nobody: its actions are off\n\n"
        "warning, 2 alerts: api.cpu, api.disk\n"
        "  mon-fri 08:00-18:00 Europe/Berlin     50 h  chat at once; repeated every 4h\n"
        "  otherwise                            118 h  NOBODY, outside office; chat later if it still fires\n"
    )
    assert result.stderr == "3 of 5 alerts reach nobody at some hour\n"


@pytest.mark.usefixtures("shop")
def test_one_question() -> None:
    result = routes("--for", "severity=critical service=api", "--at", "sat 03:00")
    assert result.exit_code == 0
    assert result.stdout == (
        "shop, Saturday 03:00 Europe/Berlin\n\n"
        "critical, which pages, 1 alert: api.cpu\n"
        "  Route      critical\n"
        "  At once    oncall (30s to wait for more of the same)\n"
        "  Later      leads after 15m\n"
        "  Repeated   every 2h to leads, every 4h to oncall\n"
    )


@pytest.mark.usefixtures("shop")
def test_what_keeps_it_silent() -> None:
    assert routes("--for", "api.cpu.critical api.disk", "--at", "sun 03:00").stdout == (
        "shop, Sunday 03:00 Europe/Berlin\n\n"
        "critical, which pages, 1 alert: api.cpu\n"
        "  Route      critical\n"
        "  At once    NOBODY, muted in patching; oncall later if it still fires\n"
        "  Silent     oncall, leads: in patching (sun 02:00-04:00 Europe/Berlin)\n\n"
        "warning, 1 alert: api.disk\n"
        "  Route      warning\n"
        "  At once    NOBODY, outside office; chat later if it still fires\n"
        "  Silent     chat: outside office (mon-fri 08:00-18:00 Europe/Berlin)\n"
        "  Inhibited  while api.cpu.critical fires with the same instance (cpu)\n"
    )


@pytest.mark.parametrize(
    ("at", "zone", "told"),
    [
        ("mon 08:00", None, ["chat"]),
        ("mon 07:59", None, []),
        ("friday 18:00", None, []),
        ("2026-07-13T06:00+00:00", None, ["chat"]),  # 08:00 in Berlin's summer
        ("2026-01-12T06:00+00:00", None, []),
        ("2026-01-12 07:00", "UTC", ["chat"]),
        ("mon 10:00", "America/New_York", ["chat"]),  # 15:00 or 16:00 in Berlin
    ],
)
@pytest.mark.usefixtures("shop")
def test_times_and_zones(at: str, zone: str | None, told: list[str]) -> None:
    more = ["--tz", zone] if zone else []
    result = routes("--for", "api.disk", "--at", at, *more, "--format", "json")
    document = json.loads(result.stdout)
    (shift,) = document["systems"][0]["groups"][0]["shifts"]
    assert [n["receiver"] for n in shift["told"]] == told


@pytest.mark.usefixtures("shop")
def test_the_tree() -> None:
    assert routes("--tree").stdout == (
        "shop\n"
        "default\n"
        "│  tells chat\n"
        "│  5 alerts, all told by finer routes\n"
        '├─ critical: severity="critical"\n'
        "│     tells oncall, leads after 15m\n"
        "│     3 alerts: api.cpu, lambda.errors, lambda.quiet\n"
        '└─ warning: severity="warning"\n'
        "      tells chat in mon-fri 08:00-18:00 Europe/Berlin\n"
        "      2 alerts: api.cpu, api.disk\n"
    )


def test_the_tree_has_routes_in_routes(shop: Path) -> None:
    disk, cpu = (f"{name}: {{match: {{alerts: api.{name}}}, notify: chat}}" for name in ("disk", "cpu"))
    finer = f"critical: {{notify: [oncall], routes: {{{disk}, {cpu}}},"
    shop.write_text(SPEC.replace("critical: {notify: [oncall],", finer))
    root = json.loads(routes("--tree", "--format", "json").stdout)["systems"][0]["tree"]
    assert [(r["route"], r["reached"]) for r in root["routes"]] == [
        ("critical", ["api.cpu.critical", "lambda.errors.critical", "lambda.quiet.critical"]),
        ("warning", ["api.cpu.warning", "api.disk.warning"]),
    ]
    assert [(r["path"], r["told"]) for r in root["routes"][0]["routes"]] == [
        ("routes.critical.routes.disk", []),
        ("routes.critical.routes.cpu", ["api.cpu.critical"]),
    ]
    assert "NO ALERT reaches it" in routes("--tree").stdout


@pytest.mark.usefixtures("shop")
def test_the_document() -> None:
    document = json.loads(routes("--format", "json").stdout)
    assert document["version"] == 1
    system = document["systems"][0]
    assert (system["system"], system["environment"], system["at"]) == ("shop", "", None)
    group_ = next(g for g in system["groups"] if "api.disk.warning" in g["alerts"])
    assert (group_["severity"], group_["page"], group_["platform"]) == ("warning", False, "prometheus")
    day, night = group_["shifts"]
    assert day["spans"] == [[f"{d} 08:00", f"{d} 18:00"] for d in ("mon", "tue", "wed", "thu", "fri")]
    assert (day["open"], day["hours"], day["zone"], night["open"]) == ([["office"]], 50.0, "Europe/Berlin", [[]])
    assert day["told"][0]["repeat_interval"] == 4 * 3600
    assert (night["told"], night["silenced"][0]["by"]) == ([], "office")
    alarm = next(g for g in system["groups"] if "lambda.errors.critical" in g["alerts"])
    assert alarm["shifts"][0]["told"] == [{"receiver": "oncall", "after": 0, "route": "critical", "topics": ["pages"]}]


@pytest.mark.usefixtures("shop")
def test_markdown() -> None:
    assert (
        "| warning | api.cpu, api.disk | mon-fri 08:00-18:00 Europe/Berlin | chat at once; repeated every 4h |\n"
        "|  |  | otherwise | **NOBODY, outside office; chat later if it still fires** |\n"
    ) in routes("--format", "markdown").stdout


@pytest.mark.usefixtures("shop")
def test_an_alert_that_there_is_not_yet() -> None:
    result = routes("--for", "severity=info")
    assert result.stdout == "shop\n\ninfo, no alert\n  always  chat at once; repeated every 4h\n"
    assert result.stderr.startswith(
        "no alert has severity `info`: there are critical, warning; this is what would be told"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--for", "api.cpuu"], "no alert is called `api.cpuu`: did you mean `api.cpu`?"),
        (["--for", "sevrity=critical"], "no alert has a label `sevrity`: did you mean `severity`?"),
        (["--for", "severity=critical severity=info"], "`severity` cannot be both `critical` and `info`"),
        (["--for", "team='x"], "quotation mark that does not end"),
        (["--for", "5=x"], "`5=x` is no label"),
        (["--for", " "], "it names no alert"),
        (["--at", "funday 03:00"], "`funday 03:00` is no time"),
        (["--at", "sat 25:00"], "`sat 25:00` is no time"),
        (["--at", "sat 03:00", "--tz", "Mars/Olympus"], "unknown time zone `Mars/Olympus`"),
        (["--tz", "UTC"], "--tz is the zone of --at"),
        (["--tree", "--at", "sat 03:00"], "leave out --for and --at"),
        (["--tree", "--format", "markdown"], "--tree is drawn as text or json"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_misuse(arguments: list[str], said: str) -> None:
    result = routes(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("{days: sat, dates: 1-7}", "`office` is not the same each week: give a date"),
        ("{days: sat, hours: '02:30-03:30', tz: America/New_York}", "not the same in summer and in winter"),
    ],
)
def test_a_day_of_the_week_that_does_not_tell(shop: Path, window: str, said: str) -> None:
    shop.write_text(
        SPEC.replace("office: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}", f"office: {window}")
    )
    result = routes("--for", "api.disk", "--at", "sat 07:00", "--tz", "UTC")
    assert result.exit_code == 2
    assert said in result.stderr
    assert routes("--for", "api.disk", "--at", "2026-03-07T07:00", "--tz", "UTC").exit_code == 0


def test_a_broken_spec_is_told(shop: Path) -> None:
    shop.write_text(SPEC.replace("notify: [oncall]", "notify: [onkall]"))
    result = routes()
    assert result.exit_code == 1
    assert "error[routes/unknown-receiver]" in result.stdout


def test_labels_of_series_are_heeded(shop: Path) -> None:
    shop.write_text(
        SPEC.replace("routes:\n", "routes:\n  web: {match: {matchers: 'pod=~\"web-.*\"'}, notify: leads}\n")
    )
    assert "leads at once" in routes("--for", "api.disk pod=web-1").stdout
    assert "leads" not in routes("--for", "api.disk pod=db-1").stdout


def test_many_names_are_cut(shop: Path) -> None:
    many = "".join(f"      t{n}: {{expr: ratio_{n}, unit: ratio, above: {{warning: 80%}}}}\n" for n in range(60))
    shop.write_text(SPEC.replace("      cpu:", many + "      cpu:"))
    out = routes().stdout
    assert max(map(len, out.splitlines())) < 130
    assert "and 38 more" in " ".join(out.split())
