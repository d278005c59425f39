"""Metric alarms: AWS::CloudWatch::Alarm, read and evaluated.

In: finished properties, `Samples`. Out: `MetricAlarm`, and what it says of each point of time (`Watch`). Property names and
limits: the API reference of PutMetricAlarm; times: the user guide, "Alarm evaluation" and "Alarm evaluation window".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from monitorspec.alarmstate import insights, verdict
from monitorspec.alarmstate.errors import AlarmError, MathError, PropertyError, Unsupported
from monitorspec.alarmstate.insights import Selection
from monitorspec.alarmstate.mathframe import Band, Frame
from monitorspec.alarmstate.mathfunctions import CLOCK
from monitorspec.alarmstate.mathsyntax import Call, parse, walk
from monitorspec.alarmstate.mathvalues import Array, Number, Series
from monitorspec.alarmstate.metricmath import Computation
from monitorspec.alarmstate.properties import Properties
from monitorspec.alarmstate.samples import Metric, Samples, Track, metric
from monitorspec.alarmstate.statistics import percentile_of, statistic
from monitorspec.alarmstate.windows import Windows, windows_of
from monitorspec.cloudformation.metricmath import is_insights

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
BANDS: dict[str, Callable[[float, float, float], bool]] = {
    "GreaterThanUpperThreshold": lambda value, _, upper: value > upper,
    "LessThanLowerThreshold": lambda value, lower, _: value < lower,
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, lower, upper: not lower <= value <= upper,
}
"""(value, lower, upper) → whether it breaches a band."""
_ID = "m1"


class Query(NamedTuple):
    """One entry of `Metrics`: a metric with its statistic, a query of metrics, or an expression."""

    id: str
    metric: Metric | Selection | None
    statistic: str
    expression: str
    returned: bool


class MetricAlarm(NamedTuple):
    """What decides on its state. `period` in seconds."""

    name: str
    queries: tuple[Query, ...]
    watched: str
    """Id of the query that is compared."""
    period: int
    comparison: str
    threshold: float
    band: str
    """Id of the band that it is compared with, or ""."""
    enough: int
    of: int
    treatment: str
    needs_samples: bool
    """A percentile of too few samples changes nothing."""
    windows: Windows


def read(name: str, given: Mapping[str, Any], look_back: int = verdict.LOOK_BACK) -> MetricAlarm:
    """An alarm by its finished properties; PropertyError tells what CloudWatch would refuse."""
    p = Properties(f"alarm {name}", given)
    if "EvaluationCriteria" in p:
        raise Unsupported(f"alarm {name}: a PromQL query cannot be computed from samples")
    if ("MetricName" in p) == ("Metrics" in p):
        p.fail("it needs either MetricName or Metrics")
    queries, period = _listed(p) if "Metrics" in p else _single(p)
    comparison = p.choice("ComparisonOperator", (*COMPARISONS, *BANDS))
    band = p.text("ThresholdMetricId", "")
    if (comparison in BANDS) != bool(band):
        p.fail(f"{comparison} {'needs' if not band else 'cannot have'} a ThresholdMetricId")
    if band and "Threshold" in p:
        p.fail("Threshold and ThresholdMetricId exclude each other")
    of = p.whole("EvaluationPeriods", 1)
    enough = p.whole("DatapointsToAlarm", 1, of)
    if enough > of:
        p.fail(f"DatapointsToAlarm {enough} is more than EvaluationPeriods {of}")
    dynamo = all(q.metric.namespace == "AWS/DynamoDB" for q in queries if q.metric)
    # "Alarms that evaluate metrics in the AWS/DynamoDB namespace default to ignore missing data."
    treatment = p.choice("TreatMissingData", verdict.TREATMENTS, verdict.IGNORE if dynamo else verdict.MISSING)
    low = p.choice("EvaluateLowSampleCountPercentile", ("evaluate", "ignore"), "evaluate")
    return MetricAlarm(
        name,
        queries,
        _watched(p, queries, band),
        period,
        comparison,
        0.0 if band else p.number("Threshold"),
        band,
        enough,
        of,
        treatment,
        low == "ignore" and "MetricName" in p,
        windows_of(p, period, of, look_back),
    )


def _single(p: Properties) -> tuple[tuple[Query, ...], int]:
    if ("Statistic" in p) == ("ExtendedStatistic" in p):
        p.fail("it needs either Statistic or ExtendedStatistic")
    name = p.text("Statistic" if "Statistic" in p else "ExtendedStatistic")
    return (Query(_ID, _metric(p, p.text("Unit", "")), _statistic(p, name), "", True),), p.whole("Period", 1)


def _listed(p: Properties) -> tuple[tuple[Query, ...], int]:
    queries: list[Query] = []
    periods: dict[int, str] = {}
    for q in p.inners("Metrics"):
        id = q.text("Id")
        if any(other.id == id for other in queries):
            p.fail(f"two entries of Metrics have the id `{id}`")
        if ("MetricStat" in q) == ("Expression" in q):
            q.fail("it needs either MetricStat or Expression")
        returned = q.flag("ReturnData", True)
        if "Expression" in q:
            queries.append(_computed(p, id, q.text("Expression"), returned))
            if "Period" in q:
                periods.setdefault(q.whole("Period", 1), id)
            continue
        stat = q.inner("MetricStat")
        name = _statistic(stat, stat.text("Stat"))
        queries.append(Query(id, _metric(stat.inner("Metric"), stat.text("Unit", "")), name, "", returned))
        periods.setdefault(stat.whole("Period", 1), id)
    if len(periods) > 1:
        # "Each metric must be using the same period."
        p.fail("periods differ: " + ", ".join(f"{period} s in `{id}`" for period, id in periods.items()))
    if not periods:
        p.fail("no entry of Metrics has a period")
    return tuple(queries), next(iter(periods))


def _computed(p: Properties, id: str, text: str, returned: bool) -> Query:
    if not is_insights(text):
        return Query(id, None, "", text, returned)
    try:
        selection = insights.read(text)
    except AlarmError as error:
        raise type(error)(f"{p.where}: {error}") from None
    return Query(id, selection, selection.statistic, "", returned)


def _track(samples: Samples, source: Metric | Selection) -> Track:
    return samples.merged(source.matches) if isinstance(source, Selection) else samples.track(source)


def _metric(p: Properties, unit: str) -> Metric:
    dimensions: dict[str, str] = {}
    for d in p.inners("Dimensions"):
        name = d.text("Name")
        if name in dimensions:
            d.fail(f"the dimension {name} is given twice")
        dimensions[name] = d.text("Value")
    return metric(p.text("Namespace"), p.text("MetricName"), dimensions, unit)


def _statistic(p: Properties, name: str) -> str:
    try:
        statistic(name)
    except PropertyError as error:
        p.fail(str(error))
    return name


def _watched(p: Properties, queries: tuple[Query, ...], band: str) -> str:
    ids = [q.id for q in queries]
    if band and band not in ids:
        p.fail(f"ThresholdMetricId names `{band}`, which is no entry of Metrics")
    returned = [q.id for q in queries if q.returned and q.id != band]
    if len(returned) != 1:
        p.fail(f"{len(returned)} entries of Metrics return data{' beside the band' if band else ''}, instead of one")
    return returned[0]


class Seen(NamedTuple):
    """What an alarm sees at a point of time: its datapoints, oldest first, whether each breaches, and the state that
    follows (None: it stays as it is)."""

    values: tuple[Number, ...]
    breaches: tuple[bool | None, ...]
    state: str | None


class Watch:
    """An alarm over samples. `bands`: anomaly models, by metric, or by id where a band is that of an expression."""

    def __init__(self, alarm: MetricAlarm, samples: Samples, bands: Mapping[Metric | str, Band] | None = None) -> None:
        self.alarm = alarm
        self._bands = _by_id(alarm, bands or {})
        self._tracks = [
            (q, _track(samples, q.metric), statistic(q.statistic)) for q in alarm.queries if q.metric is not None
        ]
        self._expressions = {q.id: q.expression for q in alarm.queries if not q.metric}
        self._points: dict[tuple[int, int, int], Number] = {}
        self._seen: dict[object, Seen] = {}
        try:
            trees = [parse(text) for text in self._expressions.values()]
        except AlarmError as error:
            raise type(error)(f"alarm {alarm.name}: {error}") from None
        called = {node.name for tree in trees for node in walk(tree) if isinstance(node, Call)}
        self._timed = bool(called & CLOCK) or any(callable(band) for band in self._bands.values())

    def ticks(self, start: int, end: int) -> Iterator[int]:
        """The evaluations from `start` to `end` that can see something else than those before them."""
        times = None if self._timed else {time for _, track, _ in self._tracks for time in track.times}
        return self.alarm.windows.ticks(start, end, times)

    def seen(self, at: int) -> Seen:
        """What is seen by the evaluation at `at`."""
        marks = self.alarm.windows.marks(at)
        places = tuple([track.places(marks) for _, track, _ in self._tracks])
        key = (at, places) if self._timed else places
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._computed(marks, places)
        return found

    def _computed(self, marks: tuple[int, ...], places: tuple[tuple[int, ...], ...]) -> Seen:
        alarm = self.alarm
        metrics = {
            q.id: Series(tuple([self._point(number, *span) for span in pairwise(places[number])]), q.id)
            for number, (q, _, _) in enumerate(self._tracks)
        }
        if not self._expressions:
            values = metrics[alarm.watched].values
            breaches = _past(alarm, values)
        else:
            frame = Frame(marks[:-1], alarm.period, metrics, self._bands)
            try:
                computation = Computation(frame, self._expressions)
                values = computation.series(alarm.watched).values
                breaches = _outside(alarm, values, computation) if alarm.band else _past(alarm, values)
            except AlarmError as error:
                raise type(error)(f"alarm {alarm.name}: {error}") from None
        return Seen(values, breaches, self._state(places, breaches))

    def _state(self, places: tuple[tuple[int, ...], ...], breaches: tuple[bool | None, ...]) -> str | None:
        alarm = self.alarm
        share = percentile_of(alarm.queries[0].statistic) if alarm.needs_samples else None
        if share is not None and any(breach is not None for breach in breaches):
            _, track, _ = self._tracks[0]
            spans = zip(pairwise(places[0]), breaches, strict=True)
            known = [span for span, breach in spans if breach is not None]
            weights = (weight for span in known[-alarm.of :] for _, weight in track.weighted[slice(*span)])
            if verdict.too_few(sum(weights), share):
                return None
        return verdict.verdict(breaches, alarm.enough, alarm.of, alarm.treatment)

    def _point(self, number: int, start: int, end: int) -> Number:
        """The datapoint of the samples from one place to before another."""
        key = (number, start, end)
        if key not in self._points:
            _, track, made = self._tracks[number]
            self._points[key] = made(track.weighted[start:end])
        return self._points[key]


def _by_id(alarm: MetricAlarm, bands: Mapping[Metric | str, Band]) -> dict[str, Band]:
    out = {key: band for key, band in bands.items() if isinstance(key, str)}
    for q in alarm.queries:
        if isinstance(q.metric, Metric):
            found = bands.get(q.metric) or bands.get(q.metric._replace(unit=""))
            if found:
                out[q.id] = found
    return out


def _past(alarm: MetricAlarm, values: Sequence[Number]) -> tuple[bool | None, ...]:
    """Whether each datapoint is past the threshold."""
    beyond = COMPARISONS[alarm.comparison]
    return tuple(None if value is None else beyond(value, alarm.threshold) for value in values)


def _outside(alarm: MetricAlarm, values: Sequence[Number], computation: Computation) -> tuple[bool | None, ...]:
    """Whether each datapoint is outside the band; there is no telling without a band."""
    band = computation.named(alarm.band)
    if not isinstance(band, Array) or len(band.series) != 2:
        raise MathError(f"`{alarm.band}` is no band, as ThresholdMetricId needs one: ANOMALY_DETECTION_BAND(…)")
    outside = BANDS[alarm.comparison]
    uppers, lowers = band.series
    rows = zip(values, lowers.values, uppers.values, strict=True)
    return tuple(
        None if value is None or lower is None or upper is None else outside(value, lower, upper)
        for value, lower, upper in rows
    )
