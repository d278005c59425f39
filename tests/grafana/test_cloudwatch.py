"""Dashboards over Grafana's CloudWatch data source, from specs to JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from monitorspec.compiler import plan_of
from monitorspec.grafana import checks
from monitorspec.targets import load

SPEC = """\
version: 1
system: shop
owner: payments
receivers: {oncall: {sns: pages}}
routes: {default: {notify: [oncall]}}
defaults: {platforms: [grafana, cloudwatch]}
aws:
  region: eu-west-1
  topics: {pages: {parameter: PagesTopicArn}}
  parameters:
    Environment: {allowed: [dev, 'prod,eu'], default: 'prod,eu'}
    Cluster: {description: Name of the cluster}
    Stage: {default: live}
  log_groups: {api: {name: '/shop/${Environment}/api', service: api, retention: 30d}}
services:
  api:
    slos:
      availability:
        objective: 99.9%
        cloudwatch:
          total: {namespace: N, metric: Calls, stat: Sum}
          bad: {namespace: N, metric: Errors, stat: Sum}
    thresholds:
      errors: {cloudwatch: {namespace: N, metric: Errors, stat: Sum}, above: {critical: 5, warning: 1}}
      any: {composite: {any_of: [errors.critical, errors.warning]}}
      queue: {expr: queue_length, above: {critical: 5}}
dashboards:
  own:
    platforms: [grafana]
    panels:
"""


def made(panels: str = "Text: {text: x}") -> dict[str, dict[str, Any]]:
    """Every dashboard by uid; each holds the schema and the rules."""
    plan, found = plan_of(SPEC + "".join(f"      {line}\n" for line in panels.splitlines()))
    assert plan is not None, [d.message for d in found]
    out = {}
    for artifact in load("grafana").emit(plan):
        if artifact.path.startswith("grafana/dashboards/"):
            board = json.loads(artifact.text)
            assert list(Draft202012Validator(checks.schema()).iter_errors(board)) == []
            assert checks.problems(board) == []
            out[board["uid"]] = board
    return out


def panel(spec: str) -> dict[str, Any]:
    (found,) = made(f"Panel: {spec}")["shop-own"]["panels"]
    one: dict[str, Any] = found
    return one


METRIC = "cloudwatch: {namespace: N, metric: M, stat: Sum}"


@pytest.mark.parametrize(
    ("spec", "type_"),
    [
        ("", "timeseries"),
        (", type: bar", "bargauge"),
        (", type: pie", "piechart"),
        (", type: heatmap, bands: [1, 2]", "heatmap"),
    ],
)
def test_types(spec: str, type_: str) -> None:
    assert panel(f"{{{METRIC}{spec}}}")["type"] == type_


def test_stacked_lines() -> None:
    custom = panel(f"{{{METRIC}, stacked: true}}")["fieldConfig"]["defaults"]["custom"]
    assert custom["stacking"] == {"group": "A", "mode": "normal"}
    assert "stacking" not in panel(f"{{{METRIC}}}")["fieldConfig"]["defaults"]["custom"]


def test_a_range_of_its_own() -> None:
    assert panel(f"{{{METRIC}, range: 30d}}")["timeFrom"] == "30d"
    assert "timeFrom" not in panel(f"{{{METRIC}}}")


@pytest.mark.parametrize(("stat", "calc"), [("Sum", "sum"), ("Maximum", "max"), ("Average", "mean"), ("p99", "mean")])
def test_one_value_of_the_whole_range(stat: str, calc: str) -> None:
    metric = f"cloudwatch: {{namespace: N, metric: M, stat: {stat}}}"
    for type_ in ("stat", "gauge", "bar", "pie"):
        whole = panel(f"{{{metric}, type: {type_}, unit: ratio, whole_range: true}}")
        assert whole["options"]["reduceOptions"]["calcs"] == [calc]
        last = panel(f"{{{metric}, type: {type_}, unit: ratio}}")
        assert last["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]


def test_each_line_of_a_log_query_is_a_bar() -> None:
    bars = panel("{type: bar, logs: stats count(*) by level, log_groups: [api]}")
    assert bars["options"]["reduceOptions"]["values"] is True


def test_several_values_of_a_dimension_are_several_queries() -> None:
    targets = panel("{cloudwatch: {namespace: N, metric: M, dimensions: {A: [x, y]}}}")["targets"]
    assert [(t["dimensions"], t["label"]) for t in targets] == [({"A": ["x"]}, "x"), ({"A": ["y"]}, "y")]


# ---- parameters


def test_parameters_are_variables_and_texts_with_them_are_no_lists() -> None:
    """Grafana puts variables into the value of a dimension that is a text, and takes a list as it is
    (`convertDimensionFormat` of its CloudWatch data source)."""
    dimensions = "{C: '${Cluster}-x', S: plain, A: '${AWS::AccountId}', L: '${!Literal}'}"
    board = made(
        f"One: {{cloudwatch: {{namespace: N, metric: M, dimensions: {dimensions}}}}}\n"
        "Two: {cloudwatch: {expression: \"SELECT SUM(M) FROM N WHERE E = '${Environment}'\", period: 1m}}\n"
        "Logs: {type: logs, logs: fields @message, log_groups: [api]}"
    )["shop-own"]
    one, two, logs = (p["targets"][0] for p in board["panels"])
    assert one["dimensions"] == {"C": "${Cluster}-x", "S": ["plain"], "A": "${AWS_AccountId}", "L": ["${Literal}"]}
    assert "'${Environment}'" in two["expression"]
    assert logs["logGroupNames"] == ["/shop/${Environment}/api"]
    variables = {v["name"]: v for v in board["templating"]["list"] if v["type"] != "datasource"}
    assert {name: v["type"] for name, v in variables.items()} == {
        "Cluster": "textbox",
        "AWS_AccountId": "textbox",
        "Environment": "custom",
    }
    environment = variables["Environment"]
    # A comma in a value is written with a backslash, else it would end it.
    assert environment["query"] == "dev,prod\\,eu"
    assert environment["current"]["value"] == "prod,eu"
    assert [(o["value"], o["selected"]) for o in environment["options"]] == [("dev", False), ("prod,eu", True)]
    assert (variables["Cluster"]["query"], variables["Cluster"]["current"]["value"]) == ("", "")


def test_a_dashboard_has_the_variables_that_it_uses() -> None:
    variables = [v["name"] for v in made(f"One: {{{METRIC}}}")["shop-own"]["templating"]["list"]]
    assert variables == ["datasource", "cloudwatch"]


# ---- a service's own dashboard


def test_a_service_shows_the_same_as_in_cloudwatch_and_what_prometheus_knows() -> None:
    board = made()["shop-api"]
    assert [(p["type"], p["title"]) for p in board["panels"]] == [
        ("row", "Alarms"),
        ("state-timeline", "Alarms"),
        ("row", "Service level objectives"),
        ("stat", "Availability: error budget left"),
        ("stat", "Availability: burn rate"),
        ("timeseries", "Availability: error ratio"),
        ("row", "Thresholds"),
        ("timeseries", "Errors"),
        ("timeseries", "Queue"),
        ("row", "Alerts"),
        ("timeseries", "Firing alerts"),
        ("row", "Logs"),
        ("logs", "Errors in api"),
    ]
    assert {v["name"] for v in board["templating"]["list"]} == {"datasource", "cloudwatch", "Environment"}


def test_the_state_of_alarms_is_a_row_for_each() -> None:
    (timeline,) = made("State: {alarms: [api.any, api.queue]}")["shop-own"]["panels"]
    assert timeline["type"] == "state-timeline"
    assert "its own state is in CloudWatch" in timeline["description"]
    shown = [t for t in timeline["targets"] if not t.get("hide")]
    # A composite is shown as what it is made of.
    assert [t.get("label", t.get("legendFormat")) for t in shown] == [
        "errors critical",
        "errors warning",
        "{{alertname}} {{severity}}",
    ]
    mapped = timeline["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert {value: said["color"] for value, said in mapped.items()} == {"0": "green", "1": "red"}


def test_a_service_of_cloudwatch_only_has_no_dashboard_in_grafana_to_link_to() -> None:
    text = SPEC.replace("  api:\n", "  api:\n    platforms: [cloudwatch]\n", 1) + "      Text: {text: x}\n"
    plan, _ = plan_of(text)
    assert plan is not None
    assert [a.path for a in load("grafana").emit(plan) if "dashboards/" in a.path] == [
        "grafana/dashboards/shop-own.json"
    ]
    assert {alert.dashboard for alert in plan.alerts} == {""}
