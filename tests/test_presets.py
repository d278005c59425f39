"""Presets: each compiles, is proven by its own tests, and gives way to what a service says itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitorspec import presets, tools
from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Limit, Plan

EXPECTED = ("http-service", "kafka-consumer", "kubernetes-workload", "node", "postgres", "redis")
SELECTORS = {"without": "", "with": "    selector: {job: web, env: 'a \"b\"'}\n"}


def _spec(preset: str, own: str = "", severities: str = "") -> str:
    return (
        f"version: 1\nsystem: shop\nowner: shop\n{severities}"
        f"services:\n  web:\n    presets: [{preset}]\n{own}"
        "receivers: {chat: {webhook: {url: 'https://chat.example'}}}\nroutes: {default: {notify: [chat]}}\n"
    )


def _plan(preset: str, own: str = "", severities: str = "") -> Plan:
    plan, found = plan_of(_spec(preset, own, severities))
    assert found == []
    assert plan is not None
    return plan


def _limits(plan: Plan, key: str) -> dict[str, str]:
    return {a.severity: a.condition.text for a in plan.alerts if a.key == key and isinstance(a.condition, Limit)}


def test_the_presets_that_are_promised_are_here() -> None:
    assert tuple(name for name in presets.known() if "select" not in presets.read(name)) == EXPECTED


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize("selector", SELECTORS)
@pytest.mark.parametrize("preset", EXPECTED)
def test_a_preset_holds_before_promtool(preset: str, selector: str, tmp_path: Path) -> None:
    plan = _plan(preset, SELECTORS[selector])
    made = emit(plan, ("prometheus", "promtest"))
    for artifact in made:
        file = tmp_path / artifact.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(artifact.text, encoding="utf-8")
    rules = [tmp_path / a.path for a in made if a.path.endswith(".rules.yml")]
    tests = [tmp_path / a.path for a in made if a.path.endswith(".test.yml")]
    checked = tools.check_rules(rules)
    assert checked.code == 0, checked.output
    proven = tools.prove_rules(tests)
    assert proven.code == 0, proven.output
    text = "".join(file.read_text(encoding="utf-8") for file in tests)
    fired = set(re.findall(r"alertname: (\S+)\n\s+exp_alerts:\n", text))
    assert {alert.name for alert in plan.alerts} - fired == set()


@pytest.mark.parametrize("preset", EXPECTED)
def test_every_series_of_a_preset_is_selected_by_the_selector(preset: str) -> None:
    plan = _plan(preset, "    selector: {job: web}\n")
    signals = {alert.signal.promql for alert in plan.alerts if not alert.signal.promql.startswith("slo:")}
    for promql in filter(None, signals):
        # A metric's name is followed by its matchers; functions and keywords are followed by `(` or a blank.
        names = re.findall(r"\b(?:up|(?:kube|container|node|pg|redis|kafka|http)_[A-Za-z_]+)\b(.{0,12})", promql)
        assert names
        assert [rest for rest in names if not rest.startswith('{job="web"')] == []


@pytest.mark.parametrize("preset", EXPECTED)
def test_every_alert_of_a_preset_tells_what_it_means_and_what_to_do(preset: str) -> None:
    plan = _plan(preset)
    pages = {page.path: page for page in plan.runbooks}
    for alert in plan.alerts:
        assert alert.title
        assert alert.description.endswith(".")
        page = pages[alert.runbook]
        assert page.impact.endswith(".")
        assert page.steps


def test_a_service_overrides_a_limit_and_keeps_the_rest() -> None:
    plain = _limits(_plan("redis"), "memory")
    assert set(plain) == {"critical", "warning"}
    own = "    thresholds: {memory: {above: {critical: 99%}, for: 1m}}\n"
    plan = _plan("redis", own)
    assert _limits(plan, "memory") == {**plain, "critical": "99%"}
    assert {a.hold for a in plan.alerts if a.key == "memory"} == {60_000}
    assert _limits(plan, "clients") == _limits(_plan("redis"), "clients")


def test_null_deletes_a_threshold_with_its_runbook_and_a_severity_alone() -> None:
    plan = _plan("redis", "    thresholds: {memory: null, clients: {above: {warning: null}}}\n")
    assert _limits(plan, "memory") == {}
    assert set(_limits(plan, "clients")) == {"critical"}
    assert not any("memory" in page.path.lower() for page in plan.runbooks)


def test_null_deletes_an_slo_with_its_runbook() -> None:
    plan = _plan("http-service", "    slos: {availability: null}\n")
    assert not plan.services[0].slos
    assert {alert.key for alert in plan.alerts} == {"latency", "traffic"}


def test_later_presets_lie_over_earlier_ones() -> None:
    assert _limits(_plan("redis, node"), "memory") == _limits(_plan("node"), "memory")
    assert _limits(_plan("node, redis"), "memory") == _limits(_plan("redis"), "memory")


def test_severities_of_a_spec_stand_in_for_those_of_presets() -> None:
    severities = "severities: {info: {}, high: {page: true}, low: {}}\n"
    plain, renamed = _limits(_plan("redis"), "memory"), _limits(_plan("redis", "", severities), "memory")
    assert renamed == {"high": plain["critical"], "low": plain["warning"]}
    down = [a for a in _plan("http-service", "", severities).alerts if a.key == "traffic"]
    assert [a.severity for a in down] == ["high"]


def test_where_all_severities_are_one_the_severe_limit_stays() -> None:
    plan = _plan("redis", "", "severities: {alarm: {page: true}}\n")
    assert _limits(plan, "memory") == {"alarm": "95%"}


def test_a_severity_that_the_spec_does_not_have_is_told_at_its_place() -> None:
    text = _spec(
        "redis", "    thresholds: {memory: {above: {critical: 99%}}}\n", "severities: {high: {page: true}, low: {}}\n"
    )
    _, found = plan_of(text)
    assert [(d.code, d.position.line, d.message) for d in found] == [
        ("severities/unknown", 8, "unknown severity `critical`")
    ]
    assert found[0].help == ("declared: high, low",)


def test_an_unknown_preset_is_told_with_the_one_that_was_meant() -> None:
    _, found = plan_of(_spec("postgress"))
    assert [(d.code, d.position.line) for d in found] == [("presets/unknown", 6)]
    assert found[0].help == ("did you mean `postgres`?",)
