"""Presets of AWS services: each compiles by itself, selects by the service's dimensions, and alarms on what AWS publishes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitorspec import presets
from monitorspec.alarmstate.resolver import Stack
from monitorspec.cloudformation.finished import alarm_problems, template_problems
from monitorspec.compiler import emit, plan_of
from monitorspec.diagnostics import Diagnostic
from monitorspec.plan import Alert, CloudWatchSignal, Limit, Plan
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.runner import failures
from tests.catalogue.facts import facts

AWS = tuple(name for name in presets.known() if "select" in presets.read(name))
WAYS = [(name, tuple(choice)) for name in AWS for choice in presets.read(name)["select"]]
TAIL = "receivers: {chat: {sns: notices}}\nroutes: {default: {notify: [chat]}}\naws: {topics: {notices: {parameter: Notices}}}\n"


def _spec(preset: str, names: tuple[str, ...], own: str = "", value: str = "x") -> str:
    dimensions = "".join(f"      {name}: {value}\n" for name in names)
    return (
        f"version: 1\nsystem: shop\nowner: shop\nservices:\n  web:\n    presets: [{preset}]\n"
        f"{'    dimensions:' if names else ''}\n{dimensions}{own}{TAIL}"
    )


def _compiled(text: str) -> tuple[Plan, list[Diagnostic]]:
    plan, found = plan_of(text)
    assert plan is not None, found
    return plan, found


def _plan(preset: str, names: tuple[str, ...], own: str = "", value: str = "x") -> Plan:
    plan, found = _compiled(_spec(preset, names, own, value))
    assert found == []
    return plan


def _metrics(signal: CloudWatchSignal) -> list[CloudWatchSignal]:
    return [inner for _, part in signal.metrics for inner in _metrics(part)] if signal.expression else [signal]


def _optional(preset: str) -> list[str]:
    """Thresholds that only the service can give a limit."""
    thresholds = presets.read(preset)["thresholds"]
    return [key for key, given in thresholds.items() if not {"above", "below"} & given.keys()]


def _needs(preset: str, key: str) -> set[str]:
    """The dimensions that a threshold asks for by name."""
    return set(re.findall(r"\$([A-Z]\w*)", json.dumps(presets.read(preset)["thresholds"][key])))


def _given(preset: str, names: tuple[str, ...]) -> list[str]:
    """Thresholds that have a limit, and nothing but these dimensions."""
    return [
        key
        for key in presets.read(preset)["thresholds"]
        if key not in _optional(preset) and _needs(preset, key) <= set(names)
    ]


def _way(preset: str, key: str) -> tuple[str, ...]:
    """Dimensions with which a preset has a threshold."""
    return next(names for p, names in WAYS if p == preset and _needs(preset, key) <= set(names))


@pytest.mark.parametrize(("preset", "names"), WAYS, ids=str)
def test_it_compiles_without_a_finding(preset: str, names: tuple[str, ...]) -> None:
    plan = _plan(preset, names)
    assert {alert.key for alert in plan.alerts} == set(_given(preset, names))
    assert all(alert.on_cloudwatch for alert in plan.alerts)


def test_every_preset_has_an_alarm_by_itself_but_one_on_money() -> None:
    assert [preset for preset in AWS if not any(_given(preset, names) for p, names in WAYS if p == preset)] == [
        "billing"
    ]


@pytest.mark.parametrize(("preset", "names"), WAYS, ids=str)
def test_its_panels_show_what_is_published(preset: str, names: tuple[str, ...]) -> None:
    plan = _plan(preset, names, "    platforms: [grafana, cloudwatch]\n")
    (dashboard,) = [d for d in plan.dashboards if d.service == "web"]
    shown = {panel.title: panel for row in dashboard.rows for panel in row.panels}
    own = {title: given for title, given in presets.read(preset)["panels"].items() if title in shown}
    assert own
    for title, given in own.items():
        panel = shown[title]
        assert panel.description.endswith(".")
        assert panel.unit == given["unit"] != "none"
        assert panel.queries
        asked = {
            name for q in panel.queries if q.cloudwatch for m in _metrics(q.cloudwatch) for name, _ in m.dimensions
        }
        assert asked


@pytest.mark.parametrize("preset", AWS)
def test_a_list_of_values_makes_an_alarm_for_each(preset: str) -> None:
    names = tuple(presets.read(preset)["select"][-1])
    one, two = _plan(preset, names), _plan(preset, names, value="[x, y]")
    varied = [{name for m in _metrics(a.signal.cloudwatch or _none()) for name, _ in m.dimensions} for a in one.alerts]
    assert len(two.alerts) == sum(2 ** len(found & set(names)) for found in varied)
    assert len({alert.id for alert in two.alerts}) == len(two.alerts)


@pytest.mark.parametrize("preset", AWS)
def test_a_value_may_be_a_parameter_of_the_stack(preset: str) -> None:
    names = tuple(presets.read(preset)["select"][-1])
    if preset == "billing":  # Nothing has a limit.
        return
    plan = _plan(preset, names, value="'shop-${Environment}'")
    values = {v for a in plan.alerts for s in _metrics(a.signal.cloudwatch or _none()) for _, v in s.dimensions}
    assert "shop-${Environment}" in values
    assert not [value for value in values if value.startswith("$")]


def _none() -> CloudWatchSignal:
    raise AssertionError("an alert on no CloudWatch signal")


@pytest.mark.parametrize("preset", AWS)
def test_a_threshold_without_a_default_waits_for_a_limit(preset: str) -> None:
    for key in _optional(preset):
        plan = _plan(preset, _way(preset, key), f"    thresholds: {{{key}: {{above: {{warning: 1}}}}}}\n")
        (made, *rest) = [a for a in plan.alerts if a.key == key]
        assert made.severity == "warning"
        assert all(a.severity == "warning" for a in rest)
        assert made.title
    said = (presets.FOLDER / f"{preset}.yaml").read_text(encoding="utf-8").partition("\nselect:")[0]
    assert [key for key in _optional(preset) if f"`{key}`" not in said] == []


@pytest.mark.parametrize("preset", AWS)
def test_every_alert_tells_what_it_means_and_what_to_do(preset: str) -> None:
    for key in presets.read(preset)["thresholds"]:
        own = f"    thresholds: {{{key}: {{above: {{warning: 1}}}}}}\n" if key in _optional(preset) else ""
        plan = _plan(preset, _way(preset, key), own)
        pages = {page.path: page for page in plan.runbooks}
        for alert in [alert for alert in plan.alerts if alert.key == key]:
            assert alert.title
            assert alert.description.endswith(".")
            page = pages[alert.runbook]
            assert page.impact.endswith(".")
            assert page.steps
            assert all(step.endswith(".") for step in page.steps)


@pytest.mark.parametrize("preset", AWS)
def test_no_runbook_is_without_its_alert(preset: str) -> None:
    read = presets.read(preset)
    assert set(read["runbooks"]) == set(read["thresholds"])
    for names in [tuple(c) for p, c in WAYS if p == preset]:
        plan = _plan(preset, names)
        assert {page.path for page in plan.runbooks if page.service} == {alert.runbook for alert in plan.alerts}


@pytest.mark.parametrize("kind", ["thresholds", "panels"])
def test_presets_of_one_service_do_not_lie_over_each_other(kind: str) -> None:
    """A service often has a function, its table and its queue: the names have to differ."""
    counted = Counter(name for preset in AWS for name in presets.read(preset)[kind])
    assert [name for name, count in counted.items() if count > 1] == []


def test_each_preset_takes_its_own_dimensions() -> None:
    plan = _plan("lambda, sqs", ("FunctionName", "QueueName"))
    seen = {
        (metric.namespace, tuple(name for name, _ in metric.dimensions))
        for alert in plan.alerts
        for metric in _metrics(alert.signal.cloudwatch or _none())
    }
    assert seen == {("AWS/Lambda", ("FunctionName",)), ("AWS/SQS", ("QueueName",))}


def test_what_needs_a_dimension_that_is_not_given_is_left_out() -> None:
    cluster = {a.key for a in _plan("ecs", ("ClusterName",)).alerts}
    service = {a.key for a in _plan("ecs", ("ClusterName", "ServiceName")).alerts}
    assert service - cluster == {"tasks-running", "tasks-pending"}
    assert "task-cpu" in cluster
    replica = {a.key for a in _plan("dynamodb", ("TableName", "ReceivingRegion")).alerts}
    assert "table-replication-lag" in replica - {a.key for a in _plan("dynamodb", ("TableName",)).alerts}


def test_a_service_overrides_key_by_key() -> None:
    own = (
        "    thresholds:\n"
        "      function-errors: {above: {critical: 10%, warning: null}, datapoints: 1 of 2}\n"
        "      function-lag: {cloudwatch: {period: 1m, dimensions: {FunctionName: other}}}\n"
        "      function-throttles: null\n"
        "    panels: {Function calls: null}\n"
    )
    plan = _plan("lambda", ("FunctionName",), own)
    (errors,) = [a for a in plan.alerts if a.key == "function-errors"]
    assert isinstance(errors.condition, Limit)
    assert (errors.severity, errors.condition.text, errors.condition.datapoints) == ("critical", "10%", (1, 2))
    lag = next(a.signal.cloudwatch for a in plan.alerts if a.key == "function-lag")
    assert lag is not None
    assert (lag.period, lag.dimensions, lag.stat) == (60_000, (("FunctionName", "other"),), "Maximum")
    assert "function-throttles" not in {a.key for a in plan.alerts}


def test_null_deletes_a_threshold_without_a_default_too() -> None:
    plan = _plan("lambda", ("FunctionName",), "    thresholds: {function-duration: null}\n")
    assert "function-duration" not in {a.key for a in plan.alerts}


def test_severities_of_a_spec_stand_in_for_those_of_presets() -> None:
    text = _spec("lambda", ("FunctionName",)).replace(
        "services:", "severities: {high: {page: true}, low: {}}\nservices:"
    )
    plan, found = _compiled(text)
    assert found == []
    assert {a.severity for a in plan.alerts} == {"high", "low"}


@cache
def _all() -> Plan:
    """Every preset in every way that it can select by, with a limit where it has none: one system, as tools take their time."""
    services = {
        f"{preset}-{n}": {
            "presets": [preset],
            "dimensions": dict.fromkeys(names, "x"),
            "thresholds": {
                key: {"above": {"warning": 1}} for key in _optional(preset) if _needs(preset, key) <= set(names)
            },
        }
        for n, (preset, names) in enumerate(WAYS)
    }
    head = {"version": 1, "system": "shop", "owner": "shop"}
    aws = {"topics": {"notices": {"parameter": "Notices"}}}
    tail = {"receivers": {"chat": {"sns": "notices"}}, "routes": {"default": {"notify": ["chat"]}}, "aws": aws}
    plan, found = _compiled(json.dumps({**head, "services": services, **tail}))
    assert found == []
    return plan


def test_alarms_hold_and_templates_are_clean(tmp_path: Path) -> None:
    alarms: list[dict[str, Any]] = []
    files = []
    for artifact in emit(_all(), ("cloudwatch",)):
        template = yaml.safe_load(artifact.text)
        assert template_problems(template) == []
        alarms += [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::CloudWatch::Alarm"]
        files.append(tmp_path / Path(artifact.path).name)
        files[-1].write_text(artifact.text, encoding="utf-8")
    assert len(alarms) == len(_all().alerts)
    assert [problem for alarm in alarms for problem in alarm_problems(alarm)] == []
    checked = subprocess.run(
        [sys.executable, "-m", "cfnlint", "--format", "json", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(checked.stdout or "[]") == [], checked.stderr


def test_alarms_fire_when_they_should_and_at_no_other_time() -> None:
    """Held against an evaluator with CloudWatch's semantics, by cases made from the limits."""
    proof = proof_of(_all())
    assert len(proof.cases) >= len(_all().alerts)
    # A datapoint of no samples, just at the limit of that one, cannot be.
    assert [gap.alert.partition(".")[2] for gap in proof.gaps] == ["query-failures.warning"]
    stacks = [Stack(yaml.safe_load(artifact.text), region="us-east-1") for artifact in emit(_all(), ("cloudwatch",))]
    assert list(map(str, failures(proof, stacks))) == []


_RECOMMENDED = re.compile(r"(\w+) ([<>]=?) (\S+)")


def _recommended() -> list[tuple[str, str, str, str, float]]:
    return [
        (fact.namespace, fact.metric, stat, op, float(value))
        for fact in facts()
        for limit in fact.limits
        for stat, op, value in [_RECOMMENDED.fullmatch(limit).groups()]  # type: ignore[union-attr]
    ]


def _alerts() -> list[Alert]:
    return [alert for preset, names in WAYS for alert in _plan(preset, names).alerts]


def test_limits_are_about_those_that_aws_recommends() -> None:
    """Where AWS recommends a fixed limit for the same statistic, it lies between our mildest and our most severe one."""
    ours: dict[tuple[str, str, str, str], set[float]] = {}
    for alert in _alerts():
        signal = alert.signal.cloudwatch
        if signal is not None and signal.metric and isinstance(alert.condition, Limit):
            key = (signal.namespace, signal.metric, signal.stat, alert.condition.op[0])
            ours.setdefault(key, set()).add(float(alert.condition.value))
    compared = 0
    for namespace, metric, stat, op, value in _recommended():
        limits = ours.get((namespace, metric, stat, op[0]))
        if limits is None:
            continue
        compared += 1
        # A limit that is reached by whole numbers: at least 1 is above 0.
        said = value - 1 if op == ">=" and value == 1 else value
        assert min(limits) <= said <= max(limits), f"{namespace} {metric}: AWS {op} {value}, ours {sorted(limits)}"
    assert compared >= 8
