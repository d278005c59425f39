"""Finished bodies of dashboards: what CloudWatch refuses of them is found."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitorspec.cloudformation.dashboard.problems import body_problems, dashboard_problems, said
from monitorspec.compiler import compile_file, emit

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((*ROOT.glob("docs/examples/*.monitorspec.yaml"), *ROOT.glob("specs/*.monitorspec.yaml")))

# The examples of "Dashboard Body Structure and Syntax" in the API reference.
SOUND: dict[str, Any] = {
    "start": "-PT6H",
    "periodOverride": "inherit",
    "widgets": [
        {
            "type": "metric",
            "x": 0,
            "y": 0,
            "width": 12,
            "height": 6,
            "properties": {
                "metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-012345"]],
                "period": 300,
                "stat": "Average",
                "region": "us-east-1",
                "title": "EC2 Instance CPU",
                "liveData": False,
                "legend": {"position": "right"},
            },
        },
        {"type": "text", "x": 0, "y": 7, "width": 3, "height": 3, "properties": {"markdown": "Hello world"}},
        {
            "type": "log",
            "x": 12,
            "y": 0,
            "width": 12,
            "height": 6,
            "properties": {"query": "SOURCE '/x' | fields @message", "region": "us-east-1", "view": "table"},
        },
        {
            "type": "alarm",
            "x": 3,
            "y": 7,
            "width": 6,
            "height": 3,
            "properties": {
                "title": "Alarms",
                "alarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:myalarm"],
                "sortBy": "stateUpdatedTimestamp",
                "states": ["ALARM"],
            },
        },
        {
            "type": "metric",
            "x": 9,
            "y": 7,
            "width": 6,
            "height": 3,
            "properties": {
                "metrics": [
                    ["AWS/EC2", "NetworkIn", "InstanceId", "i-1", {"id": "m1", "visible": False, "color": "#ff7f0e"}],
                    ["...", "i-2", {"id": "m2", "yAxis": "right"}],
                    [".", "NetworkOut", ".", "i-3", {"id": "m3"}],
                    [{"expression": "m1 + m2", "label": "Both", "id": "e1", "period": 60}],
                    [{"expression": "SEARCH('{AWS/EC2,InstanceId}', 'Sum', 300)", "id": "e2"}],
                    [{"expression": 'SELECT AVG(CPUUtilization) FROM "AWS/EC2"', "id": "q1"}],
                ],
                "region": "us-east-1",
                "view": "gauge",
                "yAxis": {"left": {"min": 0, "max": 100, "label": "x", "showUnits": True}},
                "annotations": {
                    "horizontal": [
                        {"value": 5, "color": "#d62728", "fill": "above", "label": "critical"},
                        [{"value": 6, "label": "band"}, {"value": 8, "label": "end"}],
                    ],
                    "vertical": [{"value": "2018-08-28T15:25:26Z", "label": "deployed"}],
                },
            },
        },
    ],
}
METRIC, TEXT, LOG, ALARM, GAUGE = range(5)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sound body with something else at a path such as `widgets.0.x`; `None` takes it away."""
    made = copy.deepcopy(SOUND)
    at: Any = made
    *parts, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in parts:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


def test_the_examples_of_the_documentation_are_sound() -> None:
    assert body_problems(SOUND) == []


P = "widgets.0.properties."


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("start", "6h", "`start` is neither a time nor a length"),
        ("start", None, None),
        ("end", "2018-12-17T06:00:00.000Z", None),
        ("periodOverride", "obey", "`periodOverride` is none of auto, inherit"),
        ("refresh", "1m", "the body has no property `refresh`"),
        ("widgets", {}, "`widgets` is not a list"),
        ("widgets.0.type", "graph", "`type` is none of"),
        ("widgets.0.x", 24, "`x` has to be from 0 to 23"),
        ("widgets.0.x", 13, "it ends in column 25"),
        ("widgets.0.x", None, "only one of `x` and `y`"),
        ("widgets.0.width", 25, "`width` has to be from 1 to 24"),
        ("widgets.0.height", 1001, "`height` has to be from 1 to 1000"),
        ("widgets.0.y", -1, "`y` has to be 0 or more"),
        ("widgets.0.properties", None, "it has no properties"),
        ("widgets.1.y", 5, "it lies over widget 1"),
        (P + "region", None, "`region` is missing"),
        (P + "metrics", [], "neither metrics nor an alarm"),
        (P + "period", 90, "`period` CloudWatch has no period of 1m30s"),
        (P + "period", 2_592_060, "longer than 30 days"),
        (P + "period", "300", "`period` is no whole number"),
        (P + "stat", "avg", "`stat` `avg` is no CloudWatch statistic"),
        (P + "view", "heatmap", "`view` is none of"),
        (P + "legend", {"position": "top"}, "`position` is none of bottom, right, hidden"),
        (P + "stacked", "yes", "`stacked` is neither true nor false"),
        (P + "colour", "#000000", "a metric widget has no property `colour`"),
        (P + "end", "2018-12-17T06:00:00.000Z", "`end` without `start`"),
        (P + "annotations", {"horizontal": [{"label": "x"}]}, "has no value"),
        (P + "annotations", {"horizontal": [{"value": "5"}]}, "is not a number"),
        (P + "annotations", {"horizontal": [{"value": 5, "color": "red"}]}, "is no colour"),
        (P + "annotations", {"horizontal": [{"value": 5, "fill": "between"}]}, "is none of none, above, below"),
        (P + "annotations", {"horizontal": [[{"value": 5}]]}, "is no band of two lines"),
        (P + "annotations", {"alarms": ["myalarm"]}, "is no ARN of an alarm"),
        (P + "yAxis", {"left": {"min": 5, "max": 5}}, "the axis ends where it begins"),
        (P + "yAxis", {"top": {}}, "there is no `top` in it"),
        (P + "table", {"summaryColumns": ["MEDIAN"]}, "MEDIAN is none of"),
        (P + "metrics.0", ["AWS/EC2"], "has no namespace, name and pairs of dimensions"),
        (P + "metrics.0", ["AWS/EC2", "CPUUtilization", "InstanceId"], "pairs of dimensions"),
        (P + "metrics.0", ["N", "M", *map(str, range(62))], "more than 30 dimensions"),
        (P + "metrics.0", ["N", "M", {"stat": "Sum"}, "x"], "other things than texts"),
        (P + "metrics.0", ["N", "M", "D", 5], "other things than texts"),
        (P + "metrics.0", ["N", "M", {"expression": "a"}], "both a metric and an expression"),
        (P + "metrics.0", ["N", "M", {"id": "M1"}], "`id` is no id of metric math"),
        (P + "metrics.0", ["N", "M", {"dimensions": {}}], "a metric has no property `dimensions`"),
        (P + "metrics.0", [], "is not a list"),
        ("widgets.4.properties.metrics.1", ["...", "i-2", {"id": "m1"}], "two metrics have the id `m1`"),
        ("widgets.4.properties.metrics.1", ["...", "i-2"], "names `m2`, which is no metric"),
        ("widgets.4.properties.metrics.3", [{"expression": "SUMM(m1)"}], "metric math has no function `SUMM`"),
        ("widgets.4.properties.yAxis", {"left": {"min": 0}}, "a gauge needs `min` and `max`"),
        ("widgets.1.properties.markdown", "", "is no text with something in it"),
        ("widgets.1.properties.title", "x", "a text widget has no property `title`"),
        ("widgets.1.properties.background", "blue", "is none of transparent, solid"),
        ("widgets.2.properties.query", "fields @message", "does not begin with its log groups"),
        ("widgets.2.properties.view", "line", "`view` is none of"),
        ("widgets.2.properties.region", None, "`region` is missing"),
        ("widgets.3.properties.alarms", [], "has 0 items, not 1 to 100"),
        ("widgets.3.properties.alarms", ["arn:aws:cloudwatch:x:1:alarm:a"] * 101, "has 101 items, not 1 to 100"),
        ("widgets.3.properties.alarms", ["a"], "is no ARN of an alarm"),
        ("widgets.3.properties.sortBy", "name", "is none of default"),
        ("widgets.3.properties.states", ["BAD"], "BAD is none of ALARM"),
    ],
)
def test_each_broken_body_is_found(path: str, value: Any, problem: str | None) -> None:
    found = [problem.message for problem in body_problems(changed(path, value))]
    if problem is None:
        assert found == []
    else:
        assert any(problem in text for text in found), found


def test_a_value_is_of_the_whole_range_or_has_a_sparkline() -> None:
    made = changed(P + "sparkline", True)
    assert body_problems(made) == []
    made["widgets"][0]["properties"]["setPeriodToTimeRange"] = True
    assert [p.message for p in body_problems(made)] == ["`sparkline` and `setPeriodToTimeRange` exclude each other"]


def graph(n: int, metrics: int) -> dict[str, Any]:
    rows = [["N", "M", "D", str(i)] for i in range(metrics)]
    properties = {"region": "eu-west-1", "metrics": rows}
    return {"type": "metric", "x": 0, "y": n, "width": 1, "height": 1, "properties": properties}


@pytest.mark.parametrize(
    ("sizes", "problems"),
    [
        ([500], []),
        ([501], ["501 metrics; a widget shows at most 500"]),
        ([500] * 5, []),
        ([500] * 5 + [1], ["2501 metrics; a dashboard shows at most 2500"]),
        ([1] * 500, []),
        ([1] * 501, ["501 widgets; a dashboard has at most 500"]),
    ],
)
def test_limits(sizes: list[int], problems: list[str]) -> None:
    found = body_problems({"widgets": [graph(n, size) for n, size in enumerate(sizes)]})
    assert [p.message for p in found] == problems
    assert all(p.limit for p in found)


def test_what_a_deployment_fills_in_is_taken_on_trust() -> None:
    made = changed(P + "stat", "${Stat}")
    made["widgets"][ALARM]["properties"]["alarms"] = [
        "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:1:alarm:${Name}-x"
    ]
    assert body_problems(made) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("own", ""),
        ({"Fn::Sub": "shop-${Environment}-own"}, ""),
        ({"Ref": "Name"}, ""),
        ("at.night", "DashboardName at.night"),
        ({"Fn::Sub": "a b-${Environment}"}, "DashboardName a b-"),
        ("x" * 256, "DashboardName x"),
    ],
)
def test_names(name: Any, problem: str) -> None:
    found = dashboard_problems({"DashboardName": name, "DashboardBody": json.dumps(SOUND)})
    assert found[0].startswith(problem) if found else not problem, found


@pytest.mark.parametrize(
    ("body", "problem"),
    [("{", "not JSON"), ("[]", "no mapping"), (None, "missing"), ({"Fn::Sub": '{"widgets": 5}'}, "not a list")],
)
def test_a_body_is_json(body: Any, problem: str) -> None:
    (found,) = dashboard_problems({"DashboardName": "x", "DashboardBody": body})
    assert problem in found


def test_a_problem_names_its_widget() -> None:
    made = changed(P + "period", 90)
    (problem,) = body_problems(made)
    assert said(problem, made).startswith("widget 1 (EC2 Instance CPU): `period`")


@pytest.mark.parametrize("file", SPECS, ids=lambda file: file.name.partition(".")[0])
def test_every_generated_dashboard_is_sound(file: Path) -> None:
    plan = compile_file(file).plan
    assert plan is not None
    for artifact in emit(plan, ("cloudwatch",)):
        for id, resource in yaml.safe_load(artifact.text)["Resources"].items():
            if resource["Type"] == "AWS::CloudWatch::Dashboard":
                assert dashboard_problems(resource["Properties"]) == [], id
