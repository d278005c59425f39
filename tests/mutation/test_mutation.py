"""Mutation: tests that are too weak show, tests that see everything pass, and what is called equivalent is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitorspec.cli import group
from monitorspec.compiler import compile_file
from monitorspec.mutation.expressions import variants
from monitorspec.mutation.run import mutated
from monitorspec.mutation.services import service_mutants
from monitorspec.mutation.trial import bench_of, tried
from monitorspec.plan import Plan
from monitorspec.promql.expression import check
from monitorspec.proof.shapes import Shapes

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
WEAK, KINDS = (HERE / f"{name}.monitorspec.yaml" for name in ("weak", "kinds"))


def plan_of(path: Path) -> Plan:
    compiled = compile_file(path)
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(group, ["test", "--mutate", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.usefixtures("promtool")
def test_a_weak_test_shows_what_it_does_not_see() -> None:
    result = run(str(WEAK))
    assert result.exit_code == 1
    story = next(part for part in result.stdout.split("\n\n") if "matcher" in part)
    assert 'NOT NOTICED `worker.age`: matcher: job="worker" dropped' in story
    assert "weak.monitorspec.yaml:7:7" in story
    assert "test `an hour without success tells the chat`" in story
    assert " not noticed\n" in result.stderr


@pytest.mark.usefixtures("promtool")
def test_a_better_test_of_the_spec_notices_it(tmp_path: Path) -> None:
    spec = tmp_path / "strong.monitorspec.yaml"
    other = """'last_success_seconds{job="other"}': 0+60x120"""
    spec.write_text(WEAK.read_text().replace("0+0x120}", f"0+0x120, {other}}}"))
    result = run(str(spec), "--format", "json")
    mutants = json.loads(result.stdout)["systems"][0]["mutants"]
    found = {m["change"]: m for m in mutants if m["kind"] == "matcher"}
    assert found['job="worker" dropped']["outcome"] == "noticed"
    assert found['job="worker" dropped']["reason"] == "test `an hour without success tells the chat`"


@pytest.mark.usefixtures("promtool")
def test_every_kind_of_change_is_noticed() -> None:
    found = mutated(plan_of(KINDS), 2)
    assert [v for v in found.verdicts if v.outcome == "survived"] == []
    assert found.closed == ()
    kinds = Counter(v.change.kind for v in found.verdicts if v.outcome == "noticed")
    wanted = "threshold comparison for keep_firing_for recover datapoints window within matcher metric label severity grouping"
    assert {*wanted.split(), "number", "m", "n", "missing", "statistic", "dimension", "period"} <= kinds.keys()
    reasons = {v.change.kind: v.reason for v in found.verdicts if v.outcome == "equivalent"}
    assert "extrapolates" in reasons["comparison"]
    assert all(reasons.values())


@pytest.mark.usefixtures("promtool")
def test_what_an_expression_shows_to_be_the_same_no_test_notices() -> None:
    plan = plan_of(SPECS / "datavault.monitorspec.yaml")
    service = plan.services[0]
    same = [m for m in service_mutants(service, plan) if m.change.same][::17]
    assert len(same) >= 4
    assert [trial.seen for trial in tried(bench_of(plan, service, Shapes()), same, 2)] == [""] * len(same)


@pytest.mark.parametrize(
    ("expr", "changes"),
    [
        ("up", {"up → up_other"}),
        ('up{job="a"}', {"up → up_other", 'job="a" dropped', 'job="a" → job!="a"'}),
        ("sum by (a, b) (x)", {"x → x_other", "by (a, b) → by (b)", "by (a, b) → by (a)"}),
        ("sum(x) by (a)", {"x → x_other", "by (a) → by ()"}),
        ("rate(x[5m])", {"x → x_other", "[5m] → [10m]", "[5m] → [2m30s]"}),
        ("x > 2", {"x → x_other", "> → >=", "> → <", "2 → 2.2", "2 → 1.8"}),
        ("not promql (", set()),
    ],
)
def test_an_expression_is_changed_in_one_place(expr: str, changes: set[str]) -> None:
    found = list(variants(expr))
    assert {change.text for change, _ in found} == changes
    assert all(check(text) is None and text != expr for _, text in found)


@pytest.mark.usefixtures("promtool")
def test_how_long_traffic_stands_for_no_errors_is_noticed() -> None:
    """`bad or 0 * total`: the window of the total only tells until when there are no errors."""
    plan = plan_of(SPECS / "datavault.monitorspec.yaml")
    (service,) = [service for service in plan.services if service.slos]
    mutants = [m for m in service_mutants(service, plan) if m.subject == "slo:bad_events:rate5m"]
    windows = [m for m in mutants if m.change.kind == "window"]
    assert [m.change.text for m in windows] == ["[5m] → [10m]", "[5m] → [2m30s]"] * 2
    assert [trial.seen != "" for trial in tried(bench_of(plan, service, Shapes()), windows, 1)] == [True] * 4


def test_a_sample_is_always_the_same_one() -> None:
    plan = plan_of(SPECS / "kessan.monitorspec.yaml")
    assert mutated(plan, 1, 7) == mutated(plan, 1, 7)


@pytest.mark.usefixtures("promtool")
@pytest.mark.parametrize("system", sorted(path.name for path in SPECS.glob("*.monitorspec.yaml")))
def test_of_the_example_systems_a_sample_is_noticed_or_the_same(system: str) -> None:
    found = mutated(plan_of(SPECS / system), 2, 23)
    assert len(found.verdicts) >= 10
    assert [v for v in found.verdicts if v.outcome == "survived"] == []


@pytest.mark.parametrize("options", [("--format", "junit"), ("--only", "x"), ("--fail-under", "0"), ("--coverage",)])
def test_options_that_say_nothing_with_it_are_refused(options: tuple[str, ...]) -> None:
    assert run(str(WEAK), *options).exit_code == 2


def test_its_own_options_need_it() -> None:
    result = CliRunner().invoke(group, ["test", str(WEAK), "--sample", "2"])
    assert result.exit_code == 2
    assert "go with --mutate" in result.stderr
