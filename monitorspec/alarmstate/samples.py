"""Samples of metrics, as services and programs publish them.

In: values with times. Out: `Samples`, which finds those of a window quickly. Times are whole seconds since the epoch.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from monitorspec.alarmstate.errors import AlarmError


class Metric(NamedTuple):
    """A metric's whole name: CloudWatch takes other dimensions for another metric. `unit` "" is any unit."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    unit: str = ""


class Sample(NamedTuple):
    """`value`, seen `weight` times at `time`."""

    time: int
    value: float
    weight: float = 1


class Track(NamedTuple):
    """The samples of one metric in order of time."""

    times: tuple[int, ...]
    weighted: tuple[tuple[float, float], ...]
    """(value, how often)."""

    def places(self, times: Sequence[int]) -> tuple[int, ...]:
        """How many samples there are before each of the times: those from one to before another stand in between."""
        return tuple([bisect_left(self.times, time) for time in times])


_NOTHING = Track((), ())


def metric(namespace: str, name: str, dimensions: Mapping[str, str] | None = None, unit: str = "") -> Metric:
    """A metric by its name, whatever the order of its dimensions."""
    return Metric(namespace, name, tuple(sorted((dimensions or {}).items())), unit)


class Samples:
    """All samples, by metric. A metric without a unit gives the samples of all units."""

    def __init__(self, given: Mapping[Metric, Iterable[Sample]]) -> None:
        tracks: dict[Metric, list[Sample]] = {}
        for key, samples in given.items():
            sorted_key = key._replace(dimensions=tuple(sorted(key.dimensions)))
            listed = list(samples)
            wrong = next((s for s in listed if s.weight <= 0), None)
            if wrong is not None:
                raise AlarmError(f"a sample of {key.namespace} {key.name} counts {wrong.weight:g} times")
            for each in {sorted_key, sorted_key._replace(unit="")}:
                tracks.setdefault(each, []).extend(listed)
        self._tracks = {key: _track(samples) for key, samples in tracks.items()}

    def track(self, key: Metric) -> Track:
        """The samples of a metric; nothing where there are none."""
        return self._tracks.get(key, _NOTHING)

    def merged(self, matches: Callable[[Metric], bool]) -> Track:
        """The samples of all metrics that match, as if they were those of one."""
        found = [track for key, track in self._tracks.items() if not key.unit and matches(key)]
        if len(found) == 1:
            return found[0]
        return _track(
            [Sample(at, *one) for track in found for at, one in zip(track.times, track.weighted, strict=True)]
        )


def _track(samples: Sequence[Sample]) -> Track:
    ordered = sorted(samples)
    return Track(tuple(s.time for s in ordered), tuple((float(s.value), float(s.weight)) for s in ordered))
