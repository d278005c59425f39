"""Inhibitions and time windows, held against a running Alertmanager: what it says that it suppresses, and whom it tells.

Many cases share a server: each has a label `case` of its own, which its alerts, its rules and its routes have.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monitorspec import routing, tools
from monitorspec.plan import Inhibit, Mute, Plan, Receiver, Span, Window, WindowPart
from monitorspec.targets.alertmanager import configuration
from tests.live import harness
from tests.oracle import questions
from tests.oracle.writer import ZONES, Writer
from tests.routing_plans import eq, plan, route, target

TOGETHER = 100  # cases in one server
PATIENCE = 60.0  # seconds for what has to come
SETTLED = 1.0  # seconds for what must not come
seeds = pytest.mark.parametrize("seed", questions.seeds())


def batches(short: int) -> list[int]:
    """How many cases each server of one part has."""
    left = questions.share(short)
    return [min(TOGETHER, left - done) for done in range(0, left, TOGETHER)]


def config_of(made: Plan) -> dict[str, Any]:
    return configuration(made, routing.router(made).tree)


def fire(server: harness.Server, alerts: Sequence[dict[str, str]]) -> None:
    """Post alerts that fire for an hour."""
    now = datetime.now(UTC)
    times = {"startsAt": (now - timedelta(minutes=1)).isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
    body = json.dumps([{"labels": labels, **times} for labels in alerts]).encode()
    request = urllib.request.Request(f"{server.url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


# ---- inhibitions


class Rules(NamedTuple):
    inhibits: list[Inhibit]
    firing: list[dict[str, str]]


def rules(writer: Writer, number: int) -> Rules:
    """Rules and alerts of one case."""
    hints: dict[str, list[str]] = {}
    case = eq("case", str(number))
    made = [r._replace(source=(*r.source, case), target=(*r.target, case)) for r in writer.inhibits(hints)]
    sets = [writer.labels(hints) for _ in range(5)]
    # An empty label is none: Alertmanager takes both for the same alert.
    firing = {tuple(sorted((k, v) for k, v in labels.items() if v)) for labels in sets}
    return Rules(made, [{**dict(pairs), "case": str(number)} for pairs in sorted(firing)])


@pytest.mark.usefixtures("alertmanager")
@seeds
def test_inhibitions(tmp_path: Path, seed: int) -> None:
    writer, found = Writer(seed), 0
    for batch, count in enumerate(batches(400)):
        cases = [rules(writer, number) for number in range(count)]
        # Alerts are looked at in their order: once the last of these is inhibited, all are known.
        last = Inhibit("last", (eq("last", "source"),), (eq("last", "target"),), (), ())
        made = plan(route("", (), ["p"]), inhibits=[*(rule for case in cases for rule in case.inhibits), last])
        with harness.alertmanager(tmp_path / str(batch), config_of(made)) as server:
            fire(server, [labels for case in cases for labels in case.firing])
            fire(server, [{"last": "target"}, {"last": "source"}])
            done = "/api/v2/alerts?filter=last%3Dtarget&active=false&inhibited=true"
            assert harness.wait_for(lambda: server.get(done), PATIENCE)  # noqa: B023
            said = server.get("/api/v2/alerts?active=true&inhibited=true")
        by_fingerprint = {alert["fingerprint"]: alert["labels"] for alert in said}
        suppressed = {
            tuple(sorted(alert["labels"].items())): [by_fingerprint[f] for f in alert["status"]["inhibitedBy"]]
            for alert in said
        }
        for case in cases:
            own = made._replace(inhibits=tuple(case.inhibits))
            for labels in case.firing:
                sources = suppressed[tuple(sorted(labels.items()))]
                rule = routing.inhibited(own, labels, case.firing)
                assert (rule is not None) is bool(sources), (seed, case.inhibits, labels, case.firing)
                if rule is not None:
                    # The alert that it names inhibits by this very rule.
                    found += 1
                    only = made._replace(inhibits=(rule,))
                    assert routing.inhibited(only, labels, sources) is rule, (seed, rule, labels, sources)
    assert found


# ---- windows


def around(writer: Writer, now: datetime) -> WindowPart:
    """A part whose lists hold the present moment more often than not, in some zone."""
    part = writer.part()._replace(tz=writer.choice(ZONES))
    local = now.astimezone(routing._zone(part.tz))
    minute, weekday = local.hour * 60 + local.minute, local.isoweekday() % 7
    end = (local.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    day = writer.choice((local.day, local.day - end.day - 1))
    now_in = {
        "minutes": Span(writer.randint(0, minute), writer.randint(minute + 1, 1440)),
        "days": Span(writer.randint(0, weekday), writer.randint(weekday, 6)),
        "months": Span(writer.randint(1, local.month), writer.randint(local.month, 12)),
        "dates": Span(day, day),
    }
    lists: dict[str, Any] = {}
    for name, span in now_in.items():
        if writer.random() < 0.7:
            others = getattr(part, name)[1:]
            lists[name] = writer.choice(((), (span,), (span, *others), (*others, span)))
    return part._replace(**lists)


def steady(window: Window, now: datetime) -> bool:
    """Whether the window neither opens nor closes while a test may run."""
    return len({routing.in_window(window, now + timedelta(minutes=n)) for n in range(-2, 6)}) == 1


def windows(writer: Writer, count: int, now: datetime) -> list[Window]:
    """As many windows: the first is open, the next is not, and so on."""
    out: list[Window] = []
    while len(out) < count:
        window = Window(f"w{len(out)}", tuple(around(writer, now) for _ in range(writer.choice((1, 1, 2)))), ())
        if steady(window, now) and routing.in_window(window, now) is (len(out) % 2 == 0):
            out.append(window)
    return out


def watched(writer: Writer, count: int, now: datetime) -> Plan:
    """A route for each case, which always tells one of its receivers: in the windows that it names, or out of them."""
    some = windows(writer, count, now)
    routes, mutes = [], []
    for n in range(count):
        one, other = f"w{n}", f"w{writer.randrange(count)}"
        told = [
            target(f"in{n}", active=[one]),
            target(f"out{n}", muted=[one]),
            target(f"both{n}", active=[one], muted=[other]),
            target(f"either{n}", active=[other, one]),
            target(f"neither{n}", muted=[other, one]),
        ]
        routes.append(route(f"r{n}", [eq("case", str(n))], told))
        mutes.append(Mute(f"m{n}", ((eq("case", str(n)), eq("disk", "1")),), other, ()))
    hook = (("webhook", {"url": "http://localhost"}),)
    receivers = [Receiver(t.receiver, hook, (), ()) for r in routes for t in r.targets]
    made = plan(route("", (), [], routes), windows=some, mutes=mutes, receivers=receivers)
    return made._replace(versions=made.versions._replace(alertmanager=tools.version("alertmanager")))


@pytest.mark.usefixtures("alertmanager")
@seeds
def test_windows(tmp_path: Path, seed: int) -> None:
    writer, seen = Writer(seed), set()
    for batch, count in enumerate(batches(200)):
        now = datetime.now(UTC)
        made = watched(writer, count, now)
        alerts = [{"case": str(n), **extra} for n in range(count) for extra in ({}, {"disk": "1"})]
        expected = {
            (n.receiver, "disk" in labels)
            for labels in alerts
            for n in routing.receivers_of(made, labels, now)
            if not n.silenced_by
        }
        sink = harness.Sink()
        with (
            harness.serving(sink),
            # A folder of its own: a server remembers what one before it has sent.
            harness.alertmanager(tmp_path / str(batch), harness.redirect(config_of(made), sink)) as server,
        ):
            fire(server, alerts)
            harness.wait_for(lambda: len(told(sink)) >= len(expected), PATIENCE)  # noqa: B023
            harness.wait_for(lambda: told(sink) - expected, SETTLED)  # noqa: B023
        assert told(sink) == expected, (seed, now, made.windows)
        seen |= {receiver.rstrip("0123456789") for receiver, _ in expected}
    assert seen == {"in", "out", "both", "either", "neither"}


def told(sink: harness.Sink) -> set[tuple[str, bool]]:
    """Who was told, and whether of the alert that a mute takes."""
    return {(n.receiver, "disk" in n.labels) for n in sink.seen()}
