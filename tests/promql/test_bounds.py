"""Bounds of values, held against what promtool evaluates."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from monitorspec import tools
from monitorspec.promql.bounds import ANY, Bounds, bounds_of, verdict

INF = math.inf


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("memory_bytes", ANY),
        ("up", Bounds(0, 1, True)),
        ("calls_total", Bounds(0, INF)),
        ("job:calls_total", ANY),
        ("-up", Bounds(-1, 0, True)),
        ("count(x)", Bounds(1, INF, True)),
        ("sum(up)", Bounds(0, INF, True)),
        ("sum(-up)", Bounds(-INF, 0, True)),
        ("avg(up)", Bounds(0, 1)),
        ("1 - avg(up)", Bounds(0, 1)),
        ("quantile(0.5, up)", Bounds(0, 1)),
        ("quantile(2, up)", ANY),
        ("rate(x[5m]) / rate(y[5m])", Bounds(0, INF)),
        ("up / 4", Bounds(0, 0.25)),
        ("up * 100", Bounds(0, 100, True)),
        ("up - up", Bounds(-1, 1, True)),
        ("x * 0", Bounds(0, 0)),
        ("x - x", ANY),
        ("clamp(x, 2, 4)", Bounds(2, 4)),
        ("clamp_max(up, -3)", Bounds(-3, -3, True)),
        ("clamp(x, 4, 2)", ANY),
        ("x > 5", Bounds(5, INF)),
        ("5 > x", Bounds(-INF, 5)),
        ("x == 3", Bounds(3, 3, False)),
        ("x > bool 5", Bounds(0, 1, True)),
        ("up or vector(7)", Bounds(0, 7, True)),
        ("ceil(rate(x[5m]) / 3)", Bounds(0, INF, True)),
        ("floor(up / 2)", Bounds(0, 0, True)),
        ("max_over_time(up[5m])", Bounds(0, 1, True)),
        ("sum_over_time(up[5m])", Bounds(0, INF, True)),
        ("quantile_over_time(0.9, up[5m])", Bounds(0, 1)),
        ("day_of_week()", Bounds(0, 6, True)),
        ("x % 2", ANY),
        ("NaN", ANY),
    ],
)
def test_bounds(expr: str, expected: Bounds) -> None:
    assert bounds_of(expr) == expected


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        (">", "up", "1", "never"),
        (">=", "up", "1", ""),
        (">=", "up", "0", "always"),
        (">", "up", "0", ""),
        ("<", "count(x)", "1", "never"),
        ("<=", "count(x)", "0.5", "never"),
        ("<", "up", "2", "always"),
        ("<=", "up", "1", "always"),
        ("==", "count(x)", "0", "never"),
        ("==", "up", "0.5", "never"),
        ("==", "rate(x[5m])", "0.5", ""),
        ("!=", "up", "0.5", "always"),
        ("!=", "absent(x)", "1", "never"),
        ("==", "absent(x)", "1", "always"),
        (">", "x", "5", ""),
    ],
)
def test_verdict(op: str, left: str, right: str, expected: str) -> None:
    assert verdict(op, bounds_of(left), bounds_of(right)) == expected


EVALUATED = (
    *(
        "count(a)",
        "sum(up)",
        "avg(up)",
        "1 - avg(up)",
        "up * 100",
        "up - on () group_left () count(a)",
        "abs(b)",
        "-up",
    ),
    *(
        "rate(c_total[5m])",
        "rate(c_total[5m]) / rate(d_total[5m])",
        "clamp(b, 2, 4)",
        "clamp_max(up, -3)",
        "b > 1",
        "1 > b",
    ),
    *("b > bool 1", "up or vector(7)", "ceil(c_total / 7)", "floor(b)", "sgn(b)", "max_over_time(up[5m])", "stddev(b)"),
    *("avg_over_time(up[5m])", "quantile_over_time(0.9, up[5m])", "sum_over_time(up[5m])", "hour()", "day_of_week()"),
    *(
        "month()",
        "days_in_month()",
        "minute()",
        "changes(b[5m])",
        "resets(b[5m])",
        "absent(nothing)",
        "2 / up",
        "up ^ 2",
    ),
    *("count_over_time(b[5m])", "sum(b > -3)", "min(b) + 1", "b * -1", "b % 2", "exp(b)", "topk(1, up)", "group(b)"),
)


@pytest.mark.tools
@pytest.mark.usefixtures("promtool")
def test_no_value_lies_outside(tmp_path: Path) -> None:
    """promtool evaluates each expression; the test asks it for series that lie outside, of which there must be none."""
    outside = []
    for expr in EVALUATED:
        of = bounds_of(expr)
        for op, end in (("<", of.low), (">", of.high)):
            if math.isfinite(end):
                outside.append(f"({expr}) {op} {end!r}")
    series = {
        'up{instance="1"}': "0 1 1 0 1 1 1 0+0x20",
        'up{instance="2"}': "1+0x27",
        'a{instance="1"}': "4+0x27",
        'b{instance="1"}': "-3 5 2 -1 0.5 3 2 1 -7+0.5x20",
        'b{instance="2"}': "1.5+0x27",
        "c_total": "0+7x27",
        "d_total": "0+0x27",
    }
    tests = {
        "rule_files": [],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {"expr": expr, "eval_time": at, "exp_samples": []}
                    for expr in outside
                    for at in ("5m30s", "7m30s", "20m30s")
                ],
            }
        ],
    }
    (tmp_path / "bounds.test.yml").write_text(yaml.safe_dump(tests))
    done = tools.prove_rules([tmp_path / "bounds.test.yml"])
    assert done.code == 0, done.output
    assert len(outside) > 30
