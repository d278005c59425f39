"""Series plans into promtool's input series.

In: stimuli, each with the number of samples it lasts. Out: (series, values) pairs in promtool's notation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from monitorspec.promql.labels import NAME
from monitorspec.promql.tokens import quote


class SeriesPlan(NamedTuple):
    """One series and how it goes.

    A `level` stays at `start`. A `counter` goes on from where it was (first: `start`) by `per_second`, up or down. A
    `clock` is `start + per_second * seconds since the test began`, whenever its phase begins.
    """

    labels: Mapping[str, str]
    start: float
    per_second: float
    kind: Literal["level", "counter", "clock"]

    @property
    def text(self) -> str:
        """The series in promtool's notation."""
        matchers = ",".join(f"{k}={quote(v)}" for k, v in sorted(self.labels.items()) if k != NAME)
        return f"{self.labels[NAME]}{{{matchers}}}" if matchers else self.labels[NAME]


class Stimulus(NamedTuple):
    """Series that drive an expression to `achieved`; `labels` are those of the result.

    `settle_s` is how long it takes until no range in the expression looks back past the stimulus' first sample.
    """

    series: tuple[SeriesPlan, ...]
    labels: Mapping[str, str]
    achieved: float
    settle_s: float


def timeline(phases: Sequence[tuple[Stimulus | None, int]], interval_s: float) -> list[tuple[str, str]]:
    """The phases' series one after another, each for a number of samples; None is a phase without any sample."""
    texts = dict.fromkeys(plan.text for stimulus, _ in phases if stimulus for plan in stimulus.series)
    return [(text, _values(text, phases, interval_s)) for text in texts]


def _values(text: str, phases: Sequence[tuple[Stimulus | None, int]], interval_s: float) -> str:
    pieces: list[str] = []
    before: float | None = None
    present = False
    index = 0
    for stimulus, points in phases:
        plan = next((plan for plan in stimulus.series if plan.text == text), None) if stimulus else None
        if points > 0 and plan is None:
            # A series that only some stimuli have ends at once; otherwise it would be seen for five minutes more.
            ends = stimulus is not None and present
            pieces += [*(["stale"] if ends else []), *([f"_x{points - ends}"] if points > ends else [])]
            present = present and not ends
        elif points > 0 and plan is not None:
            step = 0.0 if plan.kind == "level" else plan.per_second * interval_s
            first = plan.start
            if plan.kind == "clock":
                first += plan.per_second * index * interval_s
            elif plan.kind == "counter" and before is not None:
                first = before + step
            pieces.append(values(first, step, points))
            before = first + step * (points - 1)
            present = True
        index += points
    return " ".join(pieces)


def values(first: float, step: float, points: int) -> str:
    """`points` samples from `first`, each `step` above the one before, in promtool's notation."""
    sign = "-" if step < 0 else "+"
    return f"{_number(first)}{sign}{_number(abs(step))}x{points - 1}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
