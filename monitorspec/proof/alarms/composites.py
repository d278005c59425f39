"""Conditions over alarms: the story of a composite.

In: an alert with a Composite. Out: a case. Every alarm that it looks at is set to fire or not, by its own signal, in enough
combinations to tell one condition from another; the spec's condition says what follows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.plan import Alert, Burn, Composite
from monitorspec.plan.alerts import Rule
from monitorspec.proof.alarms.burns import needs_of
from monitorspec.proof.alarms.case import START, Case, Check, Told, Unproven
from monitorspec.proof.alarms.context import Context, raw_reason
from monitorspec.proof.alarms.model import ALARM, OK
from monitorspec.proof.alarms.poses import Unit, units_of

MOST = 32
"""Combinations up to which all of them are shown."""
ROOM = 120
"""Seconds that a change is given to be told of."""


def composite(context: Context, alert: Alert) -> Iterator[Case]:
    """The case of a composite."""
    condition = alert.condition
    assert isinstance(condition, Composite)
    leaves, needs = _leaves(context, alert)
    units = units_of(context, leaves)
    step = math.lcm(*(unit.step for unit in units))
    lead = max(unit.lead for unit in units) + (condition.wait + condition.extension) // 1000 + ROOM
    length = -(-lead // step) * step
    settings = _settings(context, condition, units)
    ends = [START + (n + 1) * length for n in range(len(settings))]
    samples: dict[Metric, list[Sample]] = {}
    for at, setting in enumerate(settings):
        for unit, pose in zip(units, setting, strict=True):
            for metric, found in unit.poses[pose].samples(START + at * length, length).items():
                samples.setdefault(metric, []).extend(found)
    fires = [_fires_of(units, setting) for setting in settings]
    on = [_holds(context, condition.rule, row) for row in fires]
    quiet = [bool(condition.suppressor) and _fires(context, condition.suppressor, row) for row in fires]
    whys = [_said(row) for row in fires]
    checks = tuple(Check(end, ALARM if state else OK, why) for end, state, why in zip(ends, on, whys, strict=True))
    case = context.case(
        alert,
        "condition",
        {metric: tuple(found) for metric, found in samples.items()},
        ends[-1],
        checks,
        tuple(_told(ends, on, quiet, whys)),
    )
    bands = {key: band for unit in units for key, band in unit.bands.items()}
    yield case._replace(needs=needs, bands=bands)


# ---- the alarms that it looks at


def _leaves(context: Context, alert: Alert) -> tuple[list[Alert], tuple[str, ...]]:
    """Alarms on metrics that decide on it, and the logical ids of all that stand between."""
    leaves: dict[str, Alert] = {}
    needs: dict[str, None] = {}
    todo = [alert]
    while todo:
        one = todo.pop()
        condition = one.condition
        if one is not alert:
            needs[context.known.alarms[one.id]] = None
            reason = raw_reason(one)
            if reason:
                raise Unproven(f"{one.id}: {reason}")
        if isinstance(condition, Composite):
            ids = (*condition.rule.alarms(), *([condition.suppressor] if condition.suppressor else ()))
            todo += [context.alerts[id] for id in ids if id not in leaves]
        else:
            leaves[one.id] = one
            if isinstance(condition, Burn):
                needs.update(dict.fromkeys(needs_of(context, one)))
    return [leaves[id] for id in sorted(leaves)], tuple(needs)


def _fires(context: Context, id: str, row: Mapping[str, bool]) -> bool:
    condition = context.alerts[id].condition
    return _holds(context, condition.rule, row) if isinstance(condition, Composite) else row[id]


def _holds(context: Context, rule: Rule, row: Mapping[str, bool]) -> bool:
    """Whether a condition of the spec holds while these alarms fire."""
    if rule.op == "alarm":
        return _fires(context, rule.id, row)
    found = [_holds(context, part, row) for part in rule.parts]
    if rule.op == "not":
        return not found[0]
    if rule.op == "at_least":
        return sum(found) >= rule.least
    return any(found) if rule.op == "any_of" else all(found)


# ---- combinations


def _settings(context: Context, condition: Composite, units: Sequence[Unit]) -> list[tuple[int, ...]]:
    """Numbers of poses of all units, in the order in which they are shown: the combinations, then calm, all that fires, calm;
    and with a suppressor what it is for."""
    sizes = [len(unit.poses) for unit in units]
    calm, last = tuple(0 for _ in sizes), tuple(size - 1 for size in sizes)
    found = list(product(*map(range, sizes))) if math.prod(sizes) <= MOST else _chosen(condition.rule, sizes)
    rows = [(setting, _fires_of(units, setting)) for setting in found]
    found += [calm, last, calm]
    if condition.suppressor:
        by = {
            (_holds(context, condition.rule, row), _fires(context, condition.suppressor, row)): setting
            for setting, row in reversed(rows)
        }
        on_alone, quiet, both = (True, False), (False, True), (True, True)
        wanted = ((False, False), on_alone, (False, False), quiet, both, on_alone, (False, False))
        found += [by[which] for which in wanted if which in by]
    return found


def _chosen(rule: Rule, sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """One unit out of order among calm or firing ones, and as many in a row as the condition counts, from each on."""
    count = len(sizes)
    lengths = {0, 1, count - 1, count}
    todo = [rule]
    while todo:
        one = todo.pop()
        todo += one.parts
        lengths |= {one.least - 1, one.least} if one.op == "at_least" else set()
    out: dict[tuple[int, ...], None] = {}
    for length in sorted(lengths):
        for first in range(count):
            firing = {(first + n) % count for n in range(length)}
            out[tuple(size - 1 if at in firing else 0 for at, size in enumerate(sizes))] = None
    for at, size in enumerate(sizes):
        for pose in range(1, size - 1):
            out[tuple(pose if n == at else 0 for n in range(count))] = None
    return list(out)


def _fires_of(units: Sequence[Unit], setting: Sequence[int]) -> dict[str, bool]:
    out: dict[str, bool] = {}
    for unit, pose in zip(units, setting, strict=True):
        out.update(unit.poses[pose].fires)
    return out


def _told(ends: Sequence[int], on: Sequence[bool], quiet: Sequence[bool], whys: Sequence[str]) -> Iterator[Told]:
    """What is told of in each setting, where the order of what happens within it does not matter."""
    owing = False
    for at, ((was, is_), (before, now)) in enumerate(zip(pairwise(on), pairwise(quiet), strict=True), 1):
        state, span = ALARM if is_ else OK, (ends[at - 1], ends[at])
        if was != is_:
            # Which of both came first is open where the suppressor changes in the same setting.
            owing = before and now
            if not before and not now:
                yield Told(*span, state, whys[at])
            elif before and now:
                yield Told(*span, state, f"{whys[at]}, and the suppressor fires", never=True)
        elif before and not now and owing:
            owing = False
            yield Told(*span, state, f"{whys[at]}, and the suppressor no longer fires")


def _said(row: Mapping[str, bool]) -> str:
    firing = [id for id, fires in row.items() if fires]
    return f"{', '.join(firing) or 'nothing'} fires" if len(firing) < 2 else f"{', '.join(firing)} fire"
