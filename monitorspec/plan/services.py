"""Services: objectives, thresholds, metrics, recording rules.

In: nothing (resolve makes them). Out: `Service` and what belongs to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from monitorspec.plan.alerts import Alert, CloudWatchSignal, Labels, Path, Signal

_NONE: Labels = {}


class CloudWatchEvents(NamedTuple):
    """Counts of events as CloudWatch metrics: `total` and exactly one of `bad` and `good`."""

    total: CloudWatchSignal
    bad: CloudWatchSignal | None
    good: CloudWatchSignal | None


class Indicator(NamedTuple):
    """How an SLO counts: `kind` is ratio, latency, error_ratio, probe or cloudwatch.

    ratio: `total` and one of `bad`/`good` are counter selectors. latency: `histogram` is the base selector, `under` the bound
    in the histogram's unit, `native` its kind. error_ratio and probe: `expr`. cloudwatch: `events`.
    """

    kind: str
    total: str = ""
    bad: str = ""
    good: str = ""
    histogram: str = ""
    under: Decimal = Decimal(0)
    native: bool = False
    expr: str = ""
    events: CloudWatchEvents | None = None


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
    application_signals: bool = False
    """Whether Application Signals gets the objective as well."""

    @property
    def on_cloudwatch(self) -> bool:
        """Whether CloudWatch counts its events, and not Prometheus."""
        return self.indicator.events is not None


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
    """uid of its own dashboard in Grafana, or ""."""
    origin: Path
    annotations: Labels = _NONE
    """Those of all its alerts, as the spec writes them."""

    @property
    def recorded_slos(self) -> tuple[Slo, ...]:
        """The objectives that Prometheus counts."""
        return tuple(slo for slo in self.slos if not slo.on_cloudwatch)

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
