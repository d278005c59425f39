"""`monitorspec explain SPEC`: SLOs and alerts, as text and as JSON, and what it says where there is none of a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group
from monitorspec.explain import codes, page

SPEC = """\
version: 1
system: shop
owner: web
services:
  api:
    slos:
      availability:
        objective: 99.9%
        ratio: {bad: 'requests_total{code=~"5.."}', total: requests_total}
        min_traffic: 2/s
    thresholds:
      cpu: {title: CPU use, expr: 'avg by (pod) (cpu_ratio)', unit: ratio, above: {warning: 80%, critical: 90%}, for: 5m}
  edge:
    slos:
      served:
        objective: 99%
        cloudwatch: {bad: {namespace: Shop, metric: Failed}, total: {namespace: Shop, metric: Requests}}
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pd}, sns: pages}
  chat: {webhook: {url: 'https://chat.example'}, sns: pages}
routes:
  critical: {notify: oncall, escalate: [{after: 15m, to: chat}]}
  warning: {notify: chat, during: day}
  default: {notify: chat}
windows: {day: {days: mon-fri, hours: '08:00-18:00'}}
aws: {topics: {pages: {subscriptions: {mail: {email: web@shop.example}}}}}
environments:
  staging: {services: {api: {slos: {availability: {objective: 98%}}}}}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shop.monitorspec.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return "shop.monitorspec.yaml"


def explain(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["explain", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def said(*arguments: str) -> str:
    result = explain(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def data(*arguments: str) -> Any:
    found = json.loads(said(*arguments, "--format", "json"))
    assert found["version"] == 1
    return found


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_an_slo(spec: str) -> None:
    text = said(spec, "slo", "api.availability")
    assert text.startswith("api.availability: Availability\n\n")
    for line in (
        # A thousandth of 30 days is 43.2 minutes.
        "Error budget  0.1%, or 43m12s of a full outage in 30d",
        'Indicator     bad: requests_total{code=~"5.."}',
        "              total: requests_total",
        "Traffic       no tier fires below 2/s",
        "Runbook       runbooks/api/ApiAvailability.md",
    ):
        assert line in text.splitlines()
    found = rows(text)
    # 14.4 times 0.1%.
    assert "page-fast critical 14.4 1.44% 1h 5m 2% at once: oncall; after 15m: chat; repeats every 4h".split() in found
    # 1.44% of an hour by 10%, and half of five minutes: 668.4 s, a burn of 100 times.
    assert "10% 11m9s (2.6%) 24m6s (5.6%) 45m42s (11%) 45m42s (11%)".split() in found
    assert "1% never 3h39m (5.1%) 7h15m (10%) 7h15m (10%)".split() in found
    assert ["0.101%,", "just", "over", "budget"] in [row[:4] for row in found]
    assert text.endswith("a tier may fire up to 1m later.\n")


def test_an_slo_as_data(spec: str) -> None:
    found = data(spec, "slo", "api.availability")
    assert (found["system"], found["slo"], found["objective"], found["window"]) == (
        "shop",
        "api.availability",
        0.999,
        30 * 86_400_000,
    )
    assert [tier["limit"] for tier in found["tiers"]] == [0.0144, 0.006, 0.003, 0.001]
    one = next(row for row in found["detection"] if row["errors"] == 0.1 and row["tier"] == "page-fast")
    assert one == {
        "errors": 0.1,
        "tier": "page-fast",
        "fires_after": 668_400,
        "at_the_latest": 668_400 + 60_000,
        "budget_spent": 0.0257870,
        "never_because": None,
    }
    never = next(row for row in found["detection"] if row["errors"] == 0.01 and row["tier"] == "page-fast")
    assert never["fires_after"] is None
    assert never["never_because"] == "1% errors are not over its limit of 1.44%"


def test_an_slo_that_cloudwatch_counts(spec: str) -> None:
    text = said(spec, "slo", "edge.served")
    assert "Indicator     bad: Shop Failed, Sum over 1m\n              total: Shop Requests, Sum over 1m\n" in text
    assert "topic pages (e-mail to web@shop.example); when it begins and when it ends" in text
    # Windows are read as they are: 14.4% of an hour.
    assert "100% 8m39s (2%) 21m36s (5%) 43m12s (10%)".split() in rows(text)
    assert "so there is no ticket-slow" in text


def test_an_environment_is_laid_over(spec: str) -> None:
    assert "Objective     98% over 30d" in said(spec, "slo", "api.availability", "--env", "staging")
    assert data(spec, "slo", "--env", "staging")["environment"] == "staging"


def test_an_alert(spec: str) -> None:
    text = said(spec, "alert", "api.cpu.critical")
    assert text.startswith("api.cpu.critical: CPU use\n\nAlert       ApiCpu\nFires when  above 90% for 5m\n")
    for line in (
        "Watches     avg by (pod) (cpu_ratio)",
        "Told        at once: oncall; after 15m: chat; repeats every 4h",
        "Tests       prometheus/tests/api.test.yml",
        "Runbook     runbooks/api/ApiCpu.md",
    ):
        assert line in text.splitlines()
    mild = said(spec, "alert", "api.cpu.warning")
    assert "at once: chat (only day: Mon–Fri 08:00–18:00 UTC); repeats every 4h" in mild


def test_every_alert_and_slo_has_a_sheet(spec: str) -> None:
    found = data(spec)
    assert found["slos"] == ["api.availability", "edge.served"]
    assert {"api.cpu.warning", "api.availability.page-fast", "edge.served.page-fast"} <= set(found["alerts"])
    for kind in ("slo", "alert"):
        for name in found[f"{kind}s"]:
            assert said(spec, kind, name).startswith(f"{name}: ")
            assert data(spec, kind, name)[kind] == name


def test_the_sheet_of_a_burn_alert_shows_what_its_rule_evaluates(spec: str) -> None:
    assert data(spec, "alert", "api.availability.page-fast")["watches"].startswith("slo:error:ratio_rate1h{")
    assert "Alarm  " in said(spec, "alert", "edge.served.page-fast")


def test_without_a_name_it_lists(spec: str) -> None:
    assert said(spec, "slo") == (
        "SLO               Objective       Title\n"
        "api.availability  99.9% over 30d  Availability\n"
        "edge.served       99% over 30d    Served\n"
    )
    both = said(spec)
    assert both.startswith(said(spec, "slo").rstrip("\n"))
    assert both.endswith(said(spec, "alert"))
    assert "api.cpu.critical              critical  above 90% for 5m\n" in both


def test_a_folder_with_one_spec_is_that_spec(spec: str) -> None:
    assert said(".", "slo") == said(spec, "slo")
    Path("other.monitorspec.yaml").write_text(SPEC)
    assert "`.` has 2 specs: name one, such as `other.monitorspec.yaml`" in explain(".", "slo").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("SPEC", "slo", "api.availabilty"),
            "no SLO in shop.monitorspec.yaml is called `api.availabilty`; did you mean `api.availability`?",
        ),
        (("SPEC", "slo", "availability"), "did you mean `api.availability`?"),
        (("SPEC", "slo", "zzz"), "; there is api.availability, edge.served"),
        (("SPEC", "alert", "api.cpu"), "did you mean `api.cpu.critical` or `api.cpu.warning`?"),
        (("SPEC", "slos"), "`slos` is neither `slo` nor `alert`; did you mean `slo`?"),
        (("SPEC", "slo", "api.availability", "x"), "one name at a time: `x` is too many"),
        (("slo", "api.availability"), "name the spec first: `monitorspec explain SPEC slo …`"),
        (("gone.yaml", "slo"), "there is no file or folder `gone.yaml`"),
        (("gone.yaml",), "there is no file or folder `gone.yaml`"),
        (("routes/nobdy",), "no code `routes/nobdy`: did you mean `routes/nobody` or "),
        (("routes/nobody", "slo"), "`routes/nobody` is a code and takes nothing behind it, not `slo`"),
        (("routes/nobody", "--env", "staging"), "`--env` needs a SPEC"),
    ],
)
def test_misuse(spec: str, arguments: tuple[str, ...], message: str) -> None:
    result = explain(*(spec if argument == "SPEC" else argument for argument in arguments))
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_spec_with_errors_is_not_explained(spec: str) -> None:
    Path(spec).write_text(SPEC.replace("notify: oncall", "notify: onkall"))
    result = explain(spec, "slo", "api.availability")
    assert result.exit_code == 1
    assert result.stdout.startswith("error[routes/unknown-receiver]: ")


def test_a_spec_without_slos(spec: str) -> None:
    Path(spec).write_text(
        "version: 1\nsystem: shop\nowner: web\nservices: {api: {thresholds: {a: {absent: up, for: 5m, severity: critical}}}}\n"
    )
    assert said(spec, "slo") == f"no slo in {spec}\n"
    assert "; there is none" in explain(spec, "slo", "x").stderr


def test_codes_as_data() -> None:
    assert data("routes/nobody") == {"version": 1, "code": "routes/nobody", "page": page("routes/nobody")}
    assert data()["codes"] == codes()
