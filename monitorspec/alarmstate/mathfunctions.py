"""The functions of metric math, as the CloudWatch user guide lists them.

In: a `Frame` and evaluated arguments. Out: a value. What a single series gives as one number (`AVG(m1)`) depends on how
many periods are looked at, in CloudWatch as here. Open in the guide: gaps at the ends of FILL with LINEAR stay, a gap
before the first value of FILL with REPEAT stays, STDDEV is that of a whole population.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from monitorspec.alarmstate.errors import MathError
from monitorspec.alarmstate.mathframe import ANY, Arguments, Frame, Function
from monitorspec.alarmstate.mathvalues import Array, Number, Series, Value, Word, each, finite

# ---- value by value


def _log(step: Callable[[float], float]) -> Callable[[float], Number]:
    return lambda value: finite(step(value)) if value > 0 else None


def _mapped(step: Callable[[float], Number]) -> Function:
    def function(_: Frame, args: Arguments) -> Value:
        args.require(1, 1)
        return each(step, args.given[0], args.name)

    return function


# ---- from one series a number, from an array a series


def _existing(values: Iterable[Number]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Sequence[Number]) -> Number:
    # "Missing values are treated as 0."
    return math.fsum(_existing(values)) / len(values) if values else None


def _deviation(values: Sequence[Number]) -> Number:
    found = _existing(values)
    return statistics.pstdev(found) if found else None


def _largest(values: Sequence[Number]) -> Number:
    return max(_existing(values), default=None)


def _smallest(values: Sequence[Number]) -> Number:
    return min(_existing(values), default=None)


def _sum(values: Sequence[Number]) -> Number:
    return math.fsum(_existing(values))


def _count(values: Sequence[Number]) -> Number:
    return float(len(_existing(values)))


_FOLDS: dict[str, Callable[[Sequence[Number]], Number]] = {
    "AVG": _mean,
    "MAX": _largest,
    "MIN": _smallest,
    "SUM": _sum,
    "STDDEV": _deviation,
    "DATAPOINT_COUNT": _count,
}


def _folded(_: Frame, args: Arguments) -> Value:
    args.require(1, 1)
    fold = _FOLDS[args.name]
    value = args.given[0]
    if isinstance(value, Array):
        if not value.series:
            return Series(())
        columns = zip(*(one.values for one in value.series), strict=True)
        return Series(tuple(fold(column) if _existing(column) else None for column in columns))
    return fold(args.series(0).values)


# ---- along the time of a series


def _along(step: Callable[[Frame, Series], Series]) -> Function:
    def function(frame: Frame, args: Arguments) -> Value:
        args.require(1, 1)
        value = args.given[0]
        if isinstance(value, Array):
            return Array(tuple(step(frame, one) for one in value.series))
        return step(frame, args.series(0))

    return function


def _changes(made: Callable[[float, int], float]) -> Callable[[Frame, Series], Series]:
    """What `made` says of the change of value and time since the preceding datapoint."""

    def step(frame: Frame, series: Series) -> Series:
        out: list[Number] = []
        before: tuple[float, int] | None = None
        for value, start in zip(series.values, frame.starts, strict=True):
            out.append(None if value is None or before is None else made(value - before[0], start - before[1]))
            if value is not None:
                before = (value, start)
        return Series(tuple(out))

    return step


def _running(_: Frame, series: Series) -> Series:
    out: list[Number] = []
    total = 0.0
    for value in series.values:
        total += value or 0.0
        out.append(None if value is None else total)
    return Series(tuple(out))


# ---- filling


def _fill(_: Frame, args: Arguments) -> Value:
    args.require(2, 2)
    value, filler = args.given
    if isinstance(filler, Word):
        args.word(1, ("REPEAT", "LINEAR"))
    elif isinstance(filler, Array):
        raise MathError("FILL cannot fill with an array of series")
    if isinstance(value, Array):
        return Array(tuple(_filled(one, filler) for one in value.series))
    return _filled(args.series(0), filler)


def _filled(series: Series, filler: Number | Series | Word) -> Series:
    values = series.values
    if isinstance(filler, Series):
        return Series(tuple(b if a is None else a for a, b in zip(values, filler.values, strict=True)))
    if not isinstance(filler, Word):
        return Series(tuple(filler if value is None else value for value in values))
    known = [at for at, value in enumerate(values) if value is not None]
    out = list(values)
    for at in range(len(values)):
        before = max((k for k in known if k <= at), default=None)
        after = min((k for k in known if k >= at), default=None)
        if before is None or before == at:
            continue
        first = values[before]
        assert first is not None
        if filler.text == "REPEAT":
            out[at] = first
        elif after is not None:
            last = values[after]
            assert last is not None
            out[at] = first + (last - first) * (at - before) / (after - before)
    return Series(tuple(out))


# ---- conditions


def _if(frame: Frame, args: Arguments) -> Value:
    args.require(2, 3)
    condition, then = args.given[:2]
    otherwise: Value = args.given[2] if len(args.given) == 3 else Series((None,) * len(frame.starts))
    for value in (condition, then, otherwise):
        if isinstance(value, Array | Word):
            raise MathError("IF takes single series and numbers")
    assert not isinstance(condition, Array | Word)
    assert not isinstance(then, Array | Word)
    assert not isinstance(otherwise, Array | Word)
    if not isinstance(condition, Series):
        return None if condition is None else then if condition else otherwise
    out: list[Number] = []
    for at, holds in enumerate(condition.values):
        if holds is None:
            out.append(None)
        elif holds:
            # "has the value of 0, if … TRUE and the corresponding data point does not exist in metric2"
            out.append(_at(then, at) or 0.0)
        else:
            out.append(_at(otherwise, at))
    return Series(tuple(out))


def _at(value: Number | Series, at: int) -> Number:
    return value.values[at] if isinstance(value, Series) else value


# ---- arrays


def _metrics(frame: Frame, args: Arguments) -> Value:
    args.require(0, 1)
    part = ""
    if args.given:
        value = args.given[0]
        if not isinstance(value, Word):
            raise MathError('METRICS takes a text, such as METRICS("errors")')
        part = value.text
    return Array(tuple(series for id, series in frame.metrics.items() if part in id))


def _metric_count(_: Frame, args: Arguments) -> Value:
    args.require(1, 1)
    return float(len(args.array(0).series))


def _first(_: Frame, args: Arguments) -> Value:
    args.require(1, 1)
    series = args.array(0).series
    if not series:
        raise MathError(f"{args.name} of an array without series")
    return series[0 if args.name == "FIRST" else -1]


def _remove_empty(_: Frame, args: Arguments) -> Value:
    args.require(1, 1)
    return Array(tuple(one for one in args.array(0).series if _existing(one.values)))


def _slice(_: Frame, args: Arguments) -> Value:
    args.require(2, 3)
    series = args.array(0).series
    start = args.whole(1)
    end = args.whole(2) if len(args.given) == 3 else len(series)
    if start < 0 or end < 0:
        raise MathError("SLICE counts series from 0 on")
    return Array(series[start:end])


def _sort(_: Frame, args: Arguments) -> Value:
    args.require(3, 4)
    series = args.array(0).series
    fold = _FOLDS[args.word(1, ("AVG", "MIN", "MAX", "SUM"))]
    descending = args.word(2, ("ASC", "DESC")) == "DESC"
    limit = args.whole(3) if len(args.given) == 4 else len(series)

    def key(one: Series) -> tuple[bool, float]:
        value = fold(one.values)
        # Series without a value come last, whichever the order.
        return (value is None) != descending, value or 0.0

    return Array(tuple(sorted(series, key=key, reverse=descending))[:limit])


# ---- time


def _time_series(frame: Frame, args: Arguments) -> Value:
    args.require(1, 1)
    return Series((args.number(0),) * len(frame.starts))


def _clock(part: Callable[[datetime], float]) -> Function:
    def function(frame: Frame, args: Arguments) -> Value:
        args.require(1, 1)
        args.series(0)
        return Series(tuple(part(datetime.fromtimestamp(start, UTC)) for start in frame.starts))

    return function


def _period(frame: Frame, args: Arguments) -> Value:
    args.require(1, 1)
    if not args.series(0).metric:
        raise MathError("PERIOD takes metrics, not the results of other expressions")
    return float(frame.period)


# ---- anomaly bands


def _band(frame: Frame, args: Arguments) -> Value:
    args.require(1, 2)
    watched = args.series(0)
    width = args.number(1) if len(args.given) == 2 else 2.0
    if width is None:
        raise MathError("ANOMALY_DETECTION_BAND has no number of standard deviations")
    band = frame.bands.get(watched.metric) or frame.bands.get(ANY)
    if band is None:
        raise MathError(f"no anomaly model is given for `{watched.metric or 'an expression'}`")
    pairs = [band(start) if callable(band) else band for start in frame.starts]
    upper = Series(tuple(mean + width * deviation for mean, deviation in pairs))
    return Array((upper, Series(tuple(mean - width * deviation for mean, deviation in pairs))))


FUNCTIONS: dict[str, Function] = {
    "ABS": _mapped(abs),
    "CEIL": _mapped(lambda value: float(math.ceil(value))),
    "FLOOR": _mapped(lambda value: float(math.floor(value))),
    "LOG": _mapped(_log(math.log)),
    "LOG10": _mapped(_log(math.log10)),
    **dict.fromkeys(_FOLDS, _folded),
    "DIFF": _along(_changes(lambda change, _: change)),
    "DIFF_TIME": _along(_changes(lambda _, seconds: float(seconds))),
    "RATE": _along(_changes(lambda change, seconds: change / seconds)),
    "RUNNING_SUM": _along(_running),
    "FILL": _fill,
    "IF": _if,
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "FIRST": _first,
    "LAST": _first,
    "REMOVE_EMPTY": _remove_empty,
    "SLICE": _slice,
    "SORT": _sort,
    "TIME_SERIES": _time_series,
    "MINUTE": _clock(lambda at: at.minute),
    "HOUR": _clock(lambda at: at.hour),
    # Monday is 1: `DAY(m1) < 6` is Monday to Friday in the guide.
    "DAY": _clock(lambda at: at.isoweekday()),
    "DATE": _clock(lambda at: at.day),
    "MONTH": _clock(lambda at: at.month),
    "YEAR": _clock(lambda at: at.year),
    "EPOCH": _clock(lambda at: at.timestamp()),
    "PERIOD": _period,
    "ANOMALY_DETECTION_BAND": _band,
}
CLOCK = frozenset({"MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"})
"""Functions whose result changes with time alone."""
