"""The rules of an SLO, held against what promtool makes of them over raw series."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from monitorspec.plan import Alert, Burn, Indicator, Signal, Slo
from monitorspec.rules import slo as rules
from monitorspec.rules.slo import burn_expr, le_spellings, ratio_series, recording_rules, remaining_series

D = Decimal
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
IDENTITY = {"system": "shop", "service": "api", "slo": "availability"}
RATIO = Indicator("ratio", total='req{job="api"}', bad='req{job="api",code=~"5.."}')
Play = Callable[..., None]


def tier(name: str, factor: str, long: int, short: int) -> Alert:
    return Alert(
        id=f"api.availability.{name}",
        name="ApiAvailabilityErrorBudgetBurn",
        title="Availability",
        description="",
        service="api",
        key="availability",
        severity="critical",
        labels={**IDENTITY, "burn_tier": name},
        annotations={},
        signal=Signal("", None, "ratio"),
        condition=Burn("api.availability", name, 0, D(factor), long, short, D("0.02")),
        hold=0,
        keep_firing=0,
        interval=MINUTE,
        group="api.availability",
        missing="ok",
        actions_enabled=True,
        properties={},
        series_labels=tuple(IDENTITY),
        runbook="",
        dashboard="",
        origin=(),
    )


FAST = tier("page-fast", "14.4", HOUR, 5 * MINUTE)


def made(indicator: Indicator = RATIO, **changes: Any) -> Slo:
    slo = Slo(
        key="availability",
        service="api",
        title="Availability",
        description="",
        indicator=indicator,
        objective=D("0.99"),
        window=6 * HOUR,
        by=(),
        min_traffic=None,
        labels=IDENTITY,
        interval=MINUTE,
        tiers=(FAST,),
        runbook="",
        origin=(),
    )
    return slo._replace(**changes)


def all_rules(slo: Slo) -> list[dict[str, Any]]:
    alerts = [{"alert": t.name, "expr": burn_expr(slo, t), "labels": dict(t.labels)} for t in slo.tiers]
    records = [{"record": name, "expr": expr, "labels": dict(slo.labels)} for name, expr in recording_rules(slo)]
    return [*records, *alerts]


def fires(**more: str) -> list[dict[str, str]]:
    return [{**FAST.labels, **more}]


ALERT = FAST.name
SHORT = "slo:error:ratio_rate5m"
ONE = "{}"  # the labels of a single series without labels, after arithmetic


def own(expr: str) -> str:
    """`expr` without labels, so that an expectation is one number."""
    return f"sum({expr})"


def test_steady_errors(play: Play) -> None:
    """2% errors at an objective of 99%: a burn rate of 2, and after a period of it the budget is spent twice."""
    slo = made()
    play(
        all_rules(slo),
        {'req{job="api", code="500"}': "0+2x420", 'req{job="api", code="200"}': "0+98x420"},
        values=[
            ("30m", own(ratio_series(slo, 5 * MINUTE)), {ONE: 0.02}),
            ("90m", own(ratio_series(slo, HOUR)), {ONE: 0.02}),
            ("7h", own(remaining_series(slo)), {ONE: -1}),
            ("7h", own("slo:objective:ratio"), {ONE: 0.99}),
            ("7h", own("slo:error_budget:ratio"), {ONE: 0.01}),
            # What is recorded is identified by the SLO, and by nothing else.
            (
                "7h",
                f"count by (service, slo, system, job, code) ({SHORT})",
                {'{service="api", slo="availability", system="shop"}': 1},
            ),
        ],
        firing=[("7h", ALERT, [])],
    )


@pytest.mark.parametrize(("bad", "expected"), [(13, False), (16, True)])
def test_burn_alert_around_its_limit(play: Play, bad: int, expected: bool) -> None:
    """14.4 times a budget of 1% is 14.4% errors."""
    series = {'req{job="api", code="500"}': f"0+{bad}x120", 'req{job="api", code="200"}': f"0+{100 - bad}x120"}
    play(all_rules(made()), series, firing=[("90m", ALERT, fires() if expected else [])])


def test_burn_alert_ends_when_the_short_window_is_clean(play: Play) -> None:
    """An outage of 30 minutes: 50% of the last hour; it is over 5 minutes after the errors are."""
    series = {
        'req{job="api", code="500"}': "0x60 0+100x29 3000x60",
        'req{job="api", code="200"}': "0+100x60 6000x29 6000+100x60",
    }
    play(
        all_rules(made()),
        series,
        firing=[("60m", ALERT, []), ("80m", ALERT, fires()), ("90m", ALERT, fires()), ("102m", ALERT, [])],
    )


def test_a_short_outage_is_not_worth_an_alert(play: Play) -> None:
    """Two minutes of nothing but errors: 40% of the short window, 3% of the long one."""
    slo = made()
    play(
        all_rules(slo),
        {
            'req{job="api", code="500"}': "0x60 0+100x2 200x60",
            'req{job="api", code="200"}': "0+100x60 6000x2 6000+100x60",
        },
        values=[("63m", f"({own(ratio_series(slo, 5 * MINUTE))} > bool 0.3)", {ONE: 1})],
        firing=[("63m", ALERT, []), ("65m", ALERT, [])],
    )


def test_no_errors_ever_is_no_errors(play: Play) -> None:
    """The counter of errors has no series before the first error."""
    slo = made()
    play(
        all_rules(slo),
        {'req{job="api", code="200"}': "0+100x120"},
        values=[("90m", own(ratio_series(slo, HOUR)), {ONE: 0}), ("90m", own(remaining_series(slo)), {ONE: 1})],
    )


def test_idle_is_neither_good_nor_bad_nor_nan(play: Play) -> None:
    slo = made()
    play(
        all_rules(slo),
        {'req{job="api", code="500"}': "5x120", 'req{job="api", code="200"}': "7x120"},
        values=[("90m", f"{{__name__=~'{SHORT}|slo:error:ratio_rate1h|slo:error_budget:remaining_ratio'}}", {})],
        firing=[("90m", ALERT, [])],
    )


def test_idle_minutes_leave_the_budget_alone(play: Play) -> None:
    """An hour of 0.5% errors, ten minutes without traffic, the same again: half of the budget is left throughout."""
    slo = made()
    half = own(remaining_series(slo))
    play(
        all_rules(slo),
        {
            'req{job="api", code="500"}': "0+5x60 300x10 300+5x60",
            'req{job="api", code="200"}': "0+995x60 59700x10 59700+995x60",
        },
        values=[(at, f"round({half}, 0.001)", {ONE: 0.5}) for at in ("60m", "70m", "75m", "120m")],
    )


def test_the_budget_weighs_events(play: Play) -> None:
    """All of 10 requests fail in one hour, none of 990 in the other: 1% of the requests, not half of the time."""
    slo = made(objective=D("0.9"))
    play(
        all_rules(slo),
        {'req{job="api", code="500"}': "0+10x60 600x70", 'req{job="api", code="200"}': "0x60 0+990x60 59400x10"},
        values=[("130m", f"round({own(ratio_series(slo, 6 * HOUR))}, 0.0001)", {ONE: 0.01})],
    )


def test_min_traffic(play: Play) -> None:
    """One of two requests an hour fails: worth no alert below one request a second."""
    quiet = {'req{job="api", code="500"}': "0+1x120", 'req{job="api", code="200"}': "0+1x120"}
    busy = {'req{job="api", code="500"}': "0+60x120", 'req{job="api", code="200"}': "0+60x120"}
    bounded = made(min_traffic=D(1))
    play(all_rules(made()), quiet, firing=[("90m", ALERT, fires())])
    play(all_rules(bounded), quiet, firing=[("90m", ALERT, [])])
    play(all_rules(bounded), busy, firing=[("90m", ALERT, fires())])


def test_by_labels(play: Play) -> None:
    """One budget and one alert for each region; a region without errors has a ratio too."""
    slo = made(by=("region",))
    series = {
        'req{job="api", code="500", region="eu"}': "0+50x120",
        'req{job="api", code="200", region="eu"}': "0+50x120",
        'req{job="api", code="200", region="us"}': "0+50x120",
    }
    play(
        all_rules(slo),
        series,
        values=[("90m", f"sum by (region) ({SHORT})", {'{region="eu"}': 0.5, '{region="us"}': 0})],
        firing=[("90m", ALERT, fires(region="eu"))],
    )


def test_good_over_total(play: Play) -> None:
    slo = made(Indicator("ratio", total="req", good='req{code="200"}'))
    play(
        all_rules(slo),
        {'req{code="500"}': "0+10x120", 'req{code="200"}': "0+90x120"},
        values=[("90m", own(ratio_series(slo, HOUR)), {ONE: 0.1})],
    )
    # Not one good event yet.
    play(all_rules(slo), {'req{code="500"}': "0+10x120"}, values=[("90m", own(ratio_series(slo, HOUR)), {ONE: 1})])


def test_more_good_events_than_events_are_no_negative_errors(play: Play) -> None:
    slo = made(Indicator("ratio", total="all", good="good"))
    play(
        all_rules(slo),
        {"all": "0+100x120", "good": "0+101x120"},
        values=[("90m", own(ratio_series(slo, HOUR)), {ONE: 0})],
    )


@pytest.mark.parametrize(
    ("under", "le"),
    [("0.3", "0.3"), ("1", "1"), ("1", "1.0"), ("1000000", "1e+06"), ("1000000", "1000000.0"), ("0.00005", "5e-05")],
)
def test_latency_knows_every_spelling_of_a_bound(play: Play, under: str, le: str) -> None:
    slo = made(Indicator("latency", histogram='t{job="api"}', under=D(under)))
    series = {
        f't_bucket{{job="api", le="{le}"}}': "0+75x120",
        't_bucket{job="api", le="10"}': "0+90x120",
        't_bucket{job="api", le="+Inf"}': "0+100x120",
        't_count{job="api"}': "0+100x120",
        't_count{job="other"}': "0+100x120",
    }
    play(all_rules(slo), series, values=[("90m", own(ratio_series(slo, HOUR)), {ONE: 0.25})])


def test_le_spellings() -> None:
    """Go's strconv, OpenMetrics' canonical numbers and Java's Double.toString."""
    assert le_spellings(D("0.3")) == ("0.3",)
    assert le_spellings(D("1")) == ("1", "1.0")
    assert le_spellings(D("2500000")) == ("2.5e+06", "2500000", "2500000.0")
    assert set(le_spellings(D("10000000"))) == {"1e+07", "10000000", "10000000.0", "1.0E7"}
    assert le_spellings(D("0.0005")) == ("0.0005", "5.0E-4")


def test_latency_with_a_total_of_its_own(play: Play) -> None:
    """Requests that time out are never observed."""
    slo = made(Indicator("latency", histogram="t", under=D(1), total="started"))
    series = {'t_bucket{le="1"}': "0+60x120", "t_count": "0+70x120", "started": "0+100x120"}
    play(all_rules(slo), series, values=[("90m", own(ratio_series(slo, HOUR)), {ONE: 0.4})])


def test_native_histograms_are_evaluated(play: Play) -> None:
    """No sample of a native histogram can be invented here; the expressions are at least right in form and type."""
    slo = made(Indicator("latency", histogram='t{job="api"}', under=D("0.3"), native=True), by=("route",))
    bad, total = rules.event_rates(slo.indicator, slo.by, "5m")
    assert total == 'histogram_count(sum by (route) (rate(t{job="api"}[5m])))'
    assert "histogram_fraction(0, 0.3, sum by (route) (rate(t" in bad
    play(all_rules(slo), {"other": "1x9"}, values=[("5m", own(ratio_series(slo, HOUR)), {})])


def test_error_ratio(play: Play) -> None:
    """Every evaluation weighs the same; values outside 0 to 1 count as 0 and 1; NaN counts as nothing."""
    slo = made(Indicator("error_ratio", expr="ratio # of errors"))
    play(
        all_rules(slo),
        {"ratio": "0.2x29 0.4x90"},
        values=[
            ("59m", own(ratio_series(slo, 6 * HOUR)), {ONE: 0.3}),
            ("100m", own(ratio_series(slo, 5 * MINUTE)), {ONE: 0.4}),
        ],
    )
    play(all_rules(slo), {"ratio": "7x60"}, values=[("59m", own(ratio_series(slo, 6 * HOUR)), {ONE: 1})])
    divided = made(Indicator("error_ratio", expr="bad / total"))
    play(
        all_rules(divided),
        {"bad": "0x29 1x30", "total": "0x29 10x30"},
        values=[("20m", SHORT, {}), ("59m", own(ratio_series(divided, 6 * HOUR)), {ONE: 0.1})],
    )


def test_error_ratio_of_alternatives(play: Play) -> None:
    """`a or b >= 0` would let a negative or NaN `a` through."""
    slo = made(Indicator("error_ratio", expr="a / zero or b"))
    play(all_rules(slo), {"a": "0x60", "zero": "0x60"}, values=[("59m", own(ratio_series(slo, HOUR)), {})])


def test_probe(play: Play) -> None:
    """One of two probes fails a quarter of the time: 12.5%."""
    slo = made(Indicator("probe", expr='probe_success{job="api"}'))
    series = {'probe_success{job="api", at="a"}': "1x120", 'probe_success{job="api", at="b"}': "1x44 0x14 1x60"}
    play(
        all_rules(slo),
        series,
        values=[
            ("59m", own(ratio_series(slo, 6 * HOUR)), {ONE: 0.125}),
            # The short window is averaged as well: two of its samples are from before.
            ("50m", f"clamp_max({own(ratio_series(slo, 5 * MINUTE))}, 0.5)", {ONE: 0.5}),
            ("119m", own(ratio_series(slo, 5 * MINUTE)), {ONE: 0}),
        ],
    )


def test_one_failed_probe_does_not_fill_the_short_window(play: Play) -> None:
    slo = made(Indicator("probe", expr="up"))
    play(
        all_rules(slo),
        {"up": "1x60 0 1x60"},
        values=[
            (
                "61m",
                f"(0 < bool {own(ratio_series(slo, 5 * MINUTE))}) * (0.5 > bool {own(ratio_series(slo, 5 * MINUTE))})",
                {ONE: 1},
            )
        ],
    )


def test_windows_are_recorded_once() -> None:
    slow = tier("page-slow", "6", 6 * HOUR, 30 * MINUTE)
    slo = made(tiers=(FAST, slow), window=6 * HOUR)
    recorded = [name for name, _ in recording_rules(slo)]
    assert recorded == [
        "slo:events:rate5m",
        "slo:bad_events:rate5m",
        "slo:error:ratio_rate5m",
        "slo:error:ratio_rate30m",
        "slo:error:ratio_rate1h",
        "slo:error:ratio_rate6h",
        "slo:objective:ratio",
        "slo:error_budget:ratio",
        "slo:error_budget:remaining_ratio",
    ]


def test_an_slo_without_alerts_still_has_a_budget() -> None:
    assert [name for name, _ in recording_rules(made(tiers=()))][:2] == ["slo:events:rate5m", "slo:bad_events:rate5m"]


def test_decimals_are_exact() -> None:
    slo = made(objective=D("0.9995"))
    by_name = dict(recording_rules(slo))
    assert by_name["slo:objective:ratio"] == "vector(0.9995)"
    assert by_name["slo:error_budget:ratio"] == "vector(0.0005)"
    assert "> 14.4 * 0.0005" in burn_expr(slo, FAST)
