"""The generated tests of a service as promtool runs them: cheaper than as they are written, with the same results.

In: the proof of a service, the text of its rule file. Out: `Run`s, each a rule file with the rules that its lanes look at, and a
test file. What a build writes goes with whole rule files, where lanes share a group wherever they can; here promtool is
spared what it would evaluate for nothing, so that lanes share a group only where that is cheaper. `load` is a run for the whole
rule file, whose every fault has to be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from monitorspec import source
from monitorspec.proof.groups import ANYTHING, Block, Group
from monitorspec.proof.render import test_file
from monitorspec.proof.service import Proof, TestFile
from monitorspec.scenario import pool, slices

_LOOKS = re.compile(r"^ {8}(alertname|expr): (.*)$", re.MULTILINE)
_SERIES = re.compile(r"^ {6}- series: (.*)$", re.MULTILINE)


class Run(NamedTuple):
    """Rules and a test file of them, which finds them at `../<service>.rules.yml`.

    `cost` in ms of a processor, `span` of the tests in ms.
    """

    rules: str
    test: str
    cost: float
    span: int


class _Lane(NamedTuple):
    """A lane with the numbers of the rules that it looks at, and how often they are evaluated."""

    block: Block
    rules: frozenset[int]
    steps: int


def load(name: str, text: str) -> Run:
    """The run that does no more than load the rule file called `name`."""
    test = test_file("", f"../{name}.rules.yml", 60_000, (), [Group((), 60_000)])
    return Run(text, test, pool.cost(text.count("\n        expr: "), 1), 0)


def runs_of(name: str, proof: Proof, text: str) -> Iterator[Run]:
    """The runs of the service called `name`; `text`: its rule file."""
    where = f"../{name}.rules.yml"
    file = slices.read(text)
    count = len(file) if file else text.count("\n        expr: ")
    for part in proof.files:
        lanes = _looking(part, file) if file else None
        if file is None or lanes is None:
            cost = sum(_cost(count, max(_steps(b, part) for b in group.lanes), group.lanes) for group in part.groups)
            span = max(b.end for group in part.groups for b in group.lanes)
            yield Run(text, test_file("", where, part.step, proof.order, part.groups), cost, span)
            continue
        for room in _packed(lanes):
            rules = frozenset().union(*(lane.rules for lane in room))
            blocks = tuple(lane.block for lane in room)
            test = test_file("", where, part.step, proof.order, [Group(blocks, blocks[0].step)])
            cost = _cost(len(rules), max(lane.steps for lane in room), blocks)
            yield Run(file.text(rules), test, cost, max(block.end for block in blocks))


def _looking(part: TestFile, file: slices.RuleFile) -> list[_Lane] | None:
    """The lanes of a test file with the rules they look at; None where that is not known of one of them."""
    out = []
    for block in (block for group in part.groups for block in group.lanes):
        looks = [(kind, _plain(value)) for kind, value in _LOOKS.findall(block.alerts + block.exprs)]
        alerts = {value for kind, value in looks if kind == "alertname"}
        series = [_plain(text) for text in _SERIES.findall(block.series)]
        try:
            busy = file.busy(slices.labels_of(name) for name in series)
        except ValueError:
            return None
        rules = file.needed(alerts, dict.fromkeys(value for kind, value in looks if kind == "expr"), busy)
        if rules is None:
            return None
        out.append(_Lane(block, rules, _steps(block, part)))
    return out


def _plain(value: str) -> str:
    """What a scalar on one line says."""
    if value[:1] == "'":
        return value[1:-1].replace("''", "'")
    return str(source.parse(f"it: {value}", "test").data["it"]) if value[:1] == '"' else value


def _packed(lanes: Iterable[_Lane]) -> list[list[_Lane]]:
    """Lanes that share a group: the longest first, each where it adds least, or on its own if that is cheaper."""
    rooms: list[list[_Lane]] = []
    for lane in sorted(lanes, key=lambda lane: -lane.steps):
        best, least = None, pool.cost(len(lane.rules), lane.steps)
        for room in rooms:
            added = room[0].steps * pool.EVALUATION * len(lane.rules.difference(*(other.rules for other in room)))
            if added < least and all(_apart(lane.block, other.block) for other in room):
                best, least = room, added
        if best is None:
            rooms.append([lane])
        else:
            best.append(lane)
    return rooms


def _apart(one: Block, other: Block) -> bool:
    """Whether two lanes can share a group."""
    keys = one.keys | other.keys
    return one.step == other.step and ANYTHING not in keys and one.keys.isdisjoint(other.keys)


def _steps(block: Block, part: TestFile) -> int:
    return block.end // part.step + 1


def _cost(rules: int, steps: int, blocks: Sequence[Block]) -> float:
    samples = sum(len(_SERIES.findall(block.series)) * (block.end // block.step + 1) for block in blocks)
    return pool.cost(rules, steps, samples)
