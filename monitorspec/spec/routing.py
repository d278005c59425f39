"""What a user writes about who is told, and when.

In: nothing. Out: the record types of `severities:`, `receivers:`, `routes:`, `windows:`, `mute:` and `inhibit:`.
"""

from __future__ import annotations

from monitorspec.spec.record import record
from monitorspec.spec.units import Duration, Strings, StringsOrNone


@record
class Severity:
    """A severity; the spec lists them from the most to the least severe."""

    description: str | None = None
    """When to use it."""
    page: bool = False
    """Whether it is meant to wake somebody."""
    must_page: Strings | None = None
    """Receivers that have to be told of each of its alerts at once, at every hour; else it is an error."""


@record
class Match:
    """Which alerts: all that is given has to hold."""

    severity: Strings | None = None
    """Any of these severities."""
    service: Strings | None = None
    """Any of these services."""
    alerts: Strings | None = None
    """Any of these, as `service.threshold` or `service.slo`, with the severity or tier behind a further dot; `*` for any part."""
    labels: dict[str, Strings] | None = None
    """These labels with this value, or any of these values."""
    matchers: Strings | None = None
    """Alertmanager matchers, such as `team!="x"` or `pod=~"web-.*"`."""


@record
class Escalation:
    """Who is told when it goes on. Alertmanager knows no acknowledgement: a pager's own policy is better."""

    after: Duration
    """How long after the alert began."""
    to: Strings
    """Receivers."""
    repeat_interval: Duration | None = None
    """How often it is repeated."""


@record
class Route:
    """Which alerts go to whom, when. A route named after a severity takes that severity."""

    match: Match | None = None
    """Which alerts; a route named after a severity needs none."""
    notify: Strings | None = None
    """Receivers."""
    escalate: list[Escalation] | None = None
    """Who is told later."""
    during: str | None = None
    """Only in this window; at other times `otherwise` is told, or nobody, which is an error for a severity that pages."""
    otherwise: StringsOrNone | None = None
    """Receivers outside the `during` window; `[]` says that nobody is meant to be told then."""
    group_by: list[str] | None = None
    """Labels whose alerts are told together."""
    group_wait: Duration | None = None
    """How long to wait for more of the same before the first message."""
    group_interval: Duration | None = None
    """How long to wait before a message about new alerts of a group."""
    repeat_interval: Duration | None = None
    """How long to wait before saying it again."""
    continue_: bool = False
    """Whether the routes behind this one are tried too."""
    routes: dict[str, Route] | None = None
    """Finer routes within this one; what none of them takes is notified here."""


@record
class Window:
    """A weekly time window."""

    days: Strings | None = None
    """Such as `mon-fri`, `sat`, or a list."""
    hours: Strings | None = None
    """Such as `08:00-18:00`; over midnight is allowed."""
    dates: Strings | None = None
    """Days of the month, such as `1-7` or `-1`."""
    months: Strings | None = None
    """Such as `dec` or `jan-mar`."""
    tz: str | None = None
    """IANA time zone; UTC unless told."""


@record
class Mute:
    """Nobody is told about these alerts in this window."""

    match: Match
    """Which alerts."""
    during: str
    """The window."""


@record
class Inhibit:
    """While a source alert fires, its targets are not told about."""

    source: Match
    """What silences."""
    target: Match
    """What is silenced."""
    equal: list[str] | None = None
    """Labels that must agree on both."""
