"""The import rule: what reads and models a spec loads neither checks nor targets nor the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

CORE = ("monitorspec.source", "monitorspec.spec", "monitorspec.plan")
APART = ("monitorspec.lint", "monitorspec.targets", "monitorspec.cli")
LATE = ("jinja2", "jsonschema", "grafanalib", "orjson", "unittest", "asyncio")


def _loaded(module: str) -> set[str]:
    """Every module that a fresh interpreter holds after importing `module`."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _below(modules: set[str], packages: tuple[str, ...]) -> list[str]:
    return sorted(m for m in modules if m in packages or m.startswith(tuple(f"{package}." for package in packages)))


@pytest.mark.parametrize("module", CORE)
def test_the_core_loads_neither_checks_nor_targets_nor_the_command_line(module: str) -> None:
    loaded = _loaded(module)
    assert module in loaded
    assert _below(loaded, APART) == []


@pytest.mark.parametrize("module", CORE)
def test_the_core_loads_no_package_that_only_outputs_need(module: str) -> None:
    assert _below(_loaded(module), LATE) == []


def test_the_judge_of_alarms_knows_nothing_of_those_who_make_them() -> None:
    loaded = _loaded("monitorspec.alarmstate.timeline")
    own = _below(loaded, ("monitorspec",))
    apart = [m for m in own if not m.startswith("monitorspec.alarmstate")]
    assert apart == [
        "monitorspec",
        "monitorspec.cloudformation",
        "monitorspec.cloudformation.metricmath",
        "monitorspec.cloudformation.statistics",
    ]


def test_the_rule_would_be_noticed_when_broken() -> None:
    assert "monitorspec.lint" in _below(_loaded("monitorspec.lint"), APART)
