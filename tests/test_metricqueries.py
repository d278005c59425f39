"""Queries of objectives, thresholds and alarms on CloudWatch: what they amount to, computed as CloudWatch would."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from monitorspec.alarmstate.mathframe import Band, Frame
from monitorspec.alarmstate.mathvalues import Series
from monitorspec.alarmstate.metricmath import Computation
from monitorspec.compiler import plan_of
from monitorspec.grafana import states
from monitorspec.metricrows import metric_rows
from monitorspec.panels import slo_panels, threshold_panels
from monitorspec.plan import Absent, CloudWatchSignal, Plan, Query

Values = tuple[float | None, ...]

SPEC = """\
version: 1
system: shop
owner: payments
receivers: {{oncall: {{sns: pages}}}}
routes: {{default: {{notify: [oncall]}}}}
aws: {{topics: {{pages: {{parameter: PagesTopicArn}}}}}}
services:
  api:
    {key}:
      x: {spec}
"""
CALLS = "namespace: N, metric: Calls, stat: Sum"


def plan(key: str, spec: str) -> Plan:
    made, found = plan_of(SPEC.format(key=key, spec=spec))
    assert made is not None, [d.message for d in found]
    return made


def computed(
    query: Query | CloudWatchSignal, data: Mapping[str, Values], bands: Mapping[str, Band] | None = None
) -> Values:
    """The datapoints of a query over those of metrics, which are named by `Metric` or `Metric.Stat`."""
    signal = query.cloudwatch if isinstance(query, Query) else query
    assert signal is not None
    rows = list(metric_rows(signal, "", set()))
    metrics = {
        row.id: Series(data.get(f"{row.signal.metric}.{row.signal.stat}", data.get(row.signal.metric, ())), row.id)
        for row in rows
        if not row.signal.expression
    }
    length = len(next(iter(data.values())))
    frame = Frame(tuple(range(0, 60 * length, 60)), 60, metrics, bands or {})
    *others, last = rows
    assert last.visible
    assert not any(row.visible for row in others)
    if not last.signal.expression:
        return metrics[last.id].values
    expressions = {row.id: row.signal.expression for row in others if row.signal.expression}
    work = Computation(frame, {**expressions, "": last.signal.expression})
    return work.series("").values


# ---- objectives

BAD = "bad: {namespace: N, metric: Errors, stat: Sum}"
GOOD = "good: {namespace: N, metric: Fine, stat: Sum}"


def slo(part: str, more: str = "") -> Plan:
    return plan("slos", f"{{objective: 99%, cloudwatch: {{total: {{{CALLS}}}, {part}}}{more}}}")


def panels(part: str, more: str = "") -> dict[str, list[Query]]:
    (made,) = slo(part, more).services[0].slos
    return {panel.title.removeprefix("X: "): list(panel.queries) for panel in slo_panels(made)}


def test_the_budget_weighs_requests_over_all_that_is_shown() -> None:
    (left,) = panels(BAD)["error budget left"]
    # 3 of 1,000 requests are bad, of which 1% may be: 30% of the budget is gone. Hours of no request count for nothing.
    data = {"Calls": (100.0, 900.0, None), "Errors": (None, 3.0, None)}
    assert computed(left, data) == pytest.approx((0.7, 0.7, None))
    assert computed(left, {"Calls": (100.0, 100.0), "Errors": (2.0, 2.0)}) == pytest.approx((-1.0, -1.0))


def test_the_budget_from_good_events() -> None:
    (left,) = panels(GOOD)["error budget left"]
    assert computed(left, {"Calls": (100.0, 900.0), "Fine": (100.0, 897.0)}) == pytest.approx((0.7, 0.7))


def test_the_budget_is_shown_over_the_window_of_the_objective() -> None:
    (made,) = slo(BAD, ", window: 14d").services[0].slos
    left = slo_panels(made)[0]
    assert (left.type, left.range) == ("stat", 14 * 86_400_000)


def test_the_burn_rate_is_the_error_ratio_over_the_budget() -> None:
    (rate,) = panels(BAD)["burn rate"]
    assert computed(rate, {"Calls": (1000.0, 0.0), "Errors": (144.0, None)}) == pytest.approx((14.4, 0.0))
    (rate,) = panels(BAD, ", min_traffic: 1/s")["burn rate"]
    # Over an hour: 3,600 requests at least.
    assert computed(rate, {"Calls": (3599.0, 3600.0), "Errors": (3599.0, 36.0)}) == pytest.approx((0.0, 1.0))


def test_the_error_ratio_is_drawn_over_each_window_as_the_alarms_see_it() -> None:
    ratios = panels(BAD)["error ratio"]
    assert [query.legend for query in ratios] == ["5m", "30m", "1h", "2h", "6h", "1d"]
    for query, seconds in zip(ratios, (300, 1800, 3600, 7200, 21600, 86400), strict=True):
        assert query.cloudwatch is not None
        assert {row.signal.period for row in metric_rows(query.cloudwatch, "", set())} == {seconds * 1000}
        assert computed(query, {"Calls": (200.0,), "Errors": (3.0,)}) == pytest.approx((0.015,))


# ---- thresholds


def threshold(spec: str) -> list[Query]:
    (made,) = plan("thresholds", spec).services[0].thresholds
    (panel,) = threshold_panels(made)
    return list(panel.queries)


def test_each_signal_of_a_threshold_is_drawn_once_and_named_by_what_differs() -> None:
    made = threshold(
        "{cloudwatch: {namespace: N, metric: M, dimensions: {A: [x, y], B: b, C: ['1', '2']}}, above: {critical: 5, warning: 1}}"
    )
    assert [query.legend for query in made] == ["x 1", "x 2", "y 1", "y 2"]
    assert made[0].cloudwatch is not None
    assert dict(made[0].cloudwatch.dimensions) == {"A": "x", "B": "b", "C": "1"}


def test_math_over_several_values_is_named_by_them_too() -> None:
    part = "{namespace: N, metric: M, dimensions: {A: [x, y]}}"
    made = threshold(
        f"{{cloudwatch: {{expression: a / b, metrics: {{a: {part}, b: {part}}}}}, above: {{critical: 5}}}}"
    )
    assert [query.legend for query in made] == ["x", "y"]


def test_an_anomaly_is_drawn_with_the_band_that_is_expected() -> None:
    one, band = threshold("{cloudwatch: {namespace: N, metric: M}, anomaly: {deviations: 3}}")
    assert (one.legend, band.legend) == ("M", "expected")
    assert band.cloudwatch is not None
    assert [row.signal.expression or row.signal.metric for row in metric_rows(band.cloudwatch, "", set())] == [
        "M",
        "ANOMALY_DETECTION_BAND(value, 3)",
    ]


def test_a_composite_has_nothing_to_draw() -> None:
    text = SPEC.format(
        key="thresholds",
        spec="{cloudwatch: {namespace: N, metric: M}, above: {critical: 5}}\n      y: {composite: {all_of: [x, x.critical]}}",
    )
    made, _ = plan_of(text)
    assert made is not None
    assert [len(threshold_panels(t)) for t in made.services[0].thresholds] == [1, 0]


# ---- the state of alarms in Grafana


def state(key: str, spec: str, suffix: str) -> list[Query]:
    made = plan(key, spec)
    alerts = {alert.id: alert for alert in made.alerts}
    slos = {f"{o.service}.{o.key}": o for s in made.services for o in s.slos}
    return states.queries([id for id in alerts if id.endswith(suffix)], alerts, slos)


METRIC = "cloudwatch: {namespace: N, metric: M}"


@pytest.mark.parametrize(
    ("spec", "data", "expected"),
    [
        (f"{{{METRIC}, above: {{critical: 5}}}}", {"M": (5.0, 5.1, None)}, (0.0, 1.0, None)),
        (f"{{{METRIC}, above: {{critical: 5}}, inclusive: true}}", {"M": (5.0, 4.9)}, (1.0, 0.0)),
        (f"{{{METRIC}, below: {{critical: 5}}}}", {"M": (5.0, 4.9)}, (0.0, 1.0)),
        (
            f"{{{METRIC}, above: {{critical: 5}}, min_samples: 10}}",
            {"M.Average": (6.0, 6.0), "M.SampleCount": (9.0, 10.0)},
            (0.0, 1.0),
        ),
        (
            "{cloudwatch: {expression: a * 2, metrics: {a: {namespace: N, metric: M}}}, above: {critical: 5}}",
            {"M": (2.0, 3.0)},
            (0.0, 1.0),
        ),
    ],
)
def test_a_datapoint_beyond_the_limit_is_one(spec: str, data: Mapping[str, Values], expected: Values) -> None:
    (made,) = state("thresholds", spec, ".critical")
    assert made.legend == "x critical"
    assert computed(made, data) == expected


def test_missing_data_is_one_where_that_is_the_alarm() -> None:
    (alert,) = plan("thresholds", f"{{{METRIC}, above: {{critical: 5}}}}").alerts
    (made,) = states.queries([alert.id], {alert.id: alert._replace(condition=Absent())}, {})
    assert computed(made, {"M": (0.0, None, 7.0)}) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("side", "expected"), [("above", (0.0, 1.0, 0.0)), ("below", (0.0, 0.0, 1.0)), ("both", (0.0, 1.0, 1.0))]
)
def test_outside_of_the_band_is_one(side: str, expected: Values) -> None:
    (made,) = state("thresholds", f"{{{METRIC}, anomaly: {{side: {side}}}}}", ".warning")
    # Two standard deviations, the default, around 2: from 1 to 3.
    bands: dict[str, Band] = {"value": (2.0, 0.5)}
    assert computed(made, {"M": (2.0, 3.5, 0.5)}, bands) == expected


def test_a_burn_is_one_while_both_windows_burn() -> None:
    (made,) = state("slos", f"{{objective: 99%, cloudwatch: {{total: {{{CALLS}}}, {BAD}}}}}", "page-fast")
    # 14.4 times 1% of errors. The two windows have the same data here.
    assert computed(made, {"Calls": (1000.0, 1000.0), "Errors": (144.0, 145.0)}) == (0.0, 1.0)
    assert made.cloudwatch is not None
    periods = {row.signal.period // 60_000 for row in metric_rows(made.cloudwatch, "", set()) if row.signal.metric}
    assert periods == {5, 60}


def test_prometheus_knows_the_state_of_its_alerts() -> None:
    (made,) = state("thresholds", "{expr: depth, above: {critical: 5, warning: 1}}", "")
    assert made.promql == (
        'max by (alertname, severity) (ALERTS{alertname=~"ApiX",alertstate="firing",service="api",system="shop"})'
    )
