"""The plan: everything that will be generated, resolved and target-neutral.

In: nothing (resolve makes it). Out: immutable records. All references are resolved, all defaults filled in, all durations
are milliseconds, all limits are exact decimals in the unit of their signal. There is no PromQL rule and no CloudFormation
in it; the targets make those. `origin` is the path of the spec's value that a record came from, for diagnostics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorspec.plan.agents import (
    Agent,
    AgentAccount,
    AgentFile,
    AgentMount,
    AgentPermission,
    AgentPort,
    AgentProbe,
    AgentSecurity,
    AgentToleration,
    AgentVariable,
)
from monitorspec.plan.alerts import (
    Absent,
    Alert,
    Anomaly,
    Burn,
    CloudWatchSignal,
    Composite,
    Condition,
    Custom,
    Forecast,
    Labels,
    Limit,
    Path,
    Severity,
    Signal,
)
from monitorspec.plan.aws import Stack
from monitorspec.plan.policy import Policy, TextPolicy
from monitorspec.plan.routing import Inhibit, Matcher, MustPage, Mute, Receiver, Route, Span, Target, Window, WindowPart
from monitorspec.plan.scenarios import Expectation, MetricFeed, Moment, Scenario, SeriesFeed
from monitorspec.plan.services import Indicator, Metric, RawGroup, Record, Service, Slo, Threshold
from monitorspec.plan.views import (
    Dashboard,
    Datasource,
    Panel,
    PanelLimit,
    Query,
    Remediation,
    Row,
    Runbook,
    RunbookQuery,
)

__all__ = [
    "Absent",
    "Agent",
    "AgentAccount",
    "AgentFile",
    "AgentMount",
    "AgentPermission",
    "AgentPort",
    "AgentProbe",
    "AgentSecurity",
    "AgentToleration",
    "AgentVariable",
    "Alert",
    "Anomaly",
    "Burn",
    "CloudWatchSignal",
    "Composite",
    "Condition",
    "Custom",
    "Dashboard",
    "Datasource",
    "Expectation",
    "Forecast",
    "Indicator",
    "Inhibit",
    "Labels",
    "Limit",
    "Links",
    "Matcher",
    "Metric",
    "MetricFeed",
    "Moment",
    "MustPage",
    "Mute",
    "Panel",
    "PanelLimit",
    "Path",
    "Plan",
    "Policy",
    "PrometheusServer",
    "Query",
    "RawGroup",
    "Receiver",
    "Record",
    "Remediation",
    "Route",
    "Row",
    "Runbook",
    "RunbookQuery",
    "Scenario",
    "ScrapeJob",
    "SeriesFeed",
    "Service",
    "Severity",
    "Signal",
    "Slo",
    "Span",
    "Stack",
    "Target",
    "TextPolicy",
    "Threshold",
    "Versions",
    "Window",
    "WindowPart",
]


class ScrapeJob(NamedTuple):
    name: str
    targets: tuple[str, ...]
    metrics_path: str
    interval: int | None
    scheme: str
    labels: Labels


class PrometheusServer(NamedTuple):
    scrape_interval: int | None
    evaluation_interval: int | None
    external_labels: Labels
    alertmanagers: tuple[str, ...]
    scrape: tuple[ScrapeJob, ...]
    retention: int | None


class Links(NamedTuple):
    """Base addresses without a trailing slash, or ""."""

    runbooks: str
    grafana: str
    prometheus: str
    alertmanager: str


class Versions(NamedTuple):
    prometheus: tuple[int, int]
    alertmanager: tuple[int, int]


class Plan(NamedTuple):
    system: str
    title: str
    description: str
    owner: str
    environment: str
    """Name of the overlay that was laid over, or ""."""
    labels: Labels
    targets: tuple[str, ...]
    """Names of the targets to emit, in the registry's order."""
    versions: Versions
    links: Links
    severities: tuple[Severity, ...]
    services: tuple[Service, ...]
    records: tuple[Record, ...]
    receivers: tuple[Receiver, ...]
    root: Route
    """The routing tree."""
    windows: tuple[Window, ...]
    mutes: tuple[Mute, ...]
    inhibits: tuple[Inhibit, ...]
    """Declared ones first, then those between severities and between burn tiers."""
    dashboards: tuple[Dashboard, ...]
    datasources: tuple[Datasource, ...]
    runbooks: tuple[Runbook, ...]
    """One for each page, in order: those of alerts by service, then those of the system."""
    prometheus: PrometheusServer | None
    alertmanager_global: Mapping[str, Any]
    alertmanager_templates: tuple[str, ...]
    stack: Stack
    agents: tuple[Agent, ...]
    scenarios: tuple[Scenario, ...] = ()
    """The tests that the spec writes, in its order."""
    policy: Policy | None = None
    must_page: tuple[MustPage, ...] = ()

    @property
    def parameter_values(self) -> dict[str, str]:
        """What each parameter of the stacks is unless told otherwise: for outputs that know no parameters."""
        out = {p.name: p.default for p in self.stack.parameters if p.default is not None}
        out.update({"Environment": self.environment} if self.environment else {})
        out.setdefault("Environment", self.labels.get("environment", "") or "${Environment}")
        return out

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Every alert, by service."""
        # Every rule of lint asks for them, and a plan cannot keep what it did not begin with.
        if not any(plan is self for plan, _ in _asked):
            _asked[:] = [*_asked[-1:], (self, tuple(a for service in self.services for a in service.alerts))]
        return next(alerts for plan, alerts in _asked if plan is self)


# The last two plans whose alerts were asked for: a diff has two.
_asked: list[tuple[Plan, tuple[Alert, ...]]] = []
