"""What a user writes about the AWS side: topics, logs, canaries, tracing, cost, events and the stacks that hold them.

In: nothing. Out: the record types of `aws:`. Texts in it, and dimensions of CloudWatch metrics, may hold `${Name}`: the value
of a parameter of the stack (or of AWS' own, such as `${AWS::Region}`) when it is deployed. `${!Name}` is just text.
"""

from __future__ import annotations

from typing import Any, Literal

from monitorspec.spec.record import record
from monitorspec.spec.units import DimensionSets, Duration, Strings, Threshold, Unit

State = Literal["alarm", "ok", "insufficient"]


@record
class Parameter:
    """A parameter of the CloudFormation templates that use it, as `${Name}`."""

    description: str | None = None
    """What to give."""
    type: Literal["text", "number"] = "text"
    """Kind of its value."""
    default: str | None = None
    """Its value unless told when the stack is deployed; an empty one makes what depends on it optional."""
    allowed: list[str] | None = None
    """The only values that it takes."""
    pattern: str | None = None
    """A regular expression that its value has to match."""
    secret: bool = False
    """Whether AWS hides its value."""


@record
class SlackChannel:
    """A Slack channel, told by Amazon Q Developer in chat applications (once AWS Chatbot)."""

    workspace: str
    """Id of the Slack workspace."""
    channel: str
    """Id of the channel."""
    role: str
    """ARN of the IAM role that it acts as."""


@record
class Subscription:
    """Who hears of a topic: give one of the ways."""

    email: str | None = None
    """An address; AWS asks it to confirm."""
    https: str | None = None
    """Address of a web hook, such as PagerDuty's integration URL: a secret, so a parameter."""
    sms: str | None = None
    """A telephone number."""
    lambda_: str | None = None
    """ARN of a Lambda function."""
    sqs: str | None = None
    """ARN of an SQS queue."""
    slack: SlackChannel | None = None
    """A Slack channel."""


@record
class Topic:
    """An SNS topic: made by the stack with its subscriptions, or one that is there already."""

    description: str | None = None
    """Who hears of it."""
    parameter: str | None = None
    """The topic is there already: the parameter of the stack that takes its ARN."""
    name: str | None = None
    """Its name in AWS; made from the names' prefix and its key unless told."""
    kms_key: str | None = None
    """ARN or alias of the key that encrypts it; its policy has to let CloudWatch use it."""
    subscriptions: dict[str, Subscription] | None = None
    """Who hears of it, by name."""


@record
class CustomMetric:
    """A metric that the system publishes to CloudWatch."""

    unit: Unit | None = None
    """Its unit."""
    help: str | None = None
    """What it counts or measures."""
    dimensions: DimensionSets | None = None
    """Dimensions that it is published with, besides its namespace's; a list of lists for several sets of them, [] for none."""
    stat: str | None = None
    """The statistic to look at first; Average unless told."""


@record
class Namespace:
    """A namespace of CloudWatch that the system publishes metrics to; alarms and panels are checked against it."""

    description: str | None = None
    """Who publishes to it."""
    dimensions: list[str] | None = None
    """Dimensions of all its metrics, besides their own."""
    metrics: dict[str, CustomMetric]
    """Its metrics by name."""


@record
class Archive:
    """A subscription that streams a log group's events to somewhere else."""

    to: str
    """ARN of a Firehose stream, Kinesis stream or Lambda function."""
    role: str | None = None
    """ARN of the role that CloudWatch Logs writes there with; a Lambda function needs none."""
    pattern: str | None = None
    """Which events: a filter pattern of CloudWatch Logs; all of them unless told."""


@record
class LogGroup:
    """A CloudWatch log group."""

    name: str | None = None
    """Its name in AWS; its key unless told."""
    description: str | None = None
    """Who writes to it."""
    service: str | None = None
    """The service whose logs it holds; its dashboard shows their errors."""
    exists: bool = False
    """Whether it is made elsewhere; it is then only referred to."""
    delete_with_stack: bool = False
    """Whether deleting the stack deletes it with its events; it is kept unless told."""
    retention: Duration | None = None
    """How long events are kept: one of the lengths that CloudWatch has."""
    retentions: dict[str, Duration] | None = None
    """How long events are kept by the value of the parameter `Environment`; `retention` for others."""
    parameter: str | None = None
    """A parameter of the stack that takes the retention in days, with `retention` as its default."""
    infrequent_access: bool = False
    """Whether it is of the cheaper class, which has no metric filters, archives or masks."""
    kms_key: str | None = None
    """ARN of the key that encrypts it; its policy has to let CloudWatch Logs use it."""
    mask: list[str] | None = None
    """Kinds of personal data to mask, as CloudWatch Logs names its data identifiers, such as EmailAddress."""
    errors: str | None = None
    """Logs Insights filter that finds errors; `@message like /(?i)error/` unless told."""
    archives: dict[str, Archive] | None = None
    """Where events are streamed to, by name; two at most."""
    ingest: Threshold | None = None
    """How much it takes in a month, such as `5GiB`; for the cost estimate only."""


@record
class MetricFilter:
    """Counts or measures log events as a CloudWatch metric."""

    group: str
    """The log group, by its key below `log_groups`."""
    pattern: str
    """CloudWatch Logs filter pattern; "" takes every event."""
    namespace: str
    """Namespace of the metric."""
    metric: str
    """Name of the metric."""
    value: str | None = None
    """What an event adds: a number, or a field such as `$.duration`; 1 unless told."""
    default: float | None = None
    """Value for minutes without a match; not with dimensions."""
    unit: Unit | None = None
    """Unit of the metric."""
    dimensions: dict[str, str] | None = None
    """Dimensions by name, each with the field that it takes its value from, such as `$.type`."""


@record
class LogQuery:
    """A saved query of CloudWatch Logs Insights; its key is its title."""

    query: str
    """The query."""
    groups: list[str]
    """Log groups, by their keys below `log_groups`."""
    description: str | None = None
    """What to look for in the answer."""


@record
class Canary:
    """A CloudWatch Synthetics canary that calls addresses and fails unless they answer well."""

    urls: Strings
    """Addresses that it calls, one after another; redirects are not followed."""
    name: str | None = None
    """Its name in AWS, which is `CanaryName` of its metrics; made from the names' prefix and its key unless told."""
    description: str | None = None
    """What it checks."""
    service: str | None = None
    """The service that it checks."""
    every: Duration | None = None
    """How often it runs, from 1m to 1h; 5m unless told."""
    timeout: Duration | None = None
    """How long a run may take, at most as long as `every`; 1m unless told."""
    status: Strings | None = None
    """Status codes that are well, such as `200` or `200-299`; 200-299 unless told."""
    contains: str | None = None
    """Text that each answer has to hold."""
    method: Literal["GET", "HEAD", "POST"] = "GET"
    """How it asks."""
    headers: dict[str, str] | None = None
    """Headers of its requests; no secrets."""
    runtime: str | None = None
    """Runtime version of Synthetics, such as syn-nodejs-puppeteer-15.1."""
    artifacts: str
    """Where runs leave their logs: s3://bucket/prefix."""
    role: str
    """ARN of the role that it runs as."""
    keep: Duration | None = None
    """How long the data of runs is kept; 31d unless told."""
    memory: int | None = None
    """Memory in MiB, a multiple of 64."""
    tracing: bool = False
    """Whether X-Ray traces its calls."""


@record
class HealthCheck:
    """A Route 53 health check: one address called from several regions."""

    url: str
    """Address, such as https://api.example.com/health."""
    description: str | None = None
    """What it checks."""
    service: str | None = None
    """The service that it checks."""
    every: Duration | None = None
    """10s or 30s; 30s unless told."""
    failures: int = 3
    """How many checks in a row have to fail."""
    regions: list[str] | None = None
    """Regions to call from, three at least; all of Route 53's unless told."""
    contains: str | None = None
    """Text that the first 5,120 bytes of the answer have to hold."""
    latency: bool = False
    """Whether the latency is measured as well."""


@record
class SamplingBoost:
    """More is traced for a while when X-Ray finds that errors or latencies have risen."""

    to: Threshold
    """Share of requests that may then be traced, such as `100%`."""
    every: Duration | None = None
    """How long X-Ray waits before it may do so again; 10m unless told."""


@record
class SamplingRule:
    """Which share of requests X-Ray traces."""

    name: str | None = None
    """Its name in X-Ray, at most 32 characters; made from the names' prefix and its key unless told."""
    rate: Threshold
    """Share of requests beyond the reservoir, such as `10%`."""
    reservoir: int = 1
    """Requests per second that are traced before the rate applies."""
    priority: int | None = None
    """Rules of lower numbers are tried first; in the order of the spec unless told."""
    parameter: str | None = None
    """A parameter of the stack that takes the rate, from 0 to 1, with `rate` as its default."""
    boost: SamplingBoost | None = None
    """How far the rate may rise while something is wrong; services need an SDK with adaptive sampling for it."""
    service: str = "*"
    """Name of the service that the request is to."""
    service_type: str = "*"
    """Its kind, such as AWS::Lambda::Function."""
    host: str = "*"
    """Host of the request."""
    method: str = "*"
    """HTTP method of the request."""
    path: str = "*"
    """Path of the request."""
    resource: str = "*"
    """ARN of the AWS resource that serves it."""
    attributes: dict[str, str] | None = None
    """Attributes of the request's segment."""


@record
class TraceGroup:
    """An X-Ray group: traces that a filter finds, with metrics of their own."""

    name: str | None = None
    """Its name in X-Ray, at most 32 characters; made from the names' prefix and its key unless told."""
    filter: str
    """X-Ray filter expression, such as `fault OR responsetime > 5`."""
    insights: bool = False
    """Whether X-Ray looks for anomalies in it."""
    notifications: bool = False
    """Whether these are sent to EventBridge."""


@record
class CostAnomalies:
    """A monitor of AWS Cost Anomaly Detection, and who is told."""

    by: Literal["service", "account", "tag"] = "service"
    """What spending is split by."""
    tag: str | None = None
    """Key of the cost allocation tag, with `by: tag`."""
    values: Strings | None = None
    """Values of the tag, or ids of the accounts."""
    above: Threshold
    """What an anomaly has to cost more than expected to be told, such as `50 USD`, or `20%`."""
    every: Literal["immediately", "daily", "weekly"] | None = None
    """How often it is told: immediately to a topic, daily (unless told) or weekly to addresses."""
    notify: Strings | None = None
    """The SNS topic, by name."""
    emails: Strings | None = None
    """E-mail addresses."""


@record
class Budget:
    """A budget of AWS Budgets, and who is told at which share of it."""

    limit: Threshold
    """The amount, such as `500 USD`."""
    every: Literal["daily", "monthly", "quarterly", "annually"] = "monthly"
    """The period that it is for."""
    actual: list[Threshold] | None = None
    """Shares of it that are told when they are spent, such as `80%`."""
    forecast: list[Threshold] | None = None
    """Shares of it that are told when AWS expects them to be spent; not for daily ones."""
    notify: Strings | None = None
    """The SNS topic, by name."""
    emails: Strings | None = None
    """E-mail addresses, ten at most."""
    tags: dict[str, Strings] | None = None
    """Cost allocation tags that it counts; everything unless told."""


@record
class EventRule:
    """An EventBridge rule: which events are told to whom. Give one of `failure`, `pattern` and `schedule`."""

    description: str | None = None
    """What it is for."""
    service: str | None = None
    """The service that it watches."""
    failure: str | None = None
    """A ready pattern for the failures of a kind of resource, such as state-machine or glue-job; all of them are above."""
    resources: Strings | None = None
    """With `failure`: ARNs or names of the resources; all of the account's unless told."""
    pattern: dict[str, Any] | None = None
    """Raw EventBridge pattern."""
    schedule: str | None = None
    """rate(…) or cron(…)."""
    notify: Strings | None = None
    """SNS topics, by name."""
    lambda_: str | None = None
    """ARN of a Lambda function that is called."""
    message: str | None = None
    """Text that is sent instead of the event; `<$.detail.name>` stands for a field of it."""


@record
class Automation:
    """An SSM Automation that a firing alarm starts. Give one of `document` and `steps`."""

    description: str | None = None
    """What it does."""
    alarms: Strings
    """Alarms that start it, as `service.threshold` or `service.threshold.severity`."""
    document: str | None = None
    """Name of an automation document that is there already, such as AWS-RestartEC2Instance."""
    steps: list[dict[str, Any]] | None = None
    """Steps of a document of its own (schema 0.3 mainSteps)."""
    parameters: dict[str, Strings] | None = None
    """Values of the document's parameters."""
    role: str
    """ARN of the role that EventBridge starts it with."""
    assume: str | None = None
    """ARN of the role that a document of its own acts as."""


@record
class Aws:
    """What lives in AWS, and the CloudFormation stacks that hold it."""

    region: str | None = None
    """Region of the stacks."""
    format: Literal["yaml", "json"] = "yaml"
    """Format of the templates."""
    inline: bool = False
    """Whether each template has to fit into a request (51,200 bytes), so that no S3 bucket is needed."""
    name_prefix: str | None = None
    """What the names of alarms, topics and dashboards start with; the system's name unless told."""
    notify_on: list[State] | None = None
    """State changes of alarms that are told: alarm and ok unless told."""
    tags: dict[str, str] | None = None
    """Tags on every resource that takes them."""
    parameters: dict[str, Parameter] | None = None
    """Parameters of the templates by name; `Environment` is known without being declared."""
    topics: dict[str, Topic | None] | None = None
    """SNS topics by the name that receivers use."""
    namespaces: dict[str, Namespace] | None = None
    """Namespaces that the system publishes its own metrics to; one of AWS may be added to in the same way."""
    log_groups: dict[str, LogGroup] | None = None
    """Log groups by name."""
    metric_filters: dict[str, MetricFilter] | None = None
    """Metrics made from log events, by name."""
    log_queries: dict[str, LogQuery] | None = None
    """Saved queries by title."""
    canaries: dict[str, Canary] | None = None
    """Synthetics canaries by name."""
    health_checks: dict[str, HealthCheck] | None = None
    """Route 53 health checks by name."""
    sampling_rules: dict[str, SamplingRule] | None = None
    """X-Ray sampling rules by name."""
    trace_groups: dict[str, TraceGroup] | None = None
    """X-Ray groups by name."""
    cost_anomalies: dict[str, CostAnomalies] | None = None
    """Monitors of unusual spending by name."""
    budgets: dict[str, Budget] | None = None
    """Budgets by name."""
    event_rules: dict[str, EventRule] | None = None
    """EventBridge rules by name."""
    automations: dict[str, Automation] | None = None
    """Automatic remediations by name."""
    resources: dict[str, dict[str, Any]] | None = None
    """Raw CloudFormation resources by logical id."""
    monthly_budget: Threshold | None = None
    """What all this may cost on CloudWatch in a month; a build warns above it."""
