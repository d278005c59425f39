"""Tests that the spec writes, with every alert, receiver and series that they name looked up.

In: `tests:` of the spec, the alerts and receivers. Out: `plan.Scenario`s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.promql import expression
from monitorspec.resolve.context import Context
from monitorspec.spec.samples import Expected, Samples, Start
from monitorspec.spec.scenarios import Test, TestCheck
from monitorspec.spec.units import duration_text

INTERVAL = 60_000
SIGHT = 300_000
"""How long Prometheus sees the last sample of a series (ms); --query.lookback-delta unless told."""
LONGEST = 31 * 86_400_000
"""A test longer than a month would evaluate rules for minutes."""
# A day of the week without a date is one of these: no clock changes anywhere near, no month ends.
_MONDAY = datetime(2024, 5, 13)


class _Known(NamedTuple):
    """`keys`: every spelling of some alerts → their ids."""

    context: Context
    keys: Mapping[str, tuple[str, ...]]
    receivers: Sequence[str]
    alerts: Sequence[plan.Alert]


def scenarios(
    context: Context, alerts: Sequence[plan.Alert], receivers: Sequence[plan.Receiver]
) -> Iterator[plan.Scenario]:
    """Every test of the spec that can be run."""
    known = _Known(context, keys_of(alerts), [r.name for r in receivers], alerts)
    for name, test in (context.spec.tests or {}).items():
        if test is None:
            continue
        path: Path = ("tests", name)
        made = plan.Scenario(
            name=name,
            series=tuple(_series(context, test, path)),
            metrics=tuple(_metrics(known, test, path)),
            interval=test.interval or INTERVAL,
            start=_start(context, test, path),
            moments=tuple(_moments(known, test, path)),
            origin=path,
        )
        if made.series:
            _check_sight(context, made)
        yield made


def _check_sight(context: Context, scenario: plan.Scenario) -> None:
    """Warn of samples that Prometheus has forgotten when the test looks."""
    if scenario.interval > SIGHT:
        context.notes.add(
            "tests/interval",
            (*scenario.origin, "interval"),
            f"the series have a sample every {duration_text(scenario.interval)}, and none in between",
            level="warning",
            label=f"Prometheus sees a sample for {duration_text(SIGHT)}",
        )
        return
    if scenario.metrics or any("stale" in feed.values or "_" in feed.values for feed in scenario.series):
        return  # the end of some series may be what is tested
    end = max(len(Samples(feed.values).values) - 1 for feed in scenario.series) * scenario.interval
    for moment in scenario.moments:
        if moment.at > end + SIGHT:
            context.notes.add(
                "tests/after-end",
                (*moment.origin, "at"),
                f"the series end at {duration_text(end)}, long before {duration_text(moment.at)}",
                level="warning",
                label="nothing is there any more to look at",
                help=("give more samples; where their end is meant, end one with `stale`",),
            )


def keys_of(alerts: Sequence[plan.Alert]) -> dict[str, tuple[str, ...]]:
    """Every way to name some alerts: an id, `service.threshold`, `service.threshold.severity`."""
    out: dict[str, list[str]] = {}
    for alert in alerts:
        for key in (f"{alert.service}.{alert.key}", f"{alert.service}.{alert.key}.{alert.severity}"):
            out.setdefault(key, []).append(alert.id)
    # An id names its own alert, whatever else is called so.
    out |= {alert.id: [alert.id] for alert in alerts}
    return {key: tuple(ids) for key, ids in out.items()}


def _series(context: Context, test: Test, path: Path) -> Iterator[plan.SeriesFeed]:
    for text, samples in (test.series or {}).items():
        where = (*path, "series", text)
        labels = labels_in(text, context.versions.prometheus)
        if labels is None:
            context.notes.add(
                "tests/series",
                where,
                f"`{text}` is not a series",
                key=True,
                label='such as `up{job="api"}`: a name, and labels with `=`',
            )
            continue
        yield plan.SeriesFeed(text, labels, samples.text, where)


def labels_in(series: str, version: tuple[int, int]) -> dict[str, str] | None:
    """The labels that a series is written with, `__name__` among them; None where it is none."""
    if expression.check(series, version):
        return None
    found = expression.selectors(series)
    if len(found) != 1:
        return None
    (it,) = found
    alone = it.range_ms is None and it.offset_ms is None and not it.at and series.strip() == series[it.start : it.end]
    name = expression.selector_name(it)
    if not alone or not name or any(m.op != "=" for m in it.matchers):
        return None
    labels = {m.label: m.value for m in it.matchers} | {"__name__": name}
    return {label: value for label, value in labels.items() if value}


def _metrics(known: _Known, test: Test, path: Path) -> Iterator[plan.MetricFeed]:
    for n, metric in enumerate(test.cloudwatch or ()):
        dimensions = tuple((metric.dimensions or {}).items())
        signal = plan.CloudWatchSignal(metric.namespace, metric.metric, "", 0, dimensions, "", (), "", "", "")
        yield plan.MetricFeed(signal, metric.values.values, test.interval or INTERVAL, "", 1, (*path, "cloudwatch", n))
    for key, samples in (test.signals or {}).items():
        where = (*path, "signals", key)
        found = _signal(known, key, where)
        if found is not None:
            signal, least = found
            yield plan.MetricFeed(signal, samples.values, signal.period, signal.stat, max(least, 1), where)


def _signal(known: _Known, key: str, path: Path) -> tuple[plan.CloudWatchSignal, int] | None:
    """The plain signal called `key`, and how many samples a datapoint needs."""
    named: dict[str, tuple[plan.CloudWatchSignal, int]] = {}
    math: dict[str, list[str]] = {}
    others = set()
    for alert in known.alerts:
        own = f"{alert.service}.{alert.key}"
        signal = alert.signal.cloudwatch
        if signal is None:
            others.add(own)
        elif not signal.expression:
            named.setdefault(own, (signal, alert.min_samples))
        else:
            for id, part in signal.metrics:
                if not part.expression:
                    # Burn rates look at one metric through several windows; its datapoints are those of the shortest.
                    period = alert.interval if isinstance(alert.condition, plan.Burn) else part.period or signal.period
                    part = part._replace(period=period)
                    named.setdefault(f"{own}.{id}", (part, alert.min_samples))
                    math.setdefault(own, []).append(id)
    if key in named:
        return named[key]
    notes = known.context.notes
    if key in math:
        ids = list(dict.fromkeys(math[key]))
        notes.add(
            "tests/signal",
            path,
            f"`{key}` is computed from several metrics",
            key=True,
            label="give each of its metrics",
            help=(f"such as `{key}.{ids[0]}`; its metrics are {', '.join(ids)}",),
        )
    elif key in others:
        notes.add(
            "tests/signal",
            path,
            f"`{key}` has no CloudWatch signal",
            key=True,
            label="only those of CloudWatch can be set by name",
            help=("give the series that its expression reads in `series`",),
        )
    else:
        notes.unknown("tests/unknown-signal", path, "signal", key, named, "services", key=True)
    return None


def _start(context: Context, test: Test, path: Path) -> datetime | None:
    start = test.start
    if start is None:
        if test.tz is not None:
            context.notes.add("tests/start", (*path, "tz"), "`tz` is the zone of `start`, and there is none", key=True)
        return None
    return _clock(start).replace(tzinfo=_zone(context, test.tz, (*path, "tz")))


def _clock(start: Start) -> datetime:
    if start.weekday is None:
        return start.clock
    return _MONDAY + timedelta(days=start.weekday, hours=start.clock.hour, minutes=start.clock.minute)


def _zone(context: Context, tz: str | None, path: Path) -> tzinfo:
    from zoneinfo import ZoneInfo

    from monitorspec.resolve.windows import zone

    name = zone(context, tz, path)
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return UTC


def _moments(known: _Known, test: Test, path: Path) -> Iterator[plan.Moment]:
    notes = known.context.notes
    alone = [key for key in ("at", "within", "expect", "silent") if getattr(test, key) is not None]
    if test.checks is None:
        if test.at is None:
            notes.add(
                "tests/no-check",
                path,
                f"the test `{path[-1]}` has no time to look at",
                key=True,
                help=("such as `at: 1h` with `expect` or `silent`, or several of them in `checks`",),
            )
            return
        check = _Check(test.at, test.within, test.expect, test.silent)
        yield from _moment(known, check, path)
        return
    if alone:
        notes.add(
            "tests/no-check",
            (*path, alone[0]),
            f"`{alone[0]}` stands beside `checks`",
            key=True,
            label="put it into a check of its own",
        )
    if not test.checks:
        notes.add("tests/no-check", (*path, "checks"), "`checks` holds none", key=True)
    for n, item in enumerate(test.checks):
        yield from _moment(known, _Check(item.at, item.within, item.expect, item.silent), (*path, "checks", n))


class _Check(NamedTuple):
    """A check, wherever it is written."""

    at: int
    within: int | None
    expect: Mapping[str, Expected] | None
    silent: tuple[str, ...] | bool | None


def _moment(known: _Known, check: _Check | TestCheck, path: Path) -> Iterator[plan.Moment]:
    notes = known.context.notes
    if not check.expect and check.silent is None:
        notes.add(
            "tests/no-check",
            (*path, "expect") if check.expect is not None else path,
            "the check expects nothing",
            key=True,
            help=("name the alerts that fire in `expect`, or write `silent: true`",),
        )
        return
    if check.expect and check.silent is True:
        notes.add("tests/no-check", (*path, "silent"), "nothing can fire and be silent at once", key=True)
        return
    if check.within is not None and not check.expect:
        notes.add(
            "tests/no-check", (*path, "within"), "`within` says when `expect` begins, and there is none", key=True
        )
    if check.at + (check.within or 0) > LONGEST:
        notes.add("tests/too-long", (*path, "at"), "a test lasts 31d at most", label="later than that")
        return
    quiet: dict[str, tuple[str, ...]] = {}
    if isinstance(check.silent, tuple):
        for n, key in enumerate(check.silent):
            found = _alerts(known, key, (*path, "silent", n), key=False)
            if found:
                quiet[key] = found
    expected = []
    for key, item in (check.expect or {}).items():
        where = (*path, "expect", key)
        ids = _alerts(known, key, where, key=True)
        for n, receiver in enumerate(item.notify):
            if receiver not in known.receivers:
                at = (*where, "notify", n) if item.labels else (*where, n)
                notes.unknown("tests/unknown-receiver", at, "receiver", receiver, known.receivers, "receivers")
        by = [
            id for n, other in enumerate(item.inhibited_by) for id in _alerts(known, other, (*where, "inhibited_by", n))
        ]
        if ids:
            expected.append(plan.Expectation(key, ids, item.notify, item.labels, tuple(by), where))
    yield plan.Moment(
        at=check.at,
        within=check.within or 0,
        expected=tuple(expected),
        silent=check.silent is True,
        quiet=quiet,
        exact=bool(check.expect),
        origin=path,
    )


def _alerts(known: _Known, name: str, path: Path, *, key: bool = False) -> tuple[str, ...]:
    found = known.keys.get(name, ())
    asking = [a for a in known.alerts if a.id in found and a.asks]
    if asking and len(asking) == len(found):
        known.context.notes.add(
            "tests/signal",
            path,
            f"`{name}` asks CloudWatch a query, which no test can answer",
            key=key,
            label="only metrics can be given",
        )
    if not found and not any(
        name == id or name.startswith(f"{id}.") for id in known.context.declared - known.keys.keys()
    ):
        known.context.notes.unknown("tests/unknown-alert", path, "alert", name, known.keys, "services", key=key)
    return found
