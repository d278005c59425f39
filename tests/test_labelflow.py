"""The labels of alerts: what their rules return, what they are given, what the server adds; held against promtool."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from monitorspec import compiler
from monitorspec.compiler import compile_file, emit, plan_of
from monitorspec.labelflow import flow
from monitorspec.lint import lint
from monitorspec.plan import Alert, Matcher, Plan
from monitorspec.rules.annotations import annotations_of
from monitorspec.spec.validate import Places
from monitorspec.templatelabels import rule_reads

SPEC = """\
version: 1
system: shop
owner: payments
labels: {environment: production}
services:
  api:
    labels: {team: web, shard: '{{ $labels.pod }}', pod: ''}
    slos:
      availability:
        objective: 99.9%
        by: [region]
        ratio: {bad: 'errors_total{job="api"}', total: 'requests_total{job="api"}'}
    thresholds:
      queue: {expr: 'sum by (queue, pod) (queue_length{queue!=""})', above: {warning: 5}, missing: breaching, severity: info}
      memory: {expr: 'memory_bytes{job="api"}', above: {critical: 5 GiB}, forecast: {window: 1h, within: 4h}}
      gone: {absent: 'up{job="api",zone=~".+"}'}
      recorded: {expr: 'job:errors:rate5m', above: {critical: 5}}
      looped: {expr: 'loop:a', above: {critical: 5}}
    records:
      'job:errors:rate5m': {expr: 'sum by (job) (env:errors:rate5m)', labels: {cluster: eu}}
      'env:errors:rate5m': {expr: 'sum by (env, job) (rate(errors_total[5m]))'}
      'loop:a': {expr: 'max by (a) (loop:b)'}
      'loop:b': {expr: 'sum without (b) (loop:a)'}
receivers: {chat: {slack: {channel: '#shop', api_url_file: /etc/slack}}}
routes: {default: {notify: chat}}
prometheus: {external_labels: {replica: a, cluster: us, team: none, shard: none, zone: ''}}
"""


def plan(text: str = SPEC) -> Plan:
    made, found = plan_of(text)
    assert made is not None, found
    return made


def alert(made: Plan, name: str) -> Alert:
    return next(alert for alert in made.alerts if alert.id == f"api.{name}")


@pytest.mark.parametrize(
    ("name", "has", "may", "cannot"),
    [
        ("queue.warning", "queue alertname severity team environment replica cluster", "shard", "pod job region"),
        ("queue.absent", "alertname replica", "shard", "pod queue"),
        ("memory.critical", "job alertname", "instance cluster replica", "pod __name__"),
        ("memory.forecast", "job", "instance", "pod __name__"),
        ("gone.critical", "job", "", "zone instance"),
        ("recorded.critical", "cluster", "job", "env instance"),
        ("looped.critical", "replica", "a", "b"),
        ("availability.page-fast", "system service slo burn_tier", "region", "job instance"),
    ],
)
def test_labels_of_an_alert(name: str, has: str, may: str, cannot: str) -> None:
    made = plan()
    labels = flow(made).carried(alert(made, name))
    assert [label for label in has.split() if not labels.carries(label)] == []
    assert [label for label in may.split() if not labels.can_carry(label) or labels.carries(label)] == []
    assert [label for label in cannot.split() if labels.can_carry(label)] == []


def test_values() -> None:
    made = plan()
    known = flow(made)
    labels = known.carried(alert(made, "queue.warning"))
    assert labels.value("severity") == "warning"
    assert labels.value("alertname") == "ApiQueue"
    assert labels.value("team") == "web"  # Prometheus keeps an alert's own label
    assert labels.value("replica") == "a"
    assert labels.value("shard") is None
    assert labels.value("queue") is None
    assert labels.value("zone") == ""
    # The series may bring the label, which Prometheus keeps then.
    assert known.carried(alert(made, "memory.critical")).value("cluster") is None
    assert known.carried(alert(made, "recorded.critical")).value("cluster") is None


def test_alerts_that_may_match() -> None:
    made = plan()
    known = flow(made)
    team, zone = Matcher("team", "=", "web"), Matcher("zone", "=~", "eu-.*")
    assert [a.id for a in known.matching([(team, zone)])] == ["api.memory.critical", "api.memory.forecast"]
    assert known.matching([(Matcher("team", "!=", "web"),)]) == []
    assert known.matching([()]) == list(made.alerts)


def test_labels_as_promtool_sees_them(promtool: Path, tmp_path: Path) -> None:
    """Alerts of the emitted rules over series with many labels: none has a label that it cannot have, all have what they must."""
    text = SPEC.replace("missing: breaching, severity: info", "")
    made = plan(text)
    for artifact in emit(made, ["prometheus"]):
        (tmp_path / Path(artifact.path).name).write_text(artifact.text)
    series = {}
    for pod in ("a", "b"):
        labels = f'job="api",pod="{pod}",instance="{pod}",region="eu",zone="z",env="e",queue="q",a="1",b="2"'
        series[f"queue_length{{{labels}}}"] = "100+0x1000"
        series[f"memory_bytes{{{labels}}}"] = "1e12+1e9x1000"
        series[f"errors_total{{{labels}}}"] = "0+9000x1000"
        series[f"requests_total{{{labels}}}"] = "0+9000x1000"
    names = sorted({a.name for a in made.alerts})
    tests = [{"eval_time": "700m", "alertname": name, "exp_alerts": []} for name in names]
    content = {
        "rule_files": ["api.rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": tests,
            }
        ],
    }
    (tmp_path / "labels.test.yml").write_text(json.dumps(content))
    done = subprocess.run(
        [promtool, "test", "rules", tmp_path / "labels.test.yml"], capture_output=True, text=True, check=False
    )
    firing = [
        dict(re.findall(r'(\w+)="([^"]*)"', found))
        for found in re.findall(r"Labels:\{([^}]*)\}", done.stdout + done.stderr)
    ]
    known = flow(made)
    compared = set()
    for found in firing:
        for one in made.alerts:
            if one.name == found["alertname"] and all(
                found.get(k) == v for k, v in one.labels.items() if "{{" not in v and v
            ):
                carried = known.carried(one)
                compared.add(one.id)
                # promtool adds no external carried.
                external = {"replica", "cluster"}
                assert [k for k in found if not carried.can_carry(k)] == [], one.id
                assert [
                    k for k in carried.known if carried.carries(k) and k not in found and k not in external
                ] == [], one.id
                assert [k for k, v in found.items() if carried.value(k) not in (None, v)] == [], one.id
    assert {"api.queue.warning", "api.memory.critical", "api.memory.forecast", "api.gone.critical"} <= compared
    assert {"api.recorded.critical", "api.availability.page-fast"} <= compared


SPECS = [
    path
    for folder in ("specs", "docs/examples")
    for path in sorted((Path(__file__).parents[1] / folder).glob("*.monitorspec.yaml"))
]


@pytest.mark.parametrize("spec", ["", *SPECS], ids=lambda spec: spec.name.partition(".")[0] if spec else "above")
def test_our_own_texts_read_no_label_that_cannot_be_there(spec: Path | str) -> None:
    made = compile_file(spec).plan if isinstance(spec, Path) else plan()
    assert made is not None
    known = flow(made)
    for one in made.alerts:
        if not one.on_cloudwatch:
            reads = [read for text in annotations_of(one, made.links).values() for read in rule_reads(text)]
            assert [read.label for read in reads if not known.series(one).can_carry(read.label)] == [], one.id


# ---- what the peers say

CASES = sorted((Path(__file__).parent / "cases" / "labelflow").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_peers_have_nothing_to_say(
    case: Path, promtool: Path, amtool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """promtool and amtool find nothing wrong with what is made of each case, in spite of the findings."""
    codes = set(re.findall(r"^(?:error|warning)\[(\S+)\]", case.with_suffix(".out").read_text(), re.M))
    assert codes
    everything = lint

    def only_others(made: Plan, places: Places) -> object:
        return [found for found in everything(made, places) if found.code not in codes]

    monkeypatch.setattr(compiler, "lint", only_others)
    made = compile_file(case)
    assert made.plan is not None, made.diagnostics
    for artifact in emit(made.plan):
        (tmp_path / artifact.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / artifact.path).write_text(artifact.text, encoding="utf-8")
    rules = sorted(tmp_path.glob("prometheus/*.rules.yml"))
    assert rules
    subprocess.run([promtool, "check", "rules", *rules], check=True, capture_output=True)
    subprocess.run(
        [amtool, "check-config", tmp_path / "alertmanager/alertmanager.yml"], check=True, capture_output=True
    )


def test_the_cases_show_every_code() -> None:
    shown = {code for case in CASES for code in re.findall(r"\[(\w+/[\w-]+)\]", case.with_suffix(".out").read_text())}
    own = {"templates/label", "templates/message-label", "dashboards/label", "metrics/recorded-label"}
    assert shown >= own | {"routes/label", "routes/value", "routes/group-by", "inhibit/equal"}


# ---- files that specs share


def test_what_other_specs_share_may_name_labels_that_this_one_has_not(tmp_path: Path) -> None:
    shared = """\
receivers: {chat: {slack: {channel: '#shop', api_url_file: /etc/slack}}}
routes:
  default: {notify: chat, group_by: [alertname, squad]}
  ours: {match: {labels: {squad: orders}}, notify: chat}
  theirs: {match: {labels: {team: search}}, notify: chat}
  typo: {match: {labels: {tame: web}}, notify: chat}
"""
    own = """\
version: 1
system: shop
owner: payments
extends: org.yaml
services: {api: {labels: {team: web}, thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
"""
    (tmp_path / "org.yaml").write_text(shared)
    (tmp_path / "spec.yaml").write_text(own)
    assert [(d.code, d.position.line) for d in compile_file(tmp_path / "spec.yaml").diagnostics] == [
        ("routes/label", 6)
    ]
    (tmp_path / "spec.yaml").write_text(own.replace("extends: org.yaml\n", "") + shared)
    codes = [d.code for d in compile_file(tmp_path / "spec.yaml").diagnostics]
    assert sorted(codes) == ["routes/group-by", "routes/label", "routes/label", "routes/value"]
