"""Heatmaps over CloudWatch metrics, which have no histogram to draw: counts between bounds, or percentiles.

In: a panel of type heatmap. Out: the panel with queries that CloudWatch can answer.
"""

from __future__ import annotations

from decimal import Decimal

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.phrases import value_text
from monitorspec.resolve.context import Context
from monitorspec.resolve.signals import in_unit
from monitorspec.spec.dashboard import Panel
from monitorspec.spec.units import number_text

PERCENTILES = ("p10", "p50", "p90", "p99")


def bands(context: Context, panel: plan.Panel, spec: Panel, path: Path) -> plan.Panel:
    """How many values lie between each two bounds: the trimmed count `TC(low:high)`, a series for each band.

    (CloudWatch user guide, "CloudWatch statistics definitions".)
    """
    bounds: list[Decimal] = []
    for n, quantity in enumerate(spec.bands or ()):
        value = in_unit(context, quantity, spec.unit or "", (*path, "bands", n))
        if value is None:
            continue
        if bounds and value <= bounds[-1]:
            context.notes.add("dashboards/bands", (*path, "bands", n), "bounds of bands have to ascend")
            return panel
        bounds.append(value)
    if not bounds:
        return panel
    queries: list[plan.Query] = []
    for query in panel.queries:
        if query.cloudwatch is None:
            queries.append(query)
        elif query.cloudwatch.expression:
            context.notes.add(
                "dashboards/bands",
                (*path, "bands"),
                f"`{panel.title}` shows an expression, and only a metric's values can be counted between bounds",
                key=True,
            )
            return panel
        else:
            for low, high in zip((None, *bounds), (*bounds, None), strict=True):
                stat = f"TC({'' if low is None else number_text(low)}:{'' if high is None else number_text(high)})"
                legend = f"{query.legend} {_said(low, high, panel.unit)}".strip()
                queries.append(query._replace(cloudwatch=query.cloudwatch._replace(stat=stat), legend=legend))
    return panel._replace(queries=tuple(queries), unit="count", stacked=True)


def _said(low: Decimal | None, high: Decimal | None, unit: str) -> str:
    if low is None or high is None:
        bound = low if high is None else high
        assert bound is not None
        return f"{'over' if high is None else 'up to'} {value_text(bound, unit)}"
    return f"{value_text(low, unit)} to {value_text(high, unit)}"


def fan(panel: plan.Panel) -> plan.Panel:
    """Lines of percentiles, where no bounds are given: they show how values spread without counting them."""
    queries = []
    for query in panel.queries:
        if query.cloudwatch is None or query.cloudwatch.expression:
            queries.append(query)
            continue
        for stat in PERCENTILES:
            legend = f"{query.legend} {stat}".strip()
            queries.append(query._replace(cloudwatch=query.cloudwatch._replace(stat=stat), legend=legend))
    return panel._replace(type="timeseries", queries=tuple(queries))
