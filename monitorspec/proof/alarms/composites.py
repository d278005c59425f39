"""Conditions over alarms: the story of a composite.

In: an alert with a Composite. Out: a case. Every alarm that it looks at is set to fire or not, by its own signal, in enough
combinations to tell one condition from another; the spec's condition says what follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from monitorspec.alarmstate.mathframe import ANY, Band
from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.plan import Absent, Alert, Anomaly, Burn, Composite, Limit
from monitorspec.plan.alerts import Rule
from monitorspec.proof.alarms.burns import Block, healthy, needs_of, slo_of, tier_of, traffic_of
from monitorspec.proof.alarms.case import BLIND, START, Case, Check, Told, Unproven
from monitorspec.proof.alarms.context import Context, raw_reason
from monitorspec.proof.alarms.drive import drives_of, present_of
from monitorspec.proof.alarms.levels import Drive, Edge, Level, Stretch, edge_of
from monitorspec.proof.alarms.limits import periods_of, signal_of
from monitorspec.proof.alarms.model import ALARM, OK

MOST = 32
"""Combinations up to which all of them are shown."""
ROOM = 120
"""Seconds that a change is given to be told of."""

Series = dict[Metric, tuple[Sample, ...]]


class Pose(NamedTuple):
    """One way to set a unit: which of its alarms fire, and the samples of (start, seconds)."""

    fires: Mapping[str, bool]
    samples: Callable[[int, int], Series]


class Unit(NamedTuple):
    """Alarms that can only be set together. `lead`: seconds until a pose shows; `step`: what stretches are whole numbers of."""

    poses: tuple[Pose, ...]
    lead: int
    step: int
    bands: Mapping[Metric | str, Band]


def composite(context: Context, alert: Alert) -> Iterator[Case]:
    """The case of a composite."""
    condition = alert.condition
    assert isinstance(condition, Composite)
    leaves, needs = _leaves(context, alert)
    units = _units(context, leaves)
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


# ---- setting them


def _units(context: Context, leaves: Sequence[Alert]) -> list[Unit]:
    units: list[Unit] = []
    made: dict[Metric, Alert] = {}
    together: dict[object, list[Alert]] = {}
    for leaf in leaves:
        condition = leaf.condition
        key: object = leaf.id
        if isinstance(condition, Limit):
            key = (leaf.signal.cloudwatch, leaf.min_samples)
        elif isinstance(condition, Burn):
            key = condition.slo
        together.setdefault(key, []).append(leaf)
    for group in together.values():
        unit = _unit(context, group)
        metrics = {metric for pose in unit.poses for metric in pose.samples(START, unit.lead + unit.step)}
        for metric in metrics:
            if metric in made:
                raise Unproven(f"{made[metric].id} and {group[0].id} watch the same metric in different ways")
            made[metric] = group[0]
        units.append(unit)
    everywhere = [unit for unit in units if ANY in unit.bands]
    if len(everywhere) > 1:
        raise Unproven("it looks at several bands around expressions")
    return units


def _unit(context: Context, group: Sequence[Alert]) -> Unit:
    condition = group[0].condition
    if isinstance(condition, Limit):
        return _limits(context, group)
    if isinstance(condition, Anomaly):
        return _band(context, group[0], condition)
    if isinstance(condition, Absent):
        return _absence(context, group[0])
    if isinstance(condition, Burn):
        return _burns(context, group)
    raise Unproven(f"{group[0].id} cannot be set")


def _limits(context: Context, group: Sequence[Alert]) -> Unit:
    """Limits on one signal, such as those of two severities: one level for each combination that there is."""
    edges = {}
    for alert in group:
        assert isinstance(alert.condition, Limit)
        edges[alert.id] = edge_of(alert.condition.op, alert.condition.value)
    levels: list[tuple[Drive, Level]] = []
    for alert in group:
        drive = drives_of(signal_of(alert), edges[alert.id], context.values, alert.min_samples)[0]
        if drive.slow or drive.rises is not None:
            raise Unproven(f"{alert.id}: a datapoint depends on those before it")
        levels += [(drive, level) for level in (drive.short, drive.past, drive.far_short, drive.far_past) if level]
    poses: dict[tuple[bool, ...], Pose] = {}
    for drive, level in levels:
        fires = {id: edge.past(level.value) for id, edge in edges.items()}
        poses.setdefault(tuple(fires.values()), Pose(fires, _held(drive, level)))
    ordered = sorted(poses.values(), key=lambda pose: sum(pose.fires.values()))
    most = max(periods_of(alert)[1] for alert in group)
    period = levels[0][0].period
    return Unit(tuple(ordered), (most + 1) * period, period, {})


def _band(context: Context, alert: Alert, condition: Anomaly) -> Unit:
    signal = signal_of(alert)
    width = float(condition.deviations)
    mean, deviation = 100 * width, 10.0
    edge = Edge(">", mean + width * deviation) if condition.side != "below" else Edge("<", mean - width * deviation)
    drive = drives_of(signal, edge, context.values, alert.min_samples)[0]
    if drive.slow or drive.rises is not None:
        raise Unproven(f"{alert.id}: a datapoint depends on those before it")
    plain = not signal.expression and not alert.min_samples
    bands: dict[Metric | str, Band] = {drive.inputs[0].metric if plain else ANY: (mean, deviation)}
    poses = tuple(
        Pose({alert.id: fires}, _held(drive, level)) for fires, level in ((False, drive.short), (True, drive.past))
    )
    return Unit(poses, (periods_of(alert)[1] + 1) * drive.period, drive.period, bands)


def _absence(context: Context, alert: Alert) -> Unit:
    drive = present_of(signal_of(alert), context.values)
    poses = (Pose({alert.id: False}, _held(drive, drive.past)), Pose({alert.id: True}, _held(drive, None)))
    return Unit(poses, (periods_of(alert)[1] + BLIND + 1) * drive.period, drive.period, {})


def _burns(context: Context, group: Sequence[Alert]) -> Unit:
    """Tiers of one objective: all of them fire or none."""
    slo = slo_of(context, group[0])
    traffic = traffic_of(context, slo, group)
    tiers = [tier_of(slo, alert, traffic.length) for alert in group]
    much = healthy(traffic.length, max(tier.rate for tier in tiers))

    def pose(fires: bool) -> Pose:
        block = Block(much, much if fires else 0, "")

        def samples(start: int, seconds: int) -> Series:
            return traffic.samples([block] * (seconds // traffic.length), start)

        return Pose(dict.fromkeys((alert.id for alert in group), fires), samples)

    # A burn shows when enough of the long window is bad; its end, when the short one is good.
    lead = max(max(math.ceil(tier.long * tier.limit), tier.short) + 1 for tier in tiers)
    return Unit((pose(False), pose(True)), lead * traffic.length, traffic.length, {})


def _held(drive: Drive, level: Level | None) -> Callable[[int, int], Series]:
    def samples(start: int, seconds: int) -> Series:
        return drive.samples([Stretch(level, seconds // drive.period, "")], start)

    return samples


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
            owing = before or now
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
