"""Limits, bands and missing data: the stories of alarms on one signal.

In: an alert with a Limit, Anomaly or Absent. Out: cases. Each story sets the signal just short of the limit, just past it, far
away and to no data, for so many periods that M, N, the period, the side and the policy for missing data all show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from monitorspec.alarmstate.mathframe import ANY
from monitorspec.plan import Absent, Alert, Anomaly, CloudWatchSignal, Limit
from monitorspec.proof.alarms.case import BLIND, START, Case, Check, Unproven
from monitorspec.proof.alarms.context import Context
from monitorspec.proof.alarms.drive import drives_of, present_of
from monitorspec.proof.alarms.levels import Drive, Edge, Stretch, edge_of
from monitorspec.proof.alarms.model import ALARM, OK, checks, expected, told
from monitorspec.spec.units import number_text, plain


def periods_of(alert: Alert) -> tuple[int, int]:
    """(M, N): as the spec says, else as many periods as cover `for`."""
    given = alert.condition.datapoints if isinstance(alert.condition, Limit | Anomaly) else None
    if given:
        return given
    count = max(1, -(-alert.hold // signal_of(alert).period))
    return count, count


def signal_of(alert: Alert) -> CloudWatchSignal:
    """What the alert watches on CloudWatch."""
    assert alert.signal.cloudwatch is not None, alert.id
    return alert.signal.cloudwatch


def limit(context: Context, alert: Alert) -> Iterator[Case]:
    """The story of a limit; where a parameter takes it, once more with another value of that."""
    assert isinstance(alert.condition, Limit)
    op, value = alert.condition.op, alert.condition.value
    yield from _stories(context, alert, edge_of(op, value))
    if alert.parameter:
        other = plain(value * 2) if value else value + 1
        given = {alert.parameter: number_text(other)}
        for case in _stories(context, alert, edge_of(op, other)):
            yield case._replace(title=f"{case.title}, with {alert.parameter} at {number_text(other)}", parameters=given)


def anomaly(context: Context, alert: Alert) -> Iterator[Case]:
    """The stories of a band: at its upper and its lower bound. The model is one that this story makes up."""
    condition = alert.condition
    assert isinstance(condition, Anomaly)
    width = float(condition.deviations)
    for scale in (1.0, 0.001, 1000.0):
        mean, deviation = 100 * width * scale, 10 * scale
        edges = {"above": Edge(">", mean + width * deviation), "below": Edge("<", mean - width * deviation)}
        try:
            cases = [
                case._replace(bands={ANY: (mean, deviation)})
                for side, edge in edges.items()
                if condition.side in (side, "both")
                for case in _stories(context, alert, edge, both=condition.side == "both")
            ]
        except Unproven:
            if scale == 1000.0:
                raise
            continue
        yield from cases
        return


def absent(context: Context, alert: Alert) -> Iterator[Case]:
    """The story of an alarm on missing data: there, gone for a while, gone for good."""
    assert isinstance(alert.condition, Absent)
    drive = present_of(signal_of(alert), context.values)
    if drive.empty is not None:
        raise Unproven("its expression has a value without data, too")
    _, of = periods_of(alert)
    gone, there = Stretch(None, of + BLIND, "no data"), Stretch(drive.past, 2, f"data ({drive.past.value:g})")
    stretches = [gone, there]
    if of > 1:
        stretches += [Stretch(None, of - 1, f"no data, but for less than {of} periods"), there]
    stretches += [there._replace(level=drive.short, why=f"data ({drive.short.value:g})"), gone]
    found = [stretch.level is not None for stretch in _periods(stretches)]
    ends = [START + (n + 1) * drive.period for n in range(len(found))]
    states: list[str | None] = []
    for at in range(len(found)):
        since = found[: at + 1][::-1].index(True) if any(found[: at + 1]) else None
        # How far CloudWatch looks back for a last datapoint it does not tell.
        sure = at + 1 >= of if since is None else since >= of + BLIND
        states.append(OK if since is not None and since < of else ALARM if sure else None)
    whys = [stretch.why for stretch in _periods(stretches)]
    yield context.case(
        alert, "missing data", drive.samples(stretches), ends[-1], checks(states, ends, whys), told(states, ends, whys)
    )


def _stories(context: Context, alert: Alert, edge: Edge, *, both: bool = False) -> Iterator[Case]:
    """The whole story by one metric of the signal, a short one by each of the others. `both`: there is a limit on the other
    side, too."""
    first, *others = drives_of(signal_of(alert), edge, context.values, alert.min_samples)
    if both:
        first = first._replace(far_short=None, aside=())
    enough, of = periods_of(alert)
    whole = _calm(first, edge, of) + _datapoints(first, edge, enough, of) + _ends(first, edge, of)
    yield _told_by(context, alert, f"{edge.op} {edge.value:g}", first, edge, whole)
    for drive in others:
        at = next(n for n, (a, b) in enumerate(zip(drive.short.inputs, drive.past.inputs, strict=True)) if a != b)
        calm, bad = _calm(drive, edge, of), Stretch(drive.past, of, _said(drive.past.value, edge, True))
        title = f"{edge.op} {edge.value:g} by {drive.inputs[at].metric.name}"
        yield _told_by(context, alert, title, drive, edge, [*calm, bad, calm[-1]])


def _calm(drive: Drive, edge: Edge, of: int) -> list[Stretch]:
    """No data from the start, then a signal that is not past its limit."""
    return [
        Stretch(None, of + BLIND, "no data from the start"),
        Stretch(drive.short, of + 1, _said(drive.short.value, edge, False)),
    ]


def _datapoints(drive: Drive, edge: Edge, enough: int, of: int) -> list[Stretch]:
    """One bad datapoint too few, just enough of them spread over N, one more period apart, all in a row."""
    bad, good = Stretch(drive.past, 1, ""), Stretch(drive.short, 1, "")
    said = _said(drive.past.value, edge, True)
    calm = good._replace(periods=of, why=f"back: {_said(drive.short.value, edge, False)}")
    out: list[Stretch] = []
    if enough > 1:
        out += [bad._replace(periods=enough - 1, why=f"{said}, {enough - 1} of the {enough} that it takes"), calm]
    for gap in sorted({of - enough, of - enough + 1} - {0}) if enough > 1 else ():
        wide = enough + gap
        why = f"{enough} of {wide} datapoints past it, {'as' if wide <= of else 'where'} {enough} of {of} are wanted"
        out += [
            bad._replace(why=why),
            good._replace(periods=gap, why=why),
            bad._replace(periods=enough - 1, why=why),
            calm,
        ]
    return [*out, bad._replace(why=f"{said}, once"), calm, bad._replace(periods=of, why=said), calm]


def _ends(drive: Drive, edge: Edge, of: int) -> list[Stretch]:
    """Far away on both sides, and the end of all data while it fires and while it does not."""
    calm = Stretch(drive.short, of, f"back: {_said(drive.short.value, edge, False)}")
    out: list[Stretch] = []
    if drive.far_past is not None:
        out += [Stretch(drive.far_past, of, f"far past it: {_said(drive.far_past.value, edge, True)}")]
    if drive.far_short is not None:
        out += [Stretch(drive.far_short, of, f"far from it: {_said(drive.far_short.value, edge, False)}")]
    for level in drive.aside:
        why = f"one of its metrics at 0 or at a number of its expression: {_said(level.value, edge, edge.past(level.value))}"
        out += [Stretch(level, of, why)]
    if drive.least > 1:
        high = drive.far_past or drive.past
        enough = Stretch(high, of, f"{drive.least} samples a period, just enough", drive.least)
        few = Stretch(high, of + BLIND, f"{drive.least - 1} samples a period, too few", drive.least - 1)
        out += [calm, enough, calm, few]
    bad = Stretch(drive.past, of, _said(drive.past.value, edge, True))
    gone = Stretch(None, of + BLIND, "no data any more, after a value past the limit")
    return [*out, calm, bad, gone, calm, gone._replace(why="no data any more, after a value within the limit")]


def _told_by(
    context: Context, alert: Alert, title: str, drive: Drive, edge: Edge, stretches: Sequence[Stretch]
) -> Case:
    enough, of = periods_of(alert)
    past = drive.past_at(stretches, edge)
    states = expected(past, enough, of, alert.missing)
    if drive.slow:
        # What a datapoint is depends on those before it: only the end of a long stretch is certain.
        last = set(accumulate(stretch.periods for stretch in stretches))
        long = [stretch.periods >= of + BLIND for stretch in _periods(stretches)]
        states = [s if at + 1 in last and long[at] else None for at, s in enumerate(states)]
    ends = [START + (n + 1) * drive.period for n in range(len(past))]
    whys = [stretch.why for stretch in _periods(stretches)]
    found: tuple[Check, ...] = checks(states, ends, whys)
    return context.case(alert, title, drive.samples(stretches), ends[-1], found, told(states, ends, whys))


def _periods(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The stretch of every period."""
    return [stretch for stretch in stretches for _ in range(stretch.periods)]


def _said(value: float, edge: Edge, past: bool) -> str:
    return f"at {value:.12g}, {'past' if past else 'not past'} {edge.op} {edge.value:.12g}"
