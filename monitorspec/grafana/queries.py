"""The queries of a panel in the formats of Grafana's data sources.

In: the plan's queries and the sources that a dashboard may use. Out: targets (plain dicts) with unique refIds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from monitorspec.grafana.parameters import in_grafana, refers
from monitorspec.metricrows import MetricRow, metric_rows
from monitorspec.plan import Datasource, Query

Json = dict[str, Any]

# kind of a declared data source → Grafana's plugin id
PLUGINS = {
    "prometheus": "prometheus",
    "cloudwatch": "cloudwatch",
    "xray": "grafana-x-ray-datasource",
    "loki": "loki",
    "alertmanager": "alertmanager",
}
# kind → the dashboard's variable for it
VARIABLES = {"prometheus": "datasource", "cloudwatch": "cloudwatch", "xray": "xray", "loki": "loki"}
MIXED: Json = {"type": "datasource", "uid": "-- Mixed --"}

_BY = re.compile(r"\|?\s*stats\b[^|]*?\sby\s+([^|]+)", re.IGNORECASE)
_FIELD = re.compile(r"[@A-Za-z_][\w.@]*")


class Source(NamedTuple):
    """A data source as targets name it: `kind` is a key of VARIABLES."""

    kind: str
    reference: Json


@cache
def own(kind: str) -> Source:
    """The dashboard's own data source of `kind`, chosen by its variable."""
    return Source(kind, {"type": PLUGINS[kind], "uid": f"${{{VARIABLES[kind]}}}"})


def source(query: Query, declared: Mapping[str, Datasource]) -> Source:
    """The data source of a query: the declared one that it names, else the dashboard's own of the right kind."""
    named = declared.get(query.datasource) if query.datasource else None
    if query.promql:
        kind = "prometheus"
    elif query.cloudwatch is not None or query.log_groups:
        kind = "cloudwatch"
    elif query.logs:
        kind = "cloudwatch" if named is not None and named.type == "cloudwatch" else "loki"
    else:
        kind = "xray"  # an empty filter takes every trace
    return Source(kind, {"type": PLUGINS[kind], "uid": named.uid}) if named is not None else own(kind)


def targets(type_: str, queries: Iterable[tuple[Query, Source]]) -> list[Json]:
    """The targets of a panel of `type_`; metric math becomes a hidden target per metric and one more."""
    out: list[Json] = []
    taken: set[str] = set()
    for query, (kind, reference) in queries:
        if query.promql:
            out.append(_prometheus(type_, query, reference, ref_id(len(out))))
        elif query.cloudwatch is not None:
            for row in metric_rows(query.cloudwatch, query.legend, taken):
                out.append({"datasource": reference, **_cloudwatch(row), "refId": ref_id(len(out))})
        elif kind == "xray":
            out.append(_xray(type_, query.xray, reference, ref_id(len(out))))
        elif kind == "cloudwatch":
            out.append(_insights(query, reference, ref_id(len(out))))
        else:
            out.append(
                {
                    "datasource": reference,
                    "editorMode": "code",
                    "expr": query.logs,
                    "legendFormat": query.legend,
                    "queryType": "range",
                    "refId": ref_id(len(out)),
                }
            )
    return out


@cache
def ref_id(index: int) -> str:
    """A … Z, AA, AB …"""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(65 + letter) + name
    return name


def _prometheus(type_: str, query: Query, reference: Json, ref: str) -> Json:
    instant = query.instant or type_ == "table"
    return {
        "datasource": reference,
        "editorMode": "code",
        "expr": query.promql,
        "format": _FORMATS.get(type_, "time_series"),
        "instant": instant,
        "legendFormat": query.legend or "__auto",
        "range": not instant,
        "refId": ref,
    }


_FORMATS = {"table": "table", "heatmap": "heatmap"}


def _cloudwatch(row: MetricRow) -> Json:
    """A metric, or an expression over those above it."""
    signal = row.signal
    if signal.expression:
        own: Json = {"expression": in_grafana(signal.expression), "metricEditorMode": 1, "namespace": ""}
    else:
        own = {
            # Grafana puts in variables where the value is a text, not where it is a list.
            "dimensions": {n: in_grafana(v) if refers(v) else [in_grafana(v)] for n, v in signal.dimensions},
            "expression": "",
            "matchExact": True,
            "metricEditorMode": 0,
            "metricName": signal.metric,
            "namespace": signal.namespace,
            "statistic": signal.stat,
        }
    shared: Json = {
        "hide": not row.visible,
        "id": row.id,
        "label": row.label,
        "metricQueryType": 0,
        "period": _seconds(signal.period),
        "queryMode": "Metrics",
        "region": in_grafana(signal.region) or "default",
    }
    return dict(sorted((shared | own).items()))


def _seconds(period: int) -> str:
    # Grafana picks a period by itself where none is told.
    return str(period // 1000) if period else ""


def _insights(query: Query, reference: Json, ref: str) -> Json:
    """A CloudWatch Logs Insights query.

    Grafana reads log groups by ARN only where cross-account querying is on (its default), and sends the deprecated
    names else: so groups that are no ARNs have to go as names, or nothing would be searched.
    """
    given = [in_grafana(group) for group in query.log_groups]
    arns = all(group.startswith("arn:") for group in given)
    names = [group.split(":log-group:", 1)[-1].removesuffix(":*") for group in given]
    groups: Json = (
        {"logGroups": [{"arn": a, "name": n} for a, n in zip(given, names, strict=True)]}
        if arns
        else {"logGroupNames": names}
    )
    return {
        "datasource": reference,
        "expression": query.logs,
        "id": "",
        **groups,
        "queryMode": "Logs",
        "refId": ref,
        "region": "default",
        "statsGroups": stats_groups(query.logs),
    }


def stats_groups(expression: str) -> list[str]:
    """The plain fields that the last `stats … by …` groups by: Grafana makes a series of each of their values."""
    found = _BY.findall(expression)
    parts = re.split(r",(?![^(]*\))", found[-1]) if found else []
    return [part.strip() for part in parts if _FIELD.fullmatch(part.strip())]


def _xray(type_: str, expression: str, reference: Json, ref: str) -> Json:
    """Traces where they are listed, statistics over time where they are drawn."""
    target: Json = {
        "datasource": reference,
        "query": expression,
        "queryMode": "X-Ray",
        "refId": ref,
        "region": "default",
    }
    if type_ in ("timeseries", "stat", "gauge", "heatmap"):
        return target | {"columns": ["all"], "queryType": "getTimeSeriesServiceStatistics", "resolution": 60}
    return target | {"queryType": "getTraceSummaries"}
