"""One dashboard as Grafana's JSON: rows, variables, links, annotations."""

from __future__ import annotations

from typing import Any

import pytest

from monitorspec.grafana import board, panels
from monitorspec.plan import Dashboard, Links, Plan, Row
from tests.grafana import samples

HOUR = 3_600_000


def of(*queries: str, service: str = "", **changes: Any) -> Dashboard:
    panels = tuple(samples.panel(f"p{i}", samples.promql(q)) for i, q in enumerate(queries))
    return samples.everything()._replace(rows=(Row("", False, panels),), service=service, **changes)


def made(dashboard: Dashboard, plan: Plan | None = None) -> dict[str, Any]:
    return board.dashboard(dashboard, board.shared(plan or samples.plan(dashboard)), samples.HEADER)


def variables(*queries: str, service: str = "") -> dict[str, dict[str, Any]]:
    return {v["name"]: v for v in made(of(*queries, service=service))["templating"]["list"]}


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (1000, "1s"),
        (90_000, "90s"),
        (90 * 60_000, "90m"),
        (HOUR, "1h"),
        (36 * HOUR, "36h"),
        (48 * HOUR, "2d"),
        (1500, "1500ms"),
    ],
)
def test_intervals_have_one_unit(ms: int, text: str) -> None:
    assert panels.interval(ms) == text


def test_open_rows_stand_before_their_panels_and_folded_ones_around_them() -> None:
    panels = made(samples.everything())["panels"]
    titles = [p["title"] for p in panels]
    # What has no row is above all rows.
    assert titles[:3] == ["words", "Open", "graph"]
    assert titles[-5:] == ["Folded", "Last", "traces", "latency", "declared"]
    folded = panels[titles.index("Folded")]
    assert [p["title"] for p in folded["panels"]] == ["heat", "insights", "loki"]
    # The next row is right behind the folded one.
    assert panels[titles.index("Last")]["gridPos"]["y"] == folded["gridPos"]["y"] + 1
    assert [p["id"] for p in panels[:2]] == [1, 2]


def test_text_without_queries_is_a_text_panel() -> None:
    words = samples.panel("words", text="hello")
    (panel,) = made(of()._replace(rows=(Row("", False, (words,)),)))["panels"]
    assert (panel["type"], panel["options"]["content"]) == ("text", "hello")
    assert "targets" not in panel


def test_times_tags_and_description() -> None:
    data = made(samples.everything())
    assert data["refresh"] == "90m"
    assert data["time"] == {"from": "now-36h", "to": "now"}
    assert data["tags"] == ["shop", "payments"]
    assert data["description"] == f"One of everything.\n\n{samples.HEADER}"
    assert made(of("up", refresh=None))["refresh"] == ""


def test_data_source_variables_only_for_what_is_used() -> None:
    assert set(variables("up")) == {"datasource"}
    sources = {v["name"]: v for v in made(samples.everything())["templating"]["list"] if v["type"] == "datasource"}
    assert set(sources) == {"datasource", "cloudwatch", "xray", "loki"}
    assert sources["xray"]["query"] == "grafana-x-ray-datasource"
    # The declared source is chosen at first, where there is one.
    assert sources["cloudwatch"]["current"]["value"] == "cw"
    assert sources["loki"]["current"] == {}


def test_a_variable_of_the_queries_gets_the_values_of_its_label() -> None:
    found = variables('sum(rate(http_requests_total{job="a", pod=~"$host"}[$__rate_interval]))')
    assert set(found) == {"datasource", "host"}
    host = found["host"]
    assert host["query"]["query"] == "label_values(http_requests_total, pod)"
    assert (host["refresh"], host["multi"], host["includeAll"]) == (2, True, True)


def test_a_variable_compared_by_equality_takes_one_value() -> None:
    pod = variables('up{pod="${pod}"}')["pod"]
    assert (pod["multi"], pod["includeAll"], pod["current"]) == (False, False, {})


@pytest.mark.parametrize(
    "query",
    [
        "rate(x_total[$__rate_interval]) + rate(x_total[$__interval])",
        'label_replace(up, "a", "$1", "b", "(.*)")',
        'label_replace(up, "a", "$host", "b", "(?P<host>.*)")',
        'up{code=~"5..$"}',
    ],
)
def test_what_is_no_variable_gets_none(query: str) -> None:
    assert set(variables(query)) == {"datasource"}


def test_a_service_dashboard_shows_what_alerts_see_and_so_has_no_variables() -> None:
    assert set(variables('up{pod="$pod"}', service="api")) == {"datasource"}


def test_links_lead_to_the_systems_dashboards_its_runbooks_and_the_declared_addresses() -> None:
    one, two = samples.everything(), of("up", uid="shop-two")
    links = made(one, samples.plan(one, two))["links"]
    assert [(link["type"], link["title"]) for link in links] == [
        ("dashboards", "The Shop dashboards"),
        ("link", "Runbooks"),
        ("link", "Wiki"),
    ]
    assert links[0]["tags"] == ["shop"]
    assert links[1]["url"] == "https://runbooks.example/shop/README.md"
    assert links[2]["url"] == "https://wiki.example/shop?a=b&c=d"


def test_what_is_alone_and_has_no_addresses_links_to_nothing() -> None:
    alone = of("up", links=())
    assert made(alone, samples.plan(alone, links=Links("", "", "", "")))["links"] == []


def test_no_alerts_no_marks() -> None:
    assert made(of("up"))["annotations"] == {"list": []}
