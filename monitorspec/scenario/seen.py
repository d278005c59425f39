"""What was seen of alerts at some time, whoever evaluated them.

In: nothing. Out: `Fired`, `Seen`. Times are milliseconds from a test's first sample on.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from monitorspec.plan import Labels


class Fired(NamedTuple):
    """One alert that fires.

    `alert`: its id, "" for one that the plan does not have. `labels`: all of them, `alertname` too. `since`: when it began.
    `targets`: for an alarm of CloudWatch, the topics that it told; None for an alert that goes through Alertmanager.
    """

    alert: str
    labels: Labels
    since: int
    targets: tuple[str, ...] | None = None
    why_silent: str = ""
    """For an alarm: what kept it from telling anybody, if that is known."""
    series: Labels = MappingProxyType({})
    """The labels that the rule's series gave it, which its alert has not by itself."""


class Seen(NamedTuple):
    """At `at`: what fires, and what waits for its `for` (id → since when its condition holds).

    `trouble`: why nothing could be seen, or "".
    """

    at: int
    fired: tuple[Fired, ...]
    pending: tuple[tuple[str, int], ...] = ()
    trouble: str = ""
