"""The floor of a build's time: YAML events into dicts, string templates out; no validation, no quoting, no thought.

In: the text of a spec and an output folder. Out: files of about the size that a build writes (some 50 kB a service),
and how many there are of what. A build can be compared with it, but not be expected to reach it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")

RECORD = """\
      - record: slo:errors:ratio_rate%(window)s
        expr: |
          sum(rate(http_requests_total{job="%(service)s",code=~"5.."}[%(window)s]))
          / sum(rate(http_requests_total{job="%(service)s"}[%(window)s]))
        labels: {service: '%(service)s', slo: '%(slo)s', window: '%(window)s', owner: 'team', system: 'bench'}
"""
ALERT = """\
      - alert: %(service)s_%(slo)s_%(window)s
        expr: |
          (slo:errors:ratio_rate%(window)s{service="%(service)s",slo="%(slo)s"} > (14.4 * 0.001))
          and (slo:errors:ratio_rate5m{service="%(service)s",slo="%(slo)s"} > (14.4 * 0.001))
        for: 2m
        labels: {service: '%(service)s', slo: '%(slo)s', severity: critical, owner: 'team', system: 'bench'}
        annotations:
          summary: '%(service)s burns the error budget of %(slo)s'
          description: 'The ratio over %(window)s is {{ $value | humanizePercentage }}, the budget lasts hours.'
          runbook_url: 'https://runbooks.example.com/%(service)s/%(slo)s'
          dashboard_url: 'https://grafana.example.com/d/%(service)s'
"""
TEST = """\
  - name: '%(service)s %(slo)s %(window)s'
    interval: 1m
    input_series:
      - {series: 'slo:errors:ratio_rate%(window)s{service="%(service)s",slo="%(slo)s"}', values: '0.02x10'}
      - {series: 'slo:errors:ratio_rate5m{service="%(service)s",slo="%(slo)s"}', values: '0.02x10'}
    alert_rule_test:
      - eval_time: 5m
        alertname: %(service)s_%(slo)s_%(window)s
        exp_alerts:
          - exp_labels: {service: '%(service)s', slo: '%(slo)s', severity: critical, owner: 'team', system: 'bench'}
            exp_annotations: {summary: '%(service)s burns the error budget of %(slo)s'}
"""
PANEL = """\
    {"id": 1, "type": "timeseries", "title": "%(service)s %(slo)s", "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
     "datasource": {"type": "prometheus", "uid": "${datasource}"}, "options": {"legend": {"displayMode": "list"}},
     "fieldConfig": {"defaults": {"unit": "percentunit", "custom": {"lineWidth": 1, "fillOpacity": 10}}},
     "targets": [{"refId": "A", "expr": "slo:errors:ratio_rate1h{service=\\"%(service)s\\",slo=\\"%(slo)s\\"}"}]}"""
ALARM = """\
    "%(service)s%(slo)s": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "%(service)s-%(slo)s",
      "Namespace": "Bench", "MetricName": "%(slo)s", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 5,
      "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
      "Dimensions": [{"Name": "Service", "Value": "%(service)s"}], "AlarmActions": [{"Ref": "Topic"}]}}"""
RUNBOOK = """\
## %(slo)s

%(service)s misses its objective. Look at the dashboard first, then at the last deploy.

1. Open https://grafana.example.com/d/%(service)s and compare with the day before.
2. Roll back when a deploy is younger than half an hour.
3. Ask the owner of the dependency that fails.

"""


TEMPLATE = """\
  %(service)s%(name)s:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName:
        Fn::Sub: bench-${Environment}-%(service)s-%(name)s-critical
      AlarmDescription: '%(title)s (%(service)s): above %(limit)s in 3 of 5 datapoints. %(description)s Runbook: runbooks/x.md'
      AlarmActions: [{Ref: PagesTopic}, {Ref: NoticesTopicArn}]
      OKActions: [{Ref: PagesTopic}, {Ref: NoticesTopicArn}]
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions:
        - Name: FunctionName
          Value:
            Fn::Sub: f-${Environment}
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 5
      DatapointsToAlarm: 3
      ComparisonOperator: GreaterThanThreshold
      Threshold: %(limit)s
      TreatMissingData: notBreaching
      Tags:
        - Key: environment
          Value: production
        - Key: owner
          Value: platform
        - Key: service
          Value: %(service)s
        - Key: severity
          Value: critical
        - Key: system
          Value: bench
"""
PER_TEMPLATE = 40


def load(text: str) -> Any:
    """A document as dicts, lists and strings, from the events of the C parser; no aliases, no tags, no types."""
    from _ruamel_yaml import CParser
    from ruamel.yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

    parser = CParser(text)
    stack: list[list[Any]] = [[]]
    while (event := parser.get_event()) is not None:
        kind = type(event)
        if kind is ScalarEvent:
            stack[-1].append(event.value)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            stack.append([])
        elif kind is MappingEndEvent:
            items = iter(stack.pop())
            stack[-1].append(dict(zip(items, items, strict=True)))
        elif kind is SequenceEndEvent:
            items_ = stack.pop()
            stack[-1].append(items_)
    return stack[0][0] if stack[0] else {}


def run(spec_text: str, outdir: Path) -> dict[str, int]:
    """Write every service's files below `outdir`; the numbers of services, rules, files and bytes."""
    outdir.mkdir(parents=True, exist_ok=True)
    counts = {"services": 0, "rules": 0, "files": 0, "bytes": 0}
    for service, body in (load(spec_text).get("services") or {}).items():
        slos = [{"service": service, "slo": slo} for slo in body.get("slos") or {}]
        thresholds = [{"service": service, "slo": name, "window": "10m"} for name in body.get("thresholds") or {}]
        windows = [{**slo, "window": window} for slo in slos for window in WINDOWS]
        alerts = windows + slos_with(slos, "budget") + thresholds
        files = {
            "rules.yml": f"groups:\n  - name: {service}\n    rules:\n" + _fill(RECORD, windows) + _fill(ALERT, alerts),
            "test.yml": "rule_files: [rules.yml]\ntests:\n" + _fill(TEST, alerts),
            "dashboard.json": '{"panels": [\n' + _fill(PANEL, slos + thresholds, ",\n") + "\n]}\n",
            "alarms.json": '{"Resources": {\n' + _fill(ALARM, slos + thresholds, ",\n") + "\n}}\n",
            "runbook.md": f"# {service}\n\n" + _fill(RUNBOOK, alerts),
        }
        for name, text in files.items():
            (outdir / f"{service}.{name}").write_bytes(content := text.encode())
            counts["bytes"] += len(content)
        counts["services"] += 1
        counts["rules"] += len(windows) + len(alerts)
        counts["files"] += len(files)
    return counts


def run_alarms(spec_text: str, outdir: Path) -> dict[str, int]:
    """Write a template for every few alarms below `outdir`; the numbers of alarms, files and bytes."""
    outdir.mkdir(parents=True, exist_ok=True)
    found = [
        {"service": service, "name": name, "limit": body["above"]["critical"], **body}
        for service, one in load(spec_text)["services"].items()
        for name, body in one["thresholds"].items()
    ]
    counts = {"alarms": len(found), "files": 0, "bytes": 0}
    for at in range(0, len(found), PER_TEMPLATE):
        content = ("Resources:\n" + _fill(TEMPLATE, found[at : at + PER_TEMPLATE])).encode()
        (outdir / f"{at}.template.yml").write_bytes(content)
        counts["files"] += 1
        counts["bytes"] += len(content)
    return counts


def slos_with(slos: list[dict[str, str]], window: str) -> list[dict[str, str]]:
    """Each SLO once more, for one more rule with `window` in its name."""
    return [{**slo, "window": window} for slo in slos]


def _fill(template: str, values: list[dict[str, str]], between: str = "") -> str:
    return between.join([template % value for value in values])


if __name__ == "__main__":
    chosen = run_alarms if sys.argv[3:] == ["alarms"] else run
    print(chosen(Path(sys.argv[1]).read_text(encoding="utf-8"), Path(sys.argv[2])))
