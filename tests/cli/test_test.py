"""`monitorspec test`: it tells apart what does what the spec means and what does not."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

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
    assert result.stderr == "shop: 1 rule, 1 CloudWatch alarm, 1 route: all pass\n"
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


OWN = """tests:
  a long queue pages:
    series: {queue_length: 9x20}
    at: 10m
    expect: {api.queue: [oncall]}
  a short queue is silent:
    series: {queue_length: 9x20}
    at: 10m
    silent: true
"""


@pytest.fixture
def own(spec: Path) -> Path:
    spec.write_text(SPEC + OWN)
    return spec


@pytest.mark.usefixtures("promtool")
def test_a_failed_test_is_told_at_its_line(own: Path) -> None:
    result = run(own.name)
    assert result.exit_code == 1
    assert result.stdout == (
        "FAILED test `a short queue is silent`\n"
        "  --> shop.monitorspec.yaml:21:5\n"
        "   |\n"
        "21 |     silent: true\n"
        "   |     ^^^^^^\n"
        "  at 10m: api.queue.critical fires\n"
        "  expected: nothing fires\n"
        "  fired at 10m:\n"
        "    api.queue.critical since 5m: value 9 (above 5 for 5m)\n"
        "      tells oncall\n"
        "\n"
    )
    assert result.stderr == "shop: 2 tests (1 failed), 1 rule, 1 CloudWatch alarm, 1 route\n1 failure\n"


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize("pattern", ["long queue", "LONG", "a * pages"])
def test_only_some_tests_run(own: Path, pattern: str) -> None:
    result = run("--only", pattern, own.name)
    assert result.exit_code == 0, result.output
    assert result.stderr == "shop: 1 test: all pass\n"
    assert run("-k", "api.errors", own.name).stderr == "shop: 1 CloudWatch alarm: all pass\n"
    unknown = run("-k", "no such test", own.name)
    assert unknown.exit_code == 2
    assert "no test is called `no such test`" in unknown.stderr


@pytest.mark.usefixtures("promtool")
def test_json_has_every_result_with_its_line(own: Path) -> None:
    result = run("--format", "json", "--coverage", own.name)
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["version"] == 1
    assert document["summary"] == {"tests": 5, "failed": 1}
    (system,) = document["systems"]
    assert system["coverage"]["percent"] == 100
    tests = {test["id"]: test for test in system["tests"]}
    assert tests["test/a long queue pages"] == {
        "id": "test/a long queue pages",
        "kind": "test",
        "name": "a long queue pages",
        "passed": True,
        "file": own.name,
        "line": 14,
    }
    failed = tests["test/a short queue is silent"]
    assert not failed["passed"]
    (problem,) = failed["problems"]
    assert (problem["at_seconds"], problem["line"], problem["alerts"]) == (600, 21, ["api.queue.critical"])
    assert failed["fired"][0]["tells"] == ["oncall"]
    assert failed["fired"][0]["since_seconds"] == 300
    assert failed["story"].startswith("FAILED test `a short queue is silent`\n")


# https://github.com/jenkinsci/xunit-plugin, junit-10.xsd: what each element may hold, and what it has to.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package", "file"},
        {"name", "tests", "failures", "errors"},
    ),
    "testcase": ({"name", "time", "classname", "group"}, {"name"}),
    "failure": ({"type", "message"}, set()),
}  # fmt: skip


@pytest.mark.usefixtures("promtool")
def test_junit_is_valid_and_its_failures_are_stories(own: Path) -> None:
    own.write_text((SPEC + OWN).replace("a short queue", 'a "short" <queue> & more'))
    result = run("--format", "junit", own.name)
    assert result.exit_code == 1
    root = ElementTree.fromstring(result.stdout)
    assert root.tag == "testsuites"
    for element in root.iter():
        allowed, required = JUNIT[element.tag]
        assert required <= set(element.attrib) <= allowed
    (suite,) = root
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("shop", "5", "1")
    assert len(suite) == 5
    (failed,) = [case for case in suite if len(case)]
    assert failed.get("name") == 'a "short" <queue> & more is silent'
    text = failed[0].text
    assert text is not None
    assert "shop.monitorspec.yaml:21:5" in text
    assert failed[0].get("message") == "api.queue.critical fires"


@pytest.mark.usefixtures("promtool")
def test_low_coverage_fails(own: Path) -> None:
    own.write_text(
        SPEC.replace(
            "routes: {",
            "windows: {day: {hours: '08:00-18:00'}}\nroutes: {critical: {notify: oncall, during: day, otherwise: []}, ",
        )
    )
    result = run("--coverage", "--fail-under", "90", own.name)
    assert result.exit_code == 1
    assert "not noticed by any test: window day: inside" in result.stdout
    assert "shop: coverage is 60.0%, below 90%" in result.stderr
    assert run("--fail-under", "60", own.name).exit_code == 0


def test_findings_do_not_get_into_what_programs_read(spec: Path) -> None:
    spec.write_text(SPEC.replace("above: {critical: 5}, for", "abov: {critical: 5}, for"))
    result = run("--format", "json", str(spec))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "spec/unknown-key" in result.stderr


FAILS = """
tests:
  a queue: {series: {queue_length: 0+0x60}, at: 30m, expect: {api.queue.critical: [oncall]}}
"""


@pytest.mark.usefixtures("promtool")
def test_what_failed_in_the_formats_of_findings(spec: Path) -> None:
    spec.write_text(SPEC + FAILS)
    line = 1 + SPEC.count("\n") + 2
    name = spec.name
    told = "api.queue.critical"

    result = run("--format", "github", name)
    assert result.exit_code == 1
    command, _, data = result.stdout.rstrip("\n").rpartition("::")
    assert command.startswith(f"::error file={name},line={line},")
    assert command.endswith(",title=tests/failed")
    assert data.startswith("test `a queue`: at 30m: ")
    assert told in data

    (issue,) = json.loads(run("--format", "gitlab", name).stdout)
    assert (issue["check_name"], issue["severity"]) == ("tests/failed", "major")
    assert (issue["location"]["lines"]["begin"], issue["location"]["path"]) == (line, name)

    (sarif,) = json.loads(run("--format", "sarif", name).stdout)["runs"]
    (found,) = sarif["results"]
    assert (found["ruleId"], found["level"]) == ("tests/failed", "error")
    assert sarif["tool"]["driver"]["rules"][0]["help"]["markdown"]

    text = run("--format", "markdown", name).stdout
    assert text.startswith("**monitorspec: 1 error**")
    assert f"`{name}:{line}`" in text


@pytest.mark.usefixtures("promtool")
def test_the_formats_of_findings_when_nothing_failed(spec: Path) -> None:
    name = spec.name
    said = {format_: run("--format", format_, name) for format_ in ("github", "gitlab", "sarif", "markdown")}
    assert {result.exit_code for result in said.values()} == {0}
    assert said["github"].stdout == said["markdown"].stdout == ""
    assert json.loads(said["gitlab"].stdout) == []
    assert json.loads(said["sarif"].stdout)["runs"][0]["results"] == []


def test_a_wrong_spec_in_the_formats_of_findings(spec: Path) -> None:
    spec.write_text(SPEC.replace("notify: oncall", "notify: onkall"))
    result = run("--format", "github", spec.name)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"::error file={spec.name},line=6,")
    assert "nothing was tested" in result.stderr
    result = run("--format", "junit", spec.name)
    assert result.exit_code == 1
    (failure,) = ElementTree.fromstring(result.stdout).iter("failure")
    assert failure.get("type") == "routes/unknown-receiver"


def test_mutants_are_printed_as_text_or_json_only(spec: Path) -> None:
    result = run("--mutate", "--format", "github", spec.name)
    assert result.exit_code == 2
    assert "--mutate prints text or json" in result.stderr
