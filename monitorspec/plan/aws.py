"""What lives in AWS besides alarms: topics, logs, canaries, tracing, cost, events, automations, and the stacks around them.

In: nothing (resolve makes them). Out: `Stack` and what belongs to it. Texts may hold `${Name}`, a parameter of the stack or one
of AWS' own; resolve has checked that each is known. `service` is the service that something belongs to, or "". Durations are
milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from monitorspec.plan.alerts import Path


class Parameter(NamedTuple):
    """`default` None: it has to be given when the stack is deployed."""

    name: str
    description: str
    number: bool
    default: str | None
    allowed: tuple[str, ...]
    pattern: str
    secret: bool
    origin: Path


class Subscription(NamedTuple):
    """`protocol`: email, https, sms, lambda, sqs or slack; `workspace` and `role` of slack, whose `endpoint` is the channel."""

    name: str
    protocol: str
    endpoint: str
    workspace: str
    role: str
    origin: Path


class Topic(NamedTuple):
    """`parameter` is set where the topic is there already: the parameter that takes its ARN."""

    name: str
    description: str
    parameter: str
    topic_name: str
    """Its name in AWS, where it is made here."""
    kms_key: str
    subscriptions: tuple[Subscription, ...]
    origin: Path


class CustomMetric(NamedTuple):
    name: str
    unit: str
    """A name of `spec.units.UNITS`, or ""."""
    stat: str
    """The statistic to look at first, or ""."""
    help: str
    dimension_sets: tuple[tuple[str, ...], ...] | None
    """What it is published with, the namespace's dimensions in each of them; None where the spec does not say."""
    origin: Path


class Namespace(NamedTuple):
    name: str
    description: str
    metrics: tuple[CustomMetric, ...]
    origin: Path


class Archive(NamedTuple):
    """`to`: an ARN; `role` is "" for a Lambda function."""

    name: str
    to: str
    role: str
    pattern: str
    origin: Path


class LogGroup(NamedTuple):
    """`retention` None: for ever."""

    key: str
    name: str
    description: str
    service: str
    exists: bool
    kept: bool
    """Whether it outlives its stack."""
    retention: int | None
    retentions: tuple[tuple[str, int], ...]
    """By the value of the parameter Environment."""
    parameter: str
    infrequent_access: bool
    kms_key: str
    mask: tuple[str, ...]
    errors: str
    """Logs Insights filter that finds errors."""
    archives: tuple[Archive, ...]
    ingest: Decimal | None
    """Bytes a month."""
    origin: Path


class MetricFilter(NamedTuple):
    key: str
    group: str
    """Key of the log group."""
    pattern: str
    namespace: str
    metric: str
    value: str
    default: Decimal | None
    unit: str
    """A name of `spec.units.UNITS`, or ""."""
    dimensions: tuple[tuple[str, str], ...]
    origin: Path


class LogQuery(NamedTuple):
    title: str
    query: str
    groups: tuple[str, ...]
    """Keys of log groups."""
    description: str
    origin: Path


class Canary(NamedTuple):
    key: str
    name: str
    urls: tuple[str, ...]
    description: str
    service: str
    every: int
    timeout: int
    status: tuple[tuple[int, int], ...]
    """Ranges of codes that are well, ends included."""
    contains: str
    method: str
    headers: tuple[tuple[str, str], ...]
    runtime: str
    """Name of the runtime version, and of the module that it offers to scripts."""
    module: str
    artifacts: str
    role: str
    keep: int
    memory: int | None
    tracing: bool
    origin: Path


class HealthCheck(NamedTuple):
    """`host` is a name or an address; `path` holds the query."""

    key: str
    name: str
    secure: bool
    host: str
    port: int
    path: str
    description: str
    service: str
    every: int
    failures: int
    regions: tuple[str, ...]
    """Empty for all of Route 53's."""
    contains: str
    latency: bool
    origin: Path


class SamplingRule(NamedTuple):
    """`rate` from 0 to 1, and `boost` too, which is None where the rate never rises; `boost_every` in ms."""

    key: str
    name: str
    rate: Decimal
    reservoir: int
    priority: int
    parameter: str
    service: str
    service_type: str
    host: str
    method: str
    path: str
    resource: str
    attributes: tuple[tuple[str, str], ...]
    boost: Decimal | None
    boost_every: int
    origin: Path


class TraceGroup(NamedTuple):
    key: str
    name: str
    filter: str
    insights: bool
    notifications: bool
    origin: Path


class CostAnomalies(NamedTuple):
    """`above` in USD, or a share (from 0) where `relative`."""

    key: str
    name: str
    by: str
    """service, account or tag."""
    tag: str
    values: tuple[str, ...]
    above: Decimal
    relative: bool
    every: str
    """immediately, daily or weekly."""
    topic: str
    """Name of the SNS topic that is told, or ""."""
    emails: tuple[str, ...]
    region: str
    """Where it has to be made, "" for the region of the stacks: what it watches is the same everywhere."""
    origin: Path


class Budget(NamedTuple):
    """`limit` in USD; `actual` and `forecast` are shares of it."""

    key: str
    name: str
    limit: Decimal
    every: str
    """daily, monthly, quarterly or annually."""
    actual: tuple[Decimal, ...]
    forecast: tuple[Decimal, ...]
    topic: str
    """Name of the SNS topic that is told, or ""."""
    emails: tuple[str, ...]
    tags: tuple[tuple[str, tuple[str, ...]], ...]
    region: str
    """Where it has to be made, "" for the region of the stacks."""
    origin: Path


class EventRule(NamedTuple):
    """`pattern` is a whole EventBridge pattern, a ready one filled in; None with a `schedule`."""

    name: str
    description: str
    service: str
    pattern: Mapping[str, Any] | None
    schedule: str
    notify: tuple[str, ...]
    function: str
    """ARN of a Lambda function, or ""."""
    message: str
    origin: Path


class Automation(NamedTuple):
    """`alarms`: ids of alerts. `document` is "" where `steps` make one of its own."""

    name: str
    description: str
    alarms: tuple[str, ...]
    document: str
    steps: tuple[Mapping[str, Any], ...]
    parameters: tuple[tuple[str, tuple[str, ...]], ...]
    role: str
    assume: str
    origin: Path


class RawResource(NamedTuple):
    """A CloudFormation resource passed through."""

    logical_id: str
    resource: Mapping[str, Any]
    origin: Path


class Stack(NamedTuple):
    """What the stacks hold besides alarms and dashboards, and how they are written."""

    region: str = ""
    format: str = "yaml"
    """yaml or json."""
    inline: bool = False
    """Whether each template has to fit into a request."""
    prefix: str = ""
    """What the names of alarms, topics and dashboards start with."""
    notify_on: tuple[str, ...] = ("alarm", "ok")
    """State changes of alarms that are told: alarm, ok, insufficient."""
    tags: tuple[tuple[str, str], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    """Declared ones."""
    topics: tuple[Topic, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    log_groups: tuple[LogGroup, ...] = ()
    metric_filters: tuple[MetricFilter, ...] = ()
    log_queries: tuple[LogQuery, ...] = ()
    canaries: tuple[Canary, ...] = ()
    health_checks: tuple[HealthCheck, ...] = ()
    sampling_rules: tuple[SamplingRule, ...] = ()
    trace_groups: tuple[TraceGroup, ...] = ()
    cost_anomalies: tuple[CostAnomalies, ...] = ()
    budgets: tuple[Budget, ...] = ()
    event_rules: tuple[EventRule, ...] = ()
    automations: tuple[Automation, ...] = ()
    resources: tuple[RawResource, ...] = ()
    monthly_budget: Decimal | None = None
    """USD."""

    @property
    def published(self) -> dict[str, dict[str, CustomMetric]]:
        """Namespace → name → metric, of all that the system publishes: the declared ones, and those that metric filters make."""
        out = {namespace.name: {m.name: m for m in namespace.metrics} for namespace in self.namespaces}
        for f in self.metric_filters:
            made = CustomMetric(f.metric, f.unit, "", "", (tuple(name for name, _ in f.dimensions),), f.origin)
            out.setdefault(f.namespace, {}).setdefault(f.metric, made)
        return out
