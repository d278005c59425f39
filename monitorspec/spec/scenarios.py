"""What a user writes to test alerts: series in, alerts and receivers out.

In: nothing. Out: the record types of `tests:`.
"""

from __future__ import annotations

from monitorspec.spec.record import record
from monitorspec.spec.samples import Clock, Silent, Told, Values
from monitorspec.spec.units import Duration


@record
class TestMetric:
    """Samples of a CloudWatch metric."""

    namespace: str
    """Its namespace."""
    metric: str
    """Its name."""
    dimensions: dict[str, str] | None = None
    """Its dimensions."""
    values: Values
    """A sample for each `interval`, in promtool's notation."""


@record
class TestCheck:
    """What has to be at one time."""

    at: Duration
    """When, from the first sample on."""
    within: Duration | None = None
    """What is expected begins after `at`, and no later than this after it."""
    expect: dict[str, Told] | None = None
    """Alerts that fire, with the receivers that are told of them; nobody is told of any other one."""
    silent: Silent | None = None
    """`true`: nothing fires; or the alerts that do not."""


@record
class Test:
    """A test of alerts: samples go in, and at some times some alerts fire and tell somebody."""

    series: dict[str, Values] | None = None
    """Prometheus series with their samples in promtool's notation, one for each `interval`."""
    cloudwatch: list[TestMetric] | None = None
    """CloudWatch metrics with their samples."""
    signals: dict[str, Values] | None = None
    """Datapoints of a CloudWatch signal (`service.threshold`, or `service.threshold.id` of its metrics), one a period."""
    interval: Duration | None = None
    """Time between two samples; 1m unless told."""
    start: Clock | None = None
    """Wall clock of the first sample, for windows and mutes. Without it an expectation has to hold at every hour."""
    tz: str | None = None
    """IANA time zone of `start`; UTC unless told."""
    at: Duration | None = None
    """The time of the one check; or give several in `checks`."""
    within: Duration | None = None
    """What is expected begins after `at`, and no later than this after it."""
    expect: dict[str, Told] | None = None
    """Alerts that fire at `at`, with the receivers that are told of them; nobody is told of any other one."""
    silent: Silent | None = None
    """`true`: nothing fires at `at`; or the alerts that do not."""
    checks: list[TestCheck] | None = None
    """Checks at several times."""
