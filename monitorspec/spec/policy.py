"""What an organisation asks of every spec's alerts and rules.

In: nothing. Out: `Policy`.
"""

from __future__ import annotations

from monitorspec.spec.record import record
from monitorspec.spec.units import Duration, Strings


@record
class TextPolicy:
    """What is asked of one label or annotation."""

    required: bool = True
    """Whether every alert needs it."""
    values: list[str] | None = None
    """The values that it may have."""
    pattern: str | None = None
    """A regular expression (RE2) that its whole value has to match."""
    severities: Strings | None = None
    """Ask it only of alerts of these severities."""


@record
class Policy:
    """What has to hold for every alert and rule of the spec; told by `policy/…`."""

    labels: dict[str, TextPolicy] | None = None
    """Labels of alerts, by name."""
    annotations: dict[str, TextPolicy] | None = None
    """Annotations of Prometheus' alerts, by name."""
    only_labels: list[str] | None = None
    """Labels that alerts may have besides those of `labels` and monitorspec's own."""
    keep_labels: list[str] | None = None
    """Labels that no aggregation may drop, such as cluster."""
    min_for: Duration | None = None
    """The shortest `for` of an alert on Prometheus."""
    max_for: Duration | None = None
    """The longest `for` of an alert on Prometheus."""
    forbidden_metrics: list[str] | None = None
    """Regular expressions of metrics that no expression may read."""
    alert_names: str | None = None
    """A regular expression that the whole name of every alert has to match."""
    record_names: str | None = None
    """A regular expression that the whole name of every recorded series has to match."""
    rules_per_group: int | None = None
    """How many rules a group may have; 20 is Mimir's own limit."""
    groups: int | None = None
    """How many rule groups the system may have; 70 is Mimir's own limit for a tenant."""
