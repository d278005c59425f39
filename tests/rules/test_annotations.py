"""What an alert tells: texts that come by themselves, escaped where they are not the user's templates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from monitorspec.plan import Absent, Alert, Burn, Custom, Forecast, Limit, Links, Signal
from monitorspec.rules.annotations import annotations_of, escaped

D = Decimal
NOWHERE = Links("", "", "", "")
HOUR = 3_600_000


def alert(**changes: Any) -> Alert:
    made = Alert(
        id="api.cpu.critical",
        name="ApiCpu",
        title="CPU",
        description="",
        service="api",
        key="cpu",
        severity="critical",
        labels={"service": "api", "severity": "critical"},
        annotations={},
        signal=Signal("cpu", None, "ratio"),
        condition=Limit(">", D("0.8"), "80%", None, None),
        hold=600_000,
        keep_firing=0,
        interval=60_000,
        group="api",
        missing="ok",
        actions_enabled=True,
        properties={},
        series_labels=None,
        runbook="api/ApiCpu.md",
        dashboard="shop-api",
        origin=(),
    )
    return made._replace(**changes)


def texts(**changes: Any) -> dict[str, str]:
    return annotations_of(alert(**changes), NOWHERE)


def test_defaults() -> None:
    assert texts() == {
        "summary": "CPU of api is {{ $value | humanizePercentage }}",
        "description": "CPU of api is {{ $value | humanizePercentage }}. It fires when it is above 80% for 10m.",
        "runbook_url": "runbooks/api/ApiCpu.md",
    }


def test_links() -> None:
    links = Links("https://wiki/runbooks", "https://grafana", "", "")
    found = annotations_of(alert(), links)
    assert found["runbook_url"] == "https://wiki/runbooks/api/ApiCpu.md"
    assert found["dashboard_url"] == "https://grafana/d/shop-api"
    assert "dashboard_url" not in annotations_of(alert(dashboard=""), links)
    assert "runbook_url" not in annotations_of(alert(runbook=""), links)


def test_what_the_user_wrote_is_a_template_and_wins() -> None:
    own = {"summary": "{{ $labels.pod }} is hot", "runbook_url": "https://elsewhere", "team": "{{ $value }}"}
    found = annotations_of(alert(annotations=own), NOWHERE)
    assert {key: found[key] for key in own} == own


def test_titles_and_descriptions_are_no_templates() -> None:
    found = texts(title="{{ $labels.x }}", description="Uses {{ braces }}.")
    assert found["summary"].startswith('{{ "{{" }} $labels.x }} of api is {{ $value')
    assert found["description"].endswith('\nUses {{ "{{" }} braces }}.')


def test_escaping_leaves_single_braces() -> None:
    assert escaped("{a} }} {") == "{a} }} {"
    assert escaped("{{{{") == '{{ "{{{{" }}'


def test_series_are_told_apart() -> None:
    """Labels that the rule sets are the same for every series."""
    found = texts(series_labels=("node", "pod", "service"))
    assert (
        found["summary"]
        == "CPU of api (node {{ $labels.node }}, pod {{ $labels.pod }}) is {{ $value | humanizePercentage }}"
    )
    assert texts(series_labels=()) == texts(series_labels=None)


@pytest.mark.parametrize(
    ("condition", "summary"),
    [
        (Absent(), "CPU of api has no data"),
        (
            Forecast(">", D(1), "1", HOUR, 6 * HOUR),
            "CPU of api is expected at {{ $value | humanizePercentage }} within 6h",
        ),
        (
            Burn("api.cpu", "page-fast", 0, D("14.4"), HOUR, HOUR // 12, D("0.02")),
            "CPU of api is burning its error budget: {{ $value | humanizePercentage }} of the last 1h failed",
        ),
        # The value of such an expression is a number of datapoints, not the signal's.
        (Limit("<", D("0.5"), "50%", None, (3, 5)), "CPU of api was below 50% in 3 of the last 5 datapoints"),
    ],
)
def test_summaries(condition: Any, summary: str) -> None:
    assert texts(condition=condition)["summary"] == summary


def test_nothing_is_said_twice() -> None:
    assert texts(condition=Absent(), title="CPU, no data")["summary"] == "CPU of api has no data"
    forecast = Forecast(">", D(1), "1", HOUR, 6 * HOUR)
    assert texts(condition=forecast, title="CPU forecast")["summary"].startswith("CPU of api is expected at")


def test_a_raw_rule_speaks_for_itself() -> None:
    assert texts(condition=Custom()) == {"runbook_url": "runbooks/api/ApiCpu.md"}


def test_empty_annotation_of_the_user_stays_empty() -> None:
    assert texts(annotations={"summary": ""})["summary"] == ""
