"""Changes of what a spec asserts, by its tests and by `must_page`: what was proven and is proven no more.

In: a `Comparison`. Out: changes `tests/…`. A test is weaker where what goes in is the same, and what has to come of it is a part of
what it was. That alerts and receivers are called otherwise is no change of a test.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple

from monitorspec.diff.change import At, Change
from monitorspec.diff.pairs import Comparison
from monitorspec.diff.saying import listed
from monitorspec.plan import Moment, MustPage, Scenario
from monitorspec.spec.units import duration_text

Facts = Mapping[Hashable, str]
"""What has to be, with the words for it."""


class _Names(NamedTuple):
    """What things of the old plan are called in the new one."""

    alerts: Mapping[str, str]
    receivers: Mapping[str, str]

    def of(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Ids of alerts by now."""
        return tuple(sorted(self.alerts.get(id, id) for id in ids))


NOTHING = "nothing goes wrong"
"""What a test proves that expects nothing to fire."""


def changes(compared: Comparison) -> Iterator[Change]:
    """Tests and assertions that come, go, or ask for something else."""
    alerts = {p.old.id: p.new.id for p in compared.alerts if p.old is not None and p.new is not None}
    then, now = _Names(alerts, compared.receivers), _Names({}, {})
    yield from _tests(compared, then, now)
    yield from _assertions(compared, then, now)


def _tests(compared: Comparison, then: _Names, now: _Names) -> Iterator[Change]:
    before, after = ({s.name: s for s in plan.scenarios} for plan in (compared.old, compared.new))
    if before == after:
        return
    gone = {(_fed(s), _key(_asked(s, then))): s for name, s in before.items() if name not in after}
    for name, new in after.items():
        old, at, subject, asked = before.get(name), At(new.origin), f"test {name}", _asked(new, now)
        if old is None:
            was = gone.pop((_fed(new), _key(asked)), None)
            if was is not None:
                yield Change("cosmetic/text", "cosmetic", "~", subject, f"was {was.name}", at, was.name, name)
            else:
                yield Change("tests/added", "notable", "+", subject, f"new: proves that {listed(asked.values())}", at)
        elif _fed(old) != _fed(new):
            yield _fed_otherwise(old, new, subject, at, _asked(old, then), asked)
        else:
            yield from _compared(subject, at, _asked(old, then), asked, "proves")
    for old in gone.values():
        text = f"gone: no longer proves that {listed(_asked(old, then).values())}"
        yield Change("tests/removed", "risky", "-", f"test {old.name}", text, At(old.origin, True))


def _compared(subject: str, at: At, old: Facts, new: Facts, verb: str) -> Iterator[Change]:
    """What is asked for less, more or otherwise."""
    lost = [said for fact, said in old.items() if fact not in new]
    more = [said for fact, said in new.items() if fact not in old]
    before, after = "; ".join(lost), "; ".join(more)
    if lost and not more:
        text = f"WEAKER: no longer {verb} that {listed(lost)}"
        yield Change("tests/weakened", "risky", "~", subject, text, at, before, after)
    elif more and not lost:
        yield Change("tests/changed", "notable", "~", subject, f"also {verb} that {listed(more)}", at, before, after)
    elif lost:
        details = (*(f"- {said}" for said in lost), *(f"+ {said}" for said in more))
        yield Change("tests/changed", "notable", "~", subject, f"{verb} something else", at, before, after, details)


def _fed_otherwise(old: Scenario, new: Scenario, subject: str, at: At, was: Facts, now: Facts) -> Change:
    text = "what goes in changed" if _key(was) == _key(now) else "what goes in and what is asked changed"
    details = (
        *(f"- {said}" for fact, said in was.items() if fact not in now),
        *(f"+ {said}" for fact, said in now.items() if fact not in was),
    )
    before, after = ("; ".join((_fed(s), *facts.values())) for s, facts in ((old, was), (new, now)))
    return Change("tests/changed", "notable", "~", subject, text, at, before, after, details)


def _fed(scenario: Scenario) -> str:
    """What goes in, without where it is written."""
    series = [f"{feed.series}: {feed.values}" for feed in scenario.series]
    metrics = [
        f"{feed.signal}: {', '.join(map(str, feed.values))} each {duration_text(feed.step)}, {feed.stat} of {feed.least}"
        for feed in scenario.metrics
    ]
    start = f"from {scenario.start:%Y-%m-%d %H:%M %z}" if scenario.start else "at any hour"
    return "; ".join((*series, *metrics, f"each {duration_text(scenario.interval)}", start))


def _key(facts: Facts) -> frozenset[Hashable]:
    return frozenset(facts)


def _asked(scenario: Scenario, names: _Names) -> Facts:
    """Every single thing that has to be."""
    out: dict[Hashable, str] = {}
    for moment in scenario.moments:
        when = _when(moment)
        for e in moment.expected:
            fires = (moment.at, "fires", names.of(e.alerts))
            out[fires] = f"{e.key} fires {when}"
            out |= {(*fires, "label", item): f"{e.key} has {item[0]}={item[1]} {when}" for item in e.labels.items()}
            told = [names.receivers.get(name, name) for name in e.receivers]
            out |= {(*fires, "told", name): f"{name} is told of {e.key} {when}" for name in told}
            if e.inhibited_by:
                out[(*fires, "inhibited", names.of(e.inhibited_by))] = f"{e.key} is inhibited {when}"
        if moment.within:
            out[(moment.at, "within", moment.within)] = f"this begins {when}"
        if moment.silent:
            out[(moment.at, "silent")] = f"nothing fires {when}"
        quiet = moment.quiet.items()
        out |= {(moment.at, "quiet", names.of(ids)): f"{key} does not fire {when}" for key, ids in quiet}
        if moment.exact:
            out[(moment.at, "exact")] = f"nobody else is told {when}"
    return out


def _when(moment: Moment) -> str:
    at = f"at {duration_text(moment.at)}" if moment.at else "at once"
    return f"{at}, within {duration_text(moment.within)}" if moment.within else at


# ---- must_page


def _assertions(compared: Comparison, then: _Names, now: _Names) -> Iterator[Change]:
    before, after = ({_subject(m): m for m in plan.must_page} for plan in (compared.old, compared.new))
    gone = {_demanded(m, then): m for name, m in before.items() if name not in after}
    for subject, new in after.items():
        at = At((*new.origin, "must_page"))
        if subject in before:
            yield from _compared(subject, at, _told(before[subject], then), _told(new, now), "asserts")
        elif gone.pop(_demanded(new, now), None) is None:
            text = f"new: asserts that {', '.join(new.receivers)} is told"
            yield Change("tests/added", "notable", "+", subject, text, at)
    for old in gone.values():
        text = f"gone: no longer asserts that {', '.join(old.receivers)} is told"
        yield Change("tests/removed", "risky", "-", _subject(old), text, At((*old.origin, "must_page"), True))


def _told(asserted: MustPage, names: _Names) -> Facts:
    return {name: f"{name} is told" for name in (names.receivers.get(r, r) for r in asserted.receivers)}


def _demanded(asserted: MustPage, names: _Names) -> Hashable:
    return tuple(names.receivers.get(r, r) for r in asserted.receivers), names.of(asserted.alerts)


def _subject(asserted: MustPage) -> str:
    kind, *rest = (str(part) for part in asserted.origin if part not in ("slos", "thresholds"))
    return f"must_page {'severity ' if kind == 'severities' else ''}{'.'.join(rest)}"
