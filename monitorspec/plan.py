"""The plan: everything that will be generated, resolved and target-neutral.

In: nothing (resolve makes it). Out: immutable records. All references are resolved, all defaults filled in, all durations
are milliseconds, all limits are exact decimals in the unit of their signal. There is no PromQL rule and no CloudFormation
in it; the targets make those. `origin` is the path of the spec's value that a record came from, for diagnostics.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
Labels = Mapping[str, str]


class Severity(NamedTuple):
    """`rank` is 0 for the most severe."""

    name: str
    rank: int
    page: bool
    description: str


# ---- signals


class CloudWatchSignal(NamedTuple):
    """One metric (`metric` set) or metric math (`expression` over `metrics`). `period` in milliseconds."""

    namespace: str
    metric: str
    stat: str
    period: int
    dimensions: tuple[tuple[str, str], ...]
    expression: str
    metrics: tuple[tuple[str, CloudWatchSignal], ...]
    label: str
    region: str
    unit: str
    """CloudWatch unit to filter by, or ""."""


class Signal(NamedTuple):
    """What is watched: exactly one of `promql` and `cloudwatch` is set. `unit` is a name of `spec.units.UNITS`."""

    promql: str
    cloudwatch: CloudWatchSignal | None
    unit: str


# ---- conditions: when a signal makes an alert


class Limit(NamedTuple):
    """Fires when the signal is `op` (">", ">=", "<", "<=") `value`; once firing, goes on while `op` `recover`."""

    op: str
    value: Decimal
    text: str
    """The limit as the spec wrote it: `80%`."""
    recover: Decimal | None
    datapoints: tuple[int, int] | None
    """(m, n): at least m of the last n evaluations."""


class Forecast(NamedTuple):
    """Fires when the line through the last `window` ms of the signal is `op` `value` in `within` ms."""

    op: str
    value: Decimal
    text: str
    window: int
    within: int


class Absent(NamedTuple):
    """Fires when the signal has no data (for PromQL: no series match)."""


class Burn(NamedTuple):
    """Fires while the error ratio over both windows is over `factor` times the budget."""

    slo: str
    """`service.slo`."""
    tier: str
    tier_rank: int
    """0 for the fastest tier of the SLO; a faster tier inhibits the slower ones."""
    factor: Decimal
    long_window: int
    short_window: int
    budget_share: Decimal
    """Share of the period's budget that is gone when a burn at `factor` has lasted `long_window`."""


class Custom(NamedTuple):
    """A raw alert rule: its expression holds the condition."""


Condition = Limit | Forecast | Absent | Burn | Custom


class Alert(NamedTuple):
    """One alert rule or alarm: one name, one severity."""

    id: str
    """`service.threshold.severity`, `service.threshold.forecast`, `service.threshold.absent`, `service.slo.tier`, …: unique."""
    name: str
    """The alert's name (`alertname`); severities of one threshold share it."""
    title: str
    """For people: the threshold's or SLO's title."""
    description: str
    """The spec's text about it, or ""."""
    service: str
    key: str
    """Name of the threshold, SLO or raw group it came from."""
    severity: str
    labels: Labels
    """All static labels: system, service, owner, severity, the spec's, the service's and its own; sorted by name."""
    annotations: Labels
    """Texts as the spec wrote them (a Go template each); targets add what is missing: summary, description, links."""
    signal: Signal
    condition: Condition
    hold: int
    """`for`, in ms."""
    keep_firing: int
    interval: int
    """How often it is evaluated, in ms."""
    group: str
    """Name of its Prometheus rule group ("" for CloudWatch)."""
    missing: str
    """What missing data means: ok, breaching, ignore or insufficient."""
    actions_enabled: bool
    properties: Mapping[str, Any]
    """Raw CloudFormation properties."""
    series_labels: tuple[str, ...] | None
    """Labels that the signal's series carry, sorted; None where that cannot be known."""
    runbook: str
    """Path of its page below runbooks/, such as `api/ApiCpu.md`."""
    dashboard: str
    """uid of the dashboard that shows it, or ""."""
    origin: Path


# ---- services


class Indicator(NamedTuple):
    """How an SLO counts: `kind` is ratio, latency, error_ratio or probe.

    ratio: `total` and one of `bad`/`good` are counter selectors. latency: `histogram` is the base selector, `under` the bound
    in the histogram's unit, `native` its kind. error_ratio and probe: `expr`.
    """

    kind: str
    total: str = ""
    bad: str = ""
    good: str = ""
    histogram: str = ""
    under: Decimal = Decimal(0)
    native: bool = False
    expr: str = ""


class Slo(NamedTuple):
    key: str
    service: str
    title: str
    description: str
    indicator: Indicator
    objective: Decimal
    window: int
    by: tuple[str, ...]
    min_traffic: Decimal | None
    """Events per second."""
    labels: Labels
    """Identity of its recorded series: system, service, slo. No other label, because a changed one would cut history."""
    interval: int
    tiers: tuple[Alert, ...]
    """Its burn alerts, fastest first."""
    runbook: str
    origin: Path


class Threshold(NamedTuple):
    """All alerts of one threshold, most severe first, and the signal they share."""

    key: str
    service: str
    title: str
    description: str
    signal: Signal
    alerts: tuple[Alert, ...]
    runbook: str
    origin: Path


class Metric(NamedTuple):
    name: str
    type: str
    unit: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[Decimal, ...]
    panel: bool
    origin: Path


class Record(NamedTuple):
    name: str
    expr: str
    labels: Labels
    interval: int
    unit: str
    description: str
    group: str
    origin: Path


class RawGroup(NamedTuple):
    """A rule group passed through: `rules` are Prometheus rule mappings, ready to be dumped (durations as text)."""

    name: str
    interval: int | None
    rules: tuple[Mapping[str, Any], ...]
    alerts: tuple[Alert, ...]
    """One (condition Custom) for each alert rule, in order."""
    origin: Path


class Service(NamedTuple):
    name: str
    title: str
    description: str
    owner: str
    labels: Labels
    selector: Labels
    slos: tuple[Slo, ...]
    thresholds: tuple[Threshold, ...]
    metrics: tuple[Metric, ...]
    records: tuple[Record, ...]
    raw: tuple[RawGroup, ...]
    dashboard: str
    """uid of its own dashboard, or ""."""
    origin: Path

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Every alert of the service: SLOs, thresholds, raw."""
        return tuple(
            alert
            for group in (
                *(slo.tiers for slo in self.slos),
                *(threshold.alerts for threshold in self.thresholds),
                *(raw.alerts for raw in self.raw),
            )
            for alert in group
        )


# ---- routing


class Matcher(NamedTuple):
    """A label matcher with Alertmanager's meaning: `op` is =, !=, =~ or !~; regexes are anchored; a missing label is ""."""

    label: str
    op: str
    value: str


class Target(NamedTuple):
    """One receiver told by a route. `after` > 0 is an escalation (ms). `active`/`muted` are window names."""

    receiver: str
    after: int
    repeat_interval: int | None
    active: tuple[str, ...]
    muted: tuple[str, ...]


class Route(NamedTuple):
    """A node of the routing tree. Its own `targets` are told of what none of `routes` takes.

    `group_by` None means: as the parent. `continue_`: the siblings behind it are tried too.
    """

    name: str
    matchers: tuple[Matcher, ...]
    targets: tuple[Target, ...]
    group_by: tuple[str, ...] | None
    group_wait: int | None
    group_interval: int | None
    repeat_interval: int | None
    continue_: bool
    routes: tuple[Route, ...]
    origin: Path


class Receiver(NamedTuple):
    """`integrations`: kind (slack, pagerduty, …) with one configuration each, as the spec wrote them.

    `topics`: names of CloudWatch SNS topics that carry alarms to this receiver.
    """

    name: str
    integrations: tuple[tuple[str, Mapping[str, Any]], ...]
    topics: tuple[str, ...]
    origin: Path


class Span(NamedTuple):
    """Numbers as Alertmanager writes ranges: `start` and `end` inclusive except for minutes of the day."""

    start: int
    end: int


class Window(NamedTuple):
    """A weekly window: every non-empty list has to hold. `days`: 0 = Sunday … 6; `minutes`: of the day, end exclusive,
    never over midnight (an overnight window is split; then `days` of the second half are shifted: see `parts`)."""

    name: str
    parts: tuple[WindowPart, ...]
    origin: Path


class WindowPart(NamedTuple):
    days: tuple[Span, ...]
    minutes: tuple[Span, ...]
    dates: tuple[Span, ...]
    months: tuple[Span, ...]
    tz: str


class Mute(NamedTuple):
    """`any_of`: alternatives, each a conjunction of matchers."""

    name: str
    any_of: tuple[tuple[Matcher, ...], ...]
    window: str
    origin: Path


class Inhibit(NamedTuple):
    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    origin: Path


# ---- dashboards


class Query(NamedTuple):
    """One query of a panel: exactly one of promql, cloudwatch, logs, xray."""

    promql: str
    cloudwatch: CloudWatchSignal | None
    logs: str
    log_groups: tuple[str, ...]
    xray: str
    legend: str
    datasource: str
    """Name of a data source, or "" for the dashboard's own of the right type."""
    instant: bool


class PanelLimit(NamedTuple):
    severity: str
    value: Decimal


class Panel(NamedTuple):
    title: str
    type: str
    """timeseries, stat, gauge, table, heatmap, logs or text."""
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
    origin: Path


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
    """The service it belongs to, or ""."""
    origin: Path


class Datasource(NamedTuple):
    name: str
    type: str
    uid: str
    url: str
    region: str
    default: bool
    options: Mapping[str, Any]
    origin: Path


# ---- runbooks


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


# ---- the whole


class ScrapeJob(NamedTuple):
    name: str
    targets: tuple[str, ...]
    metrics_path: str
    interval: int | None
    scheme: str
    labels: Labels


class PrometheusServer(NamedTuple):
    scrape_interval: int | None
    evaluation_interval: int | None
    external_labels: Labels
    alertmanagers: tuple[str, ...]
    scrape: tuple[ScrapeJob, ...]
    retention: int | None


class Links(NamedTuple):
    """Base addresses without a trailing slash, or ""."""

    runbooks: str
    grafana: str
    prometheus: str
    alertmanager: str


class Versions(NamedTuple):
    prometheus: tuple[int, int]
    alertmanager: tuple[int, int]


class CloudWatchStack(NamedTuple):
    region: str
    topics: tuple[tuple[str, str], ...]
    """(name, description)."""
    tags: tuple[tuple[str, str], ...]


class Plan(NamedTuple):
    system: str
    title: str
    description: str
    owner: str
    environment: str
    """Name of the overlay that was laid over, or ""."""
    labels: Labels
    targets: tuple[str, ...]
    """Names of the targets to emit, in the registry's order."""
    versions: Versions
    links: Links
    severities: tuple[Severity, ...]
    services: tuple[Service, ...]
    records: tuple[Record, ...]
    receivers: tuple[Receiver, ...]
    root: Route
    """The routing tree."""
    windows: tuple[Window, ...]
    mutes: tuple[Mute, ...]
    inhibits: tuple[Inhibit, ...]
    """Declared ones first, then those between severities and between burn tiers."""
    dashboards: tuple[Dashboard, ...]
    datasources: tuple[Datasource, ...]
    runbooks: tuple[Runbook, ...]
    """One for each page, in order: those of alerts by service, then those of the system."""
    prometheus: PrometheusServer | None
    alertmanager_global: Mapping[str, Any]
    alertmanager_templates: tuple[str, ...]
    stack: CloudWatchStack

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Every alert, by service."""
        return tuple(alert for service in self.services for alert in service.alerts)
