"""The Grafana target: from a spec to files that Grafana can load."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from monitorspec.compiler import plan_of
from monitorspec.grafana import checks
from monitorspec.plan import Plan
from monitorspec.targets import grafana, prometheus
from tests.grafana import samples

EVERYTHING = r"""
version: 1
system: shop
title: The Shop
owner: payments
links: {runbooks: "https://runbooks.example/shop"}
datasources:
  main: {type: prometheus, url: "http://prometheus:9090", default: true}
  aws: {type: cloudwatch, region: eu-west-1}
  traces: {type: xray, region: eu-west-1}
receivers: {chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}, sns: notices}}
aws: {topics: {notices: {parameter: NoticesTopicArn}}}
routes: {default: {notify: [chat]}}
services:
  api:
    title: Checkout API
    selector: {job: api}
    slos:
      availability:
        objective: 99.9%
        ratio: {bad: 'http_requests_total{job="api",code=~"5.."}', total: 'http_requests_total{job="api"}'}
      latency:
        objective: 99%
        latency: {histogram: 'http_request_duration_seconds{job="api"}', under: 300ms}
        by: [region]
    thresholds:
      cpu:
        expr: 'avg by (pod) (container_cpu_ratio{job="api"})'
        unit: ratio
        above: {warning: 80%, critical: 95%}
        for: 10m
      free-space: {expr: 'volume_free_bytes{job="api"}', unit: bytes, below: {warning: 20GiB, critical: 5GiB}}
      heartbeat: {absent: 'up{job="api"}', for: 5m, severity: critical}
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, period: 1m, dimensions: {FunctionName: f}}
        above: {critical: 5}
      share:
        cloudwatch:
          expression: 100 * bad / all
          period: 1m
          metrics:
            bad: {namespace: AWS/Lambda, metric: Errors, stat: Sum, period: 1m, dimensions: {FunctionName: f}}
            all: {namespace: AWS/Lambda, metric: Invocations, stat: Sum, period: 1m, dimensions: {FunctionName: f}}
        unit: percent
        above: {warning: 5}
    metrics:
      http_requests_total: {type: counter, help: Requests., labels: [code]}
      http_request_duration_seconds: {type: histogram, unit: seconds, buckets: [0.1, 0.3, 1], labels: [region]}
      sessions: {type: gauge}
    records:
      job:sessions:sum: {expr: sum(sessions), unit: count, description: All sessions.}
  worker:
    thresholds:
      queue: {expr: 'queue_length{job="worker"}', above: {critical: 100}}
dashboards:
  overview:
    title: Overview
    refresh: 30s
    range: 12h
    tags: [payments]
    links: {Wiki: "https://wiki.example/shop"}
    panels:
      Hello: {type: text, text: "# Hello <b>$x</b>"}
      By pod: {expr: 'sum by (pod) (rate(http_requests_total{pod=~"$pod"}[$__rate_interval]))', unit: requests/s}
    rows:
      Types:
        panels:
          Up: {type: stat, expr: min(up)}
          Load: {type: gauge, expr: max(container_cpu_ratio), unit: ratio, limits: {warning: 80%, critical: 95%}}
          Pods: {type: table, expr: up, width: 10, height: 5}
          Heat: {type: heatmap, expr: 'sum by (le) (rate(http_request_duration_seconds_bucket[5m]))', unit: seconds}
      Elsewhere:
        collapsed: true
        panels:
          Logs: {type: logs, logs: 'fields @message | limit 20', log_groups: [/aws/lambda/f]}
          Traces: {type: table, queries: {all: {xray: 'service("api")', datasource: traces}}}
          Cost:
            cloudwatch:
              {namespace: AWS/Billing, metric: EstimatedCharges, stat: Maximum, period: 6h, dimensions: {Currency: USD}}
            unit: usd
          CPU again: {threshold: api.cpu}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    made, diagnostics = plan_of(EVERYTHING)
    assert made is not None, diagnostics
    return made


@pytest.fixture(scope="module")
def files(plan: Plan) -> dict[str, str]:
    return {artifact.path: artifact.text for artifact in grafana.emit(plan)}


@pytest.fixture(scope="module")
def boards(files: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {data["uid"]: data for data in (json.loads(text) for path, text in files.items() if path.endswith(".json"))}


def panels(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    every = [*board["panels"], *(child for panel in board["panels"] for child in panel.get("panels", []))]
    return {panel["title"]: panel for panel in every}


def test_a_file_for_every_dashboard_and_the_provisioning(files: dict[str, str]) -> None:
    assert list(files) == [
        "grafana/dashboards/shop-api.json",
        "grafana/dashboards/shop-worker.json",
        "grafana/dashboards/shop-overview.json",
        "grafana/provisioning/dashboards.yml",
        "grafana/provisioning/datasources.yml",
    ]


def test_every_dashboard_holds_the_schema_and_the_rules(boards: dict[str, dict[str, Any]]) -> None:
    validator = Draft202012Validator(checks.schema())
    for uid, board in boards.items():
        assert [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(board)] == [], uid
        assert checks.problems(board) == [], uid


def test_every_file_says_where_it_comes_from(files: dict[str, str], boards: dict[str, dict[str, Any]]) -> None:
    header = "Generated by monitorspec from shop; edit the spec, not this file."
    assert all(board["description"].endswith(header) for board in boards.values())
    assert all(text.startswith(f"# {header}\n") for path, text in files.items() if path.endswith(".yml"))


def test_the_same_plan_gives_the_same_bytes(plan: Plan, files: dict[str, str]) -> None:
    assert {artifact.path: artifact.text for artifact in grafana.emit(plan)} == files
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values())


def test_every_slo_series_on_a_dashboard_is_recorded(plan: Plan, boards: dict[str, dict[str, Any]]) -> None:
    recorded = [
        (rule["record"], set(rule["labels"].items()))
        for artifact in prometheus.emit(plan)
        if artifact.path.endswith(".rules.yml")
        for group in yaml.safe_load(artifact.text)["groups"]
        for rule in group["rules"]
        if "record" in rule and "labels" in rule
    ]
    asked = [
        (match[1], set(re.findall(r'(\w+)="(\w+)"', match[2])))
        for panel in panels(boards["shop-api"]).values()
        for target in panel.get("targets", [])
        for match in re.finditer(r"(slo:[\w:]+)\{([^}]*)\}", target.get("expr", ""))
    ]
    # Two objectives: budget, burn rate and the windows of four pairs each.
    assert len(asked) >= 2 * (2 + 7)
    for name, labels in asked:
        assert any(name == record and labels <= having for record, having in recorded), (name, labels)


def test_a_threshold_is_drawn_with_its_limits_and_leads_to_its_runbook(boards: dict[str, dict[str, Any]]) -> None:
    cpu = next(p for p in panels(boards["shop-api"]).values() if p.get("fieldConfig") and "container_cpu" in str(p))
    assert cpu["targets"][0]["expr"] == 'avg by (pod) (container_cpu_ratio{job="api"})'
    assert cpu["fieldConfig"]["defaults"]["unit"] == "percentunit"
    assert [s["value"] for s in cpu["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 0.8, 0.95]
    assert cpu["links"][0]["url"].startswith("https://runbooks.example/shop/api/")
    free = next(p for p in panels(boards["shop-api"]).values() if "volume_free_bytes" in str(p))
    low = free["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(s["color"], s["value"]) for s in low] == [("red", None), ("orange", 5 * 2**30), ("green", 20 * 2**30)]


def test_dashboards_mark_their_own_services_alerts(boards: dict[str, dict[str, Any]]) -> None:
    (of_api,) = boards["shop-api"]["annotations"]["list"]
    (of_all,) = boards["shop-overview"]["annotations"]["list"]
    assert 'service="api"' in of_api["expr"]
    assert "service=" not in of_all["expr"]


def test_variables_follow_the_queries(boards: dict[str, dict[str, Any]]) -> None:
    names = {uid: [v["name"] for v in board["templating"]["list"]] for uid, board in boards.items()}
    assert names["shop-api"] == ["datasource", "cloudwatch"]
    assert names["shop-worker"] == ["datasource"]
    assert names["shop-overview"] == ["datasource", "cloudwatch", "pod"]


def test_the_provisioning_files_are_yaml(files: dict[str, str]) -> None:
    sources = yaml.safe_load(files["grafana/provisioning/datasources.yml"])["datasources"]
    assert [(s["name"], s["type"]) for s in sources] == [
        ("main", "prometheus"),
        ("aws", "cloudwatch"),
        ("traces", "grafana-x-ray-datasource"),
    ]
    providers = yaml.safe_load(files["grafana/provisioning/dashboards.yml"])["providers"]
    assert [p["type"] for p in providers] == ["file"]


def test_nothing_declared_nothing_written() -> None:
    assert list(grafana.emit(samples.plan(datasources=()))) == []


def test_odd_texts_come_through_unharmed() -> None:
    written = next(iter(grafana.emit(samples.plan(samples.everything())))).text
    found = panels(json.loads(written))[samples.ODD]
    assert found["description"] == samples.ODD


@pytest.mark.parametrize("value", ["half \ud800 a character", 2**70, {1: "x"}])
def test_what_json_cannot_hold_is_written_as_near_as_can_be(value: object) -> None:
    text = grafana.json_text({"raw": [value, None, True, 1.5]})
    assert json.loads(text)["raw"][1:] == [None, True, 1.5]
