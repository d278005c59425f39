"""The harness itself: an alert from a scraped metric to the receiver that it is meant for, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitorspec import tools
from tests.live import harness

RULES = """\
groups:
  - name: queue
    rules:
      - alert: QueueFull
        expr: queue_length > 10
        labels: {severity: critical}
        annotations: {summary: '{{ $labels.queue }} holds {{ $value }}'}
      - alert: QueueLong
        expr: queue_length > 5
        labels: {severity: warning}
"""

CONFIG = {
    "global": {"slack_api_url_file": "/nowhere/slack"},
    "route": {
        "receiver": "nobody",
        "group_by": ["alertname"],
        "group_wait": "10m",
        "routes": [
            {"receiver": "on call/1", "matchers": ['severity="critical"'], "group_interval": "1h"},
            {"receiver": "chat", "matchers": ['severity="warning"', 'queue!="a"']},
        ],
    },
    "receivers": [
        {"name": "nobody"},
        {"name": "on call/1", "pagerduty_configs": [{"routing_key_file": "/nowhere/pd"}]},
        {"name": "chat", "slack_configs": [{"channel": "#chat"}]},
    ],
}


@pytest.mark.usefixtures("prometheus", "alertmanager")
def test_an_alert_reaches_its_receiver_and_no_other(tmp_path: Path, sink: harness.Sink, feeder: harness.Feeder) -> None:
    rules = tmp_path / "queue.rules.yml"
    rules.write_text(RULES)
    feeder.text = 'queue_length{queue="a"} 3\n'
    with (
        harness.alertmanager(tmp_path / "am", harness.redirect(CONFIG, sink)) as alertmanager,
        harness.prometheus(tmp_path / "prom", [rules], feeder, alertmanager) as prometheus,
    ):
        query = "/api/v1/query?query=queue_length"
        assert harness.wait_for(lambda: prometheus.get(query)["data"]["result"], 10), "nothing was scraped"
        assert sink.receivers() == set()

        feeder.text = 'queue_length{queue="a"} 12\n'
        assert harness.wait_for(lambda: sink.seen("on call/1", alertname="QueueFull"), 15)
        assert sink.seen("on call/1")[0].annotations == {"summary": "a holds 12"}
        # The warning fires as well, but its queue is not one for the chat: it goes to nobody.
        assert harness.wait_for(lambda: len(alertmanager.get("/api/v2/alerts")) == 2, 5)
        assert sink.receivers() == {"on call/1"}

        feeder.text = 'queue_length{queue="a"} 3\n'
        assert harness.wait_for(lambda: sink.seen("on call/1", "resolved", alertname="QueueFull"), 15)
        assert sink.receivers() == {"on call/1"}


@pytest.mark.usefixtures("alertmanager")
def test_a_server_that_cannot_start_tells_why(tmp_path: Path) -> None:
    with (
        pytest.raises(tools.ToolFailed, match="undefined receiver"),
        harness.alertmanager(tmp_path, {"route": {"receiver": "x"}, "receivers": []}),
    ):
        pass


def test_redirecting_leaves_the_silent_silent_and_the_given_config_alone(sink: harness.Sink) -> None:
    config = harness.redirect(CONFIG, sink)
    assert config["receivers"][0] == {"name": "nobody"}
    assert config["receivers"][1]["webhook_configs"][0]["url"] == f"http://{sink.address}/on%20call%2F1"
    assert {child["group_wait"] for child in [config["route"], *config["route"]["routes"]]} == {"1s"}
    assert "routing_key_file" in str(CONFIG)
    assert CONFIG["global"] == {"slack_api_url_file": "/nowhere/slack"}
    assert "nowhere" not in str(config)
