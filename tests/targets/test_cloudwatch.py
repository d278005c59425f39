"""CloudFormation templates, read back by another YAML parser and checked by cfn-lint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitorspec.artifact import Artifact
from monitorspec.cloudformation.finished import template_problems
from monitorspec.compiler import plan_of
from monitorspec.plan import Absent, Plan
from monitorspec.targets import cloudwatch

HEAD = """
version: 1
system: shop
owner: payments
receivers:
  oncall: {pagerduty: {routing_key_file: /etc/pd}, sns: PagesTopic}
  chat: {slack: {channel: '#c', api_url_file: /etc/slack}, sns: chat-room}
  leads: {slack: {channel: '#leads', api_url_file: /etc/slack}, sns: LeadsTopic}
routes:
  critical: {notify: [oncall, chat], escalate: [{after: 15m, to: leads}]}
  default: {notify: chat}
aws:
  topics:
    PagesTopic: {parameter: PagesTopic, description: Wakes somebody}
    chat-room: {parameter: ChatRoomTopic, description: The channel}
    LeadsTopic: {parameter: LeadsTopic, description: Leads}
  tags: {Team: payments, owner: cost-centre-7}
"""
SPEC = (
    HEAD
    + """
services:
  receipts:
    thresholds:
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, dimensions: {FunctionName: receipts}}
        above: {critical: 5, warning: 1}
        datapoints: 3 of 5
      slow:
        description: Shoppers wait
        cloudwatch: {namespace: AWS/Lambda, metric: Duration, stat: p99, period: 5m}
        unit: milliseconds
        above: {critical: 1s}
        inclusive: true
        for: 15m
        missing: insufficient
        actions_enabled: false
      rate:
        cloudwatch:
          expression: IF(result > 0, errors / result, 0)
          period: 5m
          metrics:
            errors: {namespace: AWS/Lambda, metric: Errors, stat: Sum}
            result: {namespace: AWS/Lambda, metric: Invocations, stat: Sum}
        unit: ratio
        below: {warning: 1%}
        missing: breaching
      cpu: {expr: 'cpu_ratio{job="r"}', unit: ratio, above: {critical: 90%}}
"""
)
RAW = (
    HEAD
    + """
environments: {staging: {}}
services:
  receipts:
    thresholds:
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}
        above: {critical: 5}
        properties:
          AlarmName: {'Fn::Sub': 'Shop-${Environment}-Errors'}
          TreatMissingData: ignore
          OKActions: null
      plain:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}
        above: {critical: 5}
"""
)
NASTY = "a \"b\" 'c' \\ ${x} {{ $x }} !Ref #x: - *é✓ <&|> \t \u2028"


def read(text: str) -> Any:
    """The text as libyaml reads it."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def compiled(text: str, environment: str = "") -> Plan:
    plan, diagnostics = plan_of(text, environment=environment)
    assert plan is not None, diagnostics
    return plan


def templates(plan: Plan) -> dict[str, Any]:
    return {artifact.path: read(artifact.text) for artifact in cloudwatch.emit(plan)}


def only(plan: Plan) -> dict[str, Any]:
    (body,) = templates(plan).values()
    assert isinstance(body, dict)
    return body


def alarms(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {id: resource["Properties"] for id, resource in body["Resources"].items()}


def hostile() -> Plan:
    """A plan in which every text is as awkward as can be."""
    plan = compiled(SPEC)

    def spoiled(alert: Any) -> Any:
        signal = alert.signal
        if signal.cloudwatch and signal.cloudwatch.dimensions:
            metric = signal.cloudwatch._replace(dimensions=(("FunctionName", "a${!b} 'c': \"d\""),))
            signal = signal._replace(cloudwatch=metric)
        labels = {**alert.labels, "note": NASTY, "templated": "{{ $labels.x }}"}
        return alert._replace(title=NASTY, description=NASTY * 40, labels=labels, signal=signal)

    services = tuple(
        service._replace(thresholds=tuple(t._replace(alerts=tuple(map(spoiled, t.alerts))) for t in service.thresholds))
        for service in plan.services
    )
    stack = plan.stack._replace(
        topics=tuple(t._replace(description=NASTY) for t in plan.stack.topics), tags=((NASTY, NASTY.replace("$", "")),)
    )
    return plan._replace(title=NASTY * 30, services=services, stack=stack)


def absent() -> Plan:
    """A plan whose alarms watch for missing data."""
    plan = compiled(SPEC)
    services = tuple(
        service._replace(
            thresholds=tuple(
                t._replace(
                    alerts=tuple(
                        a._replace(condition=Absent(), id=f"{a.service}.{a.key}.absent", hold=600_000)
                        for a in t.alerts[:1]
                    )
                )
                for t in service.thresholds
            )
        )
        for service in plan.services
    )
    return plan._replace(services=services)


def many(count: int) -> Plan:
    """A plan with `count` services of eight alarms each."""
    plan = compiled(SPEC)
    (service,) = plan.services
    threshold = service.thresholds[0]

    def copy(n: int) -> Any:
        thresholds = tuple(
            threshold._replace(
                key=f"t{k}",
                service=f"s{n}",
                alerts=tuple(
                    a._replace(id=f"s{n}.t{k}.{a.severity}", service=f"s{n}", key=f"t{k}", name=f"S{n}T{k}")
                    for a in threshold.alerts
                ),
            )
            for k in range(4)
        )
        return service._replace(name=f"s{n}", thresholds=thresholds)

    return plan._replace(services=tuple(map(copy, range(count))))


def test_no_file_without_alarms() -> None:
    plan = compiled(HEAD + "\nservices: {api: {thresholds: {up: {absent: 'up{job=\"x\"}'}}}}\n")
    assert list(cloudwatch.emit(plan)) == []


def test_a_file_for_the_system_with_a_header() -> None:
    (artifact,) = cloudwatch.emit(compiled(SPEC))
    assert artifact.path == "cloudwatch/shop.template.yml"
    assert artifact.text.startswith("# Generated by monitorspec from shop; edit the spec, not this file.\n")
    assert artifact.text.endswith("\n")


def test_a_metric_alarm_says_what_the_spec_says() -> None:
    made = alarms(only(compiled(SPEC)))["ReceiptsErrorsCriticalAlarm"]
    tags = {tag["Key"]: tag["Value"] for tag in made.pop("Tags")}
    assert made == {
        "AlarmName": "shop-receipts-errors-critical",
        "AlarmDescription": "Errors (receipts): above 5 in 3 of 5 datapoints. "
        "Runbook: runbooks/receipts/ReceiptsErrors.md",
        "AlarmActions": [{"Ref": "PagesTopic"}, {"Ref": "ChatRoomTopic"}],
        "OKActions": [{"Ref": "PagesTopic"}, {"Ref": "ChatRoomTopic"}],
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "receipts"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 3,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5,
        "TreatMissingData": "notBreaching",
    }
    # A tag that the spec asks for stands over the label of that name.
    assert tags == {
        "Team": "payments",
        "owner": "cost-centre-7",
        "service": "receipts",
        "severity": "critical",
        "system": "shop",
    }


def test_for_is_covered_by_whole_periods_and_percentiles_are_extended() -> None:
    made = alarms(only(compiled(SPEC)))["ReceiptsSlowCriticalAlarm"]
    assert (made["EvaluationPeriods"], made["DatapointsToAlarm"], made["Period"]) == (3, 3, 300)
    assert made["ExtendedStatistic"] == "p99"
    assert "Statistic" not in made
    assert made["Threshold"] == 1000
    assert made["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert made["TreatMissingData"] == "missing"
    assert made["ActionsEnabled"] is False
    assert "Shoppers wait" in made["AlarmDescription"]


def test_metric_math_returns_one_series_under_an_id_of_its_own() -> None:
    made = alarms(only(compiled(SPEC)))["ReceiptsRateWarningAlarm"]
    first, *others = made["Metrics"]
    assert first == {"Id": "result1", "Expression": "IF(result > 0, errors / result, 0)", "ReturnData": True}
    assert [(q["Id"], q["ReturnData"], q["MetricStat"]["Period"]) for q in others] == [
        ("errors", False, 300),
        ("result", False, 300),
    ]
    assert made["ComparisonOperator"] == "LessThanThreshold"
    assert made["Threshold"] == 0.01
    assert made["TreatMissingData"] == "breaching"
    assert "Period" not in made


def test_missing_data_is_all_that_an_absence_alarm_waits_for() -> None:
    made = alarms(only(absent()))
    metric = made["ReceiptsErrorsAbsentAlarm"]
    # The least value that a datapoint of SampleCount can have is 1.
    assert (metric["Statistic"], metric["ComparisonOperator"], metric["Threshold"]) == (
        "SampleCount",
        "LessThanThreshold",
        1,
    )
    assert (metric["TreatMissingData"], metric["EvaluationPeriods"]) == ("breaching", 10)
    returned = [q for q in made["ReceiptsRateAbsentAlarm"]["Metrics"] if q["ReturnData"]]
    assert [q["Expression"] for q in returned] == ["1 + 0 * result1"]


def test_topics_are_parameters_and_only_those_in_use() -> None:
    body = only(compiled(SPEC))
    assert set(body["Parameters"]) == {"PagesTopic", "ChatRoomTopic"}
    assert body["Parameters"]["ChatRoomTopic"]["Description"] == "ARN of the SNS topic chat-room: The channel"


def test_raw_properties_stand_over_generated_ones() -> None:
    body = only(compiled(RAW))
    made = alarms(body)["ReceiptsErrorsCriticalAlarm"]
    assert made["AlarmName"] == {"Fn::Sub": "Shop-${Environment}-Errors"}
    assert made["TreatMissingData"] == "ignore"
    assert "OKActions" not in made
    assert body["Parameters"]["Environment"]["Type"] == "String"
    assert "Default" not in body["Parameters"]["Environment"]
    assert template_problems(body) == []


def test_an_environment_has_names_of_its_own() -> None:
    body = only(compiled(RAW, "staging"))
    assert alarms(body)["ReceiptsPlainCriticalAlarm"]["AlarmName"] == "shop-staging-receipts-plain-critical"
    assert body["Parameters"]["Environment"]["Default"] == "staging"


def test_awkward_texts_arrive_as_they_are_or_cut() -> None:
    body = only(hostile())
    made = alarms(body)["ReceiptsErrorsCriticalAlarm"]
    text = made["AlarmDescription"]
    assert text.startswith("a \"b\" 'c' \\ ${x} {{ $x }} !Ref #x: - *é✓ <&|> (receipts): above 5")
    assert text.endswith("… Runbook: runbooks/receipts/ReceiptsErrors.md")
    assert len(text) <= 1024
    assert made["Dimensions"][0]["Value"] == "a${b} 'c': \"d\""
    tags = {tag["Key"]: tag["Value"] for tag in made["Tags"]}
    assert "templated" not in tags
    assert all(not set(key + value) & set("\"'\\${}!#*<>&|\t") for key, value in tags.items())


def test_large_systems_are_split_and_small_changes_stay_small() -> None:
    before = templates(many(130))
    after = templates(many(131))
    assert len(before) >= 3
    assert list(before) == [f"cloudwatch/shop-{n}.template.yml" for n in range(1, len(before) + 1)]
    assert sum(len(body["Resources"]) for body in before.values()) == 130 * 8
    for path, body in before.items():
        assert template_problems(body) == []
        # Services stay whole.
        services = {made["AlarmName"].split("-")[1] for made in alarms(body).values()}
        assert len(body["Resources"]) == 8 * len(services)
        # What was there stays where it was.
        assert set(body["Resources"]) <= set(after[path]["Resources"])
    assert sum(len(body["Resources"]) for body in after.values()) == 131 * 8


def test_one_large_service_is_split_by_threshold() -> None:
    plan = many(80)
    (first, *_) = plan.services
    thresholds = tuple(
        t._replace(
            service="s0",
            key=f"{t.key}x{n}",
            alerts=tuple(
                a._replace(service="s0", key=f"{t.key}x{n}", id=f"s0.{t.key}x{n}.{a.severity}") for a in t.alerts
            ),
        )
        for n, service in enumerate(plan.services)
        for t in service.thresholds
    )
    made = templates(plan._replace(services=(first._replace(thresholds=thresholds),)))
    assert len(made) > 1
    assert all(template_problems(body) == [] for body in made.values())
    assert sum(len(body["Resources"]) for body in made.values()) == 640


def test_a_template_that_is_too_large_to_send_says_so() -> None:
    small, large = (next(iter(cloudwatch.emit(many(n)))) for n in (2, 60))
    assert "--s3-bucket" not in small.text
    assert len(large.text.encode()) > 51_200
    assert "--s3-bucket" in large.text.splitlines()[1]


def all_templates() -> list[Artifact]:
    plans = {
        "plain": compiled(SPEC),
        "raw": compiled(RAW),
        "staging": compiled(RAW, "staging"),
        "hostile": hostile(),
        "absent": absent(),
    }
    return [Artifact(f"{name}.yml", a.text) for name, plan in plans.items() for a in cloudwatch.emit(plan)]


def test_own_checks_find_nothing() -> None:
    for artifact in all_templates():
        assert template_problems(read(artifact.text), artifact.text) == []


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("cfnlint")
    files = []
    for artifact in all_templates():
        files.append(tmp_path / artifact.path)
        files[-1].write_text(artifact.text, encoding="utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(files[0].read_text().replace("Period: 60", "Period: 61"))
    # The package has no __main__, and the script's folder need not be on the path.
    lint = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        lint,
        "--format",
        "json",
        "--regions",
        "eu-west-1",
        "--template",
        *files,
        broken,
    ]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    # The broken one proves that there was a look at all.
    assert {Path(match["Filename"]).name for match in found} == {"broken.yml"}, done.stdout


def test_alarms_on_another_region_s_metrics_stand_in_a_template_for_that_region() -> None:
    text = """
version: 1
system: shop
owner: payments
aws: {region: eu-west-1}
services:
  lambda:
    thresholds:
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
  cost:
    thresholds:
      charges:
        cloudwatch:
          namespace: AWS/Billing
          metric: EstimatedCharges
          stat: Maximum
          period: 6h
          dimensions: {Currency: USD}
          region: us-east-1
        above: {warning: 100}
"""
    plan, diagnostics = plan_of(text)
    assert plan is not None, diagnostics
    made = {a.path: yaml.safe_load(a.text) for a in cloudwatch.emit(plan)}
    metrics = {path: [r["Properties"]["MetricName"] for r in body["Resources"].values()] for path, body in made.items()}
    assert metrics == {
        "cloudwatch/shop.template.yml": ["Errors"],
        "cloudwatch/shop-us-east-1.template.yml": ["EstimatedCharges"],
    }
    assert "us-east-1" in made["cloudwatch/shop-us-east-1.template.yml"]["Description"]


def test_a_slack_channel_is_configured_once_for_all_topics_that_it_hears_of() -> None:
    # An account takes one configuration for each channel.
    body = only(
        compiled(
            """
version: 1
system: shop
owner: payments
services:
  receipts:
    thresholds:
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5, warning: 1}}
receivers: {pager: {sns: pages}, chat: {sns: notices}}
routes: {critical: {notify: [pager]}, default: {notify: [chat]}}
aws:
  topics:
    pages:
      subscriptions: {slack: {slack: {workspace: T1, channel: C1, role: '${Role}'}}, mail: {email: web@example.com}}
    notices:
      subscriptions:
        room: {slack: {workspace: T1, channel: C1, role: '${Role}'}}
        slack: {slack: {workspace: T1, channel: C2, role: '${Role}'}}
  parameters: {Role: {description: Role of the chat application.}}
"""
        )
    )
    made = {
        key: resource["Properties"]
        for key, resource in body["Resources"].items()
        if resource["Type"] == "AWS::Chatbot::SlackChannelConfiguration"
    }
    told = {(m["SlackChannelId"], *(arn["Ref"] for arn in m["SnsTopicArns"])) for m in made.values()}
    assert told == {("C1", "PagesTopic", "NoticesTopic"), ("C2", "NoticesTopic")}
    assert len({m["ConfigurationName"] for m in made.values()}) == 2
    assert template_problems(body) == []


def test_an_alarm_is_called_as_the_spec_says_also_where_that_is_what_its_alert_would_be_called_anyway() -> None:
    body = only(
        compiled(
            HEAD
            + """
services:
  database:
    thresholds:
      throttling:
        alert: DatabaseThrottling
        cloudwatch: {namespace: Shop, metric: Throttled, stat: Sum}
        above: {critical: 5}
      errors: {cloudwatch: {namespace: Shop, metric: Errors, stat: Sum}, above: {critical: 5}}
"""
        )
    )
    names = {made["AlarmName"] for made in alarms(body).values()}
    assert names == {"shop-DatabaseThrottling", "shop-database-errors-critical"}


@pytest.mark.parametrize(
    ("unit", "limit", "said", "default"),
    [
        ("milliseconds", "1h", "limit of critical, in milliseconds, which fires above it", 3_600_000),
        ("ratio", "5%", "limit of critical, a share of 1, which fires above it", 0.05),
        ("count", "100", "limit of critical, which fires above it", 100),
    ],
)
def test_a_parameter_says_what_its_limit_is_in(unit: str, limit: str, said: str, default: float) -> None:
    spec = f"""
services:
  jobs:
    thresholds:
      long:
        title: Too long
        cloudwatch: {{namespace: Shop, metric: Long, stat: Maximum}}
        unit: {unit}
        above: {{critical: {limit}}}
        parameter: LongLimit
"""
    parameter = only(compiled(HEAD + spec))["Parameters"]["LongLimit"]
    assert parameter == {"Type": "Number", "Description": f"Too long (jobs): {said}", "Default": default}
