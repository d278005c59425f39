"""What a user writes about signals in CloudWatch, for thresholds, objectives and panels.

In: nothing. Out: the record types of `cloudwatch:`. Values of dimensions may hold `${Name}`: a parameter of the stack.
"""

from __future__ import annotations

from monitorspec.spec.record import record
from monitorspec.spec.units import Duration, Strings, Unit
from monitorspec.spec.units import Threshold as Limit


@record
class CloudWatchMetric:
    """A CloudWatch metric or metric math."""

    namespace: str | None = None
    """Such as AWS/Lambda."""
    metric: str | None = None
    """The metric's name."""
    stat: str | None = None
    """Average, Sum, Minimum, Maximum, SampleCount, IQM, p99, tm99, …; what tells most of a known metric, else Average."""
    period: Duration | None = None
    """Length of a datapoint: 10s, 20s, 30s or whole minutes."""
    dimensions: dict[str, Strings] | None = None
    """Dimension names and values; a list of values makes an alarm, or a line in a panel, for each of them."""
    unit: str | None = None
    """CloudWatch unit to filter by; rarely wanted."""
    expression: str | None = None
    """Metric math over the ids in `metrics`."""
    metrics: dict[str, CloudWatchMetric] | None = None
    """Metrics of the math expression by id (a lower-case letter, then letters, digits, underscores)."""
    label: str | None = None
    """Legend."""
    region: str | None = None
    """Region of the metric on dashboards, where it is not the stack's."""


@record
class CloudWatchEvents:
    """Events counted by CloudWatch metrics: `total` with one of `bad` and `good`, or `latency` with `under`."""

    total: CloudWatchMetric | None = None
    """All events."""
    bad: CloudWatchMetric | None = None
    """Bad events."""
    good: CloudWatchMetric | None = None
    """Good events."""
    latency: CloudWatchMetric | None = None
    """A metric of how long each request took, published request by request."""
    under: Limit | None = None
    """With `latency`: a request is good when it took at most this long."""
    unit: Unit | None = None
    """With `latency`: the metric's unit, where it is not known."""
