"""Lint of CloudWatch metrics: that there is such a metric, with these dimensions, in this unit.

In: the plan, and the catalogue for the namespaces that it reads. Out: findings `cloudwatch/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import NamedTuple

from monitorspec import catalogue
from monitorspec.catalogue import Metric
from monitorspec.diagnostics import Level
from monitorspec.lint.finding import Finding
from monitorspec.lint.searches import Search, searches
from monitorspec.plan import CloudWatchSignal, Path, Plan
from monitorspec.plan.aws import CustomMetric
from monitorspec.spec.units import UNITS

# Namespaces that people look for under another name.
_MEANT = {
    "AWS/ALB": "AWS/ApplicationELB",
    "AWS/APIGateway": "AWS/ApiGateway",
    "AWS/Cloudfront": "AWS/CloudFront",
    "AWS/EventBridge": "AWS/Events",
    "AWS/Glue": "Glue",
    "AWS/NLB": "AWS/NetworkELB",
    "AWS/SFN": "AWS/States",
    "AWS/StepFunctions": "AWS/States",
    "AWS/Synthetics": "CloudWatchSynthetics",
    "CloudWatch/Synthetics": "CloudWatchSynthetics",
    "ContainerInsights/ECS": "ECS/ContainerInsights",
}
# Statistics that say what one sample is like; of counters each sample is often just 1.
_TYPICAL = ("Average", "p", "tm", "wm", "TM", "WM", "IQM")
# What AWS publishes without a unit, or as a count, is sometimes a share or a size all the same.
_MEASURED = ("time", "size", "throughput", "ratio")
_MOST = 6
"""So many sets of dimensions, or declared names, a finding lists."""


class _Use(NamedTuple):
    """A signal where the spec writes it; `unit` is what the spec takes it for, written at `unit_at`."""

    signal: CloudWatchSignal
    path: Path
    unit: str
    unit_at: Path
    drawn: bool


class _Problem(NamedTuple):
    """`key`: the key of the signal that it is about."""

    key: str
    code: str
    message: str
    level: Level = "error"
    label: str = ""
    help: tuple[str, ...] = ()
    effect: str = ""


def unfit(plan: Plan) -> Iterable[Finding]:
    """There is no such metric in the namespace.

    An alarm on a metric that nobody publishes is never told anything. The metrics of AWS services are in a catalogue, those of
    the system's own namespaces stand under `aws.namespaces` and `aws.metric_filters`. A metric that AWS has added since can be
    declared under `aws.namespaces` as well. Other namespaces are not checked.

    ```yaml wrong
    services:
      receipts:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Error, dimensions: {FunctionName: receipts}}, above: {critical: 5}}
    ```
    ```yaml right
    services:
      receipts:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, dimensions: {FunctionName: receipts}}, above: {critical: 5}}
    ```
    """
    uses = list(_uses(plan))
    if not uses:
        return
    known = _Known(plan)
    said: dict[tuple[str, ...], list[_Problem]] = {}
    for use in uses:
        for signal, path in _metrics(use.signal, use.path):
            names = tuple(sorted(name for name, _ in signal.dimensions))
            same = (signal.namespace, signal.metric, signal.stat, signal.unit, *names)
            if same not in said:
                said[same] = list(_problems(signal, frozenset(names), known))
            for p in said[same]:
                at = (*path, p.key)
                yield Finding(p.message, at, p.level, p.label, p.help, p.effect, key=p.key == "dimensions", code=p.code)
        for search, path in _searches(use.signal, use.path):
            for p in _search_problems(search, known):
                yield Finding(p.message, path, p.level, p.label, p.help, p.effect, key=False, code=p.code)
        yield from _unit(use, known)


class _Known:
    """Metrics by namespace: the spec's own over those of the catalogue."""

    def __init__(self, plan: Plan) -> None:
        self.declared = {namespace.name for namespace in plan.stack.namespaces}
        self._own = {
            namespace: {metric.name: _as_known(metric) for metric in metrics.values()}
            for namespace, metrics in plan.stack.published.items()
        }
        self._cached: dict[str, Mapping[str, Metric]] = {}

    def metrics(self, namespace: str) -> Mapping[str, Metric]:
        """All that is known to be in a namespace."""
        if namespace not in self._cached:
            self._cached[namespace] = {**(catalogue.metrics(namespace) or {}), **self._own.get(namespace, {})}
        return self._cached[namespace]

    def find(self, namespace: str, name: str) -> Metric | None:
        """A metric."""
        return catalogue.find(self.metrics(namespace), name)

    def whole(self, namespace: str) -> bool:
        """Whether all metrics of the namespace are known."""
        return namespace in self.declared or namespace in catalogue.described()

    def own(self, namespace: str, name: str) -> bool:
        """Whether the spec itself declares the metric."""
        return name in self._own.get(namespace, {})

    def namespaces(self) -> list[str]:
        """The namespaces whose metrics are known."""
        return [*self._own, *(name for name in catalogue.described() if name not in self._own)]


def _as_known(metric: CustomMetric) -> Metric:
    sets = metric.dimension_sets
    published = None if sets is None else tuple(frozenset(names) for names in sets)
    return Metric(metric.unit, metric.stat, "", metric.help, published)


# ---- where signals stand


def _uses(plan: Plan) -> Iterator[_Use]:
    """Every signal that the spec writes, once."""
    seen: set[int] = set()
    for service in plan.services:
        for threshold in service.thresholds:
            signal = threshold.signal.cloudwatch
            if signal is not None:
                seen.add(id(signal))
                yield _Use(
                    signal,
                    (*threshold.origin, "cloudwatch"),
                    threshold.signal.unit,
                    (*threshold.origin, "unit"),
                    drawn=False,
                )
        for slo in service.slos:
            events = slo.indicator.events
            for name in ("total", "bad", "good") if events else ():
                signal = getattr(events, name)
                if signal is not None:
                    seen.add(id(signal))
                    yield _Use(signal, (*slo.origin, "cloudwatch", name), "", (), drawn=False)
    for dashboard in plan.dashboards:
        for panel in (panel for row in dashboard.rows for panel in row.panels):
            # The automatic panels of thresholds and objectives show what has been looked at already.
            if panel.origin[2:3] in (("thresholds",), ("slos",)):
                continue
            for query in panel.queries:
                if query.cloudwatch is None or id(query.cloudwatch) in seen:
                    continue
                inner = ("queries", query.legend, "cloudwatch") if len(panel.queries) > 1 else ("cloudwatch",)
                yield _Use(query.cloudwatch, (*panel.origin, *inner), panel.unit, (*panel.origin, "unit"), drawn=True)


def _metrics(signal: CloudWatchSignal, path: Path) -> Iterator[tuple[CloudWatchSignal, Path]]:
    if signal.metric and signal.namespace and not signal.expression:
        yield signal, path
    for id, part in signal.metrics:
        yield from _metrics(part, (*path, "metrics", id))


def _searches(signal: CloudWatchSignal, path: Path) -> Iterator[tuple[Search, Path]]:
    for search in searches(signal.expression):
        yield search, (*path, "expression")
    for id, part in signal.metrics:
        yield from _searches(part, (*path, "metrics", id))


# ---- what is wrong


def _problems(signal: CloudWatchSignal, names: frozenset[str], known: _Known) -> Iterator[_Problem]:
    if len(signal.metric) > 255 or len(names) > 30:
        return  # No metric of CloudWatch's at all: `cloudwatch/length` and `cloudwatch/dimensions` say so.
    metric = known.find(signal.namespace, signal.metric)
    if metric is None:
        yield from _unknown(signal.namespace, signal.metric, known)
        return
    if metric.dimension_sets is not None and names not in metric.dimension_sets:
        yield _dimensions(signal.namespace, signal.metric, names, metric.dimension_sets, known)
    ours = next((unit for unit, (*_, aws) in UNITS.items() if aws and aws == signal.unit), "")
    theirs = UNITS[metric.unit][3] if metric.unit else ""
    if (
        theirs
        and UNITS[ours or "none"][0] in _MEASURED
        and UNITS[metric.unit][0] in _MEASURED
        and not _same(ours, metric.unit)
    ):
        yield _Problem(
            "unit",
            "cloudwatch/metric-unit",
            f"{signal.namespace} publishes `{signal.metric}` in {theirs}, not in {signal.unit}",
            help=("leave `unit` out here: CloudWatch finds only what was published in that unit",),
            effect="there would never be data",
        )
    if not known.own(signal.namespace, signal.metric):
        yield from _statistic(signal, metric)


def _unknown(namespace: str, name: str, known: _Known) -> Iterator[_Problem]:
    there = known.metrics(namespace)
    if not there:
        yield from _unknown_namespace(namespace, known)
        return
    whole = known.whole(namespace)
    near = _near(name, there, 0.6 if whole else 0.85)
    if not whole and not near:
        return
    if near:
        help_ = _did_you_mean(near)
    elif namespace not in catalogue.described():
        help_ = f"declared: {', '.join(list(there)[:_MOST])}{', …' if len(there) > _MOST else ''}"
    else:
        help_ = (
            f"if AWS has added it, declare it: `aws: {{namespaces: {{{namespace}: {{metrics: {{{name}: {{}}}}}}}}}}`"
        )
    yield _Problem(
        "metric",
        "cloudwatch/unknown-metric",
        f"{namespace} has no metric `{name}`",
        "error" if whole else "warning",
        "" if whole else "no metric filter makes it",
        (help_,),
        "there would never be data",
    )


def _unknown_namespace(namespace: str, known: _Known) -> Iterator[_Problem]:
    of_aws = namespace.casefold().startswith("aws/") or namespace in _MEANT
    meant = _MEANT.get(namespace)
    if not meant:
        if namespace in _OTHERS:
            return
        names = [*known.namespaces(), *(_OTHERS if of_aws else ())]
        folded = {name.casefold(): name for name in names}
        near = get_close_matches(namespace.casefold(), folded, 1, 0.85)
        if not near:
            return
        meant = folded[near[0]]
    yield _Problem(
        "namespace",
        "cloudwatch/unknown-namespace",
        f"AWS has no namespace `{namespace}`" if of_aws else f"`{namespace}` is nearly the name of another namespace",
        "error" if of_aws else "warning",
        help=(f"did you mean `{meant}`?",),
        effect="there would never be data",
    )


def _dimensions(
    namespace: str, name: str, names: frozenset[str], sets: Iterable[frozenset[str]], known: _Known
) -> _Problem:
    published = sorted(sets, key=lambda one: (len(one ^ names), len(one), sorted(one)))
    every = {dimension for one in published for dimension in one}
    by = "declared" if known.own(namespace, name) else "published"
    strange = sorted(names - every)
    if strange:
        message = f"`{name}` of {namespace} is not {by} with a dimension {_listed(strange)}"
    elif names:
        message = (
            f"`{name}` of {namespace} is not {by} with {_listed(sorted(names))}{'' if len(names) > 1 else ' alone'}"
        )
    else:
        message = f"`{name}` of {namespace} is not {by} without dimensions"
    ways = [_listed(sorted(one)) if one else "no dimension" for one in published]
    near = [close for one in strange for close in get_close_matches(one, every, 1, 0.6)]
    shown = "; ".join(ways[:_MOST]) + ("; …" if len(ways) > _MOST else "")
    return _Problem(
        "dimensions",
        "cloudwatch/metric-dimensions",
        message,
        help=(*((_did_you_mean(near),) if near else ()), f"{by} with {shown}"),
        effect="CloudWatch finds a metric by exactly its dimensions: there would never be data",
    )


def _statistic(signal: CloudWatchSignal, metric: Metric) -> Iterator[_Problem]:
    stat = signal.stat
    if stat == "Sum" and metric.unit and UNITS[metric.unit][0] == "ratio":
        yield _Problem(
            "stat",
            "cloudwatch/metric-stat",
            f"`{signal.metric}` is a share: a sum of shares means nothing",
            "warning",
            help=(f"use {metric.stat}",),
        )
    elif metric.stat in ("Sum", "SampleCount") and not metric.average and stat.startswith(_TYPICAL):
        yield _Problem(
            "stat",
            "cloudwatch/metric-stat",
            f"`{signal.metric}` counts: its {stat} says nothing about how many there were",
            "warning",
            help=(f"use {metric.stat}",),
        )


def _unit(use: _Use, known: _Known) -> Iterator[Finding]:
    """The unit that the spec takes the signal for."""
    # A metric that is filtered by a unit of CloudWatch is taken for that (see `_problems`).
    if use.unit in ("", "none") or use.signal.unit:
        return
    unit = catalogue.signal_unit(use.signal, known.find)
    if not unit or unit == "none" or _same(unit, use.unit):
        return
    what = f"`{use.signal.metric}` of {use.signal.namespace}" if use.signal.metric else "the expression's metrics"
    verb = "is" if use.signal.metric else "are"
    yield Finding(
        f"{what} {verb} in {unit}, not in {use.unit}",
        use.unit_at,
        "warning" if use.drawn else "error",
        help=("leave `unit` out: limits are converted to the metric's unit",) if not use.drawn else (f"unit: {unit}",),
        key=False,
        code="cloudwatch/metric-unit",
    )


def _search_problems(search: Search, known: _Known) -> Iterator[_Problem]:
    for name in search.metrics:
        if known.find(search.namespace, name) is None:
            yield from _unknown(search.namespace, name, known)


def _same(unit: str, other: str) -> bool:
    """Whether numbers in the units are the same numbers."""
    return UNITS[unit][:2] == UNITS[other][:2]


def _near(name: str, names: Iterable[str], cutoff: float) -> list[str]:
    """The names that are nearest to `name`, at most three, and only as many as are about as near as the first."""
    folded = {n.casefold(): n for n in names if "*" not in n}
    wanted = name.casefold()
    found = get_close_matches(wanted, folded, 3, cutoff)
    ratios = [SequenceMatcher(None, wanted, n).ratio() for n in found]
    return [folded[n] for n, ratio in zip(found, ratios, strict=True) if ratio > ratios[0] - 0.1]


def _did_you_mean(names: list[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"did you mean {', '.join(first)} or {last}?" if first else f"did you mean {last}?"


def _listed(names: list[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last


# Namespaces of AWS whose metrics the catalogue does not have ("AWS services that publish CloudWatch metrics").
_OTHERS = frozenset(
    f"AWS/{name}"
    for name in (
        "ACMPrivateCA AmazonMQ AmplifyHosting AppFlow AppRunner AppStream AppSync ApplicationSignals AutoScaling Backup Bedrock "
        "Cassandra Chatbot ClientVPN CloudHSM CloudSearch CloudTrail CodeBuild CodeGuruProfiler CodePipeline "
        "Connect DAX DDoSProtection DMS DX DataLifecycleManager DataSync DocDB EBS EC2/API EC2CapacityReservations "
        "EC2Spot ECR EKS ELB EMRServerless ES ElasticBeanstalk ElasticGPUs ElasticInference ElasticMapReduce "
        "ElasticTranscoder EventBridge/Pipes FSx FraudDetector GameLift GatewayELB GlobalAccelerator GroundStation IVS "
        "IVSRealTime Inspector InternetMonitor IoT IoTAnalytics IoTSiteWise KMS Kafka KafkaConnect Kendra KinesisAnalytics "
        "KinesisVideo Lex LookoutMetrics ML MWAA MediaConnect MediaConvert MediaLive MediaPackage MediaStore MediaTailor "
        "MemoryDB Neptune NetworkFirewall OpsWorks Outposts Polly PrivateLinkEndpoints PrivateLinkServices "
        "Prometheus QLDB QuickSight RUM Redshift Redshift-Serverless Rekognition Robomaker Route53Resolver S3ObjectLambda "
        "SDKMetrics SES SWF SageMaker SageMaker/LabelingJobs Sagemaker/ModelBuildingPipeline SecretsManager "
        "ServiceCatalog StorageGateway Textract ThingsGraph Timestream Transfer TransitGateway Translate TrustedAdvisor Usage "
        "VPN VpcLattice WAF WAFV2 WorkSpaces X-Ray"
    ).split()
)
