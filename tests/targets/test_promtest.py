"""The generated unit tests pass on the generated rules, and fail on rules that mean something else."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from monitorspec.artifact import Artifact
from monitorspec.compiler import plan_of
from monitorspec.plan import Plan
from monitorspec.targets import prometheus, promtest

SPEC = """
version: 1
system: checkout
owner: payments
labels: {environment: production}
links: {runbooks: 'https://runbooks.example'}
services:
  api:
    slos:
      availability:
        objective: 99.9%
        window: 30d
        by: [region]
        min_traffic: 2/s
        ratio: {bad: 'http_requests_total{job="checkout",code=~"5.."}', total: 'http_requests_total{job="checkout"}'}
      latency:
        objective: 99%
        latency: {histogram: 'http_request_duration_seconds{job="checkout"}', under: 300ms}
        alerts: {page-fast: {for: 1m}}
    thresholds:
      cpu:
        expr: 'container_cpu_ratio{job="checkout"}'
        unit: ratio
        above: {warning: 80%, critical: 95%}
        for: 5m
        description: The machine is busy.
      free:
        expr: 'volume_free_bytes{job="checkout", mount!="/tmp"}'
        below: {critical: 1GiB}
        inclusive: true
        missing: breaching
        forecast: {window: 1h, within: 6h, for: 1m}
      response:
        expr: 'response_seconds{job="checkout"}'
        above: {critical: 1000ms}
        recover: 800ms
        for: 2m
        keep_firing_for: 3m
      queue:
        expr: queue_length
        above: {warning: 100}
        datapoints: 3 of 5
      heartbeat: {absent: 'up{job="checkout"}', for: 5m, severity: critical}
    rules:
      own:
        rules:
          - alert: Stuck
            expr: 'jobs_stuck{queue="mail"} > 5'
            for: 2m
            labels: {severity: warning}
            annotations: {summary: '{{ $value }} jobs of {{ $labels.queue }} are stuck'}
receivers:
  chat: {slack: {channel: '#payments', api_url_file: /etc/alertmanager/slack}}
routes:
  default: {notify: [chat]}
"""


class Mutation(NamedTuple):
    """Replace `old` by `new` in the rule for `rule` (an alert's or record's name and part of its text)."""

    rule: str
    old: str
    new: str
    named: str
    """What the failure has to name."""


MUTATIONS = {
    "limit": Mutation("ApiCpu/critical", "> 0.95", "> 0.96", "ApiCpu"),
    "limit, a little": Mutation("ApiCpu/warning", "> 0.8", "> 0.802", "ApiCpu"),
    "direction": Mutation("ApiCpu/warning", "> 0.8", "< 0.8", "ApiCpu"),
    "strictness": Mutation("ApiCpu/warning", "> 0.8", ">= 0.8", "ApiCpu"),
    "strictness of an inclusive limit": Mutation("ApiFree/critical", "<= ", "< ", "ApiFree"),
    "for longer": Mutation("ApiCpu/warning", "for: 5m", "for: 5m30s", "ApiCpu"),
    "for shorter": Mutation("ApiCpu/warning", "for: 5m", "for: 4m30s", "ApiCpu"),
    "for removed": Mutation("ApiCpu/warning", "for: 5m", "", "ApiCpu"),
    "for of absence": Mutation("ApiHeartbeat/critical", "for: 5m", "for: 4m", "ApiHeartbeat"),
    "for of a raw rule": Mutation("Stuck/warning", "for: 2m", "for: 3m", "Stuck"),
    "for of a burn": Mutation("ApiLatencyErrorBudgetBurn/page-fast", "for: 1m", "", "ApiLatencyErrorBudgetBurn"),
    "metric": Mutation("ApiCpu/warning", "container_cpu_ratio", "container_cpu_ratios", "ApiCpu"),
    "matcher": Mutation("ApiCpu/warning", 'job="checkout"', 'job="payment"', "ApiCpu"),
    "matcher of absence": Mutation("ApiHeartbeat/critical", 'job="checkout"', 'job="payment"', "ApiHeartbeat"),
    "matcher of bad events": Mutation("slo:bad_events:rate5m/availability", "5..", "4..", "slo:bad_events"),
    "matcher dropped": Mutation("slo:events:rate5m/availability", 'job="checkout"', 'code!=""', "slo:events"),
    "bucket": Mutation("slo:bad_events:rate5m/latency", 'le="0.3"', 'le="0.6"', "slo:bad_events"),
    "rate window": Mutation("slo:bad_events:rate5m/latency", "rate(", "0.5 * rate(", "slo:bad_events"),
    "severity": Mutation("ApiCpu/critical", "severity: critical", "severity: warning", "ApiCpu"),
    "label missing": Mutation("ApiCpu/critical", "owner: payments", "", "ApiCpu"),
    "annotation missing": Mutation("ApiCpu/critical", "summary: ", "headline: ", "ApiCpu"),
    "annotation changed": Mutation("Stuck/warning", "$labels.queue", "$labels.job", "Stuck"),
    "alert's name": Mutation("ApiFree/critical", "alert: ApiFree", "alert: ApiDisk", "ApiFree"),
    "recover": Mutation("ApiResponse/critical", "> 0.8", "> 0.9", "ApiResponse"),
    "recover removed": Mutation("ApiResponse/critical", "> 0.8", "> 1", "ApiResponse"),
    "recover without having fired": Mutation(
        "ApiResponse/critical", 'alertstate="firing"', 'alertstate="pending"', "ApiResponse"
    ),
    "keep_firing_for longer": Mutation(
        "ApiResponse/critical", "keep_firing_for: 3m", "keep_firing_for: 4m", "ApiResponse"
    ),
    "keep_firing_for removed": Mutation("ApiResponse/critical", "keep_firing_for: 3m", "", "ApiResponse"),
    "fewer datapoints": Mutation("ApiQueue/warning", ">= 3", ">= 2", "ApiQueue"),
    "more datapoints": Mutation("ApiQueue/warning", ">= 3", ">= 4", "ApiQueue"),
    "fewer periods": Mutation("ApiQueue/warning", "[2m29s999ms:", "[1m59s999ms:", "ApiQueue"),
    "horizon longer": Mutation("ApiFreeForecast/critical", "21600", "43200", "ApiFreeForecast"),
    "horizon shorter": Mutation("ApiFreeForecast/critical", "21600", "10800", "ApiFreeForecast"),
    "absence of something else": Mutation(
        "ApiFreeAbsent/critical", "volume_free_bytes", "volume_used_bytes", "ApiFreeAbsent"
    ),
    "burn factor": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-slow", "> 6 *", "> 5 *", "ApiAvailabilityErrorBudgetBurn"
    ),
    "budget": Mutation("ApiAvailabilityErrorBudgetBurn/page-fast", "0.001", "0.01", "ApiAvailabilityErrorBudgetBurn"),
    "long window": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-fast", "ratio_rate1h", "ratio_rate6h", "ApiAvailabilityErrorBudgetBurn"
    ),
    "short window": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-slow", "ratio_rate30m", "ratio_rate5m", "ApiAvailabilityErrorBudgetBurn"
    ),
    "either window": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-slow",
        "and\n          slo:error:ratio_rate30m",
        "or\n          slo:error:ratio_rate30m",
        "ApiAvailabilityErrorBudgetBurn",
    ),
    "min_traffic": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-fast", ">= 2", ">= 0", "ApiAvailabilityErrorBudgetBurn"
    ),
    "min_traffic higher": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-fast", ">= 2", ">= 20", "ApiAvailabilityErrorBudgetBurn"
    ),
    "other SLO": Mutation(
        "ApiAvailabilityErrorBudgetBurn/page-fast",
        'slo="availability"',
        'slo="latency"',
        "ApiAvailabilityErrorBudgetBurn",
    ),
    "record window": Mutation("slo:error:ratio_rate1h/availability", "[1h]", "[2h]", "slo:error:ratio_rate1h"),
    "record window, a little": Mutation("slo:error:ratio_rate1h/latency", "[1h]", "[59m]", "slo:error:ratio_rate1h"),
    "record window of the period": Mutation(
        "slo:error:ratio_rate30d/latency", "[30d]", "[28d]", "slo:error:ratio_rate30d"
    ),
    "fraction upside down": Mutation(
        "slo:error:ratio_rate6h/latency",
        "sum_over_time(slo:bad_events",
        "sum_over_time(slo:events",
        "slo:error:ratio_rate6h",
    ),
    "idle is NaN": Mutation("slo:error:ratio_rate6h/latency", " > 0)", ")", "slo:error:ratio_rate6h"),
    "budget left": Mutation(
        "slo:error_budget:remaining_ratio/latency", "/ 0.01", "/ 0.001", "slo:error_budget:remaining_ratio"
    ),
    "objective": Mutation("slo:objective:ratio/latency", "0.99", "0.999", "slo:objective:ratio"),
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    found, diagnostics = plan_of(SPEC)
    assert found is not None, diagnostics
    return found


@pytest.fixture(scope="module")
def files(plan: Plan) -> list[Artifact]:
    return [*prometheus.emit(plan), *promtest.emit(plan)]


def written(files: list[Artifact], folder: Path) -> list[Path]:
    """The files below `folder`; the paths of the tests among them."""
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    return [folder / file.path for file in files if "/tests/" in file.path]


def run(promtool: Path, tests: list[Path]) -> tuple[int, str]:
    done = subprocess.run([promtool, "test", "rules", *tests], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def dropped(rule: str, line: str) -> str:
    """The rule without a line."""
    return "".join(kept for kept in rule.splitlines(keepends=True) if kept.strip() != line)


def mutated(files: list[Artifact], mutation: Mutation) -> list[Artifact]:
    """The files with one rule changed; the change has to change something."""
    name, _, part = mutation.rule.partition("/")
    out, changes = [], 0
    for file in files:
        text = file.text
        if file.path.endswith(".rules.yml"):
            rules = text.split("      - ")
            for n, rule in enumerate(rules):
                first = rule.partition("\n")[0]
                if first in (f"alert: {name}", f"record: {name}") and part in rule and mutation.old in rule:
                    rules[n] = rule.replace(mutation.old, mutation.new) if mutation.new else dropped(rule, mutation.old)
                    changes += 1
            text = "      - ".join(rules)
            yaml.safe_load(text)
        out.append(file._replace(text=text))
    assert changes == 1, f"{mutation.rule} was changed {changes} times"
    return out


def test_the_tests_pass_on_the_rules(files: list[Artifact], promtool: Path, tmp_path: Path) -> None:
    code, output = run(promtool, written(files, tmp_path))
    assert code == 0, output
    assert output.count("SUCCESS") == 4


def test_every_wrong_rule_fails(files: list[Artifact], promtool: Path, tmp_path: Path) -> None:
    """All at once, because most of the time is promtool's."""

    def failure(item: tuple[str, Mutation]) -> str:
        name, mutation = item
        tests = written(mutated(files, mutation), tmp_path / name.replace(" ", "-"))
        recorded = mutation.named.startswith("slo:")
        code, output = run(promtool, [path for path in tests if recorded != (path.name == "api.test.yml")])
        if code == 0:
            return f"{name}: survives"
        failed = output[output.index("FAILED") :]
        return (
            "" if mutation.named in failed else f"{name}: the failure does not name {mutation.named}:\n{output[:2000]}"
        )

    with ThreadPoolExecutor(2) as pool:
        problems = [problem for problem in pool.map(failure, MUTATIONS.items()) if problem]
    assert not problems, "\n".join(problems)


def alert_tests(files: list[Artifact]) -> list[dict[str, Any]]:
    documents = [yaml.safe_load(file.text) for file in files if "/tests/" in file.path]
    return [test for document in documents for group in document["tests"] for test in group.get("alert_rule_test", [])]


def test_every_alert_fires_and_is_silent(plan: Plan, files: list[Artifact]) -> None:
    tests = alert_tests(files)
    for alert in plan.alerts:
        own = [test for test in tests if test["alertname"] == alert.name]
        assert any(not test["exp_alerts"] for test in own), f"{alert.id} is never silent"
        severities = [fired["exp_labels"]["severity"] for test in own for fired in test["exp_alerts"]]
        assert alert.severity in severities, f"{alert.id} never fires"


def test_intervals_and_order_are_always_written(files: list[Artifact]) -> None:
    rules = {file.path: yaml.safe_load(file.text) for file in files if file.path.endswith(".rules.yml")}
    for file in files:
        if "/tests/" not in file.path:
            continue
        document = yaml.safe_load(file.text)
        order = [group["name"] for group in rules["prometheus/api.rules.yml"]["groups"]]
        assert document["group_eval_order"] == order
        assert document["evaluation_interval"]
        assert document["tests"]
        for group in document["tests"]:
            assert group["name"]
            assert group["interval"]


def test_nothing_is_left_unproven(plan: Plan) -> None:
    assert promtest.gaps(plan) == []


def test_the_same_plan_gives_the_same_bytes(plan: Plan, files: list[Artifact]) -> None:
    assert list(promtest.emit(plan)) == [file for file in files if "/tests/" in file.path]


def test_a_file_says_what_it_does_not_prove() -> None:
    text = """
version: 1
system: shop
owner: payments
services:
  api:
    thresholds:
      night: {expr: hour(), unit: none, above: {critical: 5}}
      queue: {expr: queue_length, unit: none, above: {critical: 5}}
"""
    plan, diagnostics = plan_of(text)
    assert plan is not None, diagnostics
    (file,) = promtest.emit(plan)
    said = [line for line in file.text.splitlines() if line.startswith("# Not proven: ")]
    assert len(said) == 1
    assert said[0].startswith("# Not proven: api.night.critical: ")
    assert [alert.id for alert, _ in promtest.gaps(plan)] == ["api.night.critical"]
