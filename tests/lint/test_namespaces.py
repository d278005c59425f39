"""CloudWatch metrics held against the catalogue: what only a plan can show; specs are in `cases/cloudwatch`."""

from __future__ import annotations

from monitorspec.compiler import plan_of
from monitorspec.lint.finding import Finding
from monitorspec.lint.namespaces import unfit
from monitorspec.plan import Plan
from monitorspec.plan.aws import MetricFilter

HEAD = """
version: 1
system: shop
owner: shop
services:
  web:
    thresholds:
"""
LAMBDA = "namespace: AWS/Lambda, dimensions: {FunctionName: web}"


def _plan(text: str, more: str = "") -> Plan:
    plan, found = plan_of(f"{HEAD}{text}{more}")
    assert found == []
    assert plan is not None
    return plan


def _found(plan: Plan) -> list[tuple[str, str, str]]:
    return [(f.code, f.level, f.message) for f in unfit(plan)]


def _filter(metric: str, **dimensions: str) -> MetricFilter:
    return MetricFilter("f", "g", "", "Shop/Logs", metric, "1", None, "count", tuple(dimensions.items()), ("aws",))


def _filtered(metric: str, *filters: MetricFilter, dimensions: str = "") -> list[Finding]:
    plan = _plan(
        f"      t: {{cloudwatch: {{namespace: Shop/Logs, metric: {metric}{dimensions}}}, above: {{critical: 1}}}}\n"
    )
    return list(unfit(plan._replace(stack=plan.stack._replace(metric_filters=filters))))


def test_a_metric_that_a_filter_makes() -> None:
    assert _filtered("Timeouts", _filter("Timeouts")) == []
    # The application may publish to the same namespace, so that only a near name is told, as a warning.
    assert _filtered("Orders", _filter("Timeouts")) == []
    (finding,) = _filtered("Timeout", _filter("Timeouts"))
    assert (finding.code, finding.level) == ("cloudwatch/unknown-metric", "warning")
    assert finding.help == ("did you mean `Timeouts`?",)


def test_the_dimensions_that_a_filter_gives() -> None:
    made = _filter("Timeouts", Kind="$.kind")
    assert _filtered("Timeouts", made, dimensions=", dimensions: {Kind: slow}") == []
    (finding,) = _filtered("Timeouts", made)
    assert finding.code == "cloudwatch/metric-dimensions"
    assert finding.help == ("declared with `Kind`",)


def test_the_usual_statistic_of_a_metric_that_names_none() -> None:
    text = (
        f"      a: {{cloudwatch: {{{LAMBDA}, metric: Errors}}, above: {{critical: 1}}}}\n"
        f"      b: {{cloudwatch: {{{LAMBDA}, metric: IteratorAge}}, above: {{critical: 1h}}}}\n"
        "      c: {cloudwatch: {namespace: Shop, metric: Orders}, above: {critical: 1}}\n"
        "      d: {cloudwatch: {namespace: Own, metric: Orders}, above: {critical: 1}}\n"
    )
    plan = _plan(text, "aws: {namespaces: {Own: {metrics: {Orders: {unit: count, stat: Maximum}}}}}\n")
    stats = {t.key: t.signal.cloudwatch.stat for t in plan.services[0].thresholds if t.signal.cloudwatch}
    assert stats == {"a": "Sum", "b": "Maximum", "c": "Average", "d": "Maximum"}


def test_limits_are_converted_to_the_metrics_unit() -> None:
    text = (
        f"      a: {{cloudwatch: {{{LAMBDA}, metric: Duration}}, above: {{critical: 1s}}}}\n"
        "      b: {cloudwatch: {namespace: AWS/RDS, metric: FreeStorageSpace}, below: {critical: 2GiB}}\n"
        f"      c: {{cloudwatch: {{{LAMBDA}, metric: Errors, stat: Average}}, above: {{critical: 5%}}}}\n"
        "      d: {cloudwatch: {namespace: AWS/RDS, metric: CPUUtilization}, above: {critical: 80%}}\n"
        "      e: {cloudwatch: {namespace: Own, metric: Age}, above: {critical: 1m}}\n"
    )
    plan = _plan(text, "aws: {namespaces: {Own: {metrics: {Age: {unit: milliseconds}}}}}\n")
    limits = {a.key: (str(getattr(a.condition, "value", "")), a.signal.unit) for a in plan.alerts}
    assert limits == {
        "a": ("1000", "milliseconds"),
        "b": ("2147483648", "bytes"),
        "c": ("0.05", "ratio"),
        "d": ("80", "percent"),
        "e": ("60000", "milliseconds"),
    }


def test_a_panel_is_looked_at_once() -> None:
    metric = "cloudwatch: {namespace: AWS/Lambda, metric: Nothing}"
    plan, found = plan_of(
        f"{HEAD}      t: {{{metric}, above: {{critical: 1}}}}\n"
        f"dashboards: {{own: {{panels: {{Calls: {{threshold: web.t}}, Other: {{{metric}}}}}}}}}\n"
    )
    assert plan is None
    # The threshold, and the panel with a metric of its own; neither the automatic panel nor the one of the threshold.
    assert [(d.code, d.position.line) for d in found] == [
        ("cloudwatch/unknown-metric", 8),
        ("cloudwatch/unknown-metric", 9),
    ]


def test_a_metric_of_aws_can_be_declared() -> None:
    text = "      t: {cloudwatch: {namespace: AWS/Lambda, metric: BrandNew, dimensions: {New: x}}, above: {critical: 1s}}\n"
    declared = "aws: {namespaces: {AWS/Lambda: {metrics: {BrandNew: {unit: seconds, dimensions: [New]}}}}}\n"
    assert _found(_plan(text, declared)) == []
