"""How to set a CloudWatch signal of the plan around a limit.

In: a signal, a limit, the values of the stack's parameters. Out: `Drive`s; `Unproven` tells why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitorspec.metricname import metric_of, text_of
from monitorspec.plan import CloudWatchSignal
from monitorspec.proof.alarms.case import Unproven
from monitorspec.proof.alarms.clusters import cluster, fitting, is_exact
from monitorspec.proof.alarms.levels import NEAR, Drive, Edge, Input, Level
from monitorspec.proof.alarms.search import Shape, function_of, present, solved


def drives_of(signal: CloudWatchSignal, edge: Edge, values: Mapping[str, str], least: int = 0) -> tuple[Drive, ...]:
    """The drives of a signal around a limit, the best one first, then those that move another of its metrics.

    `values` are those of the stack's parameters, `least` is how many samples a datapoint needs.
    """
    if signal.expression:
        shape, inputs = _shape(signal, values)
        found = solved(shape, edge)
        if isinstance(found, str):
            raise Unproven(found)
        return tuple(drive._replace(inputs=inputs) for drive in found)
    short, past = (_beside(signal.stat, edge, past, least) for past in (False, True))
    if short is None or past is None:
        raise Unproven(f"no samples were found that give {signal.stat} a value beside {edge.value:g}")
    far = [_beside(signal.stat, _moved(edge, past), past, least) for past in (False, True)]
    plain = Input(metric_of(signal, values), signal.stat)
    return (Drive((plain,), signal.period // 1000, least, short, past, far[0], far[1]),)


def present_of(signal: CloudWatchSignal, values: Mapping[str, str]) -> Drive:
    """A drive of which only `short` and `past` count: two levels at which there is data."""
    period = signal.period // 1000
    if signal.expression:
        shape, inputs = _shape(signal, values)
        found = present(shape)
        if isinstance(found, str):
            raise Unproven(found)
        level, empty = found
        return Drive(inputs, period, 0, level, level, None, None, empty=empty)
    numbers = [value for wanted in (0.0, 100.0) if (value := fitting(signal.stat, wanted, True)) is not None]
    levels = [Level(value, (value,)) for value in numbers if cluster(signal.stat, value)]
    if not levels:
        raise Unproven(f"no samples were found that give {signal.stat} a value")
    plain = Input(metric_of(signal, values), signal.stat)
    return Drive((plain,), period, 0, levels[0], levels[-1], None, None)


def value_of(signal: CloudWatchSignal, inputs: Sequence[float], values: Mapping[str, str]) -> float | None:
    """The value of a signal while the datapoints of its metrics are these; None where it has none."""
    if not signal.expression:
        return inputs[0]
    return function_of(_shape(signal, values)[0]).value(inputs)


def _shape(signal: CloudWatchSignal, values: Mapping[str, str]) -> tuple[Shape, tuple[Input, ...]]:
    parts = [(id, part) for id, part in signal.metrics if not part.expression]
    inputs = tuple(Input(metric_of(part, values), part.stat) for _, part in parts)
    if len({i.metric for i in inputs}) < len(inputs):
        raise Unproven("two of its metrics are the same one, so they cannot be set apart")
    shape = Shape(
        text_of(signal.expression, values),
        tuple(id for id, _ in parts),
        tuple(part.stat for _, part in parts),
        tuple((id, text_of(part.expression, values)) for id, part in signal.metrics if part.expression),
        signal.period // 1000,
    )
    return shape, inputs


def _moved(edge: Edge, past: bool) -> Edge:
    """A limit far beyond (`past`) or far before the limit."""
    up = (edge.op[0] == ">") == past
    return edge._replace(value=edge.value + (9 if up else -0.9) * edge.scale)


def _beside(stat: str, edge: Edge, past: bool, least: int) -> Level | None:
    """The value of a statistic nearest to a limit that is past it or not: the limit itself where that tells `>` from `>=`."""
    up = (edge.op[0] == ">") == past
    away = NEAR * edge.scale if up else -NEAR * edge.scale
    for wanted in (edge.value, edge.value + away, edge.value + 10 * away):
        value = fitting(stat, wanted, up, least)
        if value is None or edge.past(value) != past or not cluster(stat, value, least):
            continue
        if value != edge.value or is_exact(stat, value, least):
            return Level(value, (value,))
    return None
