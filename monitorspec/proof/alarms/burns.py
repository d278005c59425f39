"""Burn rates of objectives that CloudWatch counts: the stories of a tier.

In: an alert with a Burn, its objective. Out: cases. Traffic comes in blocks; how many events of the last long and short window
were bad is counted here, by the spec's meaning of a burn rate, and so when the tier fires.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Context as Digits
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.metricname import metric_of
from monitorspec.plan import Alert, Burn, Slo
from monitorspec.plan.services import CloudWatchEvents
from monitorspec.proof.alarms.case import BLIND, START, Case, Told, Unproven
from monitorspec.proof.alarms.clusters import cluster
from monitorspec.proof.alarms.context import Context
from monitorspec.proof.alarms.model import ALARM, OK, checks

TOTAL = 1_000_000
"""Events of a block, so many that every share is a whole number of them."""
SOON = 600
"""Seconds within which somebody is told: a slower tier waits a little for a faster one."""
_FIVE_DIGITS = Digits(prec=5)
_counted = re.compile(r"Sum|SampleCount|T[CS]\((-?[\d.]+)?:(-?[\d.]+)?\)").fullmatch
_up_to = re.compile(r"TC\(:([\d.]+)\)").fullmatch


class Block(NamedTuple):
    """Events that come in together."""

    total: int
    bad: int
    why: str


class Traffic(NamedTuple):
    """How blocks of `length` seconds become samples."""

    events: CloudWatchEvents
    total: Metric
    part: Metric
    length: int

    def samples(self, blocks: Sequence[Block], start: int = START) -> dict[Metric, tuple[Sample, ...]]:
        """The samples of all blocks, half a block apart; what did not happen is not published."""
        out: dict[Metric, list[Sample]] = {self.total: [], self.part: []}
        for at, block in enumerate(blocks):
            early = block._replace(total=block.total // 2, bad=min(block.bad, block.total // 2))
            late = block._replace(total=block.total - early.total, bad=block.bad - early.bad)
            for part, eighths in ((early, 1), (late, 5)):
                time = start + at * self.length + self.length * eighths // 8
                for metric, found in self._parts(part):
                    out[metric] += [Sample(time, value, weight) for value, weight in found]
        return {metric: tuple(samples) for metric, samples in out.items()}

    def _parts(self, block: Block) -> Iterator[tuple[Metric, tuple[tuple[float, float], ...]]]:
        good = block.total - block.bad
        if self.total == self.part:
            # One latency: up to the bound is good, a little more is bad.
            bound = _bound(self.events)
            both = ((bound, float(good)), (bound * 1.001, float(block.bad)))
            yield self.total, tuple((value, weight) for value, weight in both if weight)
            return
        counted = self.events.bad or self.events.good
        assert counted is not None
        for metric, stat, count in (
            (self.total, self.events.total.stat, block.total),
            (self.part, counted.stat, block.bad if self.events.bad else good),
        ):
            if count:
                found = cluster(stat, float(count))
                if found is None:
                    raise Unproven(f"no samples were found that give {stat} the value {count}")
                yield metric, (*found.early, *found.late)


class Tier(NamedTuple):
    """A burn alert as counts: both windows in blocks of `length` seconds, the limit as a share, events per second that it
    needs."""

    long: int
    short: int
    limit: Fraction
    rate: Decimal
    length: int
    spare: int
    """Bad events fewer than the limit that are as near to it as floating point lets them be."""

    def fires(self, blocks: Sequence[Block], at: int) -> bool | None:
        """Whether it fires at the end of block `at`; None where a window without traffic leaves that open."""
        found = [self._over(blocks, at, window) for window in (self.long, self.short)]
        return False if False in found else None if None in found else True

    def needed(self, window: int) -> Fraction:
        """Events that a window of so many blocks needs. A spec's rate has six digits: `1/m` is no exact number of seconds."""
        return Fraction(_FIVE_DIGITS.multiply(self.rate, Decimal(window * self.length)))

    def _over(self, blocks: Sequence[Block], at: int, window: int) -> bool | None:
        last = blocks[max(at + 1 - window, 0) : at + 1]
        total = sum(block.total for block in last)
        if total:
            return total >= self.needed(window) and Fraction(sum(block.bad for block in last), total) > self.limit
        # CloudWatch may look at what was before.
        before = blocks[max(at + 1 - window * (1 + BLIND), 0) : at + 1]
        return None if any(block.total for block in before) else False


def burn(context: Context, alert: Alert) -> Iterator[Case]:
    """The story of a tier: no traffic, health, at its limit and over it, too little traffic; and where there is a faster tier,
    whether it leaves it to that to tell."""
    slo = slo_of(context, alert)
    faster = slo.tiers[: slo.tiers.index(alert)]
    alone = traffic_of(context, slo, [alert])
    yield _case(context, alert, "burn", alone, _story(tier_of(slo, alert, alone.length)), () if not faster else None)
    if faster:
        fine = traffic_of(context, slo, [faster[-1], alert])
        tier, next_ = (tier_of(slo, each, fine.length) for each in (alert, faster[-1]))
        yield _case(context, alert, "burn beside a faster tier", fine, _beside(tier, next_), faster[-1:])


def _case(
    context: Context,
    alert: Alert,
    title: str,
    traffic: Traffic,
    blocks: Sequence[Block],
    faster: Sequence[Alert] | None,
) -> Case:
    """The case of some blocks; `faster` None: what is told is left open."""
    slo = slo_of(context, alert)
    tier = tier_of(slo, alert, traffic.length)
    states: list[str | None] = []
    for at in range(len(blocks)):
        fires = tier.fires(blocks, at)
        states.append(None if fires is None else ALARM if fires else OK)
    ends = [START + (n + 1) * traffic.length for n in range(len(blocks))]
    others = [tier_of(slo, other, traffic.length) for other in faster or ()]
    told = () if faster is None else tuple(_told(blocks, states, ends, others))
    found = checks(states, ends, [block.why for block in blocks])
    case = context.case(alert, title, traffic.samples(blocks), ends[-1], found, told)
    return case._replace(needs=needs_of(context, alert), silent=_windows(context, alert))


def slo_of(context: Context, alert: Alert) -> Slo:
    """The objective of a burn alert."""
    return next(
        slo for service in context.plan.services for slo in service.slos if any(t.id == alert.id for t in slo.tiers)
    )


def needs_of(context: Context, alert: Alert) -> tuple[str, ...]:
    """Logical ids of the alarms that a tier stands on: its windows, and faster tiers with theirs."""
    slo = slo_of(context, alert)
    out: list[str] = []
    for tier in slo.tiers[: slo.tiers.index(alert)]:
        out += (context.known.alarms[tier.id], *_windows(context, tier))
    return (*out, *_windows(context, alert))


def traffic_of(context: Context, slo: Slo, tiers: Sequence[Alert]) -> Traffic:
    """How the events of an objective are published, in blocks that divide all windows of the tiers."""
    events = slo.indicator.events
    assert events is not None
    part = events.bad or events.good
    assert part is not None
    for counted in (events.total, part):
        if not _counted(counted.stat):
            raise Unproven(f"{counted.stat} over a window is not the sum of its parts")
    total, other = (metric_of(signal, context.values) for signal in (events.total, part))
    if total == other and not (events.total.stat == "SampleCount" and events.good and _up_to(part.stat)):
        raise Unproven("its events are counted by one metric in two ways")
    windows = [
        w for t in tiers if isinstance(t.condition, Burn) for w in (t.condition.long_window, t.condition.short_window)
    ]
    return Traffic(events, total, other, math.gcd(*windows) // 1000)


def tier_of(slo: Slo, alert: Alert, length: int) -> Tier:
    """A burn alert as counts over blocks of `length` seconds."""
    condition = alert.condition
    assert isinstance(condition, Burn)
    limit = Fraction(condition.factor) * (1 - Fraction(slo.objective))
    if limit >= 1:
        raise Unproven("its limit is more than all events")
    long, short = (window // 1000 // length for window in (condition.long_window, condition.short_window))
    # One less a share of good events is no exact number.
    exact = slo.indicator.events is not None and slo.indicator.events.bad is not None
    return Tier(long, short, limit, slo.min_traffic or Decimal(0), length, 0 if exact else 1)


def healthy(length: int, rate: Decimal) -> int:
    """Events of a block that are enough for everything."""
    return max(TOTAL, math.ceil(4 * rate * length))


def _bound(events: CloudWatchEvents) -> float:
    assert events.good is not None
    found = _up_to(events.good.stat)
    assert found is not None
    return float(found[1])


def _windows(context: Context, alert: Alert) -> tuple[str, ...]:
    return tuple(context.known.windows[alert.id, which] for which in ("long", "short"))


def _story(tier: Tier) -> list[Block]:
    """No traffic, health; exactly at the limit, then over it, in both windows, in the long one alone, in the short one alone;
    a blip long after a burn; too little traffic, and just enough."""
    much = healthy(tier.length, tier.rate)
    share = f"{float(tier.limit):.6g}"
    well = Block(much, 0, "all events are good")
    rest = [well] * (tier.long + tier.short)
    soon = SOON // tier.length
    at = Block(much, math.floor(much * tier.limit) - tier.spare, f"{share} of the events are bad, not more")
    over = Block(
        much, math.ceil(much * min(tier.limit * Fraction(101, 100), Fraction(1))), f"more than {share} are bad"
    )
    worst = Block(much, much, "all events are bad")
    # So many bad events in one block that the long window is just at the limit.
    until, left = divmod(math.floor(much * tier.long * tier.limit) - tier.long * tier.spare, much)
    burst = [
        block._replace(why=f"the long window is at {share}, not more")
        for block in (Block(much, left, ""), *[worst] * until)
    ]
    half = [
        block._replace(why="the long window is well under its limit")
        for block in (Block(much, left // 2, ""), *[worst] * (until // 2))
    ]
    out = [
        *[Block(0, 0, "no traffic from the start")] * 2,
        *rest,
        *[at] * (tier.long + 1),
        *rest,
        *[over] * (tier.long + 2 + soon),
        *rest,
        *[worst] * (until + 2),
        *[well] * tier.long,
        *half,
        *rest,
        *burst,
        over._replace(why="the long window is over its limit, too"),
        *[worst] * (2 + soon),
        *[at._replace(why=f"the short window is at {share}, not more")] * tier.short,
        *[over._replace(why="the short window is over its limit, too")] * tier.short,
        *rest,
    ]
    least = [tier.needed(window) / window for window in (tier.long, tier.short)]
    needed, under = math.ceil(max(least)), math.ceil(min(least)) - 1
    if under >= 1:
        few = Block(under, under, "all events are bad, but there are too few of them")
        out += [
            *[worst] * (until + 2),
            *[few] * tier.short,
            *[Block(0, 0, "no traffic")] * (tier.long * (1 + BLIND)),
            *[few] * (tier.long + 1),
            *[Block(needed, needed, "all of just enough events are bad")] * (tier.long + 1),
            *rest,
        ]
    return [*out, *[worst] * (until + 2), *[Block(0, 0, "no traffic any more")] * (tier.long * (2 + BLIND))]


def _beside(tier: Tier, faster: Tier) -> list[Block]:
    """A burn that the next faster tier tells of first, and one that only this tier is for."""
    much = healthy(tier.length, tier.rate)
    well = Block(much, 0, "all events are good")
    # One block of it is enough for the faster tier.
    share = min(faster.long * faster.limit * Fraction(105, 100), Fraction(1))
    fast = Block(much, math.ceil(much * share), f"{float(share):.4g} of the events are bad")
    slow = Block(much, math.ceil(much * min(tier.limit * Fraction(101, 100), Fraction(1))), "a slow burn")
    soon = SOON // tier.length + 2
    return [
        *[Block(0, 0, "no traffic from the start")] * 2,
        *[well] * tier.long,
        *[fast] * (math.ceil(tier.long * tier.limit / share) + soon),
        *[well] * (tier.long + tier.short + soon),
        *[slow] * (tier.long + soon),
        *[well] * (tier.short + soon),
    ]


def _told(
    blocks: Sequence[Block], states: Sequence[str | None], ends: Sequence[int], faster: Sequence[Tier]
) -> Iterator[Told]:
    """When it begins to fire, and when it ends; a slower tier says nothing while a faster one fires."""
    for at, (old, new) in enumerate(pairwise(states), 1):
        if old is None or new is None or old == new:
            continue
        lasting = [n for n in range(at, len(ends)) if ends[n] <= ends[at] + SOON]
        if any(states[n] != new for n in lasting):
            continue
        over = [any(tier.fires(blocks, n) for tier in faster) for n in (at - 1, *lasting)]
        if not any(over):
            yield Told(ends[at - 1], ends[at] + SOON, new, blocks[at].why)
        elif all(over) and new == ALARM:
            yield Told(ends[at - 1], ends[lasting[-1]], new, f"{blocks[at].why}, a faster tier fires", never=True)
