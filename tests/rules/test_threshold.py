"""Threshold expressions, held against what promtool makes of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from monitorspec.plan import Absent, Alert, Condition, Forecast, Limit, Signal
from monitorspec.rules.threshold import subquery_range, threshold_expr, unsupported

D = Decimal
MINUTE = 60_000
DEBIAN = (2, 42)
Play = Callable[..., None]


def alert(expr: str, condition: Condition, **changes: Any) -> Alert:
    made = Alert(
        id="api.cpu.critical",
        name="ApiCpu",
        title="CPU",
        description="",
        service="api",
        key="cpu",
        severity="critical",
        labels={"service": "api", "severity": "critical", "system": "shop"},
        annotations={},
        signal=Signal(expr, None, "ratio"),
        condition=condition,
        hold=0,
        keep_firing=0,
        interval=MINUTE,
        group="api",
        missing="ok",
        actions_enabled=True,
        properties={},
        series_labels=None,
        runbook="",
        dashboard="",
        origin=(),
    )
    return made._replace(**changes)


def rule(made: Alert, version: tuple[int, int] = DEBIAN) -> dict[str, Any]:
    return {"alert": made.name, "expr": threshold_expr(made, version), "labels": dict(made.labels)}


def limit(op: str, value: str, recover: str = "", datapoints: tuple[int, int] | None = None) -> Limit:
    return Limit(op, D(value), value, D(recover) if recover else None, datapoints)


FIRING = {"service": "api", "severity": "critical", "system": "shop"}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("cpu", "cpu > 0.8"),
        ("a / b", "a / b > 0.8"),
        ("a or b", "(a or b) > 0.8"),
        ("a > 0", "(a > 0) > 0.8"),
        ('sum by (or_) (x{a=">", b=" or "})', 'sum by (or_) (x{a=">", b=" or "}) > 0.8'),
        ("x # all of them", "x # all of them\n> 0.8"),
        ("a\n/\nb", "a\n/\nb\n> 0.8"),
        ("a\nunless\nb # why", "(\na\nunless\nb # why\n)\n> 0.8"),
    ],
)
def test_the_users_text_stays(expr: str, expected: str) -> None:
    assert threshold_expr(alert(expr, limit(">", "0.8")), DEBIAN) == expected


def test_an_alternative_is_compared_as_a_whole(play: Play) -> None:
    """Unparenthesised, `low or high > 0.8` would fire for every `low`."""
    made = alert("low or high", limit(">", "0.8"))
    play(
        [rule(made)],
        {'low{pod="a"}': "0.1x9", 'high{pod="b"}': "0.9x9"},
        firing=[("5m", "ApiCpu", [{**FIRING, "pod": "b"}])],
    )


@pytest.mark.parametrize("service_label", [False, True], ids=["plain", "signal has a label of the rule"])
def test_hysteresis(play: Play, service_label: bool) -> None:
    """Fires above 0.9, goes on between 0.8 and 0.9, ends below 0.8, and does not start between the two."""
    made = alert('cpu{job="api"}', limit(">", "0.9", recover="0.8"))
    more = ', service="backend", severity="x"' if service_label else ""
    a, b = f'cpu{{job="api", pod="a"{more}}}', f'cpu{{job="api", pod="b"{more}}}'
    series = {
        # minutes:  0-4   5-9     10-14    15-19    20-24    25-29
        a: "0.1x4 0.95x4 0.85x4 0.75x4 0.85x4 0.95x4",
        b: "0.85x29",
    }
    fires = [{**FIRING, "job": "api", "pod": "a"}]
    expected = [(4, []), (7, fires), (12, fires), (14, fires), (15, []), (17, []), (22, []), (24, []), (25, fires)]
    play([rule(made)], series, firing=[(f"{at}m", "ApiCpu", alerts) for at, alerts in expected])


def test_hysteresis_below(play: Play) -> None:
    made = alert("free", limit("<", "10", recover="20"))
    series = {"free": "30x4 5x4 15x4 25x4 15x4"}
    expected = [(4, []), (7, [FIRING]), (12, [FIRING]), (17, []), (22, [])]
    play([rule(made)], series, firing=[(f"{at}m", "ApiCpu", alerts) for at, alerts in expected])


def test_hysteresis_does_not_hold_while_pending(play: Play) -> None:
    """With `for`, a value that falls under the limit before the time is up has not fired."""
    made = alert("cpu", limit(">", "0.9", recover="0.8"))
    pending = {**rule(made), "for": "5m"}
    series = {"cpu": "0.95x2 0.85x20"}
    play([pending], series, firing=[("10m", "ApiCpu", []), ("20m", "ApiCpu", [])])


def test_hysteresis_of_one_severity_ignores_the_other(play: Play) -> None:
    """The firing warning must not keep the critical one from resolving, nor start it."""
    critical = alert("cpu", limit(">", "0.9", recover="0.7"))
    warning = alert(
        "cpu", limit(">", "0.8", recover="0.7"), labels={**FIRING, "severity": "warning"}, id="api.cpu.warning"
    )
    series = {"cpu": "0.85x9 0.95x4 0.75x4 0.5x4"}
    warns = {**FIRING, "severity": "warning"}
    play(
        [rule(critical), rule(warning)],
        series,
        firing=[
            ("5m", "ApiCpu", [warns]),
            ("12m", "ApiCpu", [FIRING, warns]),
            ("17m", "ApiCpu", [FIRING, warns]),
            ("22m", "ApiCpu", []),
        ],
    )


@pytest.mark.parametrize(
    ("over", "fires"),
    [
        ("0 0 0 0 0 0 0 1 0 1 1", True),  # the newest and the third to last among them
        ("0 0 0 0 0 0 1 0 0 1 1", True),  # the oldest of the five counts
        ("0 0 0 0 0 1 0 0 0 1 1", False),  # the sixth does not
        ("0 0 0 0 1 1 1 1 0 0 0", False),  # two of the last five
        ("0 0 0 0 0 _ 1 _ 1 _ 1", True),  # missing ones are not over the limit, and do not stretch the window
        ("1 1 1 1 1 1 1 stale _ _ _", False),
    ],
)
def test_three_of_five(play: Play, over: str, fires: bool) -> None:
    made = alert("queue", limit(">", "0.5", datapoints=(3, 5)))
    values = over.replace("_", "stale")  # a gap, not yesterday's value
    # Without another label the outcome is the alert itself.
    play([rule(made)], {"queue": values}, firing=[("10m", "ApiCpu", [FIRING] if fires else [])])


def test_all_of_five_needs_five(play: Play) -> None:
    """Were six steps in the range, four in a row and the sixth would do."""
    made = alert("queue", limit(">=", "1", datapoints=(5, 5)))
    play([rule(made)], {"queue": "0x4 1 0 1 1 1 1 1"}, firing=[("9m", "ApiCpu", []), ("11m", "ApiCpu", [FIRING])])


@pytest.mark.parametrize("version", [(2, 42), (3, 0)])
@pytest.mark.parametrize("interval", [1_000, 15_000, 60_000])
@pytest.mark.parametrize("points", [1, 3, 7])
def test_a_subquery_has_its_points_wherever_the_group_is_evaluated(
    version: tuple[int, int], interval: int, points: int
) -> None:
    """Steps at multiples of the interval in [t - range, t] before Prometheus 3, in (t - range, t] since."""
    range_ = subquery_range(points, interval, version)
    for shift in {*range(0, interval, 487), 1, interval - 1}:
        t = 100 * interval + shift
        first = t - range_ if version < (3, 0) else t - range_ + 1
        assert len(range(-(-first // interval) * interval, t + 1, interval)) == points, shift


def test_datapoints_with_hysteresis(play: Play) -> None:
    made = alert("queue", limit(">", "10", recover="5", datapoints=(2, 3)))
    series = {"queue": "0x4 20x2 7x9 4x9"}
    play(
        [rule(made)],
        series,
        firing=[("4m", "ApiCpu", []), ("6m", "ApiCpu", [FIRING]), ("15m", "ApiCpu", [FIRING]), ("20m", "ApiCpu", [])],
    )


def test_forecast(play: Play) -> None:
    """Full in an hour at one percent a minute; nothing to say while it does not grow."""
    made = alert("used", Forecast(">", D("0.9"), "90%", 30 * MINUTE, 60 * MINUTE))
    series = {'used{disk="grows"}': "0.0+0.01x60", 'used{disk="stays"}': "0.5x60"}
    # At minute 29 it is at 29% and heads for 89%; at 31 it heads for 91%.
    play([rule(made)], series, firing=[("29m", "ApiCpu", []), ("31m", "ApiCpu", [{**FIRING, "disk": "grows"}])])


def test_forecast_of_an_expression(play: Play) -> None:
    made = alert("used / size # share", Forecast(">", D("0.9"), "90%", 30 * MINUTE, 60 * MINUTE))
    series = {"used": "0+1x60", "size": "100x60"}
    play([rule(made)], series, firing=[("29m", "ApiCpu", []), ("32m", "ApiCpu", [FIRING])])


def test_forecast_over_a_week_does_not_evaluate_every_minute() -> None:
    made = alert("a / b", Forecast(">", D(1), "1", 7 * 24 * 60 * MINUTE, MINUTE))
    assert threshold_expr(made, DEBIAN) == "predict_linear((a / b)[7d:42m], 60) > 1"


def test_forecast_keeps_modifiers_behind_the_range() -> None:
    made = alert('used{disk="a"} offset 5m', Forecast(">", D(1), "1", 90 * MINUTE, 90_500))
    assert threshold_expr(made, DEBIAN) == 'predict_linear(used{disk="a"}[1h30m] offset 5m, 90.5) > 1'


def test_absent(play: Play) -> None:
    made = alert('up{job="api"}', Absent())
    series = {'up{job="api"}': "1x4 stale _x9", 'up{job="other"}': "1x30"}
    play([rule(made)], series, firing=[("4m", "ApiCpu", []), ("6m", "ApiCpu", [{**FIRING, "job": "api"}])])


def test_what_prometheus_cannot_do() -> None:
    assert unsupported(alert("x", limit(">", "1"), keep_firing=MINUTE), (2, 41)) is not None
    assert unsupported(alert("x", limit(">", "1"), keep_firing=MINUTE), DEBIAN) is None
    slow = alert("x", limit(">", "1", recover="0.5"), interval=5 * MINUTE)
    assert "5m" in (unsupported(slow, (3, 5)) or "")
    assert unsupported(slow._replace(interval=MINUTE), (3, 5)) is None
