"""The static part of every panel type and of the dashboard, made with grafanalib and brought up to date.

In: nothing. Out: plain dicts, built once per process and shared: whoever fills one copies the levels that it changes.

grafanalib 0.7 writes schema version 12 with nulls, keys that Grafana dropped, and thresholds with the text "null", so
its objects give the shape and `_current` the state of Grafana 10 to 13.
"""

from __future__ import annotations

from functools import cache
from typing import Any

Json = dict[str, Any]

# 39 is what Grafana 10.4 writes; newer ones migrate it when they load it.
SCHEMA_VERSION = 39

_REDUCE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_STATES: Json = {
    "0": {"color": "green", "index": 0, "text": "within its limit"},
    "1": {"color": "red", "index": 1, "text": "beyond its limit"},
}
_HIDE: Json = {"legend": False, "tooltip": False, "viz": False}


@cache
def panel(type_: str) -> Json:
    """The panel of the plan's `type_` without title, queries, unit and limits: Grafana's `type`, `fieldConfig` (not for text),
    `options`."""
    from grafanalib import core

    made = {
        "timeseries": core.TimeSeries,
        "stat": core.Stat,
        "gauge": core.GaugePanel,
        "table": core.Table,
        "heatmap": core.Heatmap,
        "bar": core.BarGauge,
        "pie": core.PieChartv2,
        "alarms": core.StateTimeline,
        "logs": core.Logs,
        "text": core.Text,
    }[type_](**_ARGUMENTS.get(type_, {}))
    return _current(type_, made.to_json_data())


@cache
def row() -> Json:
    """A row panel without title, id, position and children."""
    from grafanalib import core

    return {k: v for k, v in core.RowPanel().to_json_data().items() if k in ("type", "collapsed")}


@cache
def dashboard() -> Json:
    """A dashboard without title, uid, panels, variables, links and times."""
    from grafanalib import core

    data = core.Dashboard(
        title="", editable=False, graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR
    ).to_json_data()
    kept = {k: data[k] for k in ("editable", "graphTooltip", "id")}
    # Times in the browser's zone: whoever looks at an incident reads a clock.
    return kept | {"fiscalYearStartMonth": 0, "schemaVersion": SCHEMA_VERSION, "timepicker": {}, "timezone": "browser"}


@cache
def variable() -> Json:
    """A template variable without name, type and query."""
    from grafanalib import core

    data = core.Template(name="", query="").to_json_data()
    return {k: data[k] for k in ("hide", "includeAll", "multi", "options")} | {"regex": "", "skipUrlSync": False}


_ARGUMENTS: dict[str, Json] = {
    "timeseries": {
        "title": "",
        "fillOpacity": 10,
        "showPoints": "never",
        "lineWidth": 1,
        "tooltipMode": "multi",
        "tooltipSort": "desc",
    },
    "stat": {"title": "", "reduceCalc": "lastNotNull"},
    "logs": {"title": "", "showTime": True, "wrapLogMessages": True, "enableLogDetails": True},
}


def _current(type_: str, data: Json) -> Json:
    """What Grafana 10 to 13 read of grafanalib's JSON, with the options that grafanalib does not know."""
    kept: Json = {k: data[k] for k in ("type", "options") if k in data}
    if type_ == "text":
        return kept
    # A field config of grafanalib's may lack `overrides`; its thresholds are filled per panel.
    defaults: Json = {k: v for k, v in data["fieldConfig"]["defaults"].items() if k in ("custom", "color")}
    options: Any = kept.get("options")
    if type_ == "timeseries":
        # Grafana fills in the rest with the same values; a thousand dashboards are half as long without them.
        defaults["custom"] = {k: defaults["custom"][k] for k in ("fillOpacity", "lineWidth", "showPoints")}
        options = options | {"legend": options["legend"] | {"showLegend": True}}
    elif type_ == "stat":
        defaults = {"color": {"mode": "thresholds"}, "noValue": "no data"}
        options = options | {"wideLayout": True}
    elif type_ == "gauge":
        defaults = {"color": {"mode": "thresholds"}, "noValue": "no data"}
        shown = {k: data["fieldConfig"][k] for k in ("showThresholdLabels", "showThresholdMarkers")}
        options = {"orientation": "auto", "reduceOptions": _REDUCE, **shown, "sizing": "auto"}
    elif type_ == "table":
        defaults = {
            "color": {"mode": "thresholds"},
            "custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True, "inspect": False},
        }
        options = options | {"cellHeight": "sm"}
    elif type_ == "heatmap":
        defaults = {"custom": {"hideFrom": _HIDE, "scaleDistribution": {"type": "linear"}}}
        options = _heatmap_options()
    elif type_ == "bar":
        # A bar for each series, as CloudWatch draws them; Grafana's bar chart wants a table.
        defaults = {"color": {"mode": "thresholds"}, "noValue": "no data"}
        options = {
            "displayMode": "gradient",
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "auto",
            "orientation": "horizontal",
            "reduceOptions": _REDUCE,
            "showUnfilled": True,
            "sizing": "auto",
            "valueMode": "color",
        }
    elif type_ == "pie":
        defaults["custom"] = {"hideFrom": _HIDE}
        legend = {"displayMode": "table", "placement": "right", "showLegend": True, "values": ["value", "percent"]}
        kept_options = {k: options[k] for k in ("pieType", "reduceOptions")}
        options = kept_options | {"displayLabels": [], "legend": legend, "tooltip": {"mode": "single", "sort": "none"}}
    elif type_ == "alarms":
        defaults["custom"] = {"fillOpacity": 80, "insertNulls": False, "lineWidth": 0, "spanNulls": False}
        defaults["mappings"] = [{"type": "value", "options": _STATES}]
        legend = options["legend"] | {"showLegend": False}
        options = options | {"legend": legend, "showValue": "never", "tooltip": {"mode": "single", "sort": "none"}}
    elif type_ == "logs":
        defaults = {}
    kept["options"] = options
    kept["fieldConfig"] = {"defaults": defaults, "overrides": []}
    return kept


def _heatmap_options() -> Json:
    return {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False},
    }
