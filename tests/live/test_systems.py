"""Both example systems on running servers: an alert of each severity reaches the receivers that its spec says, and no others.

What is expected is written down here from the specs' routes, not computed by the code under test.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitorspec.compiler import compile_file, emit
from monitorspec.yamltext import dump
from tests.live import harness

SPECS = Path(__file__).parents[2] / "specs"


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def generated(system: str) -> Mapping[str, str]:
    compiled = compile_file(SPECS / f"{system}.monitorspec.yaml")
    assert compiled.plan is not None, compiled.diagnostics
    return {artifact.path: artifact.text for artifact in emit(compiled.plan, ("prometheus", "alertmanager"))}


def hastened(text: str) -> str:
    """The rules, evaluated each second and held for a few: the test waits for what they say, not how long.

    Not for less, because newer servers evaluate before they have scraped anything, when every metric is absent.
    """
    rules = read(text)
    for group in rules["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if "for" in rule:
                rule["for"] = "5s"
    return dump(rules)


def receivers_of(sink: harness.Sink, **labels: str) -> set[str]:
    return {n.receiver for n in sink.seen(**labels)}


@pytest.mark.usefixtures("prometheus", "alertmanager")
@pytest.mark.parametrize(
    ("system", "quiet", "loud", "expected"),
    [
        (
            "datavault",
            """
datavault_records_processed_total{job="datavault",instance="a"} 100
datavault_data_quality_ratio{job="datavault",instance="a"} 0.99
datavault_processing_latency_seconds{job="datavault",instance="a"} 1
datavault_processing_latency_seconds{job="datavault",instance="b"} 1
""",
            """
datavault_records_processed_total{job="datavault",instance="a"} 100
datavault_data_quality_ratio{job="datavault",instance="a"} 0.99
datavault_processing_latency_seconds{job="datavault",instance="a"} 61
datavault_processing_latency_seconds{job="datavault",instance="b"} 31
""",
            [
                (
                    {"alertname": "HighProcessingLatency", "severity": "critical", "instance": "a"},
                    {"oncall", "chat", "lead"},
                ),
                ({"alertname": "HighProcessingLatency", "severity": "warning", "instance": "b"}, {"chat", "mail"}),
                # The critical alert of the same instance silences the warning; the other instance's is told.
                ({"alertname": "HighProcessingLatency", "severity": "warning", "instance": "a"}, set()),
            ],
        ),
        (
            "datapunk-lake",
            """
datapunk_cpu_usage_ratio{instance="a",process_group="database"} 0.2
pg_stat_activity_count{instance="a"} 5
datapunk_authentication_failures_total{database="lake"} 0
""",
            """
datapunk_cpu_usage_ratio{instance="a",process_group="database"} 0.9
pg_stat_activity_count{instance="a"} 81
datapunk_authentication_failures_total{database="lake"} 20
""",
            [
                (
                    {"alertname": "SystemCpu", "severity": "high"},
                    {"remediation", "ops-team", "on_call_dba", "slack", "mail", "senior_dba", "engineering_manager"},
                ),
                ({"alertname": "SystemCpu", "severity": "medium"}, set()),
                ({"alertname": "HighConnectionUsage", "severity": "medium"}, {"slack"}),
                ({"alertname": "AuditAuthenticationFailures", "severity": "low"}, {"dashboard-only"}),
            ],
        ),
    ],
    ids=["datavault", "datapunk-lake"],
)
def test_alerts_of_every_severity_reach_their_receivers(
    system: str,
    quiet: str,
    loud: str,
    expected: list[tuple[dict[str, str], set[str]]],
    tmp_path: Path,
    sink: harness.Sink,
    feeder: harness.Feeder,
) -> None:
    files = generated(system)
    rules = []
    for path, text in files.items():
        if path.endswith(".rules.yml"):
            rules.append(tmp_path / Path(path).name)
            rules[-1].write_text(hastened(text), encoding="utf-8")
    config = harness.redirect(read(files["alertmanager/alertmanager.yml"]), sink)
    feeder.text = quiet.lstrip()
    with (
        harness.alertmanager(tmp_path / "alertmanager", config) as alertmanager,
        harness.prometheus(tmp_path / "prometheus", rules, feeder, alertmanager) as prometheus,
    ):
        scraped = "/api/v1/query?query=count_over_time(up[1m])%20%3E%202"
        assert harness.wait_for(lambda: prometheus.get(scraped)["data"]["result"], 20)
        assert sink.receivers() == set(), "alerts fire while all is well"

        feeder.text = loud.lstrip()
        told = [(labels, receivers) for labels, receivers in expected if receivers]
        assert harness.wait_for(lambda: all(receivers_of(sink, **ls) >= rs for ls, rs in told), 30), {
            str(ls): receivers_of(sink, **ls) for ls, _ in told
        }
        for labels, receivers in expected:
            assert receivers_of(sink, **labels) == receivers, labels
        for notification in sink.seen(**told[0][0]):
            assert notification.annotations["summary"]
            assert notification.annotations["runbook_url"].startswith("https://runbooks.")

        feeder.text = quiet.lstrip()
        page = told[0][0]
        assert harness.wait_for(lambda: {n.receiver for n in sink.seen(status="resolved", **page)} == told[0][1], 30)
