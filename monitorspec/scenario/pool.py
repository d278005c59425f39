"""promtool, on all processors at once.

In: test files, each with what it costs. Out: what promtool says of each. A file that fails beside others is run again alone,
because promtool does not tell whose failure it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import NamedTuple

from monitorspec import tools

_BATCHES = 3
"""Batches for each process: the last one to end is then not much longer than the others."""
_LONGEST = 10_000.0
"""Cost of a batch: a process has to end within its time limit, however many services there are."""

# What promtool takes, in ms of a processor: for a test group (it has a database of its own), for a rule that it reads, for one
# that it evaluates, and for a sample of a series, missing ones among them.
_GROUP, _RULE, EVALUATION, _SAMPLE = 6.0, 0.1, 0.1, 0.0001


class TestFile(NamedTuple):
    """A file for promtool; `cost` in ms of a processor, `span` of its tests in ms.

    `asks`: it is to fail, and what it says is the answer.
    """

    path: Path
    cost: float
    span: int
    asks: bool


def cost(rules: int, steps: int, samples: int = 0) -> float:
    """About what a test group takes, in ms of a processor, that evaluates so many rules at so many times."""
    return _GROUP + rules * (_RULE + steps * EVALUATION) + samples * _SAMPLE


class Said(NamedTuple):
    """What promtool said of a file."""

    passed: bool
    output: str


def run(files: Sequence[TestFile], processes: int) -> dict[Path, Said]:
    """Every file's result; questions have the output of all that ran with them. Raises ToolMissing and ToolFailed."""
    if not files:
        return {}
    # What questions say is apart from what tests say, and the databases of long spans are where there is room.
    kinds: dict[tuple[bool, bool], list[TestFile]] = {}
    for file in files:
        kinds.setdefault((file.asks, file.span > tools.SHORT), []).append(file)
    batches = [batch for kind in sorted(kinds) for batch in _batches(kinds[kind], processes)]
    results = _said(batches, processes)
    out: dict[Path, Said] = {}
    again: list[TestFile] = []
    for batch, result in zip(batches, results, strict=True):
        well = {found["file"].strip() for found in tools.TESTED.finditer(result.stdout) if found["well"]}
        for file in batch:
            if file.asks or result.code == 0:
                out[file.path] = Said(result.code == 0, result.output)
            elif len(batch) == 1:
                out[file.path] = Said(False, result.output)
            elif str(file.path) in well:
                out[file.path] = Said(True, "")
            else:
                again.append(file)
    alone = _said([[file] for file in again], processes)
    for file, result in zip(again, alone, strict=True):
        out[file.path] = Said(result.code == 0, result.output)
    return out


def _said(batches: Sequence[Sequence[TestFile]], processes: int) -> list[tools.Result]:
    """What promtool says of each batch, whose files are all short or all long."""
    commands = [["test", "rules", *(str(file.path) for file in batch)] for batch in batches]
    short = [batch[0].span <= tools.SHORT for batch in batches]
    return tools.run_all("promtool", commands, processes=processes, memory=short)


def _batches(files: Sequence[TestFile], processes: int) -> list[list[TestFile]]:
    """`files` in batches of about the same cost, the dearest first."""
    whole = sum(file.cost for file in files)
    count = min(len(files), max(max(processes, 1) * _BATCHES, ceil(whole / _LONGEST)))
    batches: list[list[TestFile]] = [[] for _ in range(count)]
    costs = [0.0] * count
    for file in sorted(files, key=lambda f: (-f.cost, f.path)):
        lightest = costs.index(min(costs))
        batches[lightest].append(file)
        costs[lightest] += file.cost
    return batches
