"""One panel as Grafana's JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from monitorspec.grafana import skeletons
from monitorspec.grafana.panels import Context, merged, number, panel, severity_colors
from monitorspec.layout import Box
from monitorspec.plan import Panel, PanelLimit, Severity
from monitorspec.spec.units import UNITS
from tests.grafana import samples

CONTEXT = Context(severity_colors(samples.SEVERITIES), {d.name: d for d in samples.plan().datasources}, {})


def made(p: Panel, context: Context = CONTEXT) -> dict[str, Any]:
    return panel(p, 3, Box(0, 1, 12, 8), context)[0]


def defaults(p: Panel) -> dict[str, Any]:
    found: dict[str, Any] = made(p)["fieldConfig"]["defaults"]
    return found


def steps(*limits: tuple[str, str], below: bool = False) -> list[tuple[str, object]]:
    p = samples.panel("x", samples.promql("x"), limits=tuple(PanelLimit(s, Decimal(v)) for s, v in limits))
    return [(s["color"], s["value"]) for s in defaults(p._replace(limits_below=below))["thresholds"]["steps"]]


def nulls(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for k, v in value.items() for found in nulls(v, f"{path}/{k}")]
    if isinstance(value, list):
        return [found for i, v in enumerate(value) for found in nulls(v, f"{path}/{i}")]
    return [path] if value is None else []


@pytest.mark.parametrize("type_", ["timeseries", "stat", "gauge", "table", "heatmap", "logs", "text"])
def test_skeletons_hold_nothing_of_grafanas_past(type_: str) -> None:
    skeleton = skeletons.panel(type_)
    assert nulls(skeleton) == []
    assert set(skeleton) <= {"type", "options", "fieldConfig"}
    assert skeleton["type"] == type_


def test_no_limits_leave_one_colour() -> None:
    assert steps() == [("green", None)]


def test_limits_colour_what_is_above_them_in_order() -> None:
    assert steps(("critical", "0.9"), ("warning", "0.5")) == [("green", None), ("orange", 0.5), ("red", 0.9)]


def test_low_limits_colour_what_is_below_them_in_order() -> None:
    assert steps(("critical", "5"), ("warning", "20"), below=True) == [("red", None), ("orange", 5), ("green", 20)]


def test_of_two_severities_with_one_limit_the_more_severe_counts() -> None:
    assert steps(("warning", "1"), ("critical", "1.0")) == [("green", None), ("red", 1)]


def test_limits_are_lines_on_graphs_only() -> None:
    limited = samples.panel("x", samples.promql("x"), limits=samples.LIMITS)
    assert defaults(limited)["custom"]["thresholdsStyle"] == {"mode": "line"}
    assert "thresholdsStyle" not in defaults(limited._replace(limits=()))["custom"]
    assert "thresholdsStyle" not in str(made(limited._replace(type="stat")))


def test_severities_of_any_name_get_colours_by_rank() -> None:
    ranked = [Severity(name, rank, False, "") for rank, name in enumerate(("sev1", "sev2", "sev3", "sev4"))]
    assert severity_colors(reversed(ranked)) == {"sev1": "red", "sev2": "orange", "sev3": "yellow", "sev4": "blue"}
    assert severity_colors(ranked[:2]) == {"sev1": "red", "sev2": "orange"}


@pytest.mark.parametrize("unit", UNITS)
def test_units_are_grafanas(unit: str) -> None:
    assert defaults(samples.panel("x", samples.promql("x"), unit=unit))["unit"] == UNITS[unit][2]


def test_a_gauge_of_a_share_spans_all_of_it() -> None:
    gauge = samples.panel("x", samples.promql("x"), type_="gauge", unit="ratio")
    assert (defaults(gauge)["min"], defaults(gauge)["max"]) == (0, 1)
    assert defaults(gauge._replace(max=0.5))["max"] == 0.5
    assert "max" not in defaults(gauge._replace(unit="seconds"))


def test_a_panel_of_several_sources_is_mixed() -> None:
    both = samples.panel("x", samples.promql("x"), samples.BLANK._replace(cloudwatch=samples.METRIC))
    built, kinds = panel(both, 1, Box(0, 0, 24, 8), CONTEXT)
    assert built["datasource"] == {"type": "datasource", "uid": "-- Mixed --"}
    assert kinds == {"prometheus", "cloudwatch"}


def test_a_panel_of_a_declared_source_needs_no_variable() -> None:
    built, kinds = panel(samples.panel("x", samples.promql("x", datasource="main")), 1, Box(0, 0, 24, 8), CONTEXT)
    assert built["datasource"] == {"type": "prometheus", "uid": "prom-main"}
    assert kinds == set()


def test_a_table_of_several_queries_is_one_table() -> None:
    several = samples.panel("x", samples.promql("a"), samples.promql("b"), type_="table")
    assert made(several)["transformations"] == [{"id": "merge", "options": {}}]
    assert "transformations" not in made(several._replace(queries=several.queries[:1]))


def test_what_has_no_description_gets_one() -> None:
    assert made(samples.panel("Queue length", samples.promql("x")))["description"] == "Queue length."


def test_a_runbook_is_linked_by_the_origin_of_what_is_shown() -> None:
    origin = ("services", "api", "thresholds", "cpu")
    context = CONTEXT._replace(runbooks={origin: "https://runbooks.example/api/Cpu.md"})
    shown = samples.panel("x", samples.promql("x"), origin=origin)
    assert [link["url"] for link in made(shown, context)["links"]] == ["https://runbooks.example/api/Cpu.md"]
    assert "links" not in made(samples.panel("x", samples.promql("x")), context)


def test_raw_options_go_over_everything_deeply() -> None:
    raw = {"transparent": True, "fieldConfig": {"defaults": {"custom": {"lineWidth": 3}}}, "targets": []}
    built = made(samples.panel("x", samples.promql("x"), options=raw))
    assert built["transparent"] is True
    assert built["fieldConfig"]["defaults"]["custom"]["lineWidth"] == 3
    assert built["fieldConfig"]["defaults"]["custom"]["fillOpacity"] == 10
    assert built["targets"] == []
    # The next panel is not the worse for it.
    assert defaults(samples.panel("y", samples.promql("y")))["custom"]["lineWidth"] == 1


def test_merging_changes_neither_side() -> None:
    base, over = {"a": {"b": 1}, "c": [1]}, {"a": {"d": 2}, "c": [2]}
    assert merged(base, over) == {"a": {"b": 1, "d": 2}, "c": [2]}
    assert (base, over) == ({"a": {"b": 1}, "c": [1]}, {"a": {"d": 2}, "c": [2]})


@pytest.mark.parametrize(("value", "expected"), [("5", 5), ("5.0", 5), ("0.95", 0.95), ("-1.5", -1.5), ("1E+3", 1000)])
def test_numbers_are_whole_where_they_can_be(value: str, expected: float) -> None:
    assert (number(Decimal(value)), type(number(Decimal(value)))) == (expected, type(expected))
