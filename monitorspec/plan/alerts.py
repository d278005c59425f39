"""Alerts: signals, the conditions on them, severities.

In: nothing (resolve makes them). Out: `Signal`, the conditions, `Alert`, `Severity`.
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


class Anomaly(NamedTuple):
    """Fires when the signal is outside of the band that CloudWatch expects: `deviations` wide, on `side` above, below or both."""

    deviations: Decimal
    side: str
    datapoints: tuple[int, int] | None


class Rule(NamedTuple):
    """A condition over alarms: `op` is alarm (one `id` of an alert), any_of, all_of, not or at_least (`least` of `parts`)."""

    op: str
    id: str
    parts: tuple[Rule, ...]
    least: int
    name: str = ""
    """What people call the alert."""

    def alarms(self) -> tuple[str, ...]:
        """Ids of the alerts that it speaks of, each once, in order."""
        if self.op == "alarm":
            return (self.id,)
        return tuple(dict.fromkeys(id for part in self.parts for id in part.alarms()))


class Composite(NamedTuple):
    """Fires while `rule` holds; tells nobody while the alarm `suppressor` (an alert's id, or "") is on.

    `wait`: how long it waits for the suppressor; `extension`: how long it stays silent behind it.
    """

    rule: Rule
    suppressor: str
    wait: int
    extension: int


class Custom(NamedTuple):
    """A raw alert rule: its expression holds the condition."""


Condition = Limit | Forecast | Absent | Burn | Anomaly | Composite | Custom


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
    min_samples: int = 0
    """CloudWatch: a datapoint of fewer samples counts as missing."""
    parameter: str = ""
    """CloudWatch: the stack's parameter that takes the limit."""
    notify_on: tuple[str, ...] = ("alarm", "ok")
    """CloudWatch: state changes that are told: alarm, ok, insufficient."""
    named: bool = False
    """Whether the spec gave it its name."""

    @property
    def on_cloudwatch(self) -> bool:
        """Whether CloudWatch evaluates it, and not Prometheus."""
        return self.signal.cloudwatch is not None or isinstance(self.condition, Composite)

    @property
    def asks(self) -> bool:
        """Whether CloudWatch finds its metrics by a query (Metrics Insights or SEARCH), so that nobody can name them."""
        signal = self.signal.cloudwatch
        return signal is not None and bool(signal.expression) and not any(part.metric for _, part in signal.metrics)
