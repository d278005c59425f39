"""Who is told, held against `amtool config routes test`: random trees, matchers and label sets, zero differences.

A run of amtool answers for one label set. So many trees share a configuration, each a branch below one root that
continues, with names of labels of its own: one run then answers for one label set of every tree.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monitorspec import routing, tools
from monitorspec.compiler import plan_of
from monitorspec.plan import Alert, Plan
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


@pytest.mark.parametrize("seed", questions.seeds())
def test_windows_and_mutes_silence_whom_the_spec_says(seed: int) -> None:
    writer, outcomes = Writer(seed), set()
    for case in cases(writer, -(-questions.share(2_000) // SETS)):
        at = datetime(2026, writer.randint(1, 12), writer.randint(1, 28), writer.randrange(24), tzinfo=UTC)
        version = case.plan.versions.alertmanager
        is_open = {window.name for window in case.plan.windows if routing.in_window(window, at, version)}
        for labels in case.sets:
            muted = any(
                mute.window in is_open and any(routing.matches(matchers, labels) for matchers in mute.any_of)
                for mute in case.plan.mutes
            )
            expected = [
                (
                    told.receiver,
                    told.after,
                    muted
                    or not is_open.isdisjoint(told.muted)
                    or (bool(told.active) and is_open.isdisjoint(told.active)),
                )
                for told in intended(case.plan.root, labels)
            ]
            got = [(n.receiver, n.after, bool(n.silenced_by)) for n in routing.receivers_of(case.plan, labels, at)]
            assert got == expected, f"seed {seed}: {labels} at {at}\n{dump(config_of(case.plan))}"
            outcomes |= {silent for _, _, silent in got}
    assert outcomes == {True, False}


@pytest.mark.parametrize("seed", questions.seeds())
def test_topics_are_those_of_receivers_told_at_once(seed: int) -> None:
    writer, numbers, base = Writer(seed), set(), an_alert()
    for case in cases(writer, -(-questions.share(1_000) // SETS)):
        topics = {r.name: tuple(writer.sample("xyz", writer.randrange(3))) for r in case.plan.receivers}
        made = case.plan._replace(receivers=tuple(r._replace(topics=topics[r.name]) for r in case.plan.receivers))
        for labels in case.sets:
            rest = {name: value for name, value in labels.items() if name != "alertname"}
            alert = base._replace(name=labels.get("alertname", "Errors"), labels=rest)
            told = [t for t in intended(made.root, {**labels, "alertname": alert.name}) if not t.after]
            meant = tuple(dict.fromkeys(topic for t in told for topic in topics[t.receiver]))
            assert routing.topics_of(made, alert) == meant, (seed, labels)
            numbers.add(len(meant))
    assert numbers >= {0, 1, 2, 3}


SPEC = """
version: 1
system: shop
owner: web
services: {api: {thresholds: {gone: {absent: up}}}}
receivers: {pager: {webhook: {url: 'http://pager.example'}}}
routes: {default: {notify: [pager]}}
"""


def an_alert() -> Alert:
    made, diagnostics = plan_of(SPEC)
    assert made is not None, diagnostics
    return made.alerts[0]
