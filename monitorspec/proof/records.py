"""Recording rules: what they record is what their expressions mean, by another evaluator.

In: a recording rule's name, expression and labels. Out: a lane: every input moved in turn, far and back again; what has to be
recorded then is what `promql.evaluation` makes of the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from math import floor, isfinite, log10

from monitorspec.promql.aggregation import Line, Point, Unsteady
from monitorspec.promql.evaluation import World, evaluate
from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import Call, Node, Number, Selector, bare, walk
from monitorspec.promql.pool import reads
from monitorspec.promql.stimulus import Stimulus
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem
from monitorspec.proof.decoys import decoys_of
from monitorspec.proof.drive import drive_of, laid_out
from monitorspec.proof.levels import Unreachable
from monitorspec.proof.notation import number, selector
from monitorspec.proof.timeline import Lane, Sample

_FAR = (10.0, 0.1)
_DIGITS = 6
# Old samples make up more than a quarter of a window when so much of it has gone by.
_PART = 0.625
_MOST_SERIES = 6


def record_lane(title: str, name: str, expr: str, labels: Mapping[str, str], step: int) -> tuple[Lane | None, str]:
    """The lane, and why there is none, if so."""
    drive = drive_of(expr, step, [])
    node = parse(expr)
    if isinstance(drive, str) or isinstance(node, Problem):
        return None, drive if isinstance(drive, str) else node.message  # type: ignore[union-attr]
    try:
        base = drive.at(drive.reach.present, drive.sample)
    except Unreachable as error:
        return None, str(error)
    if any(plan.kind == "clock" for plan in base.series) or len(base.series) > _MOST_SERIES:
        return None, "its value changes with time" if len(base.series) <= _MOST_SERIES else "it reads many series"
    home = _points(node, base, drive.sample)
    if not home:
        return None, "nothing is recorded for the series that were found"
    stimuli: list[Stimulus] = []
    for far in _moved(base):
        if _points(node, far, drive.sample) is not None:
            stimuli += [far, base]
    stimuli = [base, *stimuli]
    length = -(-(drive.settle) // step) * step + 2 * step
    samples: list[Sample] = []
    for n, stimulus in enumerate(stimuli):
        at = (n + 1) * length - step
        why = f"{title}: {'as it was' if stimulus is base else 'one of its inputs moved'}"
        samples.append(_recorded(name, labels, _points(node, stimulus, drive.sample) or [], at, why))
    for n, (before, stimulus) in enumerate(pairwise(stimuli)):
        if stimulus is base and drive.settle:
            at = (n + 1) * length + _looked_at(node, drive.settle, drive.sample, step)
            samples += _between(node, name, labels, (before, base), drive.sample, at, title)
    series = (
        *laid_out(stimuli, [length] * len(stimuli), drive.sample),
        *decoys_of(drive, (), length * len(stimuli), drive.sample),
    )
    keys = frozenset({name, *drive.metrics})
    end = len(stimuli) * length - step
    return Lane(title, keys, series, drive.sample, end, (), tuple(sorted(samples, key=lambda s: s.at))), ""


def _moved(base: Stimulus) -> Iterator[Stimulus]:
    """The inputs with one of them far from where it was."""
    for at, plan in enumerate(base.series):
        for times in _FAR:
            other = plan._replace(start=plan.start * times, per_second=plan.per_second * times)
            if other != plan:
                yield base._replace(series=(*base.series[:at], other, *base.series[at + 1 :]))


def _points(node: Node, stimulus: Stimulus, sample: int) -> list[tuple[dict[str, str], float]] | None:
    """What the expression is while the inputs stay so; None where that is not known."""
    read = {
        part: [
            Point(plan.labels, Line(plan.start, plan.per_second if plan.kind == "counter" else 0.0))
            for plan in stimulus.series
            if reads(part, plan.labels)
        ]
        for part in walk(node)
        if isinstance(part, Selector)
    }
    found = []
    for closed in (True, False):
        try:
            points = evaluate(node, World(read, sample / 1000, closed))
        except (Unsteady, ArithmeticError, ValueError):
            return None
        if any(p.line.slope or not isfinite(p.line.at_zero) for p in points):
            return None
        labels = [{k: v for k, v in p.labels.items() if k != NAME} for p in points]
        found.append([(own, float(f"{p.line.at_zero:.12g}")) for own, p in zip(labels, points, strict=True)])
    # Prometheus 2 and 3 have to agree.
    return found[0] if found[0] == found[1] else None


def _recorded(
    name: str, labels: Mapping[str, str], points: Sequence[tuple[dict[str, str], float]], at: int, why: str
) -> Sample:
    largest = max((abs(value) for _, value in points), default=0.0)
    places = min(max(_DIGITS - 1 - floor(log10(largest)), 0), 9) if largest else 0
    # Whole numbers, because a rounded fraction is not always the same floating point number.
    scale = Decimal(10) ** places
    rows = tuple(
        (selector("", {**own, **labels}), number((Decimal(repr(value)) * scale).to_integral_value()))
        for own, value in points
    )
    return Sample(at, f"round({selector(name, labels)} * {number(scale)})", rows, why)


def _between(
    node: Node,
    name: str,
    labels: Mapping[str, str],
    way: tuple[Stimulus, Stimulus],
    sample: int,
    at: int,
    title: str,
) -> Iterator[Sample]:
    """Part of the window still has what was before: nothing is what it is going to be."""
    old, new = (_points(node, stimulus, sample) or [] for stimulus in way)
    if len(old) != len(new) or not new or not _blends(node, old[0][1] > new[0][1]):
        return
    if any(a == b or labels_a != labels_b for (labels_a, a), (labels_b, b) in zip(old, new, strict=True)):
        return
    if len({a > b for (_, a), (_, b) in zip(old, new, strict=True)}) > 1:
        return
    op = ">" if old[0][1] > new[0][1] else "<"
    worst = max(b for _, b in new) if op == ">" else min(b for _, b in new)
    bound = worst + (old[0][1] - new[0][1]) / 100
    rows = tuple((selector("", {**own, **labels}), "1") for own, _ in new)
    expr = f"{selector(name, labels)} {op} bool {number(Decimal(f'{bound:.6g}'))}"
    yield Sample(at, expr, rows, f"{title}: part of its window is still as it was before")


def _looked_at(node: Node, settle: int, sample: int, step: int) -> int:
    """How long after a move, in ms, its window is looked at."""
    part = _part(node)
    # A window of Prometheus 3 does not hold the sample at its beginning, so one more has to be an old one; not of a quantile,
    # where only the last few samples tell one share from another.
    past = int(settle * part) - (sample if part == _PART else 0)
    return max(past, step) // step * step


def _part(node: Node) -> float:
    """How much of the window has gone by when it is looked at: of a high quantile, so much that it is just still the old one."""
    shares = [
        share.value
        for part in walk(node)
        if isinstance(part, Call) and part.function == "quantile_over_time"
        if isinstance(share := bare(part.arguments[0]), Number)
    ]
    return max([_PART, *(1 - 2 * (1 - share) for share in shares if share < 1)])


def _blends(node: Node, falls: bool) -> bool:
    """Whether a window of which more than a quarter is old gives something else than a new one."""
    for part in walk(node):
        if isinstance(part, Call):
            if part.function in ("min_over_time", "max_over_time") and (part.function == "max_over_time") != falls:
                return False
            if part.function == "quantile_over_time":
                share = bare(part.arguments[0])
                if not isinstance(share, Number) or not (share.value >= 0.75 and falls):
                    return False
            if part.function in (
                "last_over_time",
                "irate",
                "idelta",
                "present_over_time",
                "count_over_time",
                "changes",
            ):
                return False
    return True
