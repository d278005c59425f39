"""Estimates, against what the pricing pages say of each thing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.cloudformation.resource import Resource
from monitorspec.plan.aws import CustomMetric, Namespace
from monitorspec.prices.estimate import Estimate, _priced, cents, estimate, money, quantity_text, together
from monitorspec.prices.pricelist import price_list
from monitorspec.prices.usage import Usage, counted
from tests.cloudformation.made import plan

METRIC = {"namespace": "AWS/Lambda", "metric": "Errors", "stat": "Sum", "period": "1m"}
OWN = {"namespace": "Shop", "metric": "Orders", "stat": "Sum", "period": "1m"}


def of(thresholds: dict[str, Any] | None = None, aws: dict[str, Any] | None = None, **service: Any) -> Estimate:
    """The estimate of a service with these thresholds."""
    body = {"thresholds": thresholds} if thresholds else {}
    services = {"api": body | service} if body | service else {"api": {"thresholds": {"up": {"absent": "up"}}}}
    return estimate(plan(aws or {}, services=services))


def amounts(one: Estimate) -> dict[str, Decimal]:
    """Kind → how much of it, without dashboards, which others see to."""
    return {item.kind: item.quantity for item in one.items if not item.kind.startswith("dashboard")}


def alarm(cloudwatch: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    return {"cloudwatch": cloudwatch or METRIC, "above": {"critical": 5}, **keys}


# ---- alarms


def test_an_alarm_on_a_metric() -> None:
    assert amounts(of({"errors": alarm()})) == {"alarm": 1}


def test_one_for_each_severity() -> None:
    assert amounts(of({"errors": alarm(above={"critical": 5, "warning": 1})})) == {"alarm": 2}


def test_each_metric_of_metric_math_is_charged_for() -> None:
    math = {
        "expression": "a / b",
        "period": "5m",
        "metrics": {"a": METRIC | {"period": "5m"}, "b": METRIC | {"period": "5m", "metric": "Invocations"}},
    }
    assert amounts(of({"rate": alarm(math)})) == {"alarm": 2}


@pytest.mark.parametrize("period", ["10s", "20s", "30s"])
def test_a_short_period_is_of_high_resolution(period: str) -> None:
    made = of({"errors": alarm(OWN | {"period": period})})
    assert amounts(made) == {"alarm-high-resolution": 1, "custom-metric": 1}


def test_a_band_is_three_metrics_thirty_cents() -> None:
    made = of({"errors": {"cloudwatch": METRIC, "anomaly": {}}})
    assert amounts(made) == {"alarm-anomaly": 3}
    assert made.items[0].cost == Decimal("0.30")


def test_an_insights_query_is_charged_for_by_what_it_finds() -> None:
    query = {"expression": 'SELECT MAX(Errors) FROM "AWS/Lambda"', "period": "1m"}
    made = of({"errors": alarm(query)})
    assert amounts(made) == {"alarm-insights": 1}
    assert any("Metrics Insights" in text for text in made.assumed)
    assert made.free == ()


def test_a_composite_is_fifty_cents() -> None:
    made = of({"errors": alarm(), "both": {"composite": {"any_of": ["api.errors.critical"]}}})
    assert amounts(made) == {"alarm": 1, "alarm-composite": 1}
    assert made.gross == Decimal("0.60") + sum(i.cost for i in made.items if i.kind.startswith("dashboard"))


def test_an_objective_is_alarms_of_two_metrics_and_composites() -> None:
    bad = {key: value for key, value in METRIC.items() if key != "period"}
    events = {"total": bad | {"metric": "Invocations"}, "bad": bad}
    made = of(slos={"availability": {"objective": "99.9%", "cloudwatch": events}})
    found = amounts(made)
    tiers = found["alarm-composite"]
    assert tiers >= 3
    assert found["alarm"] == tiers * 2 * 2


# ---- metrics


def test_metrics_of_aws_services_are_free_and_own_ones_are_not() -> None:
    made = of({"errors": alarm(), "orders": alarm(OWN), "more": alarm(OWN, above={"critical": 7})})
    assert amounts(made)["custom-metric"] == 1


def test_each_combination_of_dimensions_is_a_metric() -> None:
    made = of({"orders": alarm(OWN | {"dimensions": {"Shop": ["north", "south"]}}), "all": alarm(OWN)})
    assert amounts(made)["custom-metric"] == 2


def test_declared_metrics_are_counted_once() -> None:
    declared = tuple(CustomMetric(name, "", "", "", (("Shop",),), ()) for name in ("Orders", "Baskets"))
    names = (Namespace("Shop", "", declared, ()), Namespace("AWS/Shop", "", declared, ()))
    shown = {"orders": alarm(OWN | {"dimensions": {"Shop": "north"}})}
    one = plan({}, services={"api": {"thresholds": shown}})
    made = estimate(one._replace(stack=one.stack._replace(namespaces=names)))
    assert amounts(made)["custom-metric"] == 2
    assert any("each combination" in text for text in made.assumed)


def test_metrics_made_from_logs_are_custom() -> None:
    aws = {
        "log_groups": {"orders": {"retention": "30d"}},
        "metric_filters": {"failed": {"group": "orders", "pattern": "ERROR", "namespace": "Shop", "metric": "Failed"}},
    }
    assert amounts(of({"errors": alarm()}, aws))["custom-metric"] == 1


# ---- logs


def logs(**group: Any) -> Estimate:
    return of({"errors": alarm()}, {"log_groups": {"orders": {"retention": "30d"} | group}})


def test_log_data_is_taken_in_and_kept() -> None:
    found = amounts(logs(ingest="100GiB"))
    assert found["log-ingest"] == 100
    # Fifteen hundredths of it, for 30 of a month's 30.4 days.
    assert cents(found["log-storage"]) == Decimal("14.79")


def test_five_gigabytes_are_free_whatever_they_are() -> None:
    made = logs(ingest="4GiB")
    free = {item.kind: item.quantity for item in made.free if item.kind.startswith("log")}
    assert free["log-ingest"] == 4
    assert cents(free["log-storage"]) == Decimal("0.59")
    assert cents(made.total) == cents(sum((i.cost for i in made.items if i.kind == "dashboard-large"), Decimal(0)))
    more = logs(ingest="100GiB")
    assert [(i.kind, int(i.quantity)) for i in more.free if i.kind.startswith("log")] == [("log-ingest", 5)]


def test_the_cheaper_class_and_masking() -> None:
    assert amounts(logs(ingest="10GiB", infrequent_access=True))["log-ingest-infrequent"] == 10
    assert amounts(logs(ingest="10GiB", mask=["EmailAddress"]))["log-masking"] == 10


def test_what_is_kept_for_ever_has_been_for_a_year() -> None:
    made = of({"errors": alarm()}, {"log_groups": {"orders": {"ingest": "100GiB"}}})
    assert cents(amounts(made)["log-storage"]) == Decimal("180.00")
    assert any("for a year" in text for text in made.assumed)


def test_retention_is_that_of_the_environment() -> None:
    group = {"ingest": "100GiB", "retention": "7d", "retentions": {"production": "90d"}}
    stages = {"allowed": ["production", "staging"]}
    aws: dict[str, Any] = {
        "log_groups": {"orders": group},
        "parameters": {"Environment": stages | {"default": "production"}},
    }
    assert cents(amounts(of({"errors": alarm()}, aws))["log-storage"]) == Decimal("44.38")
    aws["parameters"] = {"Environment": stages | {"default": "staging"}}
    assert cents(amounts(of({"errors": alarm()}, aws))["log-storage"]) == Decimal("3.45")


def test_unknown_volumes_are_named() -> None:
    assert any("`orders`" in text and "`ingest`" in text for text in logs().omitted)
    assert not any("`ingest`" in text for text in logs(ingest="1GiB").omitted)


# ---- checks

CANARY = {"urls": "https://a.example.com", "artifacts": "s3://runs", "role": "${Role}"}


@pytest.mark.parametrize(("every", "runs"), [("1m", 43_800), ("5m", 8_760), ("1h", 730)])
def test_canaries_run_all_month(every: str, runs: int) -> None:
    made = of(None, {"parameters": {"Role": {}}, "canaries": {"health": CANARY | {"every": every}}})
    assert amounts(made) == {"canary-run": runs}
    assert [(i.kind, int(i.quantity)) for i in made.free] == [("canary-run", 100)]
    assert made.total == (runs - 100) * Decimal("0.0012")


def test_traced_canaries_make_traces() -> None:
    made = of(None, {"parameters": {"Role": {}}, "canaries": {"health": CANARY | {"tracing": True}}})
    assert amounts(made) == {"canary-run": 8760, "trace": 8760}
    assert [i.cost for i in made.free if i.kind == "trace"] == [i.cost for i in made.items if i.kind == "trace"]


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ({"url": "http://shop.example.com"}, {"health-check-elsewhere": 1}),
        ({"url": "https://shop.example.com"}, {"health-check-elsewhere": 1, "health-check-elsewhere-option": 1}),
        (
            {"url": "https://shop.example.com", "contains": "ok", "every": "10s", "latency": True},
            {"health-check-elsewhere": 1, "health-check-elsewhere-option": 4},
        ),
        ({"url": "http://x.execute-api.eu-west-1.amazonaws.com"}, {"health-check": 1}),
        ({"url": "https://d1.cloudfront.net"}, {"health-check": 1, "health-check-option": 1}),
        ({"url": "http://amazonaws.com.example.com"}, {"health-check-elsewhere": 1}),
    ],
)
def test_health_checks(check: dict[str, Any], found: dict[str, int]) -> None:
    assert amounts(of(None, {"health_checks": {"api": check}})) == found


# ---- dashboards


def dashboard(*rows: list[Any], sub: bool = False) -> Any:
    body = json.dumps(
        {"widgets": [{"type": "metric", "properties": {"metrics": list(rows)}}, {"type": "text", "properties": {}}]}
    )
    made: dict[str, Any] = {"DashboardBody": {"Fn::Sub": body} if sub else body}
    found = counted(plan({}), [Resource("Board", "AWS::CloudWatch::Dashboard", made, "api")], price_list(""))
    return [(usage.kind, int(usage.quantity)) for usage in found.usages]


def test_small_dashboards_may_be_free_large_ones_never() -> None:
    rows = [["AWS/Lambda", f"M{n}", "F", "x"] for n in range(50)]
    assert dashboard(*rows) == [("dashboard", 1)]
    assert dashboard(*rows, ["AWS/Lambda", "More"]) == [("dashboard-large", 1)]
    assert dashboard(*rows, rows[0], [{"expression": "m1 * 2"}]) == [("dashboard", 1)]


def test_own_metrics_on_dashboards_are_told_apart_in_short_notation() -> None:
    rows = [["Shop", "Orders", "Shop", "north"], ["...", "south"], [".", "Baskets", ".", "."], [".", "Baskets"]]
    assert dashboard(*rows)[1:] == [("custom-metric", 1)] * 3
    assert dashboard(["Shop-${Stage}", "Orders"], sub=True)[1:] == [("custom-metric", 1)]


# ---- sums


def test_nothing_on_cloudwatch_costs_nothing() -> None:
    one = of({"up": {"absent": "up", "severity": "critical"}})
    assert [i for i in one.items if i.kind != "dashboard"] == []


def test_ten_alarms_are_free_and_the_eleventh_is_not() -> None:
    ten = of({f"t{n}": alarm() for n in range(10)})
    eleven = of({f"t{n}": alarm() for n in range(11)})
    assert eleven.total - ten.total == Decimal("0.10")


def test_high_resolution_alarms_are_never_free() -> None:
    made = of({"errors": alarm(METRIC | {"period": "10s"})})
    assert [i.kind for i in made.free if i.kind.startswith("alarm")] == []


def test_services_are_in_the_order_of_the_spec_and_what_has_none_comes_last() -> None:
    services = {name: {"thresholds": {"errors": alarm()}} for name in ("web", "api")}
    aws = {"parameters": {"Role": {}}, "canaries": {"all": CANARY}}
    shares = {share.service: share.cost for share in estimate(plan(aws, services=services)).services}
    assert list(shares) == ["web", "api", ""]
    assert shares[""] >= Decimal("10.51")


USAGES = st.lists(
    st.builds(
        Usage,
        st.sampled_from(sorted(price_list("").prices)),
        st.sampled_from(["", "a", "b"]),
        st.decimals(Decimal("0.001"), Decimal(10**6), places=3),
    ),
    max_size=12,
)


def priced(usages: list[Usage]) -> Estimate:
    return _priced("", price_list(""), tuple(usages), {}, (), ())


@given(USAGES)
def test_services_add_up_to_the_items_and_nothing_is_cheaper_than_free(usages: list[Usage]) -> None:
    one = priced(usages)
    assert abs(sum((share.cost for share in one.services), Decimal(0)) - one.gross) < Decimal("0.0001")
    assert 0 <= one.total <= one.gross


@given(USAGES, USAGES)
def test_two_systems_share_what_is_free(first: list[Usage], second: list[Usage]) -> None:
    apart = [priced(first), priced(second)]
    (one,) = together(apart)
    # Many custom metrics together reach the cheaper steps, so only what is free is compared.
    assert sum(i.cost for i in one.free) <= sum(i.cost for part in apart for i in part.free)


# ---- texts


@pytest.mark.parametrize(("amount", "text"), [("0", "0.00 USD"), ("-0.001", "0.00 USD"), ("1234.565", "1,234.57 USD")])
def test_money(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("quantity", "unit", "text"),
    [
        ("1", "metric", "1 metric"),
        ("8760", "run", "8,760 runs"),
        ("1", "GB", "1 GB"),
        ("14.7945", "GB", "14.79 GB"),
        ("0.00012", "GB", "0.00012 GB"),
    ],
)
def test_quantities(quantity: str, unit: str, text: str) -> None:
    assert quantity_text(Decimal(quantity), unit) == text
