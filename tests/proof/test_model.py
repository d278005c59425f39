"""The reference model against what Prometheus' documentation says of `for`, `keep_firing_for` and stale data."""

from __future__ import annotations

from decimal import Decimal

import pytest

from monitorspec.plan import Absent, Alert, Condition, Limit, Signal
from monitorspec.proof.model import beyond, firing
from monitorspec.proof.timeline import Phase, signal_of

MINUTE = 60_000


def alert(condition: Condition, hold: int = 0, keep: int = 0) -> Alert:
    return Alert(
        id="a.b.critical",
        name="AB",
        title="",
        description="",
        service="a",
        key="b",
        severity="critical",
        labels={},
        annotations={},
        signal=Signal("x", None, "none"),
        condition=condition,
        hold=hold * MINUTE,
        keep_firing=keep * MINUTE,
        interval=MINUTE,
        group="a",
        missing="ok",
        actions_enabled=True,
        properties={},
        series_labels=None,
        runbook="",
        dashboard="",
        origin=(),
    )


def above(value: int, recover: int | None = None, datapoints: tuple[int, int] | None = None) -> Limit:
    return Limit(">", Decimal(value), str(value), None if recover is None else Decimal(recover), datapoints)


def run(what: Alert, values: str, settle: int = 0) -> str:
    """One character a minute: a digit is the value, `-` no data; the answer has F for firing, `.` for not, ? for unknown."""
    phases = [Phase(None if char == "-" else Decimal(char), MINUTE, "") for char in values]
    signal = signal_of(phases, settle * MINUTE)
    times = range(0, len(values) * MINUTE, MINUTE)
    return "".join({True: "F", False: ".", None: "?"}[state] for state in firing(what, signal, times))


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        (">", 5, False),
        (">", 6, True),
        (">=", 5, True),
        (">=", 4, False),
        ("<", 5, False),
        ("<", 4, True),
        ("<=", 5, True),
    ],
)
def test_limits(op: str, value: int, expected: bool) -> None:
    assert beyond(op, Decimal(value), Decimal(5)) is expected


@pytest.mark.parametrize(
    ("what", "values", "expected"),
    [
        (alert(above(5)), "-56665", "..FFF."),
        (alert(above(5), hold=2), "6666566", "..FF..."),
        (alert(above(5), hold=2), "66-6666", ".....FF"),
        (alert(above(5), keep=2), "6555555", "FFF...."),
        (alert(above(5), keep=2), "6556555", "FFFFFF."),
        (alert(above(5), hold=2, keep=1), "666556", "..FF.."),
        (alert(above(5, recover=3)), "4645434", ".FFFF.."),
        (alert(above(5, recover=3)), "644-44", "FFF..."),
        (alert(above(5, datapoints=(2, 3))), "6566555", "..FFF.."),
        (alert(above(5, datapoints=(3, 3))), "6656666", ".....FF"),
        (alert(Absent(), hold=2), "---1--1---", "..F......F"),
    ],
)
def test_over_time(what: Alert, values: str, expected: str) -> None:
    assert run(what, values) == expected


def test_what_settles_is_unknown_until_it_has() -> None:
    assert run(alert(above(5)), "5555566666", settle=3) == "???..???FF"
    assert run(alert(above(5), hold=1), "5555566666", settle=3) == ".??...???F"
