"""The automatic dashboard: what a service's objectives, thresholds and metrics look like on it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from monitorspec.dashboards import service_dashboard
from monitorspec.panels import metric_panel, rate_unit, slo_panels, slo_row, threshold_panels
from monitorspec.plan import (
    Absent,
    Alert,
    Burn,
    CloudWatchSignal,
    Condition,
    Forecast,
    Indicator,
    Limit,
    Metric,
    Panel,
    RawGroup,
    Record,
    Service,
    Signal,
    Slo,
    Threshold,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOWHERE = Signal("", None, "ratio")


def alert(
    severity: str, condition: Condition, signal: Signal = NOWHERE, labels: tuple[str, ...] | None = None
) -> Alert:
    return Alert(
        id=f"api.x.{severity}",
        name="ApiX",
        title="X",
        description="",
        service="api",
        key="x",
        severity=severity,
        labels={},
        annotations={},
        signal=signal,
        condition=condition,
        hold=0,
        keep_firing=0,
        interval=30_000,
        group="api",
        missing="ok",
        actions_enabled=True,
        properties={},
        series_labels=labels,
        runbook="api/X.md",
        dashboard="shop-api",
        origin=("services", "api", "thresholds", "x"),
    )


def slo(key: str = "availability", *, by: tuple[str, ...] = (), tiers: bool = True) -> Slo:
    burns = (
        ("critical", Burn(f"api.{key}", "page-fast", 0, Decimal("14.4"), HOUR, 5 * MINUTE, Decimal("0.02"))),
        ("warning", Burn(f"api.{key}", "ticket", 1, Decimal(3), DAY, 2 * HOUR, Decimal("0.1"))),
    )
    return Slo(
        key=key,
        service="api",
        title="",
        description="",
        indicator=Indicator("ratio", total="t", bad="b"),
        objective=Decimal("0.999"),
        window=30 * DAY,
        by=by,
        min_traffic=None,
        labels={"system": "shop", "service": "api", "slo": key},
        interval=30_000,
        tiers=tuple(alert(severity, burn) for severity, burn in burns) if tiers else (),
        runbook="api/Slo.md",
        origin=("services", "api", "slos", key),
    )


def threshold(signal: Signal, *conditions: tuple[str, Condition], labels: tuple[str, ...] | None = None) -> Threshold:
    alerts = tuple(alert(severity, condition, signal, labels) for severity, condition in conditions)
    return Threshold(
        "cpu-load", "api", "", "", signal, alerts, "api/CpuLoad.md", ("services", "api", "thresholds", "cpu-load")
    )


def above(value: str) -> Limit:
    return Limit(">", Decimal(value), value, None, None)


def below(value: str) -> Limit:
    return Limit("<", Decimal(value), value, None, None)


def metric(name: str, type_: str, unit: str = "count", labels: tuple[str, ...] = (), *, panel: bool = True) -> Metric:
    return Metric(name, type_, unit, "", labels, (), panel, ("services", "api", "metrics", name))


def service(**changes: Any) -> Service:
    empty = Service("api", "", "", "team", {}, {"job": "shop"}, (), (), (), (), (), "shop-api", ("services", "api"))
    return empty._replace(**changes)


def exprs(panel: Panel) -> list[str]:
    return [query.promql for query in panel.queries]


def limits(panel: Panel) -> Mapping[str, Decimal]:
    return {limit.severity: limit.value for limit in panel.limits}


def test_a_service_without_anything_has_no_rows() -> None:
    assert service_dashboard("shop", service(), ()).rows == ()


def test_rows_come_in_the_order_that_somebody_on_call_needs() -> None:
    made = service_dashboard(
        "shop",
        service(
            slos=(slo(),),
            thresholds=(threshold(Signal("cpu", None, "ratio"), ("critical", above("0.9"))),),
            metrics=(metric("jobs_total", "counter"),),
            records=(Record("job:x:sum", "sum(x)", {"team": "a"}, 30_000, "count", "All x.", "g", ()),),
        ),
        ("shop", "monitorspec"),
    )
    assert [row.title for row in made.rows] == [
        "Service level objectives",
        "Thresholds",
        "Metrics",
        "Recorded series",
        "Alerts",
    ]
    assert made.uid == "shop-api"
    assert made.tags == ("shop", "monitorspec")
    assert made.service == "api"
    recorded = made.rows[3].panels[0]
    assert (exprs(recorded), recorded.unit, recorded.description) == (['job:x:sum{team="a"}'], "count", "All x.")


def test_every_panel_says_what_it_shows() -> None:
    made = service_dashboard(
        "shop", service(slos=(slo(),), metrics=(metric("a_total", "counter"), metric("b", "gauge"))), ()
    )
    assert all(p.title and p.description and p.unit for row in made.rows for p in row.panels)


def test_the_stats_of_all_objectives_stand_before_the_graphs() -> None:
    assert [p.type for p in slo_row((slo("a"), slo("b")))] == ["stat"] * 4 + ["timeseries"] * 2


def test_an_objective_shows_its_budget_its_burn_rate_and_its_error_ratio() -> None:
    budget, rate, ratio = slo_panels(slo())
    labels = '{system="shop",service="api",slo="availability"}'
    assert exprs(budget) == [f"slo:error_budget:remaining_ratio{labels}"]
    assert budget.limits_below
    assert limits(budget)["critical"] == 0
    # An error ratio of 0.1% uses up a budget of 0.1% at exactly the pace that is allowed: 1.
    assert exprs(rate) == [f"slo:error:ratio_rate1h{labels} / 0.001"]
    assert limits(rate) == {"critical": Decimal("14.4"), "warning": Decimal(3)}
    assert exprs(ratio) == [f"slo:error:ratio_rate{w}{labels}" for w in ("5m", "1h", "2h", "1d")]
    # 14.4 times 0.1%, and 3 times 0.1%, exactly.
    assert limits(ratio) == {"critical": Decimal("0.0144"), "warning": Decimal("0.003")}


def test_an_objective_by_label_tells_its_series_apart() -> None:
    assert [q.legend for p in slo_panels(slo(by=("region", "tier"))) for q in p.queries][:3] == [
        "{{region}} {{tier}}",
        "{{region}} {{tier}}",
        "5m {{region}} {{tier}}",
    ]


def test_an_objective_without_alerts_shows_its_budget_only() -> None:
    (budget,) = slo_panels(slo(tiers=False))
    assert budget.limits == ()
    assert "remaining_ratio" in exprs(budget)[0]


def test_a_threshold_shows_its_signal_as_written_with_its_limits() -> None:
    text = 'avg by (pod) (rate(cpu_seconds_total{job="x"}[7m]))  # per pod'
    (panel,) = threshold_panels(
        threshold(Signal(text, None, "ratio"), ("critical", above("0.95")), ("warning", above("0.8")), labels=("pod",))
    )
    assert exprs(panel) == [text]
    assert panel.queries[0].legend == "{{pod}}"
    assert limits(panel) == {"critical": Decimal("0.95"), "warning": Decimal("0.8")}
    assert not panel.limits_below
    assert panel.unit == "ratio"
    assert "Critical: above 95%" in panel.description


def test_low_limits_colour_what_is_below_them() -> None:
    (panel,) = threshold_panels(threshold(Signal("free", None, "ratio"), ("critical", below("0.1"))))
    assert panel.limits_below


def test_limits_on_both_sides_get_a_panel_each() -> None:
    high, low = threshold_panels(
        threshold(Signal("level", None, "count"), ("critical", above("9")), ("warning", below("1")))
    )
    assert (limits(high), high.limits_below) == ({"critical": Decimal(9)}, False)
    assert (limits(low), low.limits_below) == ({"warning": Decimal(1)}, True)
    assert high.title != low.title


def test_a_forecast_draws_no_line_of_its_own() -> None:
    forecast = Forecast(">", Decimal("0.9"), "90%", HOUR, 6 * HOUR)
    (panel,) = threshold_panels(
        threshold(Signal("disk", None, "ratio"), ("critical", above("0.9")), ("warning", forecast))
    )
    assert limits(panel) == {"critical": Decimal("0.9")}
    assert "within 6h" in panel.description


def test_an_absence_is_shown_as_the_number_of_series_that_are_there() -> None:
    (panel,) = threshold_panels(threshold(Signal('up{job="a#b"} # all', None, "none"), ("critical", Absent())))
    # The comment must not swallow the bracket.
    assert exprs(panel) == ['count(\nup{job="a#b"} # all\n)']


def test_a_cloudwatch_threshold_stays_a_cloudwatch_query() -> None:
    errors = CloudWatchSignal("AWS/Lambda", "Errors", "Sum", MINUTE, (("FunctionName", "f"),), "", (), "", "", "")
    (panel,) = threshold_panels(threshold(Signal("", errors, "count"), ("critical", above("5"))))
    assert panel.queries[0].cloudwatch == errors
    assert exprs(panel) == [""]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (metric("jobs_total", "counter"), ['sum(rate(jobs_total{job="shop"}[$__rate_interval]))']),
        (
            metric("jobs_total", "counter", labels=("code", "job")),
            ['sum by (code) (rate(jobs_total{job="shop"}[$__rate_interval]))'],
        ),
        (
            metric("sent_kib_total", "counter", "kibibytes"),
            ['sum(rate(sent_kib_total{job="shop"}[$__rate_interval])) * 1024'],
        ),
        (metric("queue", "gauge"), ['queue{job="shop"}']),
        (
            metric("took_seconds", "histogram", "seconds"),
            [
                f'histogram_quantile({q}, sum by (le) (rate(took_seconds_bucket{{job="shop"}}[$__rate_interval])))'
                for q in ("0.5", "0.95", "0.99")
            ],
        ),
        (
            metric("took_seconds", "native_histogram", "seconds"),
            [
                f'histogram_quantile({q}, sum(rate(took_seconds{{job="shop"}}[$__rate_interval])))'
                for q in ("0.5", "0.95", "0.99")
            ],
        ),
        (metric("took_seconds", "summary", "seconds"), ['max by (quantile) (took_seconds{job="shop"})']),
    ],
    ids=lambda value: value.type if isinstance(value, Metric) else "",
)
def test_a_metric_is_queried_as_its_type_asks(declared: Metric, expected: list[str]) -> None:
    assert exprs(metric_panel(declared, {"job": "shop"})) == expected


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("http_requests_total", "count", ("requests/s", Decimal(1))),
        ("jobs_total", "none", ("per_second", Decimal(1))),
        ("sent_bytes_total", "bytes", ("bytes/s", Decimal(1))),
        ("sent_mb_total", "megabytes", ("bytes/s", Decimal(1_000_000))),
        ("busy_milliseconds_total", "milliseconds", ("none", Decimal("0.001"))),
    ],
)
def test_a_rate_has_the_unit_of_its_counter_per_second(name: str, unit: str, expected: tuple[str, Decimal]) -> None:
    assert rate_unit(name, unit) == expected


def test_metrics_that_ask_for_no_panel_get_none() -> None:
    made = service_dashboard("shop", service(metrics=(metric("a_total", "counter", panel=False),)), ())
    assert made.rows == ()


def test_selector_values_are_quoted() -> None:
    odd = 'a"b\\c\nd'
    (expr,) = exprs(metric_panel(metric("queue", "gauge"), {"job": odd}))
    assert expr == 'queue{job="a\\"b\\\\c\\nd"}'


def test_raw_rules_show_their_recorded_series_and_their_firing_alerts() -> None:
    raw = RawGroup(
        "extra",
        None,
        ({"record": "job:x:rate5m", "expr": "rate(x[5m])"}, {"alert": "Odd", "expr": "x > 1"}),
        (alert("warning", above("1"), Signal("x > 1", None, "none")),),
        ("services", "api", "rules", "extra"),
    )
    made = service_dashboard("shop", service(raw=(raw,)), ())
    assert [exprs(p) for row in made.rows for p in row.panels] == [
        ["job:x:rate5m"],
        ['sum by (alertname, severity) (ALERTS{alertstate="firing",system="shop",service="api"})'],
    ]
