"""The whole spec as a user writes it.

In: nothing. Out: `Spec`, the root of the record types.
"""

from __future__ import annotations

from typing import Any, Literal

from monitorspec.spec.agents import Agent
from monitorspec.spec.aws import Aws
from monitorspec.spec.dashboard import Dashboard, Datasource, Platform
from monitorspec.spec.ignore import Ignore
from monitorspec.spec.policy import Policy
from monitorspec.spec.record import record
from monitorspec.spec.routing import Inhibit, Mute, Route, Severity, Window
from monitorspec.spec.runbook import Runbook
from monitorspec.spec.scenarios import Test
from monitorspec.spec.service import RecordingRule, Service
from monitorspec.spec.units import Duration, Strings, Version


@record
class Targets:
    """Which outputs to make, for which versions."""

    prometheus: Version | None = None
    """Version of Prometheus; 2.42 unless told."""
    alertmanager: Version | None = None
    """Version of Alertmanager; 0.25 unless told."""
    only: (
        list[Literal["prometheus", "promtest", "alertmanager", "grafana", "cloudwatch", "kubernetes", "runbook"]] | None
    ) = None
    """Make these outputs only."""


@record
class Links:
    """Where the outputs will be found, for the links between them."""

    runbooks: str | None = None
    """Address of the folder that holds this system's runbooks; relative links unless told."""
    grafana: str | None = None
    """Address of Grafana; dashboards are linked below it."""
    prometheus: str | None = None
    """Address of Prometheus."""
    alertmanager: str | None = None
    """Address of Alertmanager."""


@record
class ScrapeJob:
    """A scrape job."""

    targets: list[str]
    """host:port of each target."""
    metrics_path: str | None = None
    """Path of the metrics; /metrics unless told."""
    interval: Duration | None = None
    """How often it is scraped."""
    scheme: Literal["http", "https"] | None = None
    """http unless told."""
    labels: dict[str, str] | None = None
    """Labels of its targets."""


@record
class PrometheusServer:
    """The Prometheus server's own configuration; without it no prometheus.yml is made."""

    scrape_interval: Duration | None = None
    """How often targets are scraped."""
    evaluation_interval: Duration | None = None
    """How often rules are evaluated unless a group says otherwise."""
    external_labels: dict[str, str] | None = None
    """Labels on everything that leaves the server."""
    alertmanagers: list[str] | None = None
    """host:port of each Alertmanager."""
    scrape: dict[str, ScrapeJob] | None = None
    """Scrape jobs by name."""
    retention: Duration | None = None
    """How long samples are kept; a command-line flag of the server, so it is told in the runbooks' index."""


@record
class AlertmanagerServer:
    """Alertmanager settings outside routes and receivers."""

    global_: dict[str, Any] | None = None
    """Raw `global:` settings, such as smtp_smarthost and smtp_from."""
    templates: list[str] | None = None
    """Paths of notification templates."""


@record
class Defaults:
    """What rules do unless they say otherwise."""

    interval: Duration | None = None
    """How often rules are evaluated; 30s unless told."""
    for_: Duration | None = None
    """How long thresholds have to hold first; not at all unless told."""
    slo_window: Duration | None = None
    """Window of objectives; 30d unless told."""
    platforms: list[Platform] | None = None
    """Where dashboards are made: grafana unless told."""


@record
class Spec:
    """A system's monitoring: services, who is told, dashboards, runbooks."""

    version: Literal[1]
    """Version of the spec language."""
    system: str
    """Name of the system; its outputs go to a folder of that name."""
    title: str | None = None
    """The system's name for people."""
    description: str | None = None
    """What the system does."""
    owner: str
    """Who owns what has no owner of its own."""
    labels: dict[str, str] | None = None
    """Labels on every rule, alarm and dashboard."""
    annotations: dict[str, str] | None = None
    """Annotations on every alert."""
    extends: Strings | None = None
    """Specs that this one is laid over, in order."""
    targets: Targets | None = None
    """Outputs and versions."""
    links: Links | None = None
    """Where outputs will be found."""
    defaults: Defaults | None = None
    """What rules do unless they say otherwise."""
    severities: dict[str, Severity | None] | None = None
    """Severities from the most to the least severe; critical (pages), warning and info unless told."""
    services: dict[str, Service] | None = None
    """Services by name."""
    records: dict[str, RecordingRule] | None = None
    """Recording rules that belong to no service."""
    receivers: dict[str, dict[str, Any]] | None = None
    """Receivers by name: integrations such as slack, pagerduty, email, webhook with their fields."""
    routes: dict[str, Route] | None = None
    """Routes by name, in order; `default` takes what no other takes."""
    windows: dict[str, Window] | None = None
    """Weekly time windows by name."""
    mute: dict[str, Mute] | None = None
    """Maintenance windows by name."""
    inhibit: dict[str, Inhibit] | None = None
    """Inhibitions by name, besides those between the severities of one threshold."""
    dashboards: dict[str, Dashboard] | None = None
    """Dashboards by name, besides one per service."""
    datasources: dict[str, Datasource] | None = None
    """Grafana data sources by name."""
    runbooks: dict[str, Runbook] | None = None
    """Runbooks that belong to no single alert."""
    prometheus: PrometheusServer | None = None
    """The Prometheus server's own configuration."""
    alertmanager: AlertmanagerServer | None = None
    """Alertmanager settings outside routes and receivers."""
    aws: Aws | None = None
    """What lives in AWS besides alarms, and the CloudFormation stacks that hold all of it."""
    agents: dict[str, Agent] | None = None
    """Agents that collect metrics, logs and traces in a Kubernetes cluster, by name."""
    policy: Policy | None = None
    """What has to hold for every alert and rule."""
    ignore: dict[str, dict[str, Ignore]] | None = None
    """Findings that are accepted, by code and by the path of what they are about; `*` stands for any part of a path."""
    tests: dict[str, Test] | None = None
    """Tests of alerts by name: samples go in, alerts and receivers come out; `monitorspec test` runs them."""
    environments: dict[str, dict[str, Any]] | None = None
    """Overlays by environment: any part of this spec, laid over it by `--env`."""
