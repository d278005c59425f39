"""CloudWatch dashboards, from specs to the bodies that AWS would read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML

from monitorspec.cloudformation.dashboard.problems import body_problems
from monitorspec.cloudformation.kinds import resources as kinds
from monitorspec.compiler import plan_of
from monitorspec.targets import load

HEAD = """\
version: 1
system: shop
owner: payments
receivers: {oncall: {sns: pages}}
routes: {default: {notify: [oncall]}}
aws:
  topics: {pages: {parameter: PagesTopicArn}}
  parameters: {Environment: {allowed: [dev, prod], default: dev}}
  log_groups: {api: {name: '/shop/${Environment}/api', retention: 30d}}
services:
  api:
    thresholds:
      errors: {cloudwatch: {namespace: Shop, metric: Errors, stat: Sum}, above: {critical: 5, warning: 1}}
"""


def template(text: str) -> dict[str, Any]:
    plan, found = plan_of(text)
    assert plan is not None, [d.message for d in found]
    assert found == []
    (artifact,) = load("cloudwatch").emit(plan)
    made: dict[str, Any] = YAML(typ="safe").load(artifact.text)
    # A parser of the older YAML has to read the same: that is what CloudFormation has.
    assert yaml.safe_load(artifact.text) == made
    return made


def resource(text: str, id: str) -> dict[str, Any]:
    made: dict[str, Any] = template(text)["Resources"][id]
    assert made["Type"] == "AWS::CloudWatch::Dashboard"
    properties: dict[str, Any] = made["Properties"]
    return properties


def deployed(value: Any, **parameters: str) -> str:
    """What CloudFormation makes of a text: the references of `Fn::Sub` with the values of the parameters."""
    if isinstance(value, str):
        return value
    assert list(value) == ["Fn::Sub"]
    known = {"AWS::Region": "eu-west-1", "AWS::Partition": "aws", "AWS::AccountId": "1", **parameters}
    text: str = re.sub(r"\$\{(?!!)([^}]*)\}", lambda m: known[m[1]], value["Fn::Sub"])
    return re.sub(r"\$\{!([^}]*)\}", r"${\1}", text)


def body(text: str, id: str = "OwnDashboard", **parameters: str) -> dict[str, Any]:
    parameters.setdefault("Environment", "prod")
    made: dict[str, Any] = json.loads(deployed(resource(text, id)["DashboardBody"], **parameters))
    return made


def declared(panels: str, more: str = "") -> str:
    inner = "".join(f"      {line}\n" for line in panels.splitlines())
    return f"{HEAD}dashboards:\n  own:\n    platforms: [cloudwatch]\n{more}    panels:\n{inner}"


def widgets(panels: str, more: str = "") -> list[dict[str, Any]]:
    """The widgets of the panels, without the dashboard's own text."""
    others: list[dict[str, Any]]
    first, *others = body(declared(panels, more))["widgets"]
    assert first["type"] == "text"
    return others


def properties(panel: str) -> dict[str, Any]:
    (widget,) = widgets(f"Panel: {panel}")
    made: dict[str, Any] = widget["properties"]
    return made


# ---- the dashboard


def test_the_name_is_the_key_behind_the_prefix() -> None:
    made = resource(declared("Up: {text: x}"), "OwnDashboard")
    assert made["DashboardName"] == {"Fn::Sub": "shop-${Environment}-own"}


def test_the_range_is_the_start_and_periods_are_obeyed() -> None:
    made = body(declared("Up: {text: x}"))
    assert (made["start"], made["periodOverride"]) == ("-PT6H", "inherit")
    assert body(declared("Up: {text: x}", "    range: 30d\n"))["start"] == "-P30D"
    assert body(declared("Up: {text: x}", "    range: 90m\n"))["start"] == "-PT90M"


def test_a_text_says_what_a_body_has_no_place_for() -> None:
    more = "    title: Orders & more\n    description: Whether orders come in.\n    links: {Wiki: https://wiki.example/x}\n"
    head = body(declared("Up: {text: x}", more))["widgets"][0]
    assert (head["x"], head["y"], head["width"]) == (0, 0, 24)
    markdown = head["properties"]["markdown"]
    assert markdown.startswith("# Orders & more\nWhether orders come in.")
    assert "[Wiki](https://wiki.example/x)" in markdown


def test_rows_begin_with_a_heading_and_widgets_do_not_overlap() -> None:
    rows = (
        "    rows:\n"
        "      One: {panels: {A: {text: a, width: 20}, B: {text: b, width: 6}}}\n"
        "      Two: {panels: {C: {cloudwatch: {namespace: N, metric: M}}}}\n"
    )
    made = widgets("Up: {text: x}", rows)
    said = [w["properties"].get("markdown") or w["properties"]["title"] for w in made]
    assert said == ["### Up\nx", "## One", "### A\na", "### B\nb", "## Two", "C"]
    taken: set[tuple[int, int]] = set()
    for w in body(declared("Up: {text: x}", rows))["widgets"]:
        cells = {(x, y) for x in range(w["x"], w["x"] + w["width"]) for y in range(w["y"], w["y"] + w["height"])}
        assert not cells & taken
        taken |= cells
        assert w["x"] + w["width"] <= 24


def test_each_widget_has_a_line_of_its_own() -> None:
    text = resource(declared("A: {text: a}\nB: {text: 'b\n\n  c'}"), "OwnDashboard")["DashboardBody"]
    assert isinstance(text, str)
    assert [json.loads(line.rstrip(","))["type"] for line in text.splitlines()[1:-1]] == ["text"] * 3


ODD = "q\" b\\ n\\n t\tü 💥 \u200d ${Environment} ${AWS::Region} $${x} ${!y} ${ {} </script> '"


def test_every_text_survives_quoting() -> None:
    quoted = json.dumps(ODD, ensure_ascii=False)
    panels = (
        f"{quoted}: {{cloudwatch: {{namespace: N, metric: M, dimensions: {{D: '${{Environment}}'}}}}, legend: {quoted}}}\n"
        f"Text: {{text: {json.dumps('# ' + ODD, ensure_ascii=False)}}}\n"
        f"Logs: {{type: logs, logs: {json.dumps('fields @message # ' + ODD, ensure_ascii=False)}, log_groups: [api]}}"
    )
    metric, text, log = widgets(panels)
    assert metric["properties"]["title"] == ODD
    assert metric["properties"]["metrics"] == [["N", "M", "D", "prod", {"label": ODD}]]
    assert text["properties"]["markdown"] == "# " + ODD
    assert log["properties"]["query"] == f"SOURCE '/shop/prod/api' | fields @message # {ODD}"


def test_without_references_the_body_is_plain_text() -> None:
    text = declared("Text: {text: '${Environment}'}")
    assert isinstance(resource(text, "OwnDashboard")["DashboardBody"], str)
    assert "${Environment}" in body(text)["widgets"][1]["properties"]["markdown"]


# ---- metric widgets


def test_a_graph_of_metrics_written_out_in_full() -> None:
    # The example of the AWS documentation, as a panel.
    made = widgets(
        "EC2 Instance CPU:\n"
        "  period: 5m\n"
        "  queries:\n"
        "    one: {cloudwatch: {namespace: Shop, metric: CPUUtilization, dimensions: {InstanceId: i-1, B: x}}}\n"
        "    two: {cloudwatch: {namespace: Shop, metric: CPUUtilization, dimensions: {InstanceId: i-2, B: x}}}\n"
    )
    assert made == [
        {
            "type": "metric",
            "x": 0,
            "y": 2,
            "width": 24,
            "height": 6,
            "properties": {
                "title": "EC2 Instance CPU",
                "view": "timeSeries",
                "stacked": False,
                "region": "eu-west-1",
                "period": 300,
                "stat": "Average",
                "metrics": [
                    ["Shop", "CPUUtilization", "InstanceId", "i-1", "B", "x", {"label": "one"}],
                    ["Shop", "CPUUtilization", "InstanceId", "i-2", "B", "x", {"label": "two"}],
                ],
            },
        }
    ]


def test_rows_say_what_the_widget_does_not() -> None:
    made = properties(
        "{queries: {"
        "a: {cloudwatch: {namespace: N, metric: M, stat: p50, period: 1m}}, "
        "b: {cloudwatch: {namespace: N, metric: M, stat: p99, period: 5m}}, "
        "c: {cloudwatch: {namespace: Shop, metric: C, stat: p50, period: 1m, region: us-east-1}}}}"
    )
    assert (made["stat"], made["period"], made["region"]) == ("p50", 60, "eu-west-1")
    assert made["metrics"] == [
        ["N", "M", {"label": "a"}],
        ["N", "M", {"label": "b", "stat": "p99", "period": 300}],
        ["Shop", "C", {"label": "c", "region": "us-east-1"}],
    ]


def test_several_values_of_a_dimension_are_several_lines() -> None:
    made = properties("{cloudwatch: {namespace: N, metric: M, dimensions: {Endpoint: [/a, /b], Stage: x}}}")
    assert made["metrics"] == [
        ["N", "M", "Endpoint", "/a", "Stage", "x", {"label": "/a"}],
        ["N", "M", "Endpoint", "/b", "Stage", "x", {"label": "/b"}],
    ]


def test_metric_math_hides_what_it_is_made_of_under_ids_of_its_own() -> None:
    math = "{cloudwatch: {expression: a / b, metrics: {a: {namespace: N, metric: A}, b: {namespace: N, metric: B}}}}"
    made = properties(f"{{queries: {{first: {math}, second: {math}}}}}")
    assert made["metrics"] == [
        ["N", "A", {"id": "a", "visible": False}],
        ["N", "B", {"id": "b", "visible": False}],
        [{"expression": "a / b", "id": "e1", "label": "first"}],
        ["N", "A", {"id": "a_2", "visible": False}],
        ["N", "B", {"id": "b_2", "visible": False}],
        [{"expression": "a_2 / b_2", "id": "e2", "label": "second"}],
    ]


def test_a_search_is_an_expression_of_nothing() -> None:
    search = "SEARCH('{Shop,FunctionName} MetricName=\"Errors\"', 'Sum', 300)"
    made = properties(f"{{cloudwatch: {{expression: {json.dumps(search)}}}, legend: Errors}}")
    assert made["metrics"] == [[{"expression": search, "id": "e1", "label": "Errors"}]]
    assert "stat" not in made


METRIC = "cloudwatch: {namespace: N, metric: M}"


@pytest.mark.parametrize(
    ("panel", "expected"),
    [
        ("stacked: true", {"view": "timeSeries", "stacked": True}),
        ("type: stat", {"view": "singleValue", "sparkline": True}),
        ("type: stat, whole_range: true", {"view": "singleValue", "setPeriodToTimeRange": True}),
        ("type: gauge, unit: percent", {"view": "gauge", "yAxis": {"left": {"min": 0, "max": 100}}}),
        ("type: gauge, unit: ratio, max: 0.5", {"view": "gauge", "yAxis": {"left": {"min": 0, "max": 0.5}}}),
        ("type: bar, whole_range: true", {"view": "bar", "setPeriodToTimeRange": True}),
        ("type: pie", {"view": "pie"}),
        ("type: table", {"view": "table"}),
        ("min: 0, max: 10", {"yAxis": {"left": {"min": 0, "max": 10}}}),
        ("unit: milliseconds", {"yAxis": {"left": {"label": "ms", "showUnits": False}}}),
        ("range: 30d", {"start": "-P30D", "period": 3600}),
        ("properties: {legend: {position: right}, stacked: null}", {"legend": {"position": "right"}}),
        (
            "properties: {yAxis: {left: {max: 1, label: x}}}, min: 0",
            {"yAxis": {"left": {"label": "x", "min": 0, "max": 1}}},
        ),
    ],
)
def test_views(panel: str, expected: dict[str, Any]) -> None:
    made = properties(f"{{{METRIC}, {panel}}}")
    assert {key: made.get(key) for key in expected} == expected


def test_one_value_has_a_sparkline_or_is_of_the_whole_range() -> None:
    assert "sparkline" not in properties(f"{{{METRIC}, type: stat, whole_range: true}}")


def test_a_null_takes_a_property_away() -> None:
    assert "stacked" not in properties(f"{{{METRIC}, properties: {{stacked: null}}}}")


def test_limits_are_lines_with_the_severity() -> None:
    made = properties(f"{{{METRIC}, unit: ratio, limits: {{warning: 50%, critical: 90%}}}}")
    assert made["annotations"] == {
        "horizontal": [
            {"color": "#ff7f0e", "label": "warning: 50%", "value": 0.5, "fill": "above"},
            {"color": "#d62728", "label": "critical: 90%", "value": 0.9, "fill": "above"},
        ]
    }
    low = properties(f"{{{METRIC}, unit: ratio, limits: {{warning: 50%, critical: 10%}}}}")
    assert {line["fill"] for line in low["annotations"]["horizontal"]} == {"below"}


def test_a_heatmap_is_counts_between_bounds() -> None:
    made = properties(f"{{{METRIC}, type: heatmap, unit: milliseconds, bands: [100ms, 1s]}}")
    assert (made["view"], made["stacked"]) == ("timeSeries", True)
    stats = [made["stat"], *(row[-1].get("stat") for row in made["metrics"][1:])]
    assert stats == ["TC(:100)", "TC(100:1000)", "TC(1000:)"]
    assert [row[-1]["label"] for row in made["metrics"]] == ["up to 100ms", "100ms to 1s", "over 1s"]


def test_a_heatmap_without_bounds_is_percentiles() -> None:
    made = properties(f"{{{METRIC}, type: heatmap, unit: milliseconds}}")
    assert [row[-1]["label"] for row in made["metrics"]] == ["p10", "p50", "p90", "p99"]


# ---- other widgets


def test_a_log_query_names_its_groups_first() -> None:
    (made,) = widgets(
        "Errors: {type: logs, logs: 'fields @message | filter level = \"ERROR\"', log_groups: [api, /aws/lambda/x]}"
    )
    assert made["type"] == "log"
    assert made["properties"] == {
        "title": "Errors",
        "view": "table",
        "region": "eu-west-1",
        "query": "SOURCE '/shop/prod/api' | SOURCE '/aws/lambda/x' | fields @message | filter level = \"ERROR\"",
    }


def test_log_queries_and_metrics_of_one_panel_are_widgets_of_their_own() -> None:
    made = widgets(
        "Mixed:\n"
        "  log_groups: [api]\n"
        "  queries:\n"
        "    calls: {cloudwatch: {namespace: N, metric: M}}\n"
        "    errors: {logs: stats count() by bin(5m)}\n"
    )
    assert [(w["type"], w["properties"]["title"]) for w in made] == [("metric", "Mixed"), ("log", "Mixed: errors")]
    assert made[1]["properties"]["view"] == "timeSeries"


def test_the_state_of_alarms_by_arn() -> None:
    (made,) = widgets("State: {alarms: api.errors}")
    assert made["type"] == "alarm"
    assert made["properties"] == {
        "title": "State",
        "alarms": [
            "arn:aws:cloudwatch:eu-west-1:1:alarm:shop-prod-api-errors-critical",
            "arn:aws:cloudwatch:eu-west-1:1:alarm:shop-prod-api-errors-warning",
        ],
    }
    text = declared("State: {alarms: api.errors}")
    alarms = [r["Properties"] for r in template(text)["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    named = {deployed(alarm["AlarmName"], Environment="prod") for alarm in alarms}
    assert {arn.rpartition(":")[2] for arn in made["properties"]["alarms"]} == named


def test_a_widget_holds_a_hundred_alarms() -> None:
    values = ", ".join(f"f{n}" for n in range(101))
    text = declared("State: {alarms: api}").replace(
        "stat: Sum}", f"stat: Sum, dimensions: {{FunctionName: [{values}]}}}}", 1
    )
    _, *made = body(text)["widgets"]
    assert [len(w["properties"]["alarms"]) for w in made] == [100, 100, 2]
    assert made[0]["properties"]["title"] == "State (1 of 3)"


# ---- a service's own dashboard


def service(more: str = "", head: str = HEAD) -> dict[str, Any]:
    text = head.replace("  api:\n    thresholds", f"  api:\n    platforms: [cloudwatch]\n{more}    thresholds")
    return body(text, "ApiDashboard")


def drawn(made: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (w["type"], (w["properties"].get("title") or w["properties"]["markdown"]).partition("\n")[0])
        for w in made["widgets"]
    ]


def test_a_service_shows_alarms_objectives_thresholds_its_panels_and_errors() -> None:
    more = (
        "    title: The API\n"
        "    metrics: {http_requests_total: {type: counter}}\n"
        "    slos:\n"
        "      availability:\n"
        "        objective: 99.9%\n"
        "        cloudwatch:\n"
        "          total: {namespace: N, metric: Calls, stat: Sum}\n"
        "          bad: {namespace: N, metric: Errors, stat: Sum}\n"
        "    panels: {Orders: {cloudwatch: {namespace: Shop, metric: Orders, stat: Sum}}}\n"
    )
    head = HEAD.replace("{name: '/shop/${Environment}/api', ", "{name: '/shop/${Environment}/api', service: api, ")
    made = service(more, head)
    assert drawn(made) == [
        ("text", "# Shop: The API"),
        ("text", "## Alarms"),
        ("alarm", "Alarms"),
        ("text", "## Service level objectives"),
        ("metric", "Availability: error budget left"),
        ("metric", "Availability: burn rate"),
        ("metric", "Availability: error ratio"),
        ("text", "## Thresholds"),
        ("metric", "Errors"),
        ("text", "## Metrics"),
        # What Prometheus knows is not here.
        ("metric", "Orders"),
        ("text", "## Logs"),
        ("log", "Errors in api"),
    ]
    by_title = {w["properties"].get("title"): w["properties"] for w in made["widgets"]}
    names = [arn.rpartition(":")[2] for arn in by_title["Alarms"]["alarms"]]
    assert names == [
        "shop-prod-api-availability-page-fast",
        "shop-prod-api-availability-page-slow",
        "shop-prod-api-availability-ticket-fast",
        "shop-prod-api-errors-critical",
        "shop-prod-api-errors-warning",
    ]
    assert by_title["Errors in api"]["query"] == (
        "SOURCE '/shop/prod/api' | fields @timestamp, @message, @logStream | filter @message like /(?i)error/ "
        "| sort @timestamp desc | limit 50"
    )
    assert by_title["Availability: error budget left"]["start"] == "-P30D"
    limits = [line["value"] for line in by_title["Availability: error ratio"]["annotations"]["horizontal"]]
    assert limits == [0.0144, 0.006, 0.003]


def test_defaults_say_where_dashboards_are_made() -> None:
    head = HEAD.replace("services:", "defaults: {platforms: [grafana, cloudwatch]}\nservices:")
    assert "ApiDashboard" in template(head)["Resources"]
    grafana = head.replace("  api:\n", "  api:\n    platforms: [grafana]\n")
    assert "ApiDashboard" not in template(grafana)["Resources"]
    none = head.replace("  api:\n", "  api:\n    dashboard: false\n")
    assert "ApiDashboard" not in template(none)["Resources"]


def test_a_service_of_prometheus_has_none_where_only_defaults_ask_for_it() -> None:
    head = HEAD.replace("services:", "defaults: {platforms: [grafana, cloudwatch]}\nservices:")
    made = template(head + "  web: {thresholds: {up: {expr: up, below: {critical: 1}}}}\n")
    assert [id for id, r in made["Resources"].items() if r["Type"] == "AWS::CloudWatch::Dashboard"] == ["ApiDashboard"]


def test_a_service_that_is_too_large_has_several() -> None:
    values = ", ".join(f"f{n}" for n in range(23))
    text = HEAD.replace("  api:\n", "  api:\n    platforms: [cloudwatch]\n")
    many = f"{{namespace: N, metric: M, dimensions: {{A: [{values}], B: [{values}]}}}}"
    text = text.replace("    thresholds:\n", "    thresholds:\n" + "".join(
        f"      m{n}: {{cloudwatch: {many}, above: {{critical: 5}}}}\n" for n in range(5)
    ))  # fmt: skip
    plan, found = plan_of(text)
    assert plan is not None
    assert [(d.level, d.code) for d in found] == [("note", "dashboards/split")]
    boards: dict[str, Any] = {}
    for artifact in load("cloudwatch").emit(plan):
        for id, r in yaml.load(artifact.text, yaml.CSafeLoader)["Resources"].items():
            if r["Type"] == "AWS::CloudWatch::Dashboard":
                boards[id] = r["Properties"]
    assert [p["DashboardName"]["Fn::Sub"] for p in boards.values()] == [
        "shop-${Environment}-api",
        "shop-${Environment}-api-2",
    ]
    bodies = [json.loads(deployed(p["DashboardBody"], Environment="prod")) for p in boards.values()]
    rows = [row for made in bodies for w in made["widgets"] for row in w["properties"].get("metrics", ())]
    # Every signal is there once, and in each part within what CloudWatch takes.
    assert len(rows) == 5 * 23 * 23 + 1
    assert len({json.dumps(row) for row in rows}) == 23 * 23 + 1
    assert [problem for made in bodies for problem in body_problems(made)] == []
    assert bodies[1]["widgets"][0]["properties"]["markdown"].startswith("# Shop: Api (2 of 2)")


def test_a_part_is_not_called_as_another_service_s_dashboard() -> None:
    values = ", ".join(f"f{n}" for n in range(50))
    many = f"{{namespace: Shop, metric: M, dimensions: {{A: [{values}], B: [{values}]}}}}"
    text = HEAD.replace("services:", "defaults: {platforms: [cloudwatch]}\nservices:")
    text += f"      many: {{cloudwatch: {many}, above: {{critical: 5}}}}\n"
    text += "  api-2: {thresholds: {errors: {cloudwatch: {namespace: Shop, metric: Errors}, above: {critical: 5}}}}\n"
    plan, _ = plan_of(text)
    assert plan is not None
    made = [r for r in kinds(plan) if r.type == "AWS::CloudWatch::Dashboard"]
    assert len(made) == 3
    assert len({r.logical_id for r in made}) == 3
    assert len({str(r.properties["DashboardName"]) for r in made}) == 3


def test_a_request_has_room_for_each_part() -> None:
    more = "".join(
        f"      m{n}: {{cloudwatch: {{namespace: Shop, metric: M{n}}}, above: {{critical: 5}}}}\n" for n in range(150)
    )
    text = HEAD.replace("services:", "defaults: {platforms: [cloudwatch]}\nservices:") + more
    text = text.replace("aws:\n", "aws:\n  inline: true\n")
    plan, found = plan_of(text)
    assert plan is not None
    assert [(d.level, d.code) for d in found] == [("note", "dashboards/split")]
    sizes = [len(artifact.text.encode()) for artifact in load("cloudwatch").emit(plan)]
    assert max(sizes) <= 51_200
    titles = [
        w["properties"]["title"]
        for r in kinds(plan)
        if r.type == "AWS::CloudWatch::Dashboard"
        for w in json.loads(deployed(r.properties["DashboardBody"], Environment="prod"))["widgets"]
        if w["type"] == "metric"
    ]
    assert titles == ["Errors", *(f"M{n}" for n in range(150))]


def test_a_template_in_json_holds_the_same_body() -> None:
    text = declared("One: {cloudwatch: {namespace: N, metric: M, dimensions: {D: '${Environment}'}}}")
    plan, _ = plan_of(text.replace("aws:\n", "aws:\n  format: json\n"))
    assert plan is not None
    (artifact,) = load("cloudwatch").emit(plan)
    made = json.loads(artifact.text)["Resources"]["OwnDashboard"]["Properties"]
    assert made == resource(text, "OwnDashboard")
