"""What a user writes about a service: indicators, objectives, thresholds, metrics, recording rules.

In: nothing. Out: the record types that `spec.schema` validates `services:` with.
"""

from __future__ import annotations

from typing import Any, Literal

from monitorspec.spec.cloudwatch import CloudWatchEvents, CloudWatchMetric
from monitorspec.spec.dashboard import Panel, Platform
from monitorspec.spec.record import record
from monitorspec.spec.runbook import Runbook
from monitorspec.spec.units import Datapoints, Duration, Factor, Objective, Rate, Strings, Unit
from monitorspec.spec.units import Threshold as Limit

Labels = dict[str, str]


@record
class Ratio:
    """Events counted by PromQL counters: give `total` and one of `bad` and `good`."""

    total: str
    """Selector of the counter of all events, without rate()."""
    bad: str | None = None
    """Selector of the counter of bad events, without rate()."""
    good: str | None = None
    """Selector of the counter of good events, without rate()."""


@record
class Latency:
    """The share of requests answered in time, from a histogram."""

    histogram: str
    """Selector of the histogram: its base name with matchers, without `_bucket`."""
    under: Limit
    """A request is good when it took at most this long; with a classic histogram, one of its `le` bounds."""
    native: bool = False
    """Whether the histogram is a native one (needs a Prometheus target of 2.47 or newer)."""
    total: str | None = None
    """Selector of the counter of all events, where it is not the histogram's own `_count`."""


@record
class SloAlert:
    """One burn-rate alert: fires while both windows burn the budget faster than `burn_rate`."""

    burn_rate: Factor | None = None
    """How many times faster than allowed the budget is spent."""
    long_window: Duration | None = None
    """The window that proves that it matters."""
    short_window: Duration | None = None
    """The window that proves that it is still going on; a twelfth of the long one by custom."""
    budget: Limit | None = None
    """Instead of `burn_rate`: the share of the period's budget that may go within the long window, such as 2%."""
    severity: str | None = None
    """One of the spec's severities."""
    for_: Duration | None = None
    """How long the condition has to hold first. Burn alerts usually need none."""
    name: str | None = None
    """The alert's name, where it is not to be made from service and SLO."""
    labels: Labels | None = None
    """More labels for this alert."""
    annotations: Labels | None = None
    """More annotations for this alert."""


@record
class Slo:
    """A service level objective: an indicator, its objective and the window it is promised for."""

    objective: Objective
    """The share of events that must be good, such as 99.9%."""
    window: Duration | None = None
    """The rolling window of the objective; 30d unless told."""
    title: str | None = None
    """The name for people."""
    description: str | None = None
    """What the objective promises, to whom."""
    ratio: Ratio | None = None
    """Indicator: bad or good events over all events."""
    latency: Latency | None = None
    """Indicator: the share of requests answered in time."""
    error_ratio: str | None = None
    """Indicator: an expression that is the error ratio (0 to 1) already."""
    probe: str | None = None
    """Indicator: a gauge that is 1 while all is well and 0 while it is not."""
    cloudwatch: CloudWatchEvents | None = None
    """Indicator: events counted by CloudWatch metrics; its burn alerts are alarms."""
    application_signals: bool = False
    """CloudWatch: make an SLO of Application Signals as well."""
    by: list[str] | None = None
    """Labels to tell objectives apart by: one burn alert per value."""
    min_traffic: Rate | None = None
    """Below this rate of events no burn alert fires."""
    alerts: dict[str, SloAlert | None] | None = None
    """Burn-rate tiers by name: retune `page-fast`, `page-slow`, `ticket-fast`, `ticket-slow`, drop one with null, add others."""
    labels: Labels | None = None
    """More labels for its rules."""
    annotations: Labels | None = None
    """More annotations for its alerts."""
    interval: Duration | None = None
    """How often its rules are evaluated."""
    runbook: str | None = None
    """Which runbook its alerts link to; the SLO's own name unless told."""
    must_page: Strings | None = None
    """Receivers that have to be told at once, at every hour, of its alerts whose severity pages; else it is an error."""


@record
class Anomaly:
    """Fires when the signal leaves the band that CloudWatch has learnt to expect."""

    deviations: Factor | None = None
    """Width of the band in standard deviations; 2 unless told."""
    side: Literal["above", "below", "both"] = "above"
    """Which side of the band is bad."""


@record
class Suppress:
    """While another alarm is on, a composite alarm tells nobody."""

    by: str
    """The alarm, as `service.threshold.severity`, or `service.threshold` with one severity."""
    wait: Duration | None = None
    """How long the composite waits for that alarm before it tells; 2m unless told."""
    extension: Duration | None = None
    """How long after that alarm has ended it still tells nobody; 5m unless told."""


@record
class Forecast:
    """Fires when the line through the recent past crosses the threshold soon."""

    window: Duration
    """How much past the line is drawn through."""
    within: Duration
    """How far ahead the line is followed."""
    severity: str | None = None
    """Severity of the forecast alert; the least severe of the threshold's unless told."""
    for_: Duration | None = None
    """How long the forecast has to hold; the threshold's `for` unless told."""


@record
class Threshold:
    """An alert on a level: a PromQL or CloudWatch signal held against limits, one alert per severity."""

    title: str | None = None
    """The name for people."""
    alert: str | None = None
    """The alert's name, where it is not to be made from service and threshold."""
    summary: str | None = None
    """The alert's one-line summary; `{{ $labels.x }}` and `{{ $value }}` work as in Prometheus."""
    description: str | None = None
    """What the alert means; shown under the summary and in the runbook."""
    expr: str | None = None
    """Signal: a PromQL expression without the comparison."""
    cloudwatch: CloudWatchMetric | None = None
    """Signal: a CloudWatch metric or metric math."""
    absent: str | None = None
    """Signal: fires when nothing matches this PromQL selector."""
    composite: dict[str, Any] | None = None
    """Signal: CloudWatch alarms by name, joined by `any_of`, `all_of`, `not` and `at_least` with `of`."""
    unit: Unit | None = None
    """Unit of the signal; limits are converted to it."""
    above: dict[str, Limit] | None = None
    """Limits by severity; fires above."""
    below: dict[str, Limit] | None = None
    """Limits by severity; fires below."""
    inclusive: bool = False
    """Whether reaching the limit is enough (>= and <=)."""
    severity: str | None = None
    """Severity of an `absent`, `anomaly` or `composite` alert, or of the alert for missing data."""
    anomaly: Anomaly | None = None
    """CloudWatch: instead of limits, fires outside of the band that CloudWatch expects."""
    for_: Duration | None = None
    """How long the condition has to hold first."""
    keep_firing_for: Duration | None = None
    """How long the alert goes on after the condition has ended (Prometheus 2.42 or newer)."""
    recover: Limit | None = None
    """Hysteresis: once firing, it goes on until this limit is reached."""
    forecast: Forecast | None = None
    """One more alert, ahead of the limit, by linear prediction."""
    datapoints: Datapoints | None = None
    """M of N: how many of the last datapoints have to be over the limit."""
    missing: Literal["ok", "breaching", "ignore", "insufficient"] | None = None
    """What missing data means: nothing (ok), an alert of its own (breaching), or as CloudWatch defines."""
    min_samples: int | None = None
    """CloudWatch: a datapoint of fewer samples counts as missing."""
    parameter: str | None = None
    """CloudWatch: a parameter of the stack that takes the limit, with this one as its default."""
    suppress: Suppress | None = None
    """Composite: another alarm that keeps this one silent."""
    notify_on: list[Literal["alarm", "ok", "insufficient"]] | None = None
    """CloudWatch: state changes that are told; as `aws.notify_on` says unless told."""
    interval: Duration | None = None
    """How often it is evaluated."""
    group: str | None = None
    """Name of its rule group, where it is not to be made from the service."""
    labels: Labels | None = None
    """More labels for its alerts."""
    annotations: Labels | None = None
    """More annotations for its alerts."""
    runbook: str | None = None
    """Which runbook its alerts link to; the threshold's own name unless told."""
    actions_enabled: bool = True
    """CloudWatch: whether the alarm may notify."""
    properties: dict[str, Any] | None = None
    """CloudWatch: raw properties merged over the generated alarm."""
    must_page: Strings | None = None
    """Receivers that have to be told at once, at every hour, of its alerts whose severity pages; else it is an error."""


@record
class Metric:
    """A metric that the service exposes; expressions are checked against it, and it gets a panel."""

    type: Literal["counter", "gauge", "histogram", "native_histogram", "summary"]
    """Its Prometheus type."""
    unit: Unit | None = None
    """Its unit."""
    help: str | None = None
    """What it counts or measures."""
    labels: list[str] | None = None
    """The labels it carries."""
    buckets: list[float] | None = None
    """Bounds of a classic histogram's buckets, in its unit."""
    panel: bool = True
    """Whether the service's dashboard shows it."""


@record
class RecordingRule:
    """A recorded expression."""

    expr: str
    """PromQL."""
    labels: Labels | None = None
    """Labels of the recorded series."""
    interval: Duration | None = None
    """How often it is evaluated."""
    unit: Unit | None = None
    """Unit of the recorded series."""
    description: str | None = None
    """What it is for; becomes its panel's description."""


@record
class RawRule:
    """A Prometheus rule passed through as it is."""

    alert: str | None = None
    """Name of the alert."""
    record: str | None = None
    """Name of the recorded series."""
    expr: str
    """PromQL."""
    for_: Duration | None = None
    """How long the condition has to hold."""
    keep_firing_for: Duration | None = None
    """How long it goes on after the condition has ended."""
    labels: Labels | None = None
    """Labels."""
    annotations: Labels | None = None
    """Annotations."""


@record
class RawGroup:
    """A Prometheus rule group passed through as it is."""

    rules: list[RawRule]
    """Its rules, in order."""
    interval: Duration | None = None
    """How often it is evaluated."""


@record
class Service:
    """One service: what it promises, what it measures, when it wakes somebody."""

    title: str | None = None
    """The name for people."""
    description: str | None = None
    """What it does."""
    owner: str | None = None
    """Who owns it; the spec's owner unless told."""
    labels: Labels | None = None
    """Labels of all its rules."""
    annotations: Labels | None = None
    """Annotations of all its alerts."""
    selector: Labels | None = None
    """Matchers that presets and dashboards select its series by."""
    dimensions: dict[str, Strings] | None = None
    """CloudWatch dimensions that presets select its metrics by, such as FunctionName; a list of values makes an alarm for each."""
    presets: list[str] | None = None
    """Ready thresholds and panels per kind of service."""
    slos: dict[str, Slo] | None = None
    """Service level objectives by name."""
    thresholds: dict[str, Threshold] | None = None
    """Thresholds by name."""
    metrics: dict[str, Metric] | None = None
    """Metrics that it exposes, by name."""
    records: dict[str, RecordingRule] | None = None
    """Recording rules by the name of the series."""
    rules: dict[str, RawGroup] | None = None
    """Raw rule groups by name, passed through."""
    runbooks: dict[str, Runbook] | None = None
    """Runbooks by the name of the SLO, threshold or raw alert they belong to."""
    interval: Duration | None = None
    """How often its rules are evaluated."""
    dashboard: bool = True
    """Whether it gets a dashboard of its own."""
    platforms: list[Platform] | None = None
    """Where its dashboard is made; as `defaults` say unless told."""
    panels: dict[str, Panel] | None = None
    """More panels of its dashboard, by title."""
    must_page: Strings | None = None
    """Receivers that have to be told at once, at every hour, of its alerts whose severity pages; else it is an error."""
