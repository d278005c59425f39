"""Grafana's provisioning files."""

from __future__ import annotations

from typing import Any

from monitorspec.grafana import provisioning
from monitorspec.plan import Datasource
from tests.grafana import samples


def datasource(**changes: Any) -> dict[str, Any]:
    made = Datasource("main", "prometheus", "main", "http://prometheus:9090", "", False, {}, ())._replace(**changes)
    (found,) = provisioning.datasources(samples.plan(datasources=(made,)))["datasources"]
    return dict(found)


def test_dashboards_are_read_from_the_folder_of_their_system() -> None:
    (provider,) = provisioning.dashboards(samples.plan())["providers"]
    assert provider["folder"] == "The Shop"
    assert provider["options"]["path"].endswith("/shop")
    # An edit in the browser would be lost at the next build.
    assert provider["allowUiUpdates"] is False


def test_a_prometheus_data_source() -> None:
    found = datasource(default=True)
    assert (found["type"], found["url"], found["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    assert found["jsonData"] == {"httpMethod": "POST"}


def test_aws_data_sources_have_a_region_and_no_address() -> None:
    for type_, plugin in (("cloudwatch", "cloudwatch"), ("xray", "grafana-x-ray-datasource")):
        found = datasource(type=type_, url="", region="eu-west-1")
        assert found["type"] == plugin
        assert found["jsonData"] == {"authType": "default", "defaultRegion": "eu-west-1"}
        assert "url" not in found


def test_raw_options_win() -> None:
    assert datasource(options={"httpMethod": "GET", "timeInterval": "15s"})["jsonData"] == {
        "httpMethod": "GET",
        "timeInterval": "15s",
    }


def test_grafana_puts_its_environment_into_addresses_but_not_into_names() -> None:
    found = datasource(name="a$HOME", url="http://x/?${SECRET}", uid="$UID")
    assert (found["name"], found["url"], found["uid"]) == ("a$$HOME", "http://x/?${SECRET}", "$$UID")
    (provider,) = provisioning.dashboards(samples.plan(title="Cost in $USD"))["providers"]
    assert provider["folder"] == "Cost in $$USD"
