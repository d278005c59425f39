"""Metric math: ids, functions, brackets."""

from __future__ import annotations

import pytest

from monitorspec.cloudformation.metricmath import is_id, is_insights, read


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("m1/m2", ("m1", "m2")),
        ("100 * (errors / MAX([errors, requests]))", ("errors", "requests")),
        ("IF(valid > 0 AND bad >= 1.5e3, bad/valid, 0)", ("valid", "bad")),
        ("FILL(m1, REPEAT) + RATE(m2)", ("m1", "m2")),
        ('SUM(METRICS("errors"))', ()),
        ("SORT(METRICS(), AVG, DESC, 10)", ()),
        ("e1 || !e2 && e1", ("e1", "e2")),
        ("'m9' + m1", ("m1",)),
    ],
)
def test_the_ids_of_an_expression(expression: str, ids: tuple[str, ...]) -> None:
    found = read(expression)
    assert found.ids == ids
    assert not found.error


@pytest.mark.parametrize(
    ("expression", "error", "help"),
    [
        ("AVERAGE(m1)", "no function `AVERAGE`", ""),
        ("SUMM(m1)", "no function `SUMM`", "did you mean `SUM`?"),
        ("(m1 + m2", "`(` is never closed", ""),
        ("m1 + m2)", "`)` at character 8", ""),
        ("MAX([m1, m2)]", "`)`", ""),
        ('METRICS("errors)', "has no end", ""),
        ("  ", "empty", ""),
    ],
)
def test_what_cannot_be_read(expression: str, error: str, help: str) -> None:
    found = read(expression)
    assert error in found.error
    assert help in found.help


def test_ids() -> None:
    assert all(map(is_id, ("m1", "errors_5xx", "aB")))
    assert not any(map(is_id, ("M1", "1m", "_m", "m-1", "", "m1\n", "é")))


def test_insights_queries_are_told_from_math() -> None:
    assert is_insights('SELECT AVG(CPUUtilization) FROM "AWS/EC2"')
    assert not is_insights("selected + 1")
