"""Ways to set the alarms that a composite looks at: to fire or not, together where they watch the same metrics.

In: alerts on signals. Out: `Unit`s with their poses; `Unproven` where alarms cannot be set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from monitorspec.alarmstate.mathframe import ANY, Band
from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.plan import Absent, Alert, Anomaly, Burn, Limit
from monitorspec.proof.alarms.burns import Block, healthy, slo_of, tier_of, traffic_of
from monitorspec.proof.alarms.case import BLIND, START, Unproven
from monitorspec.proof.alarms.clusters import fitting
from monitorspec.proof.alarms.context import Context
from monitorspec.proof.alarms.drive import drives_of, present_of, value_of
from monitorspec.proof.alarms.levels import Drive, Edge, Input, Level, Stretch, edge_of
from monitorspec.proof.alarms.limits import periods_of, signal_of

Series = dict[Metric, tuple[Sample, ...]]

# Statistics of which a long period's value is the sum of those of its parts.
_ADDED = frozenset({"Sum", "SampleCount"})
_OUTWEIGHING = (1, 10, 100, 1000)


class Pose(NamedTuple):
    """One way to set a unit: which of its alarms fire, and the samples of (start, seconds)."""

    fires: Mapping[str, bool]
    samples: Callable[[int, int], Series]


class Unit(NamedTuple):
    """Alarms that can only be set together. `lead`: seconds until a pose shows; `step`: what stretches are whole numbers of.
    The first pose is the calmest."""

    poses: tuple[Pose, ...]
    lead: int
    step: int
    bands: Mapping[Metric | str, Band]


def units_of(context: Context, leaves: Sequence[Alert]) -> list[Unit]:
    """The units of alarms on signals."""
    limits = [leaf for leaf in leaves if isinstance(leaf.condition, Limit)]
    burns: dict[str, list[Alert]] = {}
    for leaf in leaves:
        if isinstance(leaf.condition, Burn):
            burns.setdefault(leaf.condition.slo, []).append(leaf)
    units = [_limits(context, group) for group in _connected(context, limits)]
    units += [_burns(context, group) for group in burns.values()]
    units += [_band(context, leaf, leaf.condition) for leaf in leaves if isinstance(leaf.condition, Anomaly)]
    units += [_absence(context, leaf) for leaf in leaves if isinstance(leaf.condition, Absent)]
    seen: dict[Metric, str] = {}
    for unit in units:
        name = next(iter(unit.poses[0].fires))
        for metric in {metric for pose in unit.poses for metric in pose.samples(START, unit.lead + unit.step)}:
            if seen.setdefault(metric, name) != name:
                raise Unproven(f"{seen[metric]} and {name} watch the same metric in different ways")
    if sum(ANY in unit.bands for unit in units) > 1:
        raise Unproven("it looks at several bands around expressions")
    return units


# ---- limits


def _connected(context: Context, alerts: Sequence[Alert]) -> list[list[tuple[Alert, Drive]]]:
    """The alerts in groups that share metrics, each with its drive."""
    groups: list[tuple[set[Metric], list[tuple[Alert, Drive]]]] = []
    for alert in alerts:
        drive = drives_of(signal_of(alert), _edge(alert), context.values, alert.min_samples)[0]
        if drive.slow or drive.rises is not None:
            raise Unproven(f"{alert.id}: a datapoint depends on those before it")
        metrics, members = {each.metric for each in drive.inputs}, [(alert, drive)]
        for other in [group for group in groups if group[0] & metrics]:
            groups.remove(other)
            metrics, members = metrics | other[0], other[1] + members
        groups.append((metrics, members))
    return [members for _, members in groups]


def _edge(alert: Alert) -> Edge:
    assert isinstance(alert.condition, Limit)
    return edge_of(alert.condition.op, alert.condition.value)


def _limits(context: Context, group: Sequence[tuple[Alert, Drive]]) -> Unit:
    """Limits on signals that share metrics, such as those of two severities: a pose for each combination that was found:
    with the same values all the time, without data, or with other values at the end of each stretch."""
    inputs: dict[Metric, Input] = {}
    for alert, drive in group:
        for each in drive.inputs:
            if inputs.setdefault(each.metric, each) != each:
                raise Unproven(f"{group[0][0].id} and {alert.id} watch the same metric in different ways")
    base = math.gcd(*(drive.period for _, drive in group))
    whole = group[0][1]._replace(
        inputs=tuple(inputs.values()), least=max(drive.least for _, drive in group), period=base
    )
    step = math.lcm(*(drive.period for _, drive in group))
    poses: dict[tuple[bool, ...], Pose] = {}
    for values in _assignments(group, base):
        fires: dict[str, bool] = {}
        for alert, drive in group:
            seen = [values[each.metric] * _times(each.stat, drive, base) for each in drive.inputs]
            value = value_of(signal_of(alert), seen, context.values)
            if value is not None:
                fires[alert.id] = _edge(alert).past(value)
        if len(fires) == len(group):
            level = Level(0, tuple(values[metric] for metric in inputs))
            poses.setdefault(tuple(fires.values()), Pose(fires, _held(whole, level)))
    for fires, main, burst, tail in _bursts(context, group, tuple(inputs.values()), base):
        poses.setdefault(tuple(fires.values()), Pose(fires, _ending(whole, main, burst, step // base - tail, tail)))
    silent = _without_data(group)
    blind = BLIND if silent and tuple(silent.values()) not in poses else 0
    if silent and blind:
        poses[tuple(silent.values())] = Pose(silent, _held(whole, None))
    ordered = sorted(poses.values(), key=lambda pose: sum(pose.fires.values()))
    if not ordered or any(ordered[0].fires.values()) or len(ordered) < 2:
        raise Unproven(f"{' and '.join(alert.id for alert, _ in group)} cannot all be silent, and then not")
    lead = max((periods_of(alert)[1] + blind + 1) * drive.period for alert, drive in group)
    return Unit(tuple(ordered), lead, step, {})


def _without_data(group: Sequence[tuple[Alert, Drive]]) -> dict[str, bool]:
    """Which of the alerts fire without any data; nothing where that depends on what was before."""
    out: dict[str, bool] = {}
    for alert, drive in group:
        if drive.empty is not None:
            out[alert.id] = _edge(alert).past(drive.empty)
        elif alert.missing == "ignore":
            return {}
        else:
            out[alert.id] = alert.missing == "breaching"
    return out


def _bursts(
    context: Context, group: Sequence[tuple[Alert, Drive]], inputs: Sequence[Input], base: int
) -> Iterator[tuple[dict[str, bool], Level, Level, int]]:
    """What an alarm of a short period sees and those of longer ones do not: values for as long as the short one looks back,
    after others that outweigh them. Yields (what fires at the end, the values before, those at the end, for how many periods
    of `base` seconds)."""
    if any(each.stat not in _ADDED for each in inputs):
        return
    slots = math.lcm(*(drive.period for _, drive in group)) // base
    calm: dict[Metric, float] = {}
    for _, drive in reversed(group):
        calm |= _values(drive, drive.short, base)
    quiet = [_values(d, level, base) for _, d in group for level in (d.short, d.far_short) if level is not None]
    for alert, drive in group:
        tail = periods_of(alert)[1] * drive.period // base
        if tail >= slots:
            continue
        for level in (drive.past, drive.far_past):
            for below, factor in product(quiet, _OUTWEIGHING):
                if level is None:
                    continue
                burst = {**calm, **_values(drive, level, base)}
                main = {metric: value * factor for metric, value in {**calm, **below}.items()}
                row = [main] * (slots - tail) + [burst] * tail
                fires = {one.id: _at_end(context, one, d, row, base) for one, d in group}
                known = {id: state for id, state in fires.items() if state is not None}
                if len(known) == len(fires):
                    levels = [Level(0, tuple(values[each.metric] for each in inputs)) for values in (main, burst)]
                    yield known, levels[0], levels[1], tail


def _at_end(
    context: Context, alert: Alert, drive: Drive, row: Sequence[Mapping[Metric, float]], base: int
) -> bool | None:
    """Whether an alert fires at the end of periods of `base` seconds with these values, over and over; None where it has no
    datapoint in some."""
    enough, of = periods_of(alert)
    count = drive.period // base
    turns = list(row) * (-(-of * count // len(row)))
    past = []
    for n in range(of):
        slots = turns[len(turns) - (n + 1) * count : len(turns) - n * count]
        seen = [math.fsum(values[each.metric] for values in slots) for each in drive.inputs]
        value = value_of(signal_of(alert), seen, context.values)
        if value is None:
            return None
        past.append(_edge(alert).past(value))
    return sum(past) >= enough


def _assignments(group: Sequence[tuple[Alert, Drive]], base: int) -> list[dict[Metric, float]]:
    """Values of all metrics in a period of `base` seconds: a level of one signal laid over one of another over calm ones."""
    calm: dict[Metric, float] = {}
    for _, drive in reversed(group):
        calm |= _values(drive, drive.short, base)
    laid = [
        _values(drive, level, base)
        for _, drive in group
        for level in (drive.short, drive.past, drive.far_short, drive.far_past, *drive.aside)
        if level is not None
    ]
    return [{**calm, **below, **above} for below, above in product(laid, repeat=2)]


def _values(drive: Drive, level: Level, base: int) -> dict[Metric, float]:
    out: dict[Metric, float] = {}
    for each, value in zip(drive.inputs, level.inputs, strict=True):
        part = value / _times(each.stat, drive, base)
        fitted = fitting(each.stat, part, True, drive.least)
        out[each.metric] = part if fitted is None else fitted
    return out


def _times(stat: str, drive: Drive, base: int) -> int:
    """How many times the value of a period of `base` seconds a datapoint is: counts and sums add up, nothing else does."""
    return drive.period // base if stat in _ADDED or stat[:2] in ("TC", "TS", "tc", "ts") else 1


# ---- the others


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
    poses = (Pose({alert.id: False}, _held(drive, drive.short)), Pose({alert.id: True}, _held(drive, drive.past)))
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


def _ending(drive: Drive, main: Level, burst: Level, before: int, tail: int) -> Callable[[int, int], Series]:
    turn = [Stretch(main, before, ""), Stretch(burst, tail, "")]

    def samples(start: int, seconds: int) -> Series:
        return drive.samples(turn * (seconds // drive.period // (before + tail)), start)

    return samples
