"""Tests that users wrote: what goes in, and what has to come of it.

In: nothing (resolve makes them). Out: `Scenario` and its parts. Durations are milliseconds from the first sample on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from monitorspec.plan.alerts import CloudWatchSignal, Labels, Path


class SeriesFeed(NamedTuple):
    """A Prometheus series, in PromQL's spelling, and its samples in promtool's. `labels` has `__name__`."""

    series: str
    labels: Labels
    values: str
    origin: Path


class MetricFeed(NamedTuple):
    """Samples of a CloudWatch metric, one each `step` ms (None: none); `signal` is the plain signal that it feeds.

    `stat`: the values are datapoints of this statistic, or "" for samples; `least`: of so many samples each.
    """

    signal: CloudWatchSignal
    values: tuple[float | None, ...]
    step: int
    stat: str
    least: int
    origin: Path


class Expectation(NamedTuple):
    """Some of `alerts` (ids; `key` is how the spec calls them) fire, and `receivers` are told of them all in all.

    `inhibited_by`: ids of alerts, one of which silences them; then nobody is told.
    """

    key: str
    alerts: tuple[str, ...]
    receivers: tuple[str, ...]
    labels: Labels
    inhibited_by: tuple[str, ...]
    origin: Path


class Moment(NamedTuple):
    """What has to be at `at`. With `within` (ms, 0 for none) it begins after `at`, and no later than `within` after it.

    `silent`: nothing fires. `quiet`: these alerts (key → ids) do not. `exact`: nobody is told of what is not expected.
    """

    at: int
    within: int
    expected: tuple[Expectation, ...]
    silent: bool
    quiet: Mapping[str, tuple[str, ...]]
    exact: bool
    origin: Path


class Scenario(NamedTuple):
    """One test. `start`: the wall clock of the first sample, None where it has to hold at every hour."""

    name: str
    series: tuple[SeriesFeed, ...]
    metrics: tuple[MetricFeed, ...]
    interval: int
    start: datetime | None
    moments: tuple[Moment, ...]
    origin: Path
