"""Queries in the formats of Grafana's data sources."""

from __future__ import annotations

from typing import Any

import pytest

from monitorspec.grafana import queries
from monitorspec.plan import CloudWatchSignal, Datasource, Query

MINUTE = 60_000
BLANK = Query("", None, "", (), "", "", "", False)


def metric(name: str, *, region: str = "", period: int = 5 * MINUTE) -> CloudWatchSignal:
    return CloudWatchSignal("AWS/Lambda", name, "Sum", period, (("FunctionName", "f"),), "", (), "", region, "")


def math(expression: str, **metrics: CloudWatchSignal) -> CloudWatchSignal:
    return CloudWatchSignal("", "", "", MINUTE, (), expression, tuple(metrics.items()), "share", "", "")


def targets(
    *asked: Query, type_: str = "timeseries", declared: dict[str, Datasource] | None = None
) -> list[dict[str, Any]]:
    return queries.targets(type_, [(query, queries.source(query, declared or {})) for query in asked])


def datasource(name: str, type_: str) -> Datasource:
    return Datasource(name, type_, f"uid-{name}", "http://x", "", False, {}, ())


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")])
def test_ref_ids_count_like_columns_of_a_sheet(index: int, name: str) -> None:
    assert queries.ref_id(index) == name


def test_promql_stays_as_written() -> None:
    text = 'rate(x{a="${literal} \\" {{"}[5m])'
    (target,) = targets(BLANK._replace(promql=text, legend="{{a}}"))
    assert target["expr"] == text
    assert target["legendFormat"] == "{{a}}"
    assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert (target["instant"], target["range"]) == (False, True)


@pytest.mark.parametrize(
    ("type_", "format_", "instant"),
    [("timeseries", "time_series", False), ("heatmap", "heatmap", False), ("table", "table", True)],
)
def test_promql_comes_in_the_format_of_the_panel(type_: str, format_: str, instant: bool) -> None:
    (target,) = targets(BLANK._replace(promql="x"), type_=type_)
    assert (target["format"], target["instant"]) == (format_, instant)


def test_a_cloudwatch_metric() -> None:
    (target,) = targets(BLANK._replace(cloudwatch=metric("Errors", region="eu-west-1"), legend="errors"))
    assert target == {
        "datasource": {"type": "cloudwatch", "uid": "${cloudwatch}"},
        "dimensions": {"FunctionName": ["f"]},
        "expression": "",
        "hide": False,
        "id": "",
        "label": "errors",
        "matchExact": True,
        "metricEditorMode": 0,
        "metricName": "Errors",
        "metricQueryType": 0,
        "namespace": "AWS/Lambda",
        "period": "300",
        "queryMode": "Metrics",
        "refId": "A",
        "region": "eu-west-1",
        "statistic": "Sum",
    }


def test_metric_math_hides_its_metrics_and_names_them() -> None:
    made = targets(BLANK._replace(cloudwatch=math("100 * bad / all", bad=metric("Errors"), all=metric("Invocations"))))
    assert [(t["refId"], t["id"], t["hide"], t["expression"]) for t in made] == [
        ("A", "bad", True, ""),
        ("B", "all", True, ""),
        ("C", "", False, "100 * bad / all"),
    ]
    assert made[2]["metricEditorMode"] == 1
    assert made[2]["label"] == "share"


def test_two_maths_of_one_panel_do_not_share_ids() -> None:
    one = math("m1 / m2", m1=metric("Errors"), m2=metric("Invocations"))
    two = math("m1 + FILL(m2, 0) + LEN('m1')", m1=metric("Throttles"), m2=metric("Errors"))
    made = targets(BLANK._replace(cloudwatch=one), BLANK._replace(cloudwatch=two))
    named = [t["id"] for t in made if t["id"]]
    assert len(set(named)) == len(named) == 4
    # The second expression follows its metrics; a quoted text is no metric.
    assert made[-1]["expression"] == f"{named[2]} + FILL({named[3]}, 0) + LEN('m1')"
    assert made[3]["metricName"] == "Throttles"


def test_math_over_math() -> None:
    nested = math("rate * 2", bad=metric("Errors"), rate=math("bad / 60"))
    made = targets(BLANK._replace(cloudwatch=math("bad", bad=metric("X"))), BLANK._replace(cloudwatch=nested))
    assert [(t["id"], t["hide"], t["expression"]) for t in made] == [
        ("bad", True, ""),
        ("", False, "bad"),
        ("bad_2", True, ""),
        ("rate", True, "bad_2 / 60"),
        ("", False, "rate * 2"),
    ]


def test_log_groups_by_name_and_by_arn() -> None:
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:*"
    by_name, by_arn, both = (
        targets(BLANK._replace(logs="fields @message", log_groups=groups))[0]
        for groups in (("/aws/lambda/f",), (arn,), (arn, "/other"))
    )
    assert (by_name["queryMode"], by_name["expression"]) == ("Logs", "fields @message")
    assert by_name["logGroupNames"] == ["/aws/lambda/f"]
    assert by_arn["logGroups"] == [{"arn": arn, "name": "/aws/lambda/f"}]
    assert both["logGroupNames"] == ["/aws/lambda/f", "/other"]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("fields @message | sort @timestamp desc", []),
        ("stats count(*) as n by level, service", ["level", "service"]),
        ("filter x = 1 | stats avg(d) by bin(5m), route | limit 3", ["route"]),
        ("stats count() by a | STATS max(n) BY b", ["b"]),
        ("filter m like /stand by me/", []),
    ],
)
def test_statistics_over_time_are_split_by_their_fields(text: str, groups: list[str]) -> None:
    assert queries.stats_groups(text) == groups


def test_logs_without_groups_are_lokis_unless_their_source_is_cloudwatch() -> None:
    loki = BLANK._replace(logs='{app="x"}', legend="{{app}}")
    (target,) = targets(loki, type_="logs")
    assert target["datasource"] == {"type": "loki", "uid": "${loki}"}
    assert target["expr"] == '{app="x"}'
    (target,) = targets(loki._replace(datasource="cw"), declared={"cw": datasource("cw", "cloudwatch")})
    assert target["queryMode"] == "Logs"


def test_traces_are_listed_in_tables_and_drawn_as_statistics() -> None:
    query = BLANK._replace(xray='service("api") AND responsetime > 5')
    (listed,) = targets(query, type_="table")
    (drawn,) = targets(query)
    assert listed["datasource"] == {"type": "grafana-x-ray-datasource", "uid": "${xray}"}
    assert (listed["queryType"], listed["query"]) == ("getTraceSummaries", query.xray)
    assert drawn["queryType"] == "getTimeSeriesServiceStatistics"


def test_a_declared_source_is_named_by_its_uid() -> None:
    (target,) = targets(
        BLANK._replace(promql="x", datasource="main"), declared={"main": datasource("main", "prometheus")}
    )
    assert target["datasource"] == {"type": "prometheus", "uid": "uid-main"}
