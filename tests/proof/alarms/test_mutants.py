"""A mutation test of the proofs: every wrong template has to be noticed, but for those that do the same.

All wrong versions of some alarms of each kind are tried, and of the others one for each thing that can go wrong. With
MONITORSPEC_ALL_MUTANTS=1 all versions of all alarms are, which takes minutes.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import pytest

from monitorspec.alarmstate.resolver import Stack
from monitorspec.mutation.templates import Mutant, mutants
from monitorspec.proof.alarms.case import Case, Proof
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.runner import failures_of
from tests.proof.alarms.stacks import EVERY_KIND, compiled, stacks_of

ALL = bool(os.environ.get("MONITORSPEC_ALL_MUTANTS"))
WHOLE = (
    "ReceiptsErrorsCriticalAlarm",
    "ReceiptsErrorsInclusiveCriticalAlarm",
    "ReceiptsThrottlesWarningAlarm",
    "ReceiptsDurationCriticalAlarm",
    "ReceiptsTrimmedCriticalAlarm",
    "ReceiptsRangedWarningAlarm",
    "ReceiptsAverageGuardedWarningAlarm",
    "ReceiptsConcurrencyCriticalAlarm",
    "MathShareCriticalAlarm",
    "MathBothCriticalAlarm",
    "MathRiseWarningAlarm",
    "BandsBothWarningAlarm",
    "AboveSomeCriticalAlarm",
    "AboveQuietCriticalAlarm",
)


class Same(NamedTuple):
    """Wrong templates that do the same as the right one."""

    alarms: str
    kind: str
    change: str
    reason: str


SAME = (
    Same(".*", "actions", "InsufficientDataActions, too", "it is never in that state"),
    Same("ReceiptsSilent.*|Api.*(Long|Short)Alarm", "actions", ".*Actions.*", "its actions are disabled"),
    Same("MathNamed.*", "actions", "OKActions, too", "the spec sets them by hand"),
    Same(
        "Receipts(Throttles|Silent).*", "statistic", "Sum → (Average|Maximum)", "more than nothing is more than nothing"
    ),
    Same("Receipts(Ranged|CallsFew).*", "threshold", r"10.0 → 9.8", "a count is a whole number"),
    Same(
        "MathShare.*", "expression", ".*→.*(calls > 1,|calls, 1\\)).*", "it differs without calls, and within the limit"
    ),
    Same("MathBoth.*", "threshold|unit factor", ".*(0.98|0.01|0.001)", "it is 0 or 1"),
    Same("MathBoth.*", "expression", ".*, 2, 0\\)", "it is 0 or more than 1"),
    Same("MathFilled.*", "missing", ".*", "nothing is missing when it is filled"),
    Same("Api.*Long.*", "missing", ".*", "without a long window there is no short one either"),
    Same("Api.*Short.*", "missing", ".* → missing", "it is not in ALARM either way"),
    Same("Api.*", "expression", r".*→.*FILL\(\w+, 1\).*", "an event more or less among a million"),
    Same("Api(Good|Latency).*", "expression", ".*→.*(total > 1,|total, 1\\)).*", "a count that is there is 1 at least"),
    Same(
        "Api(Good|Latency).*", "comparison", "GreaterThanOrEqual.*", "no share of good events meets the limit exactly"
    ),
    # Tiers of one objective cannot be set apart: they all fire or none.
    Same("AboveBurning.*", "rule", ".*( OR |Api).*", "all tiers of the objective fire together"),
)


class World(NamedTuple):
    """The right templates, and the cases that each alarm takes part in."""

    proof: Proof
    stacks: Sequence[Stack]
    cases: dict[str, list[Case]]


@cache
def world() -> World:
    plan = compiled(EVERY_KIND)
    proof = proof_of(plan)
    cases: dict[str, list[Case]] = defaultdict(list)
    for case in proof.cases:
        for id in (case.alarm, *case.silent):
            cases[id].append(case)
    return World(proof, stacks_of(plan), cases)


def chosen(id: str, properties: dict[str, Any]) -> Iterator[Mutant]:
    """The wrong versions of an alarm that are tried."""
    kinds: set[str] = set()
    # Slower tiers are like the fastest one, and take longer.
    every = 9 if re.search("PageSlow|TicketFast", id) else 3
    for number, mutant in enumerate(mutants(properties)):
        # Not the same one of a kind for each alarm.
        if ALL or id in WHOLE or (mutant.kind not in kinds and (number + len(id)) % every == 0):
            kinds.add(mutant.kind)
            yield mutant


def is_noticed(id: str, mutant: Mutant) -> bool:
    proof, stacks, cases = world()
    wrong = []
    for stack in stacks:
        resources = stack.template["Resources"]
        if id in resources:
            changed = {**resources, id: {**resources[id], "Properties": mutant.properties}}
            stack = stack._replace(template={**stack.template, "Resources": changed})
        wrong.append(stack)
    return any(failures_of(case, proof, wrong) for case in cases[id])


def same(id: str, mutant: Mutant) -> Same | None:
    return next(
        (
            one
            for one in SAME
            if re.fullmatch(one.alarms, id)
            and re.fullmatch(one.kind, mutant.kind)
            and re.fullmatch(one.change, mutant.change, re.DOTALL)
        ),
        None,
    )


def alarms() -> dict[str, dict[str, Any]]:
    return {
        id: resource["Properties"]
        for stack in world().stacks
        for id, resource in stack.template["Resources"].items()
        if id in world().cases
    }


@pytest.mark.parametrize("id", sorted(alarms()))
def test_a_wrong_template_is_noticed(id: str) -> None:
    properties = alarms()[id]
    assert not is_noticed(id, Mutant("", "", properties))
    tried = list(chosen(id, properties))
    assert tried
    unnoticed = [m for m in tried if same(id, m) is None and not is_noticed(id, m)]
    assert [f"{m.kind}: {m.change}" for m in unnoticed] == []


def test_everything_that_can_go_wrong_is_tried() -> None:
    tried = {mutant.kind for id, properties in alarms().items() for mutant in chosen(id, properties)}
    wanted = (
        "comparison threshold period n m missing statistic dimension metric unit expression actions rule suppressor"
    )
    assert {*wanted.split(), "unit factor", "m of n"} == tried
    assert sum(len(list(mutants(properties))) for properties in alarms().values()) > 2000


def test_what_is_said_to_be_the_same_is_known_of_some_alarm() -> None:
    everything = [(id, mutant) for id, properties in alarms().items() for mutant in mutants(properties)]
    for one in SAME:
        assert any(same(id, mutant) is one for id, mutant in everything), one
