"""Who is told, held against `amtool config routes test`: random trees, matchers and label sets, zero differences.

A run of amtool answers for one label set. So many trees share a configuration, each a branch below one root that
continues, with names of labels of its own: one run then answers for one label set of every tree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monitorspec import routing, tools
from monitorspec.plan import Plan
from monitorspec.targets.alertmanager import configuration
from monitorspec.yamltext import dump
from tests.oracle import questions
from tests.oracle.writer import Writer
from tests.routing_plans import intended

TREES = 25  # in one configuration
SETS = 5  # of labels for each tree


class Case(NamedTuple):
    plan: Plan
    sets: list[dict[str, str]]


def cases(writer: Writer, count: int) -> list[Case]:
    out = []
    for _ in range(count):
        hints: dict[str, list[str]] = {}
        made = writer.plan(hints)
        out.append(Case(made, [writer.labels(hints) for _ in range(SETS)]))
    return out


def config_of(plan: Plan) -> dict[str, Any]:
    return configuration(plan, routing.router(plan).tree)


def branch(route: dict[str, Any], prefix: str) -> dict[str, Any]:
    """An emitted route, with names of labels, receivers and windows that no other tree has."""
    out = dict(route)
    if "receiver" in out:
        out["receiver"] = f"{prefix} {out['receiver']}"
    for key, joint in (("matchers", "_"), ("active_time_intervals", "_"), ("mute_time_intervals", "_")):
        if key in out:
            out[key] = [prefix + joint + text for text in out[key]]
    if "group_by" in out:
        out["group_by"] = ["..."]
    if "routes" in out:
        out["routes"] = [branch(finer, prefix) for finer in out["routes"]]
    return out


def together(some: list[Case]) -> dict[str, Any]:
    """One configuration with every tree."""
    routes, receivers, intervals = [], [{"name": "root"}], []
    for n, case in enumerate(some):
        config, prefix = config_of(case.plan), f"c{n}"
        routes.append(branch(config["route"], prefix) | {"continue": True})
        receivers += [{"name": f"{prefix} {receiver['name']}"} for receiver in config["receivers"]]
        intervals += [{**window, "name": f"{prefix}_{window['name']}"} for window in config.get("time_intervals", [])]
    return {"route": {"receiver": "root", "routes": routes}, "receivers": receivers, "time_intervals": intervals}


def quoted(value: str) -> str:
    """A label's value as an argument of amtool, which knows just these escapes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@pytest.mark.usefixtures("amtool")
@pytest.mark.parametrize("seed", questions.seeds())
def test_amtool_names_the_same_receivers(tmp_path: Path, seed: int) -> None:
    writer, left, numbers = Writer(seed), questions.share(questions.SHORT), set()
    while left > 0:
        some = cases(writer, TREES)
        file = tmp_path / "alertmanager.yml"
        file.write_text(dump(together(some)), encoding="utf-8")
        for turn in range(SETS):
            arguments = [
                f"c{n}_{label}={quoted(value)}"
                for n, case in enumerate(some)
                for label, value in case.sets[turn].items()
            ]
            result = tools.run("amtool", ["config", "routes", "test", f"--config.file={file}", *arguments])
            assert result.code == 0, result.output
            said: dict[str, list[str]] = {}
            for name in result.stdout.rstrip("\n").split(","):
                prefix, _, receiver = name.partition(" ")
                said.setdefault(prefix, []).append(receiver)
            for n, case in enumerate(some):
                nobody = routing.nobody(case.plan)
                expected = [name for name in said[f"c{n}"] if name != nobody]
                got = [n.receiver for n in routing.receivers_of(case.plan, case.sets[turn])]
                meant = [told.receiver for told in intended(case.plan.root, case.sets[turn])]
                assert got == meant == expected, f"seed {seed}: {case.sets[turn]}\n{dump(config_of(case.plan))}"
                numbers.add(len(got))
                left -= 1
    # Alerts that reach nobody, one and several: the cases are worth something.
    assert numbers >= {0, 1, 2, 3}
