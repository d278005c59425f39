"""Input series under which an expression has a wanted value: unit tests from raw metrics for any expression.

In: an expression and a value. Out: a `Stimulus` (series plans, the result's labels, the value they give), or `Undriven`
with the reason. The expression's steady state is evaluated over straight lines; one line is moved until the value fits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from monitorspec.promql.aggregation import Line, Point, Unsteady
from monitorspec.promql.evaluation import World, evaluate
from monitorspec.promql.expression import DEFAULT_VERSION
from monitorspec.promql.functions import Version
from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import Aggregate, Call, Node, Number, Selector, Subquery, children, kind, walk
from monitorspec.promql.pool import (
    Family,
    created_labels,
    family,
    grouping_labels,
    omissions,
    reads,
    under_quantile,
)
from monitorspec.promql.syntax import parse
from monitorspec.promql.timeline import SeriesPlan, Stimulus, timeline, values
from monitorspec.promql.tokens import Problem

__all__ = ["SeriesPlan", "Stimulus", "Undriven", "drive", "timeline", "values"]

Side = Literal["above", "below"]
Mode = Literal["level", "counter", "clock"]
PRECISION = 1e-6
_REST = 100.0
_COPY_LABEL = "instance"
_MOST_COPIES = 40
# Scenes tried for an exact value, and once a near one is found.
_MOST_ATTEMPTS = 400
_ENOUGH = 6
_COUNTERS = frozenset({"rate", "irate", "increase", "resets"})
_SLOPES = frozenset({"delta", "idelta", "deriv", "changes"})
_PROBES = (20.0, 50.0, 90.0)
# Where the search looks first: around the resting value, then outwards.
_GRID = tuple(sorted({0.0, *(sign * m * 10.0**e for sign in (1, -1) for e in range(-9, 16) for m in (1.0, 3.3))}))


class Undriven(NamedTuple):
    """Why no series were found."""

    reason: str


class Copies(NamedTuple):
    """How many series of one family there are, and the label in which they differ."""

    family: int = -1
    number: int = 1
    label: str = _COPY_LABEL


NO_COPIES = Copies()


class _Trial(NamedTuple):
    """One way to set the scene: the series families, how each goes, and its resting magnitude."""

    node: Node
    families: tuple[Family, ...]
    modes: tuple[Mode, ...]
    rest: tuple[float, ...]
    interval: float
    left_closed: bool
    bound: float

    def plans(self, magnitudes: Sequence[float], copies: Copies = NO_COPIES) -> list[SeriesPlan]:
        """The series at given magnitudes; one family perhaps several times, told apart by a label."""
        found: dict[frozenset[tuple[str, str]], SeriesPlan] = {}
        for i, (member, mode, magnitude) in enumerate(zip(self.families, self.modes, magnitudes, strict=True)):
            for copy in range(copies.number if copies.family == i else 1):
                labels = dict(member.labels)
                if copies.family == i:
                    labels[copies.label] = f"{labels.get(copies.label, 'copy')}-{copy + 1}"
                    if not reads(member.selector, labels):
                        raise Unsteady(f"the selector fixes {copies.label!r}")
                for label, value in self.members(member, magnitude):
                    plan = _plan({**labels, **label}, mode, value)
                    found.setdefault(frozenset(plan.labels.items()), plan)
        return list(found.values())

    def members(self, member: Family, magnitude: float) -> Iterator[tuple[dict[str, str], float]]:
        """The series of a family: itself, or a histogram of which `magnitude` observations are in the lowest bucket."""
        if not member.histogram:
            yield {}, magnitude
            return
        if not 0 <= magnitude <= _REST:
            raise Unsteady("a bucket holds no more than all observations")
        yield {"le": f"{self.bound / 1000:.12g}"}, magnitude
        yield {"le": f"{self.bound:.12g}"}, _REST
        yield {"le": "+Inf"}, _REST

    def result(self, plans: Sequence[SeriesPlan]) -> list[Point]:
        """What the expression gives over the series."""
        read: dict[Selector, list[Point]] = {}
        points = [Point(plan.labels, Line(plan.start, plan.per_second)) for plan in plans]
        for node in walk(self.node):
            if isinstance(node, Selector) and node not in read:
                read[node] = [point for point in points if reads(node, point.labels)]
        return evaluate(self.node, World(read, self.interval, self.left_closed))

    def value(self, magnitudes: Sequence[float], copies: Copies = NO_COPIES) -> float | None:
        """The expression's one value; None when it has none, several or an unsteady one."""
        try:
            points = self.result(self.plans(magnitudes, copies))
        except (Unsteady, OverflowError):
            return None
        if len(points) != 1:
            return None
        line = points[0].line
        return line.at_zero if not line.slope and math.isfinite(line.at_zero) else None


def drive(
    expr: str,
    value: float,
    *,
    side: Side | None = None,
    scale: float | None = None,
    missing: bool = False,
    interval_s: float = 60,
    version: Version = DEFAULT_VERSION,
) -> Stimulus | Undriven:
    """Series under which `expr` is `value`.

    `side` admits, for expressions that move in steps (a count), the nearest value on that side. `scale` fixes the
    bounds of histogram buckets: pass one scale (the threshold) for stimuli that follow each other in a timeline.
    `missing` admits, where no value fits, series that give no result at all (achieved: NaN): no comparison of it fires.
    """
    node = parse(expr)
    if isinstance(node, Problem):
        return Undriven(node.message)
    if kind(node) not in "vs":
        return Undriven("the expression is no instant vector")
    search = _Search(node, value, side, interval_s)
    try:
        for trial in _trials(node, value if scale is None else scale, interval_s, version):
            if found := search.attempt(trial):
                return found
            if search.attempts > (_ENOUGH if search.nearest else _MOST_ATTEMPTS):
                break
    except (Unsteady, RecursionError) as error:
        return Undriven(str(error) or "the expression is nested too deeply")
    found = search.nearest
    if found is None and missing:
        found = search.silent(_trials(node, value if scale is None else scale, interval_s, version))
    return found or Undriven(search.reason(expr))


def _plan(labels: Mapping[str, str], mode: Mode, magnitude: float) -> SeriesPlan:
    if mode == "level":
        return SeriesPlan(labels, magnitude, 0.0, mode)
    if mode == "clock":
        return SeriesPlan(labels, -magnitude, 1.0, mode)
    # Prometheus extrapolates a rate no further than to where the counter was 0: start well above.
    return SeriesPlan(labels, math.ceil(abs(magnitude)) * 86_400.0, magnitude, mode)


class _Search:
    """The moving of one magnitude at a time, over all trials."""

    def __init__(self, node: Node, wanted: float, side: Side | None, interval: float) -> None:
        self.wanted = wanted
        self.side = side
        self.settle = settle_seconds(node, interval)
        self.counts = any(isinstance(part, Aggregate) for part in walk(node))
        self.attempts = 0
        self.seen: list[float] = []
        self.nearest: Stimulus | None = None
        self.unsteady: str = ""
        self.moved: list[tuple[tuple[Family, ...], tuple[Mode, ...]]] = []

    def attempt(self, trial: _Trial) -> Stimulus | None:
        """An exact stimulus from this trial; near ones are remembered."""
        self.attempts += 1
        resting = trial.value(trial.rest)
        if resting is None and not self.unsteady:
            self.unsteady = _unsteadiness(trial)
        # Where one family is all there is, moving it is the same from wherever it rests.
        alone = (trial.families, trial.modes) if len(trial.families) == 1 else None
        for index in () if alone in self.moved else range(len(trial.families)):
            found = self.move(trial, index)
            if found is not None:
                return found
        if alone is not None:
            self.moved.append(alone)
        if not trial.families and resting is not None:
            return self.accept(trial, trial.rest, NO_COPIES)
        if self.counts and resting is not None:
            return self.multiply(trial)
        return None

    def multiply(self, trial: _Trial) -> Stimulus | None:
        """More and more series of one family, for what counts them."""
        labels = [_COPY_LABEL, *sorted(grouping_labels(trial.node) - {_COPY_LABEL})]
        for index, label in itertools.product(range(len(trial.families)), labels):
            before: float | None = None
            for count in range(2, _MOST_COPIES + 1):
                copies = Copies(index, count, label)
                result = trial.value(trial.rest, copies)
                if result is None or result == before:
                    break
                if (found := self.accept(trial, trial.rest, copies)) is not None:
                    return found
                if before is not None and abs(result - self.wanted) > abs(before - self.wanted):
                    break  # past it: more of them lead further away
                before = result
        return None

    def move(self, trial: _Trial, index: int) -> Stimulus | None:
        """Move one magnitude through the grid, then halve the step around the wanted value."""

        def at(magnitude: float) -> float | None:
            return trial.value([*trial.rest[:index], magnitude, *trial.rest[index + 1 :]])

        def take(magnitude: float) -> Stimulus | None:
            return self.accept(trial, [*trial.rest[:index], magnitude, *trial.rest[index + 1 :]], NO_COPIES)

        grid = _GRID
        if trial.families[index].histogram:
            grid = tuple(_REST * step / 100 for step in range(101))
        elif trial.modes[index] == "counter" and not _may_fall(trial):
            grid = tuple(magnitude for magnitude in _GRID if magnitude >= 0)
        # Most signals are straight or broken lines of what is moved: three values tell where the wanted one is.
        for magnitude in _guesses([(known, at(known)) for known in _PROBES], self.wanted):
            if grid[0] <= magnitude <= grid[-1] and (found := take(magnitude)) is not None:
                return found
        known = [(magnitude, result) for magnitude in grid if (result := at(magnitude)) is not None]
        self.seen += [result for _, result in known]
        brackets = [
            (low, high)
            for (low, a), (high, b) in itertools.pairwise(known)
            if min(a, b) <= self.wanted <= max(a, b) and a != b
        ]
        brackets.sort(key=lambda pair: (pair[1] <= 0, abs(math.log10(max(abs(pair[1]), 1e-9)) - 1)))
        for low, high in brackets:
            for end in _halved(at, low, high, self.wanted):
                if (found := take(end)) is not None:
                    return found
        for magnitude, result in known:
            if self.nearest is None or abs(result - self.wanted) < abs(self.nearest.achieved - self.wanted):
                take(magnitude)
        return None

    def accept(self, trial: _Trial, magnitudes: Sequence[float], copies: Copies) -> Stimulus | None:
        """The stimulus at these magnitudes when it is exact; when it is on the right side, it is remembered."""
        achieved = trial.value(magnitudes, copies)
        if achieved is None:
            return None
        self.seen.append(achieved)
        exact = abs(achieved - self.wanted) <= PRECISION * max(abs(self.wanted), 1e-12)
        right = (self.side == "above" and achieved >= self.wanted) or (self.side == "below" and achieved <= self.wanted)
        if not exact and not right:
            return None
        plans = trial.plans(magnitudes, copies)
        labels = {k: v for k, v in trial.result(plans)[0].labels.items() if k != NAME}
        stimulus = Stimulus(tuple(plans), labels, achieved, self.settle)
        nearest = self.nearest
        if nearest is None or abs(achieved - self.wanted) < abs(nearest.achieved - self.wanted):
            self.nearest = stimulus
        return stimulus if exact else None

    def silent(self, trials: Iterator[_Trial]) -> Stimulus | None:
        """Series that are read and give no result."""
        for trial in itertools.islice(trials, _MOST_ATTEMPTS):
            plans = trial.plans(trial.rest)
            try:
                if plans and not trial.result(plans):
                    return Stimulus(tuple(plans), {}, math.nan, self.settle)
            except (Unsteady, OverflowError):
                continue
        return None

    def reason(self, expr: str) -> str:
        """Why nothing fits."""
        if not self.seen:
            return self.unsteady or f"no series were found that give {expr!r} one steady value"
        low, high = min(self.seen), max(self.seen)
        if low <= self.wanted <= high:
            return f"the value moves in steps and does not meet {self.wanted:g}"
        return f"the value was only found between {low:g} and {high:g}"


def _guesses(known: Sequence[tuple[float, float | None]], wanted: float) -> list[float]:
    """Where (ax + b) / (cx + 1), which is a line or a share, meets `wanted`; a, b and c come from three known values."""
    (x1, y1), (x2, y2), (x3, y3) = known
    if y1 is None or y2 is None or y3 is None:
        return []
    # Of b + a x - c x y = y, b is eliminated, then a.
    p, q, r = x2 - x1, x2 * y2 - x1 * y1, y2 - y1
    s, t, u = x3 - x1, x3 * y3 - x1 * y1, y3 - y1
    determinant = t * p - q * s
    scale = max(abs(t * p), abs(q * s))
    c = (r * s - u * p) / determinant if abs(determinant) > 1e-9 * scale else 0.0
    if abs(r * s - u * p) <= 1e-9 * max(abs(r * s), abs(u * p)):
        c = 0.0
    a = (r + c * q) / p
    b = y1 + c * x1 * y1 - a * x1
    slope = a - c * wanted
    if not slope or not math.isfinite(slope):
        return []
    guess = (wanted - b) / slope
    # The fewest digits that will do.
    return list(dict.fromkeys([float(f"{guess:.6g}"), float(f"{guess:.12g}"), guess])) if math.isfinite(guess) else []


def _halved(at: Callable[[float], float | None], low: float, high: float, wanted: float) -> tuple[float, ...]:
    """Magnitudes between `low` and `high` at, or right around, which the value is `wanted`: by bisection."""
    first = at(low)
    rising = first is not None and first <= wanted
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        result = at(middle)
        if result == wanted:
            return (middle,)
        if result is None or (result < wanted) == rising:
            low = middle
        else:
            high = middle
    return tuple(sorted((low, high), key=lambda end: abs((at(end) or 0.0) - wanted)))


def _may_fall(trial: _Trial) -> bool:
    return any(isinstance(part, Call) and part.function in _SLOPES for part in walk(trial.node))


def _unsteadiness(trial: _Trial) -> str:
    try:
        points = trial.result(trial.plans(trial.rest))
    except (Unsteady, OverflowError) as error:
        return str(error)
    if len(points) > 1:
        return "the expression has several results"
    return "the value changes with time" if points and points[0].line.slope else ""


def settle_seconds(node: Node, interval: float) -> float:
    """How far back an expression looks."""
    inner = max((settle_seconds(child, interval) for child in children(node)), default=0.0)
    if isinstance(node, Selector | Subquery):
        inner += ((node.range_ms or 0) + abs(node.offset_ms or 0)) / 1000
    return inner + (interval if isinstance(node, Subquery) else 0)


# --- trials ------------------------------------------------------------------------------------------------------------


def _trials(node: Node, scale: float, interval: float, version: Version) -> Iterator[_Trial]:
    """Ways to set the scene, the plain ones first."""
    selectors = tuple(dict.fromkeys(part for part in walk(node) if isinstance(part, Selector)))
    modes = _modes(node)
    bound = _bucket_bound(node, scale)
    casts = _casts(node, selectors)
    for rest, cast in itertools.product(_rests(node), casts):
        for left_out in _left_out(node):
            kept = [member for member in cast if member.selector not in left_out]
            for chosen in _chosen(kept):
                for mode in _mode_choices(node, chosen, modes):
                    rests = tuple(_REST / 2 if member.histogram else rest for member in chosen)
                    yield _Trial(node, chosen, mode, rests, interval, version < (3, 0), bound)


def _casts(node: Node, selectors: Sequence[Selector]) -> list[tuple[Family, ...]]:
    """The selectors' families: as their matchers say; with each other's labels as well; and each of them twice.

    `a{job="x"} / b` needs a job on both sides; `max(a) / avg(a)` needs two series that differ.
    """
    extra = grouping_labels(node) - created_labels(node)
    buckets = frozenset(under_quantile(node))
    plain = tuple(family(s, extra, s in buckets and not any(m.label == "le" for m in s.matchers)) for s in selectors)
    everyone: dict[str, str] = {}
    for member in plain:
        asked = {matcher.label for matcher in member.selector.matchers}
        everyone = {**everyone, **{k: v for k, v in member.labels.items() if k in asked or k not in everyone}}
    everyone.pop(NAME, None)
    shared = tuple(_sharing(member, everyone) for member in plain)
    twice = plain + tuple(
        member._replace(labels={**member.labels, _COPY_LABEL: member.labels.get(_COPY_LABEL, "") + "b"})
        for member in plain
        if not any(matcher.label == _COPY_LABEL for matcher in member.selector.matchers)
    )
    aggregates = any(isinstance(part, Aggregate) for part in walk(node))
    return [plain, *([shared] if shared != plain else []), *([twice] if aggregates and len(twice) > len(plain) else [])]


def _sharing(member: Family, everyone: Mapping[str, str]) -> Family:
    added = {k: v for k, v in everyone.items() if k != "le"}
    fitting = {k: v for k, v in added.items() if reads(member.selector, {**member.labels, k: v})}
    return member._replace(labels={**member.labels, **fitting})


def _left_out(node: Node) -> list[frozenset[Selector]]:
    parts = omissions(node)
    usual = parts["unless"] | parts["absent"]
    choices = [usual, usual | parts["right"], parts["absent"], frozenset(), usual | parts["left"], parts["unless"]]
    return list(dict.fromkeys(choices))


def _chosen(families: Sequence[Family]) -> list[tuple[Family, ...]]:
    """All families once; then without those whose selector another family satisfies already."""
    unique: dict[frozenset[tuple[str, str]], Family] = {}
    for member in families:
        unique.setdefault(frozenset(member.labels.items()), member)
    everything = tuple(unique.values())
    strict = sorted(everything, key=lambda member: -len(member.selector.matchers))
    fewest: list[Family] = []
    for member in strict:
        if not any(reads(member.selector, other.labels) for other in fewest):
            fewest.append(member)
    return [everything] if len(fewest) == len(everything) else [everything, tuple(fewest)]


def _modes(node: Node, inside: str = "") -> dict[Selector, Mode]:
    """How each selector's series go, by the innermost function over its range."""
    if isinstance(node, Selector):
        return {node: "counter" if inside in _COUNTERS | _SLOPES else "level"}
    if isinstance(node, Call) and any(kind(argument) == "m" for argument in node.arguments):
        inside = node.function
    elif isinstance(node, Call):
        inside = ""
    found: dict[Selector, Mode] = {}
    for child in children(node):
        for selector, mode in _modes(child, inside).items():
            if found.get(selector) != "counter":
                found[selector] = mode
    return found


def _mode_choices(node: Node, families: Sequence[Family], modes: Mapping[Selector, Mode]) -> Iterator[tuple[Mode, ...]]:
    usual: list[Mode] = [modes[member.selector] for member in families]
    # A series read both as a counter and as it is can only be a counter.
    for i, member in enumerate(families):
        if any(mode == "counter" and reads(selector, member.labels) for selector, mode in modes.items()):
            usual[i] = "counter"
    clocked = any(isinstance(part, Call) and part.function in ("time", "timestamp") for part in walk(node))
    levels = [i for i, mode in enumerate(usual) if mode == "level"]
    if clocked and levels:
        for i in levels:
            yield tuple("clock" if j == i else mode for j, mode in enumerate(usual))
        if len(levels) > 1:
            yield tuple("clock" if j in levels else mode for j, mode in enumerate(usual))
    yield tuple(usual)


def _rests(node: Node) -> list[float]:
    """Resting magnitudes: round ones, then the constants of the expression and their neighbours."""
    constants = sorted({part.value for part in walk(node) if isinstance(part, Number) and math.isfinite(part.value)})
    near = [value + step for value in constants[:6] for step in (0.0, 1.0, -1.0)]
    return list(dict.fromkeys([_REST, 1.0, 0.0, *near, 0.5, 1e6, 1e12]))


def _bucket_bound(node: Node, scale: float) -> float:
    """The upper bucket's bound: well above the wanted quantile, a power of ten that near values share."""
    quantile = 1.0
    for part in walk(node):
        if isinstance(part, Call) and part.function == "histogram_quantile" and isinstance(part.arguments[0], Number):
            quantile = min(max(part.arguments[0].value, 0.01), 1.0)
    return 10.0 ** math.ceil(math.log10(max(abs(scale), 1e-6) / quantile * 3.7))
