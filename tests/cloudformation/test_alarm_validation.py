"""Each limit of CloudWatch, kept and broken, in the words of the spec."""

from __future__ import annotations

from typing import Any

import pytest

from monitorspec.cloudformation.validation import problems
from monitorspec.plan import Absent, CloudWatchSignal, Signal
from tests.cloudformation.alerts import MINUTE, above, cloudwatch_signal, make, metric_math

HOUR = 60 * MINUTE
errors = cloudwatch_signal()
total = cloudwatch_signal(metric="Invocations")
many: dict[str, CloudWatchSignal] = {f"m{n}": cloudwatch_signal(metric=f"M{n}") for n in range(11)}


@pytest.mark.parametrize(
    "alert",
    [
        {},
        {"hold": 10 * MINUTE},
        {"condition": above(datapoints=(3, 5))},
        {"condition": above(datapoints=(1, 1440))},
        {"condition": Absent(), "hold": 5 * MINUTE},
        {"signal": cloudwatch_signal(period=HOUR), "condition": above(datapoints=(1, 168))},
        {"signal": cloudwatch_signal(stat="p99.9", unit="Milliseconds")},
        {"signal": cloudwatch_signal(dimensions=tuple((f"d{n}", "v") for n in range(30)))},
        {"signal": metric_math("errors / total", errors=errors, total=total)},
        {"signal": metric_math("rate * 100", errors=errors, rate=metric_math("errors / PERIOD(errors)"))},
        {"signal": metric_math("SUM(METRICS())", errors=errors, total=total)},
        {"signal": metric_math("+".join(list(many)[:10]), **dict(list(many.items())[:10]))},
        {"signal": metric_math('SELECT SUM(Errors) FROM SCHEMA("AWS/Lambda", FunctionName)')},
        {"properties": {"EvaluateLowSampleCountPercentile": "ignore"}},
        {"properties": {"AlarmName": {"Fn::Sub": "Shop-${Environment}-Errors"}}},
    ],
)
def test_sound_alarms_have_no_problem(alert: dict[str, Any]) -> None:
    assert problems(make(**alert)) == []


CW = "cloudwatch"
BROKEN: list[tuple[dict[str, Any], tuple[str | int, ...], str, str]] = [
    ({"signal": cloudwatch_signal(period=90_000)}, (CW, "period"), "cloudwatch/period", "no period of 1m30s"),
    ({"signal": cloudwatch_signal(period=0)}, (CW, "period"), "cloudwatch/period", "needs a period"),
    ({"signal": cloudwatch_signal(stat="avg")}, (CW, "stat"), "cloudwatch/stat", "`avg` is no CloudWatch statistic"),
    ({"signal": cloudwatch_signal(stat="p200")}, (CW, "stat"), "cloudwatch/stat", "past the hundredth"),
    ({"signal": cloudwatch_signal(unit="seconds")}, (CW, "unit"), "cloudwatch/unit", "`seconds` is no CloudWatch unit"),
    ({"signal": cloudwatch_signal(namespace="")}, (CW, "namespace"), "cloudwatch/signal", "`Errors` has no namespace"),
    ({"signal": cloudwatch_signal(metric="")}, (CW, "metric"), "cloudwatch/signal", "no metric is named"),
    ({"signal": cloudwatch_signal(metric="M" * 256)}, (CW, "metric"), "cloudwatch/length", "at most 255"),
    ({"signal": cloudwatch_signal(namespace=":x")}, (CW, "namespace"), "cloudwatch/signal", "colon"),
    (
        {"signal": cloudwatch_signal(dimensions=tuple((f"d{n}", "v") for n in range(31)))},
        (CW, "dimensions"),
        "cloudwatch/dimensions",
        "at most 30 dimensions",
    ),
    ({"signal": cloudwatch_signal(dimensions=(("a", ""),))}, (CW, "dimensions", "a"), "cloudwatch/dimensions", "empty"),
    (
        {"signal": cloudwatch_signal(dimensions=(("a", "é"),))},
        (CW, "dimensions", "a"),
        "cloudwatch/dimensions",
        "ASCII",
    ),
    (
        {"signal": cloudwatch_signal(dimensions=((":a", "v"),))},
        (CW, "dimensions", ":a"),
        "cloudwatch/dimensions",
        "colon",
    ),
    ({"condition": above(datapoints=(1, 1441))}, ("datapoints",), "cloudwatch/range", "one day at most"),
    ({"hold": 25 * HOUR}, ("for",), "cloudwatch/range", "one day at most"),
    (
        {"signal": cloudwatch_signal(period=HOUR), "hold": 169 * HOUR},
        ("for",),
        "cloudwatch/range",
        "a week at most",
    ),
    ({"condition": above(datapoints=(6, 5))}, ("datapoints",), "cloudwatch/datapoints", "6 of 5"),
    ({"hold": 90_000}, ("for",), "cloudwatch/for", "the alarm looks at 2m"),
    ({"condition": above(datapoints=(3, 5)), "hold": 10 * MINUTE}, ("for",), "cloudwatch/for", "takes the place"),
    (
        {"signal": metric_math("error / total", errors=errors, total=total)},
        (CW, "expression"),
        "cloudwatch/math-undefined",
        "`error`",
    ),
    ({"signal": metric_math("SUMM(errors)", errors=errors)}, (CW, "expression"), "cloudwatch/math", "`SUMM`"),
    ({"signal": metric_math("(errors", errors=errors)}, (CW, "expression"), "cloudwatch/math", "never closed"),
    ({"signal": metric_math("Errors", Errors=errors)}, (CW, "metrics", "Errors"), "cloudwatch/math-id", "lower-case"),
    (
        {"signal": metric_math("errors", errors=errors, total=total)},
        (CW, "metrics", "total"),
        "cloudwatch/math-unused",
        "`total`",
    ),
    ({"signal": metric_math("+".join(many), **many)}, (CW, "metrics"), "cloudwatch/math-metrics", "at most 10 metrics"),
    (
        {
            "signal": metric_math(
                "+".join(["m", *(f"e{n}" for n in range(10))]),
                m=errors,
                **{f"e{n}": metric_math("m") for n in range(10)},
            )
        },
        (CW, "metrics"),
        "cloudwatch/math-metrics",
        "at most 10 expressions",
    ),
    (
        {"signal": metric_math("errors" + "+errors" * 300, errors=errors)},
        (CW, "expression"),
        "cloudwatch/math-length",
        "2048",
    ),
    (
        {"signal": metric_math("rate", rate=metric_math("errors", errors=errors))},
        (CW, "metrics", "rate", "metrics"),
        "cloudwatch/math-nested",
        "`rate` has metrics of its own",
    ),
    (
        {"signal": metric_math("errors", errors=cloudwatch_signal(period=5 * MINUTE))},
        (CW, "metrics", "errors", "period"),
        "cloudwatch/math-periods",
        "5m",
    ),
    (
        {"signal": metric_math("errors", errors=cloudwatch_signal(stat="mean"))},
        (CW, "metrics", "errors", "stat"),
        "cloudwatch/stat",
        "`mean`",
    ),
    (
        {"signal": metric_math("a", a=metric_math("b"), b=metric_math("a"))},
        (CW, "metrics", "a", "expression"),
        "cloudwatch/math-cycle",
        "own result",
    ),
    ({"signal": metric_math("SUM(SEARCH('x', 'Sum'))")}, (CW, "expression"), "cloudwatch/math-search", "SEARCH"),
    (
        {"signal": metric_math("ANOMALY_DETECTION_BAND(m)", m=errors)},
        (CW, "expression"),
        "cloudwatch/math-band",
        "band",
    ),
    (
        {"signal": cloudwatch_signal(metrics=(("m", errors),))},
        (CW, "metrics"),
        "cloudwatch/signal",
        "without an `expression`",
    ),
    ({"key": "k" * 255, "id": f"receipts.{'k' * 255}.critical"}, (), "cloudwatch/length", "the alarm's name"),
    ({"description": "d" * 1025}, ("description",), "cloudwatch/length", "1025 characters"),
    (
        {"properties": {"TreatMissingdata": "missing"}},
        ("properties", "TreatMissingdata"),
        "cloudwatch/property",
        "no property",
    ),
    ({"properties": {"AlarmName": "Shop-${Environment}"}}, ("properties", "AlarmName"), "cloudwatch/sub", "as it is"),
    ({"properties": {"Period": 90}}, ("properties",), "cloudwatch/property", "no period of 1m30s"),
    ({"properties": {"ExtendedStatistic": "p99"}}, ("properties",), "cloudwatch/property", "exactly one of Statistic"),
    ({"properties": {"DatapointsToAlarm": 2}}, ("properties",), "cloudwatch/property", "DatapointsToAlarm 2"),
    ({"properties": {"Threshold": None}}, ("properties",), "cloudwatch/property", "exactly one of Threshold"),
]


@pytest.mark.parametrize(("alert", "path", "code", "message"), BROKEN)
def test_each_broken_limit_is_found(
    alert: dict[str, Any], path: tuple[str | int, ...], code: str, message: str
) -> None:
    found = [p for p in problems(make(**alert)) if p.code == code]
    assert [p.path for p in found] == [path]
    assert message in found[0].message


def test_an_alarm_watches_its_stack_s_region() -> None:
    elsewhere = make(cloudwatch_signal(region="us-east-1"))
    assert [p.code for p in problems(elsewhere, "eu-west-1")] == ["cloudwatch/region"]
    assert problems(elsewhere, "us-east-1") == []


def test_hints_name_what_was_meant() -> None:
    def helps(**alert: Any) -> list[str]:
        return [p.help for p in problems(make(**alert))]

    assert helps(signal=metric_math("error", errors=errors))[0] == "did you mean `errors`?"
    assert helps(signal=metric_math("Errors", Errors=errors)) == ["write `errors`"]
    assert "write `m_1`" in helps(signal=metric_math("m-1", **{"m-1": errors}))
    assert helps(properties={"TreatMissingdata": "x"}) == ["did you mean `TreatMissingData`?"]
    assert helps(hold=90_000) == ["write `for: 2m`, or a shorter `cloudwatch.period`"]


def test_what_an_alarm_does_otherwise_is_a_warning_and_the_rest_errors() -> None:
    levels = {p.code: p.level for alert, *_ in BROKEN for p in problems(make(**alert))}
    assert {code for code, level in levels.items() if level == "warning"} == {
        "cloudwatch/for",
        "cloudwatch/length",
        "cloudwatch/math-unused",
        "cloudwatch/sub",
    }


def test_alerts_of_prometheus_are_none_of_its_business() -> None:
    assert problems(make()._replace(signal=Signal("up", None, "none"))) == []
