"""The example systems, whole: what independent tools say of everything that is generated from specs/."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitorspec import tools
from monitorspec.cloudformation.finished import template_problems
from monitorspec.compiler import compile_file, emit
from monitorspec.grafana.checks import problems, schema
from monitorspec.plan import Plan
from monitorspec.routing import receivers_of

FOLDER = Path(__file__).parents[1] / "specs"
SUFFIX = ".monitorspec.yaml"
ON_PROMETHEUS = ("datapunk-lake", "datavault")
ON_CLOUDWATCH = ("datavault", "kessan", "sf-user-pipeline", "weight-validation")


def systems(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("spec", [FOLDER / f"{name}{SUFFIX}" for name in names], ids=names)


@cache
def compiled(spec: Path) -> tuple[Plan, Mapping[str, str]]:
    result = compile_file(spec)
    assert result.plan is not None, result.diagnostics
    assert not result.diagnostics
    return result.plan, {artifact.path: artifact.text for artifact in emit(result.plan)}


@pytest.fixture
def tree(spec: Path, tmp_path: Path) -> Path:
    """The generated files on disk."""
    for path, text in compiled(spec)[1].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def rules_of(files: Mapping[str, str]) -> list[dict[str, Any]]:
    texts = [text for path, text in files.items() if path.endswith(".rules.yml")]
    return [rule for text in texts for group in read(text)["groups"] for rule in group["rules"]]


@systems(*ON_PROMETHEUS)
@pytest.mark.usefixtures("promtool")
def test_promtool_accepts_the_rules_and_their_tests_pass(tree: Path) -> None:
    checked = tools.check_rules(sorted(tree.glob("prometheus/*.rules.yml")))
    assert checked.code == 0, checked.output
    proven = tools.prove_rules(sorted(tree.glob("prometheus/tests/*.test.yml")))
    assert proven.code == 0, proven.output


@systems(*ON_PROMETHEUS)
def test_every_alert_rule_has_a_test_in_which_it_fires_and_one_in_which_it_is_silent(spec: Path) -> None:
    _, files = compiled(spec)
    fires: set[tuple[str, str]] = set()
    silent: set[str] = set()
    for path, text in files.items():
        if path.endswith(".test.yml"):
            for test in read(text)["tests"]:
                for case in test.get("alert_rule_test", []):
                    fires |= {(case["alertname"], a["exp_labels"]["severity"]) for a in case.get("exp_alerts", [])}
                    if not case.get("exp_alerts"):
                        silent.add(case["alertname"])
    alerts = {(rule["alert"], rule["labels"]["severity"]) for rule in rules_of(files) if "alert" in rule}
    assert alerts
    assert alerts - fires == set()
    assert {name for name, _ in alerts} - silent == set()


@systems(*ON_PROMETHEUS)
def test_every_alert_is_complete_and_its_runbook_is_there(spec: Path) -> None:
    plan, files = compiled(spec)
    for rule in rules_of(files):
        if "alert" not in rule:
            continue
        assert {"system", "service", "owner", "severity"} <= rule["labels"].keys(), rule["alert"]
        annotations = rule["annotations"]
        assert annotations["summary"]
        assert annotations["description"]
        page = annotations["runbook_url"].removeprefix(f"{plan.links.runbooks}/")
        assert f"runbooks/{page}" in files, annotations["runbook_url"]
        dashboards = {f"{plan.links.grafana}/d/{json.loads(t)['uid']}" for p, t in files.items() if p.endswith(".json")}
        assert annotations["dashboard_url"] in dashboards


@systems(*ON_PROMETHEUS)
@pytest.mark.usefixtures("amtool")
def test_amtool_takes_the_configuration_and_routes_every_alert_as_we_do(spec: Path, tree: Path) -> None:
    plan, files = compiled(spec)
    config = tree / "alertmanager" / "alertmanager.yml"
    checked = tools.run("amtool", ["check-config", str(config)])
    assert checked.code == 0, checked.output
    rules = [rule for rule in rules_of(files) if "alert" in rule]
    assert len(rules) == len([alert for alert in plan.alerts if alert.signal.promql])
    for rule in rules:
        labels = {**rule["labels"], "alertname": rule["alert"]}
        arguments = [f"--config.file={config}", *(f"{name}={value}" for name, value in labels.items())]
        told = tools.run("amtool", ["config", "routes", "test", *arguments])
        assert told.code == 0, told.output
        assert told.stdout.strip().split(",") == [n.receiver for n in receivers_of(plan, labels)], labels


@systems(*ON_PROMETHEUS)
def test_dashboards_hold_the_schema_and_the_rules(spec: Path) -> None:
    from jsonschema import Draft202012Validator

    _, files = compiled(spec)
    dashboards = [json.loads(text) for path, text in files.items() if path.endswith(".json")]
    assert dashboards
    validator = Draft202012Validator(schema())
    for dashboard in dashboards:
        assert [error.message for error in validator.iter_errors(dashboard)] == [], dashboard["title"]
        assert problems(dashboard) == [], dashboard["title"]


@systems(*ON_CLOUDWATCH)
def test_templates_are_clean(tree: Path) -> None:
    templates = sorted(tree.glob("cloudwatch/*.template.yml"))
    assert templates
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert template_problems(read(text), text) == []
    lint = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [sys.executable, "-c", lint, "--regions", "eu-west-1", "--template", *map(str, templates)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@systems(*ON_CLOUDWATCH)
def test_every_alarm_is_complete_and_its_runbook_is_there(spec: Path) -> None:
    plan, files = compiled(spec)
    alarms = [
        resource["Properties"]
        for path, text in files.items()
        if path.startswith("cloudwatch/")
        for resource in read(text)["Resources"].values()
        if resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    ]
    assert alarms
    for alarm in alarms:
        assert {"system", "service", "owner", "severity"} <= {tag["Key"] for tag in alarm["Tags"]}, alarm["AlarmName"]
        assert alarm["AlarmActions"], alarm["AlarmName"]
        assert len(alarm["AlarmActions"]) <= 5
        page = alarm["AlarmDescription"].partition(f"Runbook: {plan.links.runbooks}/")[2]
        assert f"runbooks/{page}" in files, alarm["AlarmDescription"]


def test_these_are_all_systems() -> None:
    assert {path.name for path in FOLDER.glob(f"*{SUFFIX}")} == {
        f"{name}{SUFFIX}" for name in (*ON_PROMETHEUS, *ON_CLOUDWATCH)
    }
