"""Dashboards, data sources and runbook pages.

In: nothing (resolve makes them). Out: the records that people look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from monitorspec.plan.alerts import CloudWatchSignal, Path

_PLAIN: Mapping[str, Any] = {}


class Query(NamedTuple):
    """One query of a panel: exactly one of promql, cloudwatch, logs, xray."""

    promql: str
    cloudwatch: CloudWatchSignal | None
    logs: str
    log_groups: tuple[str, ...]
    """Names or ARNs of CloudWatch log groups, which may hold `${Name}` as the signals do."""
    xray: str
    legend: str
    datasource: str
    """Name of a data source, or "" for the dashboard's own of the right type."""
    instant: bool
    origin: Path = ()
    """Where its text stands in the spec; () for one that is made."""


class PanelLimit(NamedTuple):
    severity: str
    value: Decimal


class Panel(NamedTuple):
    title: str
    type: str
    """timeseries, stat, gauge, table, heatmap, bar, pie, logs, alarms or text."""
    description: str
    unit: str
    queries: tuple[Query, ...]
    text: str
    limits: tuple[PanelLimit, ...]
    limits_below: bool
    """Whether low values are the bad ones."""
    min: float | None
    max: float | None
    decimals: int | None
    width: int | None
    height: int | None
    options: Mapping[str, Any]
    """Raw fields of Grafana's panel."""
    origin: Path
    alarms: tuple[str, ...] = ()
    """Ids of alerts whose state it shows."""
    stacked: bool = False
    range: int | None = None
    """How much past it shows, or as much as the dashboard."""
    whole_range: bool = False
    """Whether its CloudWatch metrics are taken over all of that, and not their last datapoint."""
    properties: Mapping[str, Any] = _PLAIN
    """Raw properties of CloudWatch's widget."""


class Row(NamedTuple):
    """`title` is "" for panels above all rows."""

    title: str
    collapsed: bool
    panels: tuple[Panel, ...]


class Dashboard(NamedTuple):
    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    refresh: int | None
    range: int
    rows: tuple[Row, ...]
    links: tuple[tuple[str, str], ...]
    service: str
    """The service whose own one it is, or ""."""
    origin: Path
    name: str = ""
    """Its key in the spec, or the service's name."""
    platforms: tuple[str, ...] = ("grafana",)
    """Where it is made: grafana, cloudwatch."""


class Datasource(NamedTuple):
    name: str
    type: str
    uid: str
    url: str
    region: str
    default: bool
    options: Mapping[str, Any]
    origin: Path


class RunbookQuery(NamedTuple):
    name: str
    language: str
    """sql, promql, logs or shell."""
    text: str
    description: str


class Remediation(NamedTuple):
    name: str
    description: str
    command: str
    when: str
    """`above 85%`, or ""."""
    target: str
    cooldown: int | None
    grace_period: int | None
    older_than: int | None
    automatic: bool


class Runbook(NamedTuple):
    """What the spec says; the computed facts come from the alerts that name it (`Alert.runbook`)."""

    path: str
    """Below runbooks/."""
    service: str
    title: str
    description: str
    impact: str
    steps: tuple[str, ...]
    queries: tuple[RunbookQuery, ...]
    remediation: tuple[Remediation, ...]
    escalation: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    markdown: str
    """Text of the file that it names, or ""."""
    origin: Path
