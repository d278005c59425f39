"""Queries of panels.

In: a `spec.Panel`. Out: `plan.Query`s, checked: PromQL, CloudWatch metrics (one for each value of a dimension), log queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.promql.expression import check
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text
from monitorspec.resolve.signals import checked_promql, cloudwatch_signals
from monitorspec.spec.cloudwatch import CloudWatchMetric
from monitorspec.spec.dashboard import Panel, PanelQuery

# Grafana's interval variables are no PromQL; any duration in their place keeps the expression's meaning for a check.
_VARIABLE = re.compile(r"\$(?:__rate_interval|__interval|__range|\{__rate_interval\}|\{__interval\}|\{__range\})")
# Amazon CloudWatch Logs API reference, CreateLogGroup; or an ARN.
_LOG_GROUP = re.compile(r"arn:\S+|[A-Za-z0-9_./#-]{1,512}")
# A graph of more points than this shows nothing that one of fewer does not.
_POINTS = 1500
_PERIODS = (60_000, 300_000, 3_600_000, 86_400_000)


def queries(context: Context, spec: Panel, path: Path, length: int) -> list[plan.Query]:
    """The queries of a panel that shows `length` ms."""
    instant = spec.type in ("stat", "gauge", "table")
    _known_source(context, spec.datasource, (*path, "datasource"))
    groups = tuple(_log_groups(context, spec.log_groups or (), (*path, "log_groups")))
    blank = plan.Query("", None, "", groups, "", spec.legend or "", spec.datasource or "", instant)
    period = spec.period or next((p for p in _PERIODS if length <= p * _POINTS), _PERIODS[-1])
    if spec.queries is None:
        return list(_query(context, spec, blank, path, period))
    out: list[plan.Query] = []
    for legend, query in spec.queries.items():
        where = (*path, "queries", legend)
        _known_source(context, query.datasource, (*where, "datasource"))
        named = blank._replace(
            legend=query.legend if query.legend is not None else legend,
            datasource=query.datasource or blank.datasource,
        )
        given = [n for n in ("expr", "cloudwatch", "logs", "xray") if getattr(query, n) is not None]
        if len(given) == 1:
            out += _query(context, query, named, where, period)
        else:
            context.notes.add(
                "dashboards/signal",
                where,
                f"query `{legend}` needs exactly one of `expr`, `cloudwatch`, `logs` and `xray`",
                key=True,
            )
    return out


def _query(
    context: Context, spec: Panel | PanelQuery, blank: plan.Query, path: Path, period: int
) -> Iterator[plan.Query]:
    """The query, or one for each value of the dimensions that have several."""
    bare = blank._replace(log_groups=())
    if spec.expr is not None:
        if _panel_promql(context, spec.expr, (*path, "expr")):
            yield bare._replace(promql=spec.expr, origin=(*path, "expr"))
    elif spec.cloudwatch is not None:
        yield from _metrics(context, spec.cloudwatch, bare, (*path, "cloudwatch"), period)
    elif spec.logs is not None:
        source = (context.spec.datasources or {}).get(blank.datasource)
        if not blank.log_groups and not (source and source.type == "loki"):
            context.notes.add(
                "dashboards/log-groups",
                path,
                "`logs` needs `log_groups`, or a data source of type loki",
                key=True,
            )
        if blank.log_groups:
            _check_insights(context, spec.logs, (*path, "logs"))
        yield blank._replace(logs=spec.logs)
    elif isinstance(spec, PanelQuery) and spec.xray is not None:
        yield bare._replace(xray=spec.xray)


def _metrics(
    context: Context, spec: CloudWatchMetric, blank: plan.Query, path: Path, period: int
) -> Iterator[plan.Query]:
    from monitorspec.cloudformation.validation import graph_problems

    found = len(context.notes.diagnostics)
    for n, (chosen, signal) in enumerate(cloudwatch_signals(context, spec, path, period=period)):
        if n == 0:
            # Without a name there is one finding already, and one is enough.
            said = {d.code for d in context.notes.diagnostics[found:]}
            for p in (p for p in graph_problems(signal, path) if p.code not in said):
                context.notes.add(p.code, p.path, p.message, level=p.level, help=(p.help,) if p.help else ())
        values = " ".join(value for _, value in chosen)
        # A legend that the whole panel has tells its lines apart no better than the title does.
        yield blank._replace(cloudwatch=signal, legend=f"{blank.legend} {values}".strip() if values else blank.legend)


def _check_insights(context: Context, query: str, path: Path) -> None:
    from monitorspec.logs import insights

    for fault in insights.faults(query):
        context.notes.fault("logs/query", path, query, fault)


def _log_groups(context: Context, groups: Sequence[str], path: Path) -> Iterator[str]:
    declared = (context.spec.aws.log_groups if context.spec.aws else None) or {}
    for n, given in enumerate(groups):
        group = declared.get(given)
        name = (group.name or given) if group else given
        if group is None:
            checked_text(context, name, (*path, n))
            if not _LOG_GROUP.fullmatch(re.sub(r"\$\{[^}]*\}", "x", name)):
                context.notes.add(
                    "dashboards/log-groups",
                    (*path, n),
                    f"`{name}` cannot name a log group",
                    label="letters, digits and `_.-/#`, at most 512; or an ARN",
                )
        yield name


def _known_source(context: Context, name: str | None, path: Path) -> None:
    declared = context.spec.datasources or {}
    if name is not None and name not in declared:
        context.notes.unknown("datasources/unknown", path, "data source", name, declared, "datasources")


def without_variables(expr: str) -> str:
    """An expression of a panel as PromQL: with a duration in the place of Grafana's interval variables."""
    return _VARIABLE.sub("5m", expr) if "$" in expr else expr


def _panel_promql(context: Context, expr: str, path: Path) -> bool:
    text = without_variables(expr)
    if check(text, context.versions.prometheus) is None:
        return True
    # Report it on the text as written where the variables do not matter.
    return checked_promql(context, text, path)
