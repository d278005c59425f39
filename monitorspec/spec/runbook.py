"""What a user writes about what to do when an alert fires.

In: nothing. Out: the record types of `runbooks:`.
"""

from __future__ import annotations

from monitorspec.spec.record import record
from monitorspec.spec.units import Duration, Threshold


@record
class RunbookQuery:
    """A query that helps to diagnose: give one of the languages."""

    description: str | None = None
    """What to look for in the answer."""
    sql: str | None = None
    """SQL."""
    promql: str | None = None
    """PromQL, checked like any other."""
    logs: str | None = None
    """CloudWatch Logs Insights or LogQL; the title of one of `aws.log_queries` stands for that query."""
    shell: str | None = None
    """Shell commands."""


@record
class Remediation:
    """Something that mends it, by hand or by a machine."""

    description: str | None = None
    """What it does."""
    command: str | None = None
    """The command to run."""
    above: Threshold | None = None
    """Run it when the signal is above this."""
    below: Threshold | None = None
    """Run it when the signal is below this."""
    target: str | None = None
    """What it acts on."""
    cooldown: Duration | None = None
    """How long to wait before it is run again."""
    grace_period: Duration | None = None
    """How long to wait before it takes effect."""
    older_than: Duration | None = None
    """Only what is older than this."""
    automatic: bool = False
    """Whether a machine does it without being asked."""


@record
class Runbook:
    """What to know and do when an alert fires."""

    title: str | None = None
    """The name for people."""
    description: str | None = None
    """What this is about."""
    impact: str | None = None
    """What users feel."""
    steps: list[str] | None = None
    """Diagnosis, in order."""
    queries: dict[str, RunbookQuery] | None = None
    """Queries by name."""
    remediation: dict[str, Remediation] | None = None
    """What mends it, by name."""
    escalation: list[str] | None = None
    """Whom to call next, in order."""
    links: dict[str, str] | None = None
    """Addresses by title."""
    file: str | None = None
    """A Markdown file beside the spec, taken in after the rest."""
