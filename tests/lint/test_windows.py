"""Windows that a release of Alertmanager opens on other days: silence where there is nothing to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitorspec.compiler import compile_text

SPEC = (Path(__file__).parents[1] / "cases" / "windows" / "clock-change.yaml").read_text(encoding="utf-8")


def found(text: str) -> list[str]:
    return [d.message for d in compile_text(text, "x.monitorspec.yaml").diagnostics if d.code == "windows/clock-change"]


def test_windows_that_reach_the_end_of_such_a_month() -> None:
    assert found(SPEC) == [
        "Alertmanager opens `closing` on day 30 of March instead of 31",
        "Alertmanager does not open `late` on day 31 of October",
    ]


@pytest.mark.parametrize(
    "targets", ['{alertmanager: "0.35"}', '{alertmanager: "1.0"}', "{only: [prometheus]}", '{alertmanager: "0.36"}']
)
def test_nothing_where_no_such_release_is_meant(targets: str) -> None:
    assert found(f"{SPEC}targets: {targets}\n") == []


def test_nothing_in_zones_without_summer_time() -> None:
    assert found(SPEC.replace("Europe/Berlin", "Asia/Tokyo").replace("Australia/Sydney", "Asia/Kolkata")) == []
