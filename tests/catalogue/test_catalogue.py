"""The catalogue, held against what AWS' own packages say about the same metrics (`facts`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitorspec import catalogue
from monitorspec.catalogue import Metric, find, metrics, signal_unit, unit_of
from monitorspec.cloudformation.statistics import statistic_problem
from monitorspec.plan import CloudWatchSignal
from monitorspec.presets.files import FOLDER, known, namespaces, read
from monitorspec.spec.units import UNITS
from tests.catalogue.facts import Fact, facts

# How AWS writes its units, and ours.
OURS = {
    "Bytes": "bytes",
    "Bytes per second": "bytes/s",
    "Bytes/Second": "bytes/s",
    "Bytes/second": "bytes/s",
    "Boolean": "bool",
    "Count": "count",
    "Count (per second)": "per_second",
    "Count per second": "per_second",
    "Gigabytes (GB)": "gigabytes",
    "Megabytes": "megabytes",
    "Microseconds": "microseconds",
    "Millisecond": "milliseconds",
    "Milliseconds": "milliseconds",
    "Percent": "percent",
    "Percentage": "percent",
    "Seconds": "seconds",
    "USD": "usd",
}
# Where we say something else than AWS' package, and why.
OTHER_UNITS = {
    ("AWS/DynamoDB", "OnlineIndexPercentageProgress"): "a percentage that is published as a count",
    ("AWS/Lambda", "ProvisionedConcurrencyUtilization"): "0.5 is half of it, as the developer guide says",
}
OTHER_STATISTICS = {("AWS/EFS", "StorageBytes"): "a size; the package mistakes it for a number of clients"}
OTHER_SETS = {
    ("AWS/ApiGateway", "4XXError", "ApiId+Stage"): "of REST APIs only, which have a name; HTTP APIs publish 4xx",
    ("AWS/ApiGateway", "5XXError", "ApiId+Stage"): "of REST APIs only, which have a name; HTTP APIs publish 5xx",
    ("AWS/ApiGateway", "CacheHitCount", "ApiId+Stage"): "HTTP APIs have no cache",
    ("AWS/ApiGateway", "CacheMissCount", "ApiId+Stage"): "HTTP APIs have no cache",
}
FACTS = facts()


def _metric(fact: Fact) -> Metric:
    metric = find(metrics(fact.namespace) or {}, fact.metric)
    assert metric is not None, f"{fact.namespace} {fact.metric} is not in the catalogue"
    return metric


def _differences(fact: Fact) -> Iterator[str]:
    """Where the catalogue says something else than AWS."""
    metric = _metric(fact)
    unit = OURS.get(fact.unit)
    if unit and UNITS[metric.unit][:2] != UNITS[unit][:2] and (fact.namespace, fact.metric) not in OTHER_UNITS:
        yield f"{fact.metric} is in {metric.unit}, AWS says {fact.unit}"
    said = "ercentile" if metric.stat.startswith("p") else metric.stat.removesuffix("imum")
    if fact.statistics and said not in fact.statistics and (fact.namespace, fact.metric) not in OTHER_STATISTICS:
        yield f"{fact.metric} has {metric.stat}, AWS says {fact.statistics}"
    for names in (*fact.dimension_sets, *fact.alarm_sets) if metric.dimension_sets is not None else ():
        text = "+".join(sorted(names))
        if names not in (metric.dimension_sets or ()) and (fact.namespace, fact.metric, text) not in OTHER_SETS:
            yield f"{fact.metric} is not published with {text}, AWS says it is"


def test_the_table_is_not_empty() -> None:
    assert len(FACTS) > 400
    assert {fact.namespace for fact in FACTS} <= set(catalogue.described())


@pytest.mark.parametrize("namespace", sorted({fact.namespace for fact in FACTS}))
def test_every_metric_is_there(namespace: str) -> None:
    there = metrics(namespace) or {}
    assert [f.metric for f in FACTS if f.namespace == namespace and find(there, f.metric) is None] == []


@pytest.mark.parametrize("namespace", sorted({fact.namespace for fact in FACTS}))
def test_units_statistics_and_dimensions(namespace: str) -> None:
    assert [text for fact in FACTS if fact.namespace == namespace for text in _differences(fact)] == []


def test_where_we_differ_from_aws_is_still_so() -> None:
    there = {(fact.namespace, fact.metric): fact for fact in FACTS}
    assert [key for key in OTHER_UNITS if OURS[there[key].unit] == _metric(there[key]).unit] == []
    assert [key for key in OTHER_STATISTICS if _metric(there[key]).stat in there[key].statistics] == []
    for namespace, name, text in OTHER_SETS:
        fact = there[namespace, name]
        assert frozenset(text.split("+")) in (*fact.dimension_sets, *fact.alarm_sets)
        assert frozenset(text.split("+")) not in (_metric(fact).dimension_sets or ())


@pytest.mark.parametrize("namespace", catalogue.described())
def test_every_entry_is_whole(namespace: str) -> None:
    there = metrics(namespace)
    assert there
    for name, metric in there.items():
        assert metric.unit in UNITS, name
        assert statistic_problem(metric.stat) == ("", ""), name
        assert metric.average == "" or metric.average in UNITS, name
        assert metric.average == "" or metric.stat in ("Sum", "SampleCount"), name
        assert re.fullmatch(r"[A-Z0-9].*[.]", metric.help), name
        assert len(metric.help) <= 100, name
        assert metric.dimension_sets is None or len(set(metric.dimension_sets)) == len(metric.dimension_sets), name


def test_no_metric_stands_twice() -> None:
    """Groups of one namespace that share a name would hide each other."""
    for preset in set(namespaces().values()):
        for namespace, groups in read(preset)["namespaces"].items():
            names = [name for group in groups for name in group["metrics"]]
            assert sorted(names) == sorted(set(names)), namespace


def test_the_first_line_names_the_namespaces() -> None:
    for preset in known():
        assert {n for n, p in namespaces().items() if p == preset} == set(read(preset).get("namespaces", {}))


def test_every_file_is_clean_yaml() -> None:
    from monitorspec import source

    for path in FOLDER.glob("*.yaml"):
        assert source.load(path).diagnostics == ()


def test_a_namespace_that_nobody_has_described() -> None:
    assert metrics("AWS/Kendra") is None
    assert metrics("Shop") is None


@pytest.mark.parametrize(
    ("stat", "unit"),
    [
        ("Sum", "count"),
        ("Average", "ratio"),  # Each call is one sample, 1 when it failed.
        ("SampleCount", "count"),
        ("p99", "count"),
        ("TC(:1)", "count"),
        ("tc99", "count"),
        ("PR(:1)", "percent"),
    ],
)
def test_the_unit_of_a_statistic(stat: str, unit: str) -> None:
    errors = (metrics("AWS/Lambda") or {})["Errors"]
    assert unit_of(errors, stat) == unit


def test_a_pattern_stands_for_all_that_match() -> None:
    there = metrics("Glue") or {}
    for name in ("glue.driver.jvm.heap.usage", "glue.ALL.jvm.heap.usage", "glue.17.jvm.heap.usage"):
        metric = find(there, name)
        assert metric is not None
        assert metric.unit == "ratio"
    assert find(there, "glue.driver.jvm.heap.usages") is None


def _math(expression: str, **names: str) -> CloudWatchSignal:
    parts = tuple(
        (id, CloudWatchSignal("AWS/Lambda", name, "Maximum", 60_000, (), "", (), "", "", ""))
        for id, name in names.items()
    )
    return CloudWatchSignal("", "", "", 60_000, (), expression, parts, "", "", "")


@pytest.mark.parametrize(
    ("signal", "unit"),
    [
        (_math("a + b", a="Duration", b="PostRuntimeExtensionsDuration"), "milliseconds"),
        (_math("MAX([a, b])", a="Duration", b="IteratorAge"), "milliseconds"),
        (_math("FILL(a, 0)", a="Duration"), "milliseconds"),
        (_math("a / b", a="Duration", b="PostRuntimeExtensionsDuration"), ""),
        (_math("a * 2", a="Duration"), ""),
        (_math("RATE(a)", a="Errors"), ""),
        (_math("a > 3", a="Duration"), ""),
        (_math("a + b", a="Duration", b="Errors"), ""),
        (_math("a", a="NoSuchMetric"), ""),
    ],
    ids=lambda v: v.expression if isinstance(v, CloudWatchSignal) else str(v),
)
def test_the_unit_of_metric_math(signal: CloudWatchSignal, unit: str) -> None:
    assert signal_unit(signal, lambda namespace, name: find(metrics(namespace) or {}, name)) == unit


def test_only_the_files_in_question_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = Path.open

    def recorded(self: Path, mode: str = "r", *rest: object, **named: object) -> object:
        if self.parent == FOLDER and "b" in mode:
            opened.append(self.stem)
        return real(self, mode, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", recorded)
    for cached in (read, metrics):
        cached.cache_clear()
    from monitorspec.compiler import plan_of

    head = "version: 1\nsystem: shop\nowner: shop\nservices:\n  web:\n    thresholds:\n"
    tail = "receivers: {chat: {webhook: {url: 'https://chat.example'}, sns: notices}}\nroutes: {default: {notify: [chat]}}\n"
    tail += "aws: {topics: {notices: {parameter: Notices}}}\n"
    _, found = plan_of(f"{head}      cpu: {{expr: avg(cpu_ratio), above: {{critical: 95%}}}}\n{tail}")
    assert (found, opened) == ([], [])
    _, found = plan_of(
        f"{head}      own: {{cloudwatch: {{namespace: Shop, metric: Orders}}, above: {{critical: 1}}}}\n{tail}"
    )
    assert (found, opened) == ([], [])
    _, found = plan_of(
        f"{head}      calls: {{cloudwatch: {{namespace: AWS/Lambda, metric: Errors}}, above: {{critical: 1}}}}\n{tail}"
    )
    assert (found, opened) == ([], ["lambda"])
