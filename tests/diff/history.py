"""A history of the five systems' specs: commits that change them, and what a reviewer has to be told of each.

In: nothing. Out: `COMMITS`, and `specs`, the files that they begin with. What is expected follows from what an edit means to
alerts and people; it was written down before the diff was asked.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

SPECS = Path(__file__).parents[2] / "specs"
VAULT, LAKE, KESSAN, USERS, WEIGHTS = "datavault", "datapunk-lake", "kessan", "sf-user-pipeline", "weight-validation"


def file_of(system: str) -> str:
    """Where a system's spec is in the repository; what has a suffix already is another file."""
    return f"specs/{system}" if "." in system else f"specs/{system}.monitorspec.yaml"


def specs() -> dict[str, str]:
    """The specs by their paths, without the tests that they hold: these would be about what the history takes away."""
    out = {}
    for name in (VAULT, LAKE, KESSAN, USERS, WEIGHTS):
        text = (SPECS / f"{name}.monitorspec.yaml").read_text(encoding="utf-8")
        out[file_of(name)] = re.sub(r"(?m)^tests:.*\n(?:(?:[ #].*)?\n)*", "", text)
    return out


class Edit(NamedTuple):
    """`old` stands in the file exactly once; it becomes `new`, with all that follows up to `until`. With no `old` the file is
    made of `new`, or removed where that is empty."""

    system: str
    old: str
    new: str
    until: str = ""

    def apply(self, text: str) -> str:
        """The text after the edit."""
        if not self.old:
            return self.new
        assert text.count(self.old) == 1, (text.count(self.old), self.old)
        start = text.index(self.old)
        end = text.index(self.until, start) if self.until else start + len(self.old)
        return text[:start] + self.new + text[end:]


class Commit(NamedTuple):
    """`told`: lines of `level code subject` for all that is more than cosmetic, but what lint finds: of that only what is named;
    `says`: words of the report; `deploys`: lines of `target action`, where that is asked; `only`: the environments that alone
    have the changes. `silent`: not even a cosmetic change is told."""

    title: str
    edits: tuple[Edit, ...]
    told: str = ""
    says: tuple[str, ...] = ()
    deploys: str | None = None
    only: tuple[str, ...] = ()
    silent: bool = False


def commit(
    title: str,
    *edits: Edit,
    told: str = "",
    says: tuple[str, ...] = (),
    deploys: str | None = None,
    only: tuple[str, ...] = (),
    silent: bool = False,
) -> Commit:
    """A commit of some edits."""
    return Commit(title, edits, told, says, deploys, only, silent)


BURNS = tuple(f"datavault.checked.{tier}" for tier in ("page-fast", "page-slow", "ticket-fast", "ticket-slow"))
# As they are called once some of them have been renamed.
CRITICAL_ALERTS = (
    "datavault.processed.page-fast",
    "datavault.processed.page-slow",
    "datavault.high-processing-latency.critical",
    "datavault.high-error-rate.critical",
    "datavault.no-records.critical",
)
CRITICAL_ALARMS = ("lambda.errors.critical", "stream.iterator-age.critical")
SYSTEM_HIGH = tuple(
    f"system.{name}.high"
    for name in ("cpu", "memory", "disk-usage", "disk-space", "response-time", "resource-exhaustion")
)
USERS_ALERTS = (
    "functions.dbt-runner-errors.high",
    "functions.monitoring-errors.sf-user-error-handler-environment.low",
    "functions.monitoring-errors.sf-user-metrics-publisher-environment.low",
    "functions.validator-errors.high",
    "ingestion.failed-tasks.high",
    "ingestion.record-volume.medium",
    "pipeline.data-freshness.high",
    "pipeline.execution-time.medium",
    "pipeline.executions-failed.high",
    "pipeline.health.high",
    "quality.data-quality.medium",
    "quality.scd-integrity.high",
)
LAKE_HIGH = (
    *SYSTEM_HIGH,
    "database.connection-pool.high",
    "database.replication-delay.high",
    "streams.queue-overflow.high",
)


def each(said: str, subjects: tuple[str, ...]) -> str:
    """A line of `said` for each subject."""
    return "\n".join(f"{said} {subject}" for subject in subjects) + "\n"


COMMITS: tuple[Commit, ...] = (
    # ---- what is noticed
    commit(
        "Raise the limit of the warning",
        Edit(VAULT, "{warning: 30s, critical: 60s}", "{warning: 45s, critical: 60s}"),
        told="risky detection/looser datavault.high-processing-latency.warning",
        says=("above 30s → 45s: LOOSER",),
        deploys="Prometheus reload\nGrafana update",
    ),
    commit(
        "Lower both limits again",
        Edit(VAULT, "{warning: 45s, critical: 60s}", "{warning: 20s, critical: 40s}"),
        told="""
            notable detection/tighter datavault.high-processing-latency.warning
            notable detection/tighter datavault.high-processing-latency.critical
        """,
        says=("above 45s → 20s: tighter", "above 60s → 40s: tighter"),
    ),
    commit(
        "Lower a limit that has to be exceeded downwards",
        Edit(VAULT, "below: {warning: 95%}", "below: {warning: 90%}"),
        told="risky detection/looser datavault.data-quality.warning",
        says=("below 95% → 90%: LOOSER",),
    ),
    commit(
        "Raise it, which is tighter",
        Edit(VAULT, "below: {warning: 90%}", "below: {warning: 97%}"),
        told="notable detection/tighter datavault.data-quality.warning",
        says=("below 90% → 97%: tighter",),
    ),
    commit(
        "Hold for longer",
        Edit(VAULT, "    for: 15m\n      pipeline-failure", "    for: 30m\n      pipeline-failure"),
        told="risky detection/slower datavault.data-quality.warning",
        says=("`for` 15m → 30m: LATER",),
    ),
    commit(
        "Hold for less long",
        Edit(VAULT, "    for: 30m\n      pipeline-failure", "    for: 5m\n      pipeline-failure"),
        told="notable detection/sooner datavault.data-quality.warning",
        says=("`for` 30m → 5m: sooner",),
    ),
    commit(
        "Watch fewer series",
        Edit(VAULT, "expr: datavault_data_quality_ratio", "expr: 'datavault_data_quality_ratio{instance!=\"test\"}'"),
        told="risky detection/narrower datavault.data-quality.warning",
        says=('NARROWER: only instance!="test"',),
    ),
    commit(
        "Watch all series again",
        Edit(VAULT, "expr: 'datavault_data_quality_ratio{instance!=\"test\"}'", "expr: datavault_data_quality_ratio"),
        told="notable detection/wider datavault.data-quality.warning",
        says=('no longer only instance!="test"',),
    ),
    commit(
        "Average over more time",
        Edit(
            VAULT,
            "expr: rate(datavault_processing_errors_total[5m])",
            "expr: rate(datavault_processing_errors_total[10m])",
        ),
        told="risky detection/window datavault.high-error-rate.critical",
        says=("window 5m → 10m",),
    ),
    commit(
        "Lay an expression out anew",
        Edit(
            LAKE,
            "expr: max by (replica) (pg_stat_replication_lag)",
            "expr: 'max(  pg_stat_replication_lag ) by (replica)'",
        ),
        deploys="Prometheus reload\nGrafana update",
    ),
    commit(
        "Promise less",
        Edit(VAULT, "objective: 99%", "objective: 98%"),
        told="""
            risky detection/looser datavault.processing
            risky detection/slower datavault.processing
        """,
        says=("objective 99% → 98%: LOOSER, budget 7h12m → 14h24m per 30d",),
    ),
    commit(
        "Promise more",
        Edit(VAULT, "objective: 98%", "objective: 99.5%"),
        told="""
            notable detection/tighter datavault.processing
            notable detection/sooner datavault.processing
        """,
        says=("objective 98% → 99.5%: tighter, budget 14h24m → 3h36m per 30d",),
    ),
    commit(
        "Drop the slowest burn alert: an outage of 1% burns twice what the budget has",
        Edit(VAULT, "        min_traffic: 1/m\n", "        min_traffic: 1/m\n        alerts: {ticket-slow: null}\n"),
        told="""
            risky detection/removed datavault.processing.ticket-slow
            notable paging/untold datavault.processing.ticket-slow
            risky detection/slower datavault.processing
        """,
        says=("an outage of 1% is noticed after", "→ never"),
    ),
    commit(
        "Page only when it burns faster",
        Edit(VAULT, "alerts: {ticket-slow: null}", "alerts: {ticket-slow: null, page-fast: {burn_rate: 20}}"),
        told="""
            risky detection/looser datavault.processing.page-fast
            risky detection/slower datavault.processing
        """,
        says=("burn rate 14.4 → 20: LOOSER",),
    ),
    commit(
        "Look at a longer window before a page",
        Edit(VAULT, "page-fast: {burn_rate: 20}", "page-fast: {burn_rate: 20, long_window: 2h}"),
        told="""
            risky detection/window datavault.processing.page-fast
            risky detection/slower datavault.processing
        """,
        says=("long window 1h → 2h",),
    ),
    commit(
        "Need more traffic",
        Edit(VAULT, "min_traffic: 1/m\n", "min_traffic: 2/s\n"),
        told="risky detection/min-traffic datavault.processing",
        says=("least traffic 1/m → 2/s",),
    ),
    commit(
        "Count other events",
        Edit(VAULT, "bad: datavault_processing_errors_total,", "bad: datavault_validation_errors_total,"),
        told="risky detection/signal datavault.processing",
    ),
    commit(
        "Tell of missing data too",
        Edit(
            VAULT,
            "        datapoints: 3 of 5\n      throttles",
            "        datapoints: 3 of 5\n        missing: breaching\n      throttles",
        ),
        told="notable detection/missing-data lambda.errors.critical",
        says=("missing data ok → breaching",),
        deploys="CloudFormation update",
    ),
    commit(
        "Need more datapoints",
        Edit(VAULT, "datapoints: 3 of 5\n        missing: breaching", "datapoints: 5 of 5\n        missing: breaching"),
        told="risky detection/slower lambda.errors.critical",
        says=("datapoints to alarm 3 of 5 → 5 of 5: LATER",),
    ),
    commit(
        "Take no notice of missing data",
        Edit(VAULT, "        missing: breaching\n      throttles", "        missing: ignore\n      throttles"),
        told="risky detection/missing-data lambda.errors.critical",
    ),
    commit(
        "Look at the stream in longer periods, by another statistic",
        Edit(
            VAULT,
            "metric: GetRecords.IteratorAgeMilliseconds, stat: Maximum, period: 1m,",
            "metric: GetRecords.IteratorAgeMilliseconds, stat: Average, period: 5m,",
        ),
        told="""
            risky detection/window kinesis.iterator-age.critical
            risky detection/signal kinesis.iterator-age.critical
            risky detection/window kinesis.iterator-age.warning
            risky detection/signal kinesis.iterator-age.warning
            notable dashboards/panel-changed dashboard main: Kinesis iterator age
        """,
        says=("period 1m → 5m", "stat Maximum → Average"),
    ),
    commit(
        "Compare otherwise at the limit",
        Edit(VAULT, "        inclusive: true\n", ""),
        told="risky detection/looser lambda.throttles.warning",
    ),
    commit(
        "Watch the cost of one service only",
        Edit(VAULT, "dimensions: {Currency: USD}", "dimensions: {Currency: USD, ServiceName: AmazonS3}"),
        told="""
            risky detection/narrower cost.charges.warning
            notable dashboards/panel-changed dashboard main: Cost Metrics
        """,
        says=("NARROWER: only ServiceName=AmazonS3",),
        deploys="CloudFormation update\nGrafana update",
    ),
    commit(
        "Watch the cost of all services again",
        Edit(VAULT, "dimensions: {Currency: USD, ServiceName: AmazonS3}", "dimensions: {Currency: USD}"),
        told="""
            notable detection/wider cost.charges.warning
            notable dashboards/panel-changed dashboard main: Cost Metrics
        """,
        says=("no longer only ServiceName=AmazonS3",),
    ),
    commit(
        "Fill the disk sooner: the forecast looks less far ahead",
        Edit(
            LAKE,
            "forecast: {window: 1h, within: 6h, severity: medium}",
            "forecast: {window: 2h, within: 3h, severity: medium}",
        ),
        told="""
            risky detection/slower system.disk-space.forecast
            notable detection/window system.disk-space.forecast
        """,
        says=("warns ahead by 6h → 3h: LATER", "trend over 1h → 2h"),
    ),
    commit(
        "End at another level, and look less often",
        Edit(
            LAKE,
            "        recover: 800ms\n        for: 60s\n        interval: 30s",
            "        recover: 700ms\n        for: 60s\n        interval: 1m",
        ),
        told="""
            notable detection/recovery system.response-time.high
            notable detection/interval system.response-time.high
            notable identity/group system.response-time.high
        """,
        says=("ends at 800ms → 700ms",),
    ),
    commit(
        "Silence what may be dead: no alert for missing records",
        Edit(VAULT, "absent: datavault_records_processed_total", "absent: datavault_validation_errors_total"),
        told="risky detection/signal datavault.pipeline-failure.critical",
    ),
    commit(
        "A band that is wider, to both sides",
        Edit(WEIGHTS, "anomaly: {deviations: 3, side: above}", "anomaly: {deviations: 4, side: both}"),
        told="""
            risky detection/looser validation.unauthorized-requests.warning
            notable detection/condition validation.unauthorized-requests.warning
        """,
        says=("band in standard deviations 3 → 4: LOOSER",),
    ),
    commit(
        "Datapoints of fewer samples do not count",
        Edit(
            WEIGHTS,
            "above: {critical: 10s}\n        min_samples: 20",
            "above: {critical: 10s}\n        min_samples: 200",
        ),
        told="risky detection/min-samples api.high-latency.critical",
    ),
    commit(
        "A composite of fewer alarms",
        Edit(WEIGHTS, "high-latency, database.throttling, checks.canary", "high-latency, checks.canary"),
        told="risky detection/condition api.health.critical",
        says=("DatabaseThrottling",),
    ),
    commit(
        "Suppress a composite for longer",
        Edit(WEIGHTS, "wait: 2m, extension: 10m", "wait: 2m, extension: 30m"),
        told="risky detection/suppressor api.health.critical",
        says=("extension of its suppressor 10m → 30m",),
    ),
    commit(
        "Watch something else by metric math",
        Edit(
            WEIGHTS,
            "expression: IF(requests >= 5, 1 - errors / requests)",
            "expression: IF(requests >= 50, 1 - errors / requests)",
        ),
        told="risky detection/signal api.service-down.critical",
    ),
    commit(
        "A new limit, milder than the others",
        Edit(KESSAN, "above: {medium: 1000ms}\n", "above: {low: 500ms, medium: 1000ms}\n"),
        told="""
            notable detection/added api.response-time.low
            notable paging/newly-told api.response-time.low
            notable identity/renamed api.response-time.medium
        """,
        deploys="CloudFormation create\nCloudFormation replace",
        says=("API-HighResponseTime → Kessan-${Environment}-API-HighResponseTime-medium",),
    ),
    commit(
        "Take an alert away with its runbook",
        Edit(LAKE, "      processing-delay:\n        title", "", until="    runbooks:\n      backpressure"),
        Edit(LAKE, "      processing-delay: {impact: Reports", "", until="\n  vectors:"),
        told="""
            risky detection/removed streams.processing-delay.medium
            notable paging/untold streams.processing-delay.medium
        """,
        says=("no longer fires above 60s for 5m",),
    ),
    commit(
        "Take the last alert away that wakes somebody for its service",
        Edit(LAKE, "above: {medium: 80%, high: 95%}", "above: {medium: 80%}"),
        told="""
            risky detection/removed streams.queue-overflow.high
            risky paging/unpaged streams.queue-overflow.high
            risky paging/last-page streams
        """,
        says=("no longer pages anyone, paged on_call_dba", "UNPAGED"),
    ),
    commit(
        "Promise something else as well",
        Edit(
            VAULT,
            "    thresholds:\n      high-processing-latency:",
            "      checked:\n        objective: 99.9%\n"
            "        ratio: {bad: datavault_validation_errors_total, total: datavault_records_processed_total}\n"
            "    thresholds:\n      high-processing-latency:",
        ),
        told="notable detection/objective-added datavault.checked\n"
        + each("notable detection/added", BURNS)
        + each("notable paging/newly-pages", BURNS[:2])
        + each("notable paging/newly-told", BURNS[2:]),
        says=("new: 99.9% over 30d",),
    ),
    commit(
        "Promise it no more",
        Edit(VAULT, "      checked:\n        objective", "", until="    thresholds:\n      high-processing-latency:"),
        told="risky detection/objective-removed datavault.checked\n"
        + each("risky detection/removed", BURNS)
        + each("risky paging/unpaged", BURNS[:2])
        + each("notable paging/untold", BURNS[2:])
        + "risky paging/last-page datavault.checked",
    ),
    # Default windows are shares of the period; of a week all are short enough for an alarm, so that the slowest tier comes.
    commit(
        "Promise it for a week instead of a month",
        Edit(WEIGHTS, "objective: 99.9%\n        window: 30d", "objective: 99.9%\n        window: 7d"),
        told=each("notable detection/window", ("api.availability.page-fast", "api.availability.page-slow"))
        + """
            risky detection/period api.availability
            notable detection/sooner api.availability
            notable detection/window api.availability.ticket-fast
            notable detection/added api.availability.ticket-slow
            notable paging/newly-told api.availability.ticket-slow
            notable dashboards/panel-changed dashboard operations: Alarms
        """,
        says=("over 30d → 7d: budget 43m12s → 10m4s",),
    ),
    # ---- what loses its identity
    commit(
        "Demote an alert",
        Edit(VAULT, "above: {critical: 0.1/s}", "above: {warning: 0.1/s}"),
        told="""
            risky identity/severity datavault.high-error-rate.warning
            risky paging/unpaged datavault.high-error-rate.warning
            risky paging/last-page datavault.high-error-rate
        """,
        says=("no longer pages anyone: oncall, chat, then lead after 30m → chat, mail", "severity critical → warning"),
    ),
    commit(
        "Promote it again",
        Edit(VAULT, "above: {warning: 0.1/s}", "above: {critical: 0.1/s}"),
        told="""
            notable identity/severity datavault.high-error-rate.critical
            notable paging/newly-pages datavault.high-error-rate.critical
        """,
        says=("newly pages oncall",),
    ),
    commit(
        "Call an alert otherwise",
        Edit(VAULT, "alert: DataQualityIssues", "alert: DataQualityLow"),
        told="notable identity/renamed datavault.data-quality.warning",
        says=("alert name DataQualityIssues → DataQualityLow", "`for` starts anew"),
    ),
    commit(
        "Call a threshold otherwise whose alerts keep their names",
        Edit(
            VAULT,
            "      pipeline-failure:\n        title: Pipeline failures",
            "      no-records:\n        title: Pipeline failures",
        ),
        Edit(
            VAULT,
            "      pipeline-failure:\n        title: Pipeline Failures",
            "      no-records:\n        title: Pipeline Failures",
        ),
    ),
    commit(
        "Call an objective otherwise",
        Edit(VAULT, "      processing:\n        title: Records are", "      processed:\n        title: Records are"),
        Edit(
            VAULT,
            "      processing:\n        impact: Customers miss",
            "      processed:\n        impact: Customers miss",
        ),
        told="""
            risky identity/renamed datavault.processed
            notable identity/renamed datavault.processed.page-fast
            notable identity/renamed datavault.processed.page-slow
            notable identity/renamed datavault.processed.ticket-fast
        """,
        says=("was datavault.processing", "its recorded series begin anew"),
    ),
    commit(
        "Call a service otherwise",
        Edit(VAULT, "  kinesis:\n    title", "  stream:\n    title"),
        Edit(VAULT, "{threshold: kinesis.iterator-age, width: 12}", "{threshold: stream.iterator-age, width: 12}"),
        told="""
            notable identity/service stream
            notable identity/renamed stream.iterator-age.critical
            notable identity/renamed stream.iterator-age.warning
        """,
        says=("service kinesis → stream", "was kinesis.iterator-age.critical"),
    ),
    commit(
        "Give every alert of a service another label",
        Edit(
            LAKE,
            "    labels: {remediation: auto}\n    metrics:",
            "    labels: {remediation: auto, tier: gold}\n    metrics:",
        ),
        told=each(
            "notable identity/labels",
            (
                *SYSTEM_HIGH,
                "system.cpu.medium",
                "system.memory.medium",
                "system.disk-usage.medium",
                "system.disk-space.forecast",
                "system.resource-exhaustion.medium",
                "system.performance-degradation.medium",
            ),
        ),
        says=("label tier=gold added",),
    ),
    commit(
        "Put a rule into another group",
        Edit(
            LAKE,
            "above: {medium: 300s}\n        group: database_rules",
            "above: {medium: 300s}\n        group: transactions",
        ),
        told="notable identity/group database.long-running-queries.medium",
        says=("rule group database_rules → transactions", "`for` starts anew"),
    ),
    commit(
        "Call an alarm otherwise, which makes it anew",
        Edit(KESSAN, "alert: API-HighErrorRate", "alert: API-ErrorRate"),
        told="notable identity/renamed api.error-rate.critical",
        deploys="CloudFormation replace",
        says=("AlarmName",),
    ),
    # ---- who is told
    commit(
        "Page nobody any more",
        Edit(VAULT, "notify: [oncall, chat]", "notify: [chat]"),
        told=each(
            "risky paging/unpaged",
            (*CRITICAL_ALERTS, *CRITICAL_ALARMS),
        )
        + each("risky paging/last-page", ("datavault", "lambda", "stream"))
        + "notable routing/targets route critical",
        says=("no longer pages anyone: oncall, chat, then lead after 30m → chat, then lead after 30m",),
        deploys="Alertmanager reload\nCloudFormation update",
    ),
    commit(
        "Page again",
        Edit(VAULT, "    notify: [chat]\n    escalate", "    notify: [oncall, chat]\n    escalate"),
        told=each(
            "notable paging/newly-pages",
            (*CRITICAL_ALERTS, *CRITICAL_ALARMS),
        )
        + "notable routing/targets route critical",
    ),
    commit(
        "Escalate later",
        Edit(VAULT, "escalate: [{after: 30m, to: [lead]}]", "escalate: [{after: 2h, to: [lead]}]"),
        told=each(
            "notable paging/escalation",
            CRITICAL_ALERTS,
        )
        + "notable routing/targets route critical",
        says=("then lead after 30m → oncall, chat, then lead after 2h",),
        deploys="Alertmanager reload",
    ),
    commit(
        "Repeat less often",
        Edit(VAULT, "    repeat_interval: 1h\n", "    repeat_interval: 8h\n"),
        told=each(
            "notable paging/repeat",
            CRITICAL_ALERTS,
        )
        + "notable routing/timing route critical",
        says=("repeat_interval 1h → 8h",),
    ),
    commit(
        "Group by less",
        Edit(VAULT, "group_by: [alertname, service]", "group_by: [alertname]"),
        told="notable routing/timing route default",
        says=("group_by alertname, service → alertname",),
    ),
    commit(
        "Take a receiver away",
        Edit(VAULT, "    escalate: [{after: 2h, to: [lead]}]\n", ""),
        Edit(VAULT, "  lead:\n    email: {to: data-platform-lead@datavault.example}\n", ""),
        told=each(
            "notable paging/escalation",
            CRITICAL_ALERTS,
        )
        + """
            notable routing/targets route critical
            risky routing/receiver receiver lead
        """,
        says=("gone: email",),
    ),
    commit(
        "Call a receiver otherwise",
        Edit(VAULT, "  oncall:\n    pagerduty", "  pager:\n    pagerduty"),
        Edit(VAULT, "notify: [oncall, chat]", "notify: [pager, chat]"),
        told="notable identity/renamed receiver pager",
        says=("was oncall",),
    ),
    commit(
        "Warn in office hours only",
        Edit(
            VAULT,
            "  warning: {notify: [chat, mail]}\n",
            "  warning: {notify: [chat, mail], during: office}\n\nwindows:\n  office: {days: mon-fri, hours: 08:00-18:00}\n",
        ),
        told=each(
            "notable paging/fewer-hours",
            (
                "datavault.processed.ticket-fast",
                "datavault.high-processing-latency.warning",
                "datavault.data-quality.warning",
            ),
        )
        + """
            notable routing/targets route warning
            notable routing/window window office
            notable findings/new cloudwatch/sns receivers.chat
        """,
        says=("silent for 118h more of the week",),
    ),
    commit(
        "Longer office hours",
        Edit(VAULT, "hours: 08:00-18:00}", "hours: 08:00-20:00}"),
        told=each(
            "notable paging/more-hours",
            (
                "datavault.processed.ticket-fast",
                "datavault.high-processing-latency.warning",
                "datavault.data-quality.warning",
            ),
        )
        + "notable routing/window window office",
        says=("told for 10h more of the week",),
    ),
    commit(
        "Silence what pages, on Sundays",
        Edit(
            VAULT,
            "\nwindows:\n",
            "\nmute:\n  sundays: {match: {alerts: datavault.high-error-rate}, during: sundays}\nwindows:\n  sundays: {days: sun}\n",
        ),
        told="""
            risky paging/fewer-hours datavault.high-error-rate.critical
            risky routing/mute mute sundays
            notable routing/window window sundays
        """,
        says=("silences datavault.high-error-rate.critical", "pages nobody for 24h more of the week"),
    ),
    commit(
        "A route that takes what others are told of",
        Edit(
            LAKE,
            "  high:\n    notify: [on_call_dba",
            "  all: {match: {labels: {system: datapunk-lake}}, notify: [slack]}\n  high:\n    notify: [on_call_dba",
        ),
        told=each("risky paging/unpaged", tuple(a for a in LAKE_HIGH if not a.startswith("streams")))
        + each("risky paging/last-page", ("system", "database"))
        + "notable paging/receivers audit.authentication-failures.low\n"
        + """
            notable routing/route-added route all
            risky findings/new routes/no-pager routes.all.notify
            risky findings/new routes/unreachable routes.high
            risky findings/new routes/unreachable routes.medium
            risky findings/new routes/unreachable routes.low
        """,
        says=("new: takes",),
    ),
    commit(
        "It goes again",
        Edit(LAKE, "  all: {match: {labels: {system: datapunk-lake}}, notify: [slack]}\n", ""),
        told=each("notable paging/newly-pages", tuple(a for a in LAKE_HIGH if not a.startswith("streams")))
        + "notable paging/receivers audit.authentication-failures.low\n"
        + "notable routing/route-removed route all",
    ),
    commit(
        "Call a route otherwise that takes the same",
        Edit(
            LAKE,
            "  cpu: {match: {labels: {resource: cpu}}, notify",
            "  processors: {match: {labels: {resource: cpu}}, notify",
        ),
    ),
    commit(
        "Let one alert silence others",
        Edit(
            LAKE,
            "\nalertmanager:\n",
            "\ninhibit:\n  crowded: {source: {alerts: database.connection-pool.high}, "
            "target: {alerts: database.query-timeout}, equal: [instance]}\n\nalertmanager:\n",
        ),
        told="risky routing/inhibition inhibition crowded",
        says=("silences database.query-timeout.medium",),
        deploys="Alertmanager reload",
    ),
    commit(
        "Let it silence less",
        Edit(LAKE, "target: {alerts: database.query-timeout}", "target: {alerts: database.long-running-queries}"),
        told="risky routing/inhibition inhibition crowded",
        says=("silences database.long-running-queries.medium, no longer silences database.query-timeout.medium",),
    ),
    commit(
        "A severity no longer wakes anybody",
        Edit(KESSAN, "critical: {page: true, description", "critical: {page: false, description"),
        told="""
            risky routing/severity severity critical
            risky paging/unpaged api.error-rate.critical
            risky paging/last-page api
        """,
        says=("is no longer meant to wake anybody",),
    ),
    commit(
        "Page in office hours only, and tell the chat otherwise",
        Edit(VAULT, "notify: [pager, chat]", "notify: [pager, chat]\n    during: office\n    otherwise: [chat]"),
        told=each("risky paging/fewer-hours", CRITICAL_ALERTS)
        + """
            notable routing/targets route critical
            notable findings/new cloudwatch/sns receivers.pager
            risky findings/new routes/no-pager routes.critical.notify
        """,
        says=("pages nobody for 108h more of the week",),
    ),
    commit(
        "Page at all hours again",
        Edit(VAULT, "\n    during: office\n    otherwise: [chat]", ""),
        told=each("notable paging/more-hours", CRITICAL_ALERTS) + "notable routing/targets route critical",
        says=("pages for 108h more of the week",),
    ),
    commit(
        "Demand that somebody is paged",
        Edit(
            VAULT,
            "        title: High processing latency\n",
            "        title: High processing latency\n        must_page: [pager]\n",
        ),
        told="notable tests/added must_page datavault.high-processing-latency",
        deploys="",
    ),
    commit(
        "Demand something else",
        Edit(VAULT, "must_page: [pager]", "must_page: [chat]"),
        told="notable tests/changed must_page datavault.high-processing-latency",
        says=(
            "asserts something else",
            "- pager is told",
            "+ chat is told",
        ),
    ),
    commit(
        "Demand nothing",
        Edit(VAULT, "        must_page: [chat]\n", ""),
        told="risky tests/removed must_page datavault.high-processing-latency",
    ),
    commit(
        "Accept what lint says",
        Edit(
            VAULT,
            "\nreceivers:\n",
            "\nignore:\n  cloudwatch/sns: {receivers.chat: {reason: warnings may come at night}}\n\nreceivers:\n",
        ),
        told="notable findings/ignored cloudwatch/sns receivers.chat",
        says=("ignored, because warnings may come at night",),
        deploys="",
    ),
    # ---- what depends on it
    commit(
        "Record something else under the same name",
        Edit(LAKE, "max(datapunk_disk_usage_ratio)) / 3", "max(datapunk_disk_usage_ratio)) / 2"),
        told="risky dependents/record record datapunk:resource_usage_score",
        says=(
            "number 3 → 2",
            "alerts: system.resource-exhaustion.high, system.resource-exhaustion.medium, system.performance-degradation.medium",
            "records: datapunk:system_health_index",
            "panels: ",
        ),
    ),
    commit(
        "Record one thing less, and another",
        Edit(
            LAKE,
            "datapunk:disk_io_bytes:rate5m: {expr: 'sum by (instance) (rate(datapunk_disk_io_bytes_total[5m]))'",
            "datapunk:disk_io_bytes:rate1h: {expr: 'sum by (instance) (rate(datapunk_disk_io_bytes_total[1h]))'",
        ),
        told="""
            notable dependents/record-added record datapunk:disk_io_bytes:rate1h
            notable dependents/record-removed record datapunk:disk_io_bytes:rate5m
        """,
        says=("gone; nothing reads it",),
    ),
    # ---- dashboards
    commit(
        "Change a panel, add one, take one away",
        Edit(
            VAULT,
            "            queries:\n              records in a day: {expr: 'sum(increase(datavault_records_processed_total[1d]))'}",
            "            queries:\n              records in a day: {expr: 'sum(increase(datavault_records_processed_total[2d]))'}",
        ),
        Edit(
            VAULT,
            "          Validation errors:\n            description",
            "          Rejected records:\n            description",
        ),
        told="""
            notable dashboards/panel-changed dashboard main: Business KPIs
            notable dashboards/panel-added dashboard main: Rejected records
            notable dashboards/panel-removed dashboard main: Validation errors
        """,
        deploys="Grafana update",
    ),
    commit(
        "Call a dashboard otherwise",
        Edit(KESSAN, "  Performance:\n    title: Kessan Performance", "  Speed:\n    title: Kessan Performance"),
        told="notable dashboards/renamed dashboard Speed",
        says=("links to the old one break",),
    ),
    commit(
        "Take a dashboard away",
        Edit(LAKE, "  replication-health:\n    panels", "", until="  compliance:\n    title"),
        told="notable dashboards/removed dashboard replication-health",
        deploys="Grafana delete",
    ),
    # ---- AWS, agents, servers
    commit(
        "Keep logs for less long",
        Edit(
            WEIGHTS,
            "caller and path.'\n      service: api\n      retentions: {dev: 7d, staging: 14d, prod: 90d}",
            "caller and path.'\n      service: api\n      retentions: {dev: 7d, staging: 14d, prod: 30d}",
        ),
        told="notable aws/changed log_groups access retentions",
        deploys="CloudFormation update",
    ),
    commit(
        "Let the agent send elsewhere",
        Edit(KESSAN, "DD_SITE: datadoghq.com", "DD_SITE: datadoghq.eu"),
        told="notable agents/changed agents datadog-agent variables DD_SITE",
        deploys="Kubernetes update",
    ),
    commit(
        "Keep samples for less long",
        Edit(LAKE, "  retention: 30d\n", "  retention: 15d\n"),
        told="notable system/changed prometheus",
        says=("retention 30d → 15d",),
    ),
    # ---- what nobody is woken by
    commit(
        "Say more in words",
        Edit(
            VAULT,
            "description: Records take too long from arrival to storage.",
            "description: Records take too long from their arrival to storage.",
        ),
        Edit(
            VAULT,
            "impact: Customers see their data late.\n        steps:\n          - Look for the slow",
            "impact: Customers see their data too late.\n        steps:\n          - Look for the slow",
        ),
    ),
    commit(
        "Change comments and the order of keys",
        Edit(
            VAULT,
            "# Cost allocation goes by the same four labels as the tags of AWS resources.\n",
            "# Cost allocation goes by labels.\n\n",
        ),
        Edit(VAULT, "  component: pipeline\n  team: data-platform\n", "  team: data-platform\n  component: pipeline\n"),
        Edit(VAULT, "{warning: 20s, critical: 40s}", "{critical: 40s, warning: 20s}"),
        Edit(
            VAULT,
            "        unit: per_second\n        above: {critical: 0.1/s}\n",
            "        above: {critical: 0.1/s}  # a record in ten seconds\n        unit: per_second\n",
        ),
        silent=True,
    ),
    # ---- files and environments
    commit(
        "Move labels to a file that is extended",
        Edit(
            "base.yaml",
            "",
            "labels:\n  environment: production\n  component: pipeline\n  team: data-platform\n  project: datavault\n",
        ),
        Edit(VAULT, "labels:\n  environment", "extends: base.yaml\n", until="\nlinks:"),
        silent=True,
    ),
    commit(
        "Change the file that is extended",
        Edit("base.yaml", "team: data-platform", "team: data"),
        told=each(
            "notable identity/labels",
            (
                *CRITICAL_ALERTS,
                "datavault.processed.ticket-fast",
                "datavault.high-processing-latency.warning",
                "datavault.data-quality.warning",
            ),
        ),
        says=("label team data-platform → data",),
    ),
    commit(
        "Add an environment",
        Edit(
            VAULT,
            "extends: base.yaml\n",
            "extends: base.yaml\nenvironments:\n  staging: {labels: {environment: staging}}\n",
        ),
        told="notable system/environment environment staging",
    ),
    commit(
        "Change that environment only",
        Edit(
            VAULT,
            "  staging: {labels: {environment: staging}}\n",
            "  staging: {labels: {environment: staging}, routes: {critical: {notify: [chat]}}}\n",
        ),
        told=each(
            "risky paging/unpaged",
            (*CRITICAL_ALERTS, *CRITICAL_ALARMS),
        )
        + each("risky paging/last-page", ("datavault", "lambda", "stream"))
        + "notable routing/targets route critical",
        only=("staging",),
        says=("only in staging",),
    ),
    # ---- tests, policies, what lint says
    commit(
        "Test it",
        Edit(
            LAKE,
            "\nreceivers:\n",
            """
tests:
  a cold cache is told:
    series: {'datapunk_cache_hit_ratio{instance="a", job="datapunk-lake"}': 0.1x60}
    checks:
      - {at: 1m, silent: true}
      - {at: 30m, expect: {database.cache-hit-ratio: [slack, remediation]}}

receivers:
""",
        ),
        told="notable tests/added test a cold cache is told",
        deploys="",
    ),
    commit(
        "Test less",
        Edit(LAKE, "      - {at: 1m, silent: true}\n", ""),
        told="risky tests/weakened test a cold cache is told",
        says=("WEAKER: no longer proves that nothing fires at 1m",),
    ),
    commit(
        "Test no more",
        Edit(LAKE, "tests:\n  a cold", "", until="receivers:\n"),
        told="risky tests/removed test a cold cache is told",
        says=("no longer proves that database.cache-hit-ratio fires at 30m, slack is told",),
    ),
    commit(
        "Ask for a label",
        Edit(USERS, "\nreceivers:\n", "\npolicy:\n  labels: {owner: {required: true}}\n\nreceivers:\n"),
        told="notable system/policy policy",
    ),
    commit(
        "Ask for nothing",
        Edit(USERS, "policy:\n  labels: {owner: {required: true}}\n\n", ""),
        told="risky system/policy policy",
    ),
    commit(
        "Take the environment away",
        Edit(VAULT, "environments:\n  staging:", "", until="\nlinks:"),
        told="notable system/environment environment staging",
    ),
    # ---- whole systems
    commit(
        "Call a system otherwise",
        Edit(USERS, "system: sf-user-pipeline\n", "system: users\n"),
        told=each("notable identity/renamed", USERS_ALERTS)
        + """
            notable system/changed system
            notable aws/changed prefix
            notable dashboards/renamed dashboard pipeline
        """,
    ),
    commit(
        "Take a system away",
        Edit(USERS, "", ""),
        told="risky system/removed users\n"
        + each("risky detection/removed", USERS_ALERTS)
        + each("notable paging/untold", USERS_ALERTS),
        deploys="CloudFormation delete",
    ),
    commit(
        "Add a system",
        Edit(
            "jobs.monitorspec.yaml",
            "",
            """version: 1
system: jobs
owner: jobs
services:
  worker: {thresholds: {age: {expr: time() - last_success, unit: seconds, above: {critical: 1h}, for: 5m}}}
receivers: {oncall: {pagerduty: {routing_key_file: /etc/alertmanager/key}}}
routes: {default: {notify: [oncall]}}
""",
        ),
        told="""
            notable system/added jobs
            notable detection/added worker.age.critical
            notable paging/newly-pages worker.age.critical
        """,
    ),
)
