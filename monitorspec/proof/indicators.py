"""From raw series to recorded rates: an indicator has to count exactly its own events.

In: an SLO and the clock of its service. Out: lanes in which raw counters run at known rates for as long as the shortest
window: bad events among good ones, next to series that the selectors only just do not select; no errors at all, also
where the series end; and no traffic. What has to be recorded, and which tiers burn, follows from the rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from monitorspec import names
from monitorspec.plan import Limit, Slo
from monitorspec.proof.burn import base_of, burn_of, windows_of
from monitorspec.proof.drive import drive_of
from monitorspec.proof.levels import Unreachable
from monitorspec.proof.notation import line, number, selector
from monitorspec.proof.timeline import Check, Firing, Lane, Phase, Sample
from monitorspec.proof.windows import Clock
from monitorspec.proof.witness import Source, accepts, misses, outside, selected, source_of
from monitorspec.spec.units import duration_text, number_text, plain

_TOTAL, _BAD = Decimal(100), Decimal(90)
_DECOY = Decimal(700)
_SAMPLES = 4
"""How many samples the shortest window needs, so that a half of it holds less than two where all of it does not."""


class _Run(NamedTuple):
    """A counter of `rate` events per second."""

    name: str
    labels: Mapping[str, str]
    rate: Decimal


def indicator_lanes(slo: Slo, clock: Clock) -> tuple[list[Lane], str]:
    """The lanes, and why there are none, if so."""
    kind = slo.indicator.kind
    if kind in ("error_ratio", "probe"):
        return _level_lanes(slo, clock)
    if slo.indicator.native:
        return [], "its native histogram cannot be written in unit tests of every supported promtool"
    scale = max(Decimal(1), plain((slo.min_traffic or Decimal(0)) / 10))
    runs = _ratio_runs if kind == "ratio" else _latency_runs
    burning = runs(slo, _BAD * scale, _TOTAL * scale)
    if burning is None:
        return [], "no series could be found for the selectors of its indicator"
    healthy = runs(slo, Decimal(0), _TOTAL * scale) or []
    # Neither has the part of it, where there was no traffic yet.
    idle = (runs(slo, Decimal(0), Decimal(0)) or [])[1 if kind == "ratio" else 0 :]
    return [
        _counted(slo, clock, burning, _BAD * scale, _TOTAL * scale, "90% of its events are bad"),
        # A counter that has never counted has no series.
        _counted(slo, clock, [run for run in healthy if run.rate], Decimal(0), _TOTAL * scale, "no bad events"),
        _counted(slo, clock, idle, Decimal(0), Decimal(0), "no traffic"),
        *_ended(slo, clock, [run for run in healthy if run.rate]),
    ], ""


def _ratio_runs(slo: Slo, bad: Decimal, total: Decimal) -> list[_Run] | None:
    """Counters of a ratio indicator; the part and the total may or may not be series of the same metric."""
    indicator = slo.indicator
    whole, part = source_of(indicator.total), source_of(indicator.bad or indicator.good)
    if whole is None or part is None:
        return None
    extra = _values(slo)
    counted = bad if indicator.bad else total - bad
    if part.name != whole.name:
        ours, all_ = selected(part.matchers, extra), selected(whole.matchers, extra)
        if ours is None or all_ is None:
            return None
        runs = [_Run(part.name, ours, counted), _Run(whole.name, all_, total)]
    else:
        # Events of the part are events of the whole as well.
        ours = selected([*part.matchers, *whole.matchers], extra)
        rest = outside(part.matchers, whole.matchers, extra)
        if ours is None or rest is None:
            return None
        runs = [_Run(part.name, ours, counted), _Run(whole.name, rest, total - counted)]
    return runs + _decoys([whole, part], [run.labels for run in runs], extra)


def _latency_runs(slo: Slo, bad: Decimal, total: Decimal) -> list[_Run] | None:
    indicator = slo.indicator
    histogram = source_of(indicator.histogram)
    whole = source_of(indicator.total) if indicator.total else None
    if histogram is None or (indicator.total and whole is None):
        return None
    extra = _values(slo)
    labels = selected(histogram.matchers, extra)
    if labels is None:
        return None
    bucket, under = f"{histogram.name}_bucket", indicator.under
    good = total - bad
    runs = [
        _Run(bucket, labels | {"le": number_text(under / 2)}, good / 4),
        _Run(bucket, labels | {"le": number_text(under)}, good),
        _Run(bucket, labels | {"le": number_text(under * 2)}, (good + total) / 2),
        _Run(bucket, labels | {"le": "+Inf"}, total),
        _Run(f"{histogram.name}_count", labels, total if whole is None else total * 3),
    ]
    if whole is not None:
        all_ = selected(whole.matchers, extra)
        if all_ is None:
            return None
        runs.append(_Run(whole.name, all_, total))
    for other in misses(histogram.matchers, extra):
        runs.append(_Run(bucket, other | {"le": number_text(under)}, _DECOY))
        runs.append(_Run(f"{histogram.name}_count", other, _DECOY * 2))
    return runs


def _decoys(sources: list[Source], taken: list[Mapping[str, str]], extra: Mapping[str, str]) -> list[_Run]:
    """Series that one matcher keeps out, where they are kept out of every selector of the metric."""
    out: list[_Run] = []
    for source in sources:
        for labels in misses(source.matchers, extra):
            same = [other for other in sources if other.name == source.name]
            fresh = labels not in taken and all(run.labels != labels or run.name != source.name for run in out)
            if fresh and not any(accepts(other.matchers, labels) for other in same):
                out.append(_Run(source.name, labels, _DECOY))
    return out


def _counted(slo: Slo, clock: Clock, runs: list[_Run], bad: Decimal, total: Decimal, why: str) -> Lane:
    base = base_of(slo)
    before = base // clock.step + 4
    first = max(clock.newest + 1 - before, 0)
    series = []
    for run in runs:
        values = _uneven(plain(run.rate * clock.step / 1000), clock, base, clock.newest - first)
        series.append((selector(run.name, run.labels), f"_x{first} {values}" if first > 1 else values))
    return _recorded(slo, clock, tuple(series), {run.name for run in runs}, bad, total, why, _values_seen(slo))


def _uneven(rise: Decimal, clock: Clock, window: int, count: int) -> str:
    """A counter of `count` steps that rises by `rise` on average of the steps in the window: by more of it in the older half
    and by less in the newer one, so that half a window sees another rate, as does twice the window."""
    inside = clock.newest - clock.inside(window)
    half = inside // 2
    steps = ((2, count - inside), (Decimal("1.5"), half), (1, inside - 2 * half), (Decimal("0.5"), half))
    # Far above zero: a counter near it makes rate() guess when it started.
    value = plain(rise * 1000 + 1)
    parts = [number(value)]
    for share, length in steps:
        if length:
            parts.append(line(plain(value + rise * share), plain(rise * share), length))
            value += rise * share * length
    return " ".join(parts)


def _ended(slo: Slo, clock: Clock, runs: list[_Run]) -> list[Lane]:
    """Without errors, series that have ended: there are no bad events as long as the window holds two samples, though its newer
    half does not; then there is nothing, though a window twice as long would hold them."""
    base = base_of(slo)
    if base < _SAMPLES * clock.step or clock.newest * clock.step < base * 2:
        return []
    who = f"{slo.service}.{slo.key}"
    labels = {**slo.labels, **_values_seen(slo)}
    expr = f"round({selector(names.BAD_RATE.format(window=duration_text(base)), labels)}, 0.001)"
    keys = frozenset({f"slo {who}", *(run.name for run in runs)})
    lanes = []
    for length, why in ((base // 2, "no bad events, then no data"), (base, "no data any more")):
        count = clock.newest + 1 - length // clock.step
        rises = [(run, plain(run.rate * clock.step / 1000)) for run in runs]
        series = [(selector(run.name, run.labels), line(plain(rise * 1000 + 1), rise, count)) for run, rise in rises]
        seen = ((selector("", labels), "0"),) if length < base else ()
        sample = Sample(clock.at, expr, seen, f"{who}: {why}")
        lanes.append(Lane(f"indicator of {who}: {why}", keys, tuple(series), clock.step, clock.at, (), (sample,)))
    return lanes


def _recorded(
    slo: Slo,
    clock: Clock,
    series: tuple[tuple[str, str], ...],
    metrics: set[str],
    bad: Decimal,
    total: Decimal,
    why: str,
    seen: Mapping[str, str],
) -> Lane:
    """The lane with everything that has to be seen: rates, ratios, and the tiers that burn. `seen`: values of `by`."""
    labels = {**slo.labels, **seen}
    who = f"{slo.service}.{slo.key}"
    bare = selector("", labels)
    level = slo.indicator.kind in ("error_ratio", "probe")
    samples = []
    if not level:
        text = duration_text(base_of(slo))
        for name, rate in ((names.BAD_RATE, bad), (names.TOTAL_RATE, total)):
            expr = f"round({selector(name.format(window=text), labels)}, 0.001)"
            samples.append(Sample(clock.at, expr, ((bare, number(rate)),), f"{who}: {why}"))
    ratio = bad / total if total else None
    # Every window without traffic, where none must be NaN; otherwise all of them hold the same single sample.
    for window in windows_of(slo) if ratio is None else (base_of(slo), slo.window):
        expr = f"round({selector(names.ERROR_RATIO.format(window=duration_text(window)), labels)}, 0.001)"
        expected = ((bare, number(ratio)),) if ratio is not None else ()
        samples.append(Sample(clock.at, expr, expected, f"{who}: {why}"))
    budget = 1 - slo.objective
    checks = []
    for name in dict.fromkeys(tier.name for tier in slo.tiers):
        burning = tuple(
            Firing(tier, labels, ratio)
            for tier in slo.tiers
            if tier.name == name and ratio is not None and ratio > burn_of(tier).factor * budget and not tier.hold
        )
        checks.append(Check(clock.at, name, burning, f"{who}: {why}", False))
    keys = frozenset({f"slo {who}", *metrics, *(f"alert {tier.name}" for tier in slo.tiers)})
    return Lane(f"indicator of {who}: {why}", keys, series, clock.step, clock.at, tuple(checks), tuple(samples))


def _level_lanes(slo: Slo, clock: Clock) -> tuple[list[Lane], str]:
    """An indicator that is a level already: it is set, and has to come out as it is."""
    bad = Decimal("0.75")
    drive = drive_of(slo.indicator.expr, clock.step, [Limit(">", Decimal("0.5"), "", None, None)])
    if isinstance(drive, str):
        return [], drive
    if slo.by and not set(slo.by) <= set(drive.labels):
        return [], "the series that its indicator was driven with have no labels to tell objectives apart by"
    value = bad if slo.indicator.kind == "error_ratio" else 1 - bad
    first = clock.newest + 1 - base_of(slo) // clock.step - drive.settle // clock.step - 4
    if first < 0:
        return [], "its indicator looks back for too long"
    phases = [Phase(None, first * clock.step, ""), Phase(value, (clock.newest + 1 - first) * clock.step, "")]
    try:
        series = drive.series([phase for phase in phases if phase.length], clock.step)
    except Unreachable as error:
        return [], str(error)
    why = "75% of its events are bad"
    seen = {label: drive.labels[label] for label in slo.by}
    lane = _recorded(slo, clock, series, set(drive.metrics), bad, Decimal(1), why, seen)
    return [lane], ""


def _values(slo: Slo) -> dict[str, str]:
    """A value for each label that objectives are told apart by."""
    return {label: f"{label}-1" for label in slo.by}


def _values_seen(slo: Slo) -> dict[str, str]:
    """Those values, except where the indicator's own selectors allow one value only."""
    found = _values(slo)
    indicator = slo.indicator
    source = source_of(indicator.total or indicator.histogram or indicator.expr)
    labels = selected(source.matchers, found) if source else None
    return {label: (labels or found).get(label, "") for label in found}
