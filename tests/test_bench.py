"""The benchmark in short: what a build and a lint take beside the floor, with room for a machine that does other things too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import bench
from benchmarks.measure import ROOT, cost
from benchmarks.workload import SLOS, THRESHOLDS, alarms, spec
from monitorspec.compiler import plan_of

# What a lint has no use for.
HEAVY = {
    "pydantic", "jinja2", "jsonschema", "orjson", "grafanalib", "zoneinfo", "unittest", "asyncio", "tempfile",
    "importlib.metadata", "concurrent.futures", "multiprocessing", "cProfile",
}  # fmt: skip
TARGETS = ("monitorspec.targets.", "monitorspec.proof", "monitorspec.grafana")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    bench.warm_up(folder)
    return folder


@pytest.fixture(scope="module")
def small(scratch: Path) -> bench.Measured:
    return bench.measure(10, 2, scratch)


@pytest.fixture(scope="module")
def large(scratch: Path) -> bench.Measured:
    return bench.measure(40, 3, scratch)


def test_the_spec_is_what_it_says() -> None:
    plan, diagnostics = plan_of(spec(12))
    assert plan is not None
    assert diagnostics == []
    assert [(len(s.slos), len(s.thresholds)) for s in plan.services] == [(SLOS, THRESHOLDS)] * 12
    assert {slo.indicator.kind for slo in plan.services[0].slos} == {"ratio", "latency", "error_ratio"}
    assert {alert.severity for alert in plan.alerts} == {"critical", "warning", "info"}
    assert sum(t.signal.cloudwatch is not None for t in plan.services[0].thresholds) == 1


def test_the_spec_of_alarms_is_what_it_says() -> None:
    plan, diagnostics = plan_of(alarms(25))
    assert plan is not None
    assert diagnostics == []
    assert [alert.on_cloudwatch for alert in plan.alerts] == [True] * 25


def test_alarms_cost_a_small_multiple_of_their_bytes(scratch: Path) -> None:
    made = bench.measure_alarms(1_000, 2, scratch)
    # The two write about as much, in templates that fit into a request each.
    assert 0.5 < made.made.bytes / made.floor.bytes < 2
    assert made.made.files > made.made.bytes // 51_200
    assert made.ratio("alarms", "cpu") < 20


def test_a_changed_service_changes_the_spec() -> None:
    before, after = spec(3).splitlines(), spec(3, changed=1).splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_the_floor_is_near(large: bench.Measured) -> None:
    # Processor time: what others do on the machine counts less. The start of Python is much of both at this size.
    assert large.ratio("full build", "cpu") < 20
    assert large.ratio("nothing changed", "cpu") < 20
    assert large.ratio("lint", "cpu") < 6


def test_a_diff_costs_less_than_two_builds(large: bench.Measured) -> None:
    costs = {row.kind: row.cost.cpu for row in large.rows}
    assert costs["diff of one service"] < 2 * costs["nothing changed"]


def test_outputs_grow_with_services_and_no_faster(small: bench.Measured, large: bench.Measured) -> None:
    per_service = [one.made.rules / one.services for one in (small, large)]
    assert per_service[0] == per_service[1] > SLOS * 8
    assert large.made.bytes / small.made.bytes < 4.2
    walls = [next(row.cost.cpu for row in one.rows if row.kind == "full build") for one in (small, large)]
    assert walls[1] < 4 * walls[0] * 1.5


def test_a_lint_starts_quickly(scratch: Path) -> None:
    assert scratch
    assert bench.cold(5).ratio("lint", "cpu") < 3


def test_a_lint_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom monitorspec.cli import group\n"
        f"group.main(['lint', {bench.REAL!r}], standalone_mode=False)\nprint(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    cost(command)  # fills the cache of the validator, if need be
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    loaded = set(done.stderr.split())
    assert "monitorspec.resolve" in loaded
    assert sorted(loaded & HEAVY) == []
    assert sorted(module for module in loaded if module.startswith(TARGETS)) == []


@pytest.mark.usefixtures("promtool")
def test_tests_take_no_longer_for_each_of_many_services(scratch: Path) -> None:
    few, more = (bench.measure_tests(services, 1, scratch) for services in (4, 12))
    # Processor time, with room for a machine that does other things too; the start of Python is in both.
    assert more.cost.cpu < 3 * few.cost.cpu * 1.5
    assert "2.0x" not in bench.tests_table([few, more]).splitlines()[3]
    assert f"{more.services / few.services:.1f}x" in bench.tests_table([few, more])
