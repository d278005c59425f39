"""What a user writes about dashboards and data sources.

In: nothing. Out: the record types of `dashboards:` and `datasources:`.
"""

from __future__ import annotations

from typing import Any, Literal

from monitorspec.spec.cloudwatch import CloudWatchMetric
from monitorspec.spec.record import record
from monitorspec.spec.units import Duration, Strings, Threshold, Unit

Platform = Literal["grafana", "cloudwatch"]


@record
class PanelQuery:
    """One query of a panel: give one of the signals."""

    expr: str | None = None
    """PromQL."""
    cloudwatch: CloudWatchMetric | None = None
    """A CloudWatch metric or metric math."""
    logs: str | None = None
    """A log query."""
    xray: str | None = None
    """An X-Ray filter expression."""
    legend: str | None = None
    """Legend, such as `{{pod}}`."""
    datasource: str | None = None
    """Name of a data source; the first of the right type unless told."""


@record
class Panel:
    """A panel; its name is its title."""

    type: Literal["timeseries", "stat", "gauge", "table", "heatmap", "bar", "pie", "logs", "alarms", "text"] = (
        "timeseries"
    )
    """How it is drawn."""
    description: str | None = None
    """What it shows."""
    expr: str | None = None
    """PromQL, where one query is enough."""
    cloudwatch: CloudWatchMetric | None = None
    """A CloudWatch metric, where one is enough."""
    logs: str | None = None
    """A log query, for a panel of type logs."""
    log_groups: list[str] | None = None
    """Log groups that `logs` reads: names in AWS, or keys below `aws.log_groups`."""
    queries: dict[str, PanelQuery] | None = None
    """Queries by legend."""
    threshold: str | None = None
    """A threshold, as `service.threshold`: its signal, unit and limits."""
    slo: str | None = None
    """An SLO, as `service.slo`: its error ratio and budget."""
    alarms: Strings | None = None
    """Alerts whose state it shows, as `service.threshold`, `service.slo` or a service's name; a panel of type alarms."""
    text: str | None = None
    """Markdown of a text panel."""
    stacked: bool = False
    """Whether its series are stacked."""
    bands: list[Threshold] | None = None
    """Bounds between which a heatmap over a CloudWatch metric counts, such as `[100ms, 300ms, 1s]`."""
    period: Duration | None = None
    """Length of the datapoints of its CloudWatch metrics, where they do not say; by the range unless told."""
    range: Duration | None = None
    """How much past it shows, where that is not as much as the dashboard does."""
    whole_range: bool = False
    """Whether CloudWatch metrics are taken over all that it shows, and not their last datapoint; not for lines."""
    legend: str | None = None
    """Legend of the one query."""
    unit: Unit | None = None
    """Unit of its values."""
    min: float | None = None
    """Lower end of the axis or gauge."""
    max: float | None = None
    """Upper end of the axis or gauge."""
    decimals: int | None = None
    """Digits behind the point."""
    limits: dict[str, Threshold] | None = None
    """Limits by severity, drawn as lines or colours."""
    width: int | None = None
    """Width in the grid's 24 columns."""
    height: int | None = None
    """Height in the grid's rows, which are 30 pixels high in Grafana and about 50 in CloudWatch."""
    datasource: str | None = None
    """Name of a data source."""
    options: dict[str, Any] | None = None
    """Raw Grafana panel fields merged over the generated ones."""
    properties: dict[str, Any] | None = None
    """Raw properties of the CloudWatch widget merged over the generated ones."""


@record
class Row:
    """A row of panels; its name is its title."""

    panels: dict[str, Panel]
    """Panels by title."""
    collapsed: bool = False
    """Whether it starts folded."""


@record
class Dashboard:
    """A dashboard of one's own."""

    title: str | None = None
    """Its title; its name unless told."""
    platforms: list[Platform] | None = None
    """Where it is made; as `defaults` say unless told."""
    description: str | None = None
    """What it is for."""
    refresh: Duration | None = None
    """How often it reloads."""
    range: Duration | None = None
    """How much past it shows at first."""
    tags: list[str] | None = None
    """Tags."""
    panels: dict[str, Panel] | None = None
    """Panels by title, above the rows."""
    rows: dict[str, Row] | None = None
    """Rows by title."""
    links: dict[str, str] | None = None
    """Addresses by title."""


@record
class Datasource:
    """A Grafana data source to provision."""

    type: Literal["prometheus", "cloudwatch", "xray", "loki", "alertmanager"]
    """Its kind."""
    url: str | None = None
    """Its address."""
    region: str | None = None
    """AWS region of CloudWatch and X-Ray."""
    uid: str | None = None
    """Stable id; its name unless told."""
    default: bool = False
    """Whether it is Grafana's default one."""
    options: dict[str, Any] | None = None
    """Raw jsonData fields."""
