"""`monitorspec test`: it tells apart what does what the spec means and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group
from monitorspec.cloudformation import alarm
from monitorspec.rules import threshold

SPEC = """
version: 1
system: shop
owner: web
receivers: {oncall: {sns: pages, webhook: {url: 'http://oncall.example'}}}
routes: {default: {notify: oncall}}
aws: {topics: {pages: {parameter: Pages}}}
services:
  api:
    thresholds:
      queue: {expr: queue_length, above: {critical: 5}, for: 5m}
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}, datapoints: 2 of 3}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.monitorspec.yaml"
    path.write_text(SPEC)
    return path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["test", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.usefixtures("promtool")
def test_what_holds_is_counted_and_nothing_is_written(spec: Path) -> None:
    result = run(str(spec))
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert result.stderr == "shop: 1 rule, 1 CloudWatch alarm, 1 route\n"
    assert [path.name for path in spec.parent.iterdir()] == [spec.name]


@pytest.mark.usefixtures("promtool")
def test_an_alarm_that_compares_the_wrong_way_is_told_as_a_story(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm, "COMPARISONS", {**alarm.COMPARISONS, ">": "LessThanThreshold"})
    result = run(str(spec))
    assert result.exit_code == 1
    assert "api.errors.critical (alarm ApiErrorsCriticalAlarm" in result.stdout
    assert "expected ALARM, it is OK" in result.stdout
    assert result.stderr.rstrip().endswith("1 failure")


@pytest.mark.usefixtures("promtool")
def test_a_rule_that_compares_the_wrong_way_is_told_as_a_story(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = threshold.threshold_expr
    monkeypatch.setattr(
        "monitorspec.targets.prometheus.threshold_expr", lambda *given: right(*given).replace("> 5", "> 6")
    )
    result = run(str(spec))
    assert result.exit_code == 1
    head, place, *story = result.stdout.splitlines()
    assert head == "FAILED generated test of the rule `api.queue.critical`"
    assert place == f"  --> {spec}:11:7"
    assert any("api.queue.critical does not fire" in line for line in story)
    # The reason of the check that failed, not promtool's words.
    assert any(line.startswith("  because: ") and "5" in line for line in story)
    assert "alertname" not in result.stdout
    assert "monitorspec-" not in result.stdout


def test_without_promtool_it_says_how_to_get_it(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(spec.parent))
    result = run(str(spec))
    assert result.exit_code == 2
    assert "promtool is not on PATH" in result.stderr


def test_alarms_alone_need_no_promtool(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec.write_text(SPEC.replace("      queue: {expr: queue_length, above: {critical: 5}, for: 5m}\n", ""))
    monkeypatch.setenv("PATH", str(spec.parent))
    result = run(str(spec))
    assert result.exit_code == 0, result.output


def test_a_wrong_spec_is_not_tested(spec: Path) -> None:
    spec.write_text(SPEC.replace("above: {critical: 5}, for", "abov: {critical: 5}, for"))
    result = run(str(spec))
    assert result.exit_code == 1
    assert "spec/unknown-key" in result.stdout
    assert "nothing was tested" in result.stderr
