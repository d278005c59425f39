"""How to set a CloudWatch signal of the plan around a limit.

In: a signal, a limit, the values of the stack's parameters. Out: `Drive`s; `Unproven` tells why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitorspec.alarmstate import insights
from monitorspec.alarmstate.errors import AlarmError
from monitorspec.cloudformation.metricmath import is_insights
from monitorspec.metricname import metric_of, text_of
from monitorspec.plan import CloudWatchSignal
from monitorspec.proof.alarms.case import Unproven
from monitorspec.proof.alarms.clusters import cluster, fitting, is_exact
from monitorspec.proof.alarms.levels import NEAR, Drive, Edge, Input, Level
from monitorspec.proof.alarms.queries import Query, query_of
from monitorspec.proof.alarms.search import Shape, function_of, present, solved


def drives_of(signal: CloudWatchSignal, edge: Edge, values: Mapping[str, str], least: int = 0) -> tuple[Drive, ...]:
    """The drives of a signal around a limit, the best one first, then those that move another of its metrics.

    `values` are those of the stack's parameters, `least` is how many samples a datapoint needs.
    """
    if is_insights(signal.expression):
        return (_queried(_query(signal, values), signal.period // 1000, edge),)
    if signal.expression:
        shape, inputs = _shape(signal, values)
        found = solved(shape, edge)
        if isinstance(found, str):
            raise Unproven(found)
        return tuple(drive._replace(inputs=inputs) for drive in found)
    return (_plain(Input(metric_of(signal, values), signal.stat), signal.period // 1000, edge, least),)


def present_of(signal: CloudWatchSignal, values: Mapping[str, str]) -> Drive:
    """A drive of which only `short` and `past` count: two levels at which there is data."""
    period = signal.period // 1000
    if is_insights(signal.expression):
        drive = _queried(_query(signal, values), period, Edge(">", 100.0))
        return drive._replace(far_short=None, far_past=None)
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
    if is_insights(signal.expression):
        return _query(signal, values).value(inputs)
    return function_of(_shape(signal, values)[0]).value(inputs)


def _plain(given: Input, period: int, edge: Edge, least: int) -> Drive:
    stat = given.stat
    short, past = (_beside(stat, edge, past, least) for past in (False, True))
    if short is None or past is None:
        raise Unproven(f"no samples were found that give {stat} a value beside {edge.value:g}")
    far = [_beside(stat, _moved(edge, past), past, least) for past in (False, True)]
    return Drive((given,), period, least, short, past, far[0], far[1])


def _queried(query: Query, period: int, edge: Edge) -> Drive:
    """The levels of a single metric, as those of a query of several ones."""
    plain = _plain(query.inputs[0], period, edge, 0)
    far = [None if level is None else query.level(level, edge) for level in (plain.far_short, plain.far_past)]
    short, past = query.level(plain.short, edge), query.level(plain.past, edge)
    return Drive(query.inputs, period, 0, short, past, far[0], far[1], alike=True)


def _query(signal: CloudWatchSignal, values: Mapping[str, str]) -> Query:
    try:
        return query_of(insights.read(text_of(signal.expression, values)))
    except AlarmError as error:
        raise Unproven(str(error)) from None


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
