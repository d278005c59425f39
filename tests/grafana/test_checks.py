"""The rules of a sound dashboard: each catches what it is for, and the generated dashboards break none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from monitorspec.grafana import checks
from monitorspec.grafana.expressions import substituted, syntax
from monitorspec.targets import grafana
from tests.grafana import samples

Json = dict[str, Any]
Change = Callable[[Json], object]


def sound() -> Json:
    """The dashboard with one of everything, as it is written."""
    made: Json = json.loads(next(iter(grafana.emit(samples.plan(samples.everything(), samples.everything())))).text)
    return made


def find(dashboard: Json, title: str) -> Json:
    panels = [*dashboard["panels"], *(c for p in dashboard["panels"] for c in p.get("panels", []))]
    found: Json = next(p for p in panels if p["title"] == title)
    return found


def steps(dashboard: Json) -> list[Json]:
    found: list[Json] = find(dashboard, "graph")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return found


def query(dashboard: Json) -> Json:
    found: Json = find(dashboard, "graph")["targets"][0]
    return found


def variable(dashboard: Json, name: str) -> Json:
    found: Json = next(v for v in dashboard["templating"]["list"] if v["name"] == name)
    return found


def errors(dashboard: Json) -> list[str]:
    return [error.message for error in Draft202012Validator(checks.schema()).iter_errors(dashboard)]


def test_a_generated_dashboard_is_sound() -> None:
    assert checks.problems(sound()) == []
    assert errors(sound()) == []


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(checks.schema())


CHANGES: list[tuple[checks.Rule, str, Change]] = [
    (checks.classic, "v2", lambda d: d.update(apiVersion="dashboard.grafana.app/v2", spec={})),
    (checks.classic, "no panels", lambda d: d.pop("panels")),
    (checks.schema_version, "old", lambda d: d.update(schemaVersion=12)),
    (checks.schema_version, "missing", lambda d: d.pop("schemaVersion")),
    (checks.identity, "an id", lambda d: d.update(id=7)),
    (checks.identity, "no uid", lambda d: d.update(uid="")),
    (checks.identity, "long uid", lambda d: d.update(uid="x" * 41)),
    (checks.identity, "a version", lambda d: d.update(version=1)),
    (checks.identity, "editable", lambda d: d.update(editable=True)),
    (checks.identity, "tags", lambda d: d.update(tags=[1])),
    (checks.identity, "no title", lambda d: d.update(title=" ")),
    (checks.datasources, "no variable", lambda d: d["templating"].update(list=[])),
    (checks.datasources, "by name", lambda d: find(d, "graph").update(datasource="Prometheus")),
    (checks.datasources, "of a query", lambda d: query(d).pop("datasource")),
    (checks.datasources, "other type", lambda d: query(d)["datasource"].update(type="loki")),
    (checks.datasources, "unknown", lambda d: query(d)["datasource"].update(uid="${nowhere}")),
    (checks.datasources, "mixed query", lambda d: query(d)["datasource"].update(uid="-- Mixed --")),
    (checks.datasources, "variable", lambda d: variable(d, "pod").update(datasource=None)),
    (
        checks.datasources,
        "annotation",
        lambda d: d["annotations"].update(list=[{"name": "x", "datasource": "-- P --"}]),
    ),
    (checks.imports, "inputs", lambda d: d.update(__inputs=[])),
    (checks.ids, "twice", lambda d: find(d, "stat").update(id=find(d, "heat")["id"])),
    (checks.ids, "null", lambda d: find(d, "heat").update(id=None)),
    (checks.ids, "zero", lambda d: find(d, "graph").update(id=0)),
    (checks.ids, "open row", lambda d: find(d, "Folded").update(collapsed=False)),
    (checks.ids, "folded row", lambda d: find(d, "Open").update(collapsed=True)),
    (checks.grid, "too wide", lambda d: find(d, "stat")["gridPos"].update(x=20, w=5)),
    (checks.grid, "no height", lambda d: find(d, "heat")["gridPos"].update(h=0)),
    (checks.grid, "overlap", lambda d: find(d, "stat")["gridPos"].update(find(d, "graph")["gridPos"])),
    (checks.grid, "inner overlap", lambda d: find(d, "heat")["gridPos"].update(find(d, "loki")["gridPos"])),
    (checks.grid, "nowhere", lambda d: find(d, "stat").pop("gridPos")),
    (checks.content, "no title", lambda d: find(d, "stat").update(title="")),
    (checks.content, "no description", lambda d: find(d, "heat").pop("description")),
    (checks.content, "no unit", lambda d: find(d, "graph")["fieldConfig"]["defaults"].pop("unit")),
    (checks.content, "no query", lambda d: find(d, "graph").update(targets=[])),
    (checks.content, "refIds", lambda d: find(d, "mixed")["targets"][1].update(refId="A")),
    (checks.thresholds, "first", lambda d: steps(d)[0].update(value="null")),
    (checks.thresholds, "order", lambda d: steps(d).reverse()),
    (checks.thresholds, "descending", lambda d: steps(d)[2].update(value=0.1)),
    (checks.thresholds, "text", lambda d: steps(d)[1].update(value="0.5")),
    (checks.counters, "interval", lambda d: query(d).update(expr="rate(x_total[$__interval])")),
    (checks.counters, "braces", lambda d: query(d).update(expr="irate(x_total[${__interval}])")),
    (checks.counters, "bare", lambda d: query(d).update(expr='sum by (pod) (x_total{a="b[5m]"})')),
    (checks.promql, "syntax", lambda d: query(d).update(expr="sum(rate(x[$__rate_interval])")),
    (checks.promql, "range", lambda d: query(d).update(expr="rate(x{a='[5m]'})")),
    (checks.variables, "refresh", lambda d: variable(d, "pod").update(refresh=1)),
    (checks.frame, "link", lambda d: d["links"][0].pop("icon")),
    (checks.frame, "tags", lambda d: d["links"][0].update(tags=[])),
    (checks.frame, "address", lambda d: d["links"][-1].update(url="")),
    (checks.frame, "panel link", lambda d: find(d, "stat").update(links=[{"title": "Runbook"}])),
    (checks.frame, "refresh", lambda d: d.pop("refresh")),
    (checks.frame, "time", lambda d: d.pop("time")),
    (checks.frame, "timezone", lambda d: d.update(timezone=None)),
    (checks.frame, "tooltip", lambda d: d.update(graphTooltip="shared")),
]


@pytest.mark.parametrize(
    ("rule", "change"), [(r, c) for r, _, c in CHANGES], ids=[f"{r.__name__}-{n}" for r, n, _ in CHANGES]
)
def test_a_rule_catches_what_it_is_for(rule: checks.Rule, change: Change) -> None:
    dashboard = sound()
    assert list(rule(dashboard)) == []
    change(dashboard)
    assert list(rule(dashboard)) != []


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _, _ in CHANGES} == set(checks.RULES)


@pytest.mark.parametrize("key", ["panels", "templating", "annotations", "links", "tags", "time", "uid"])
@pytest.mark.parametrize("value", [None, 0, "text", [], [None, 1, "x"], {"list": 3}, [{"type": "row", "panels": 1}]])
def test_no_rule_raises_whatever_the_data(key: str, value: object) -> None:
    for problem in checks.problems({**sound(), key: value}):
        assert isinstance(problem, str)
    assert checks.problems({key: value})


@pytest.mark.parametrize(
    "expr",
    [
        'count by (a) (x_total{b="c"})',
        "absent(x_total)",
        "increase(x_total[5m]) + rate(x_bucket [$__rate_interval])",
        "sum by (x_total) (up)",
        "job:x_total:sum",
        'up{name="x_total"} # x_total',
        "rate(x_total[$__range])",
    ],
)
def test_counters_may_be_counted_ranged_and_spoken_of(expr: str) -> None:
    dashboard = sound()
    query(dashboard)["expr"] = expr
    assert checks.problems(dashboard) == []


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("rate(x[$__rate_interval])", "rate(x[5m])"),
        ("rate(x[${__range}:$step])", "rate(x[5m:5m])"),
        ('x{a=~"$pod|${host:regex}"}', 'x{a=~"x|x"}'),
        ("topk($n, x)", "topk(1, x)"),
        ('x{a="[5m]"}', 'x{a="[5m]"}'),
        ('x{a="[[pod]]"}', 'x{a="x"}'),
    ],
)
def test_variables_get_stand_ins(expr: str, expected: str) -> None:
    assert substituted(expr) == expected


def test_a_variable_may_stand_for_a_number_or_a_name() -> None:
    assert syntax("topk($n, x)") == ""
    assert syntax("sum by ($label) (x)") == ""
    assert syntax("sum by ($label (x)") != ""


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(surprise=1),
        lambda d: find(d, "graph").update(nullPointMode="connected"),
        lambda d: find(d, "graph")["options"].update(legend={}),
        lambda d: find(d, "heat")["fieldConfig"]["defaults"].update(mappings=None),
        lambda d: query(d).update(intervalFactor=2),
        lambda d: variable(d, "pod").update(refresh=1),
        lambda d: steps(d)[0].update(value="null"),
        lambda d: find(d, "stat").update(type="singlestat"),
        lambda d: find(d, "mixed")["targets"][1].update(period=60),
        lambda d: d["links"][0].pop("tooltip"),
        lambda d: find(d, "Open").update(panels=None),
    ],
)
def test_the_schema_is_strict(change: Change) -> None:
    dashboard = sound()
    change(dashboard)
    assert errors(dashboard) != []
