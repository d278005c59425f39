"""Who gets paged, before and after: per alert, by hours.

In: a `Comparison`. Out: changes `paging/…`. Where neither routes nor the alert changed, nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from monitorspec.diff.change import At, Change
from monitorspec.diff.facts import shown
from monitorspec.diff.pairs import Comparison, Pair
from monitorspec.paging import Matrix, Shift, tells
from monitorspec.plan import Alert, Plan, Receiver
from monitorspec.spec.units import duration_text

_WAYS = ("severities", "receivers", "root", "windows", "mutes")
NOBODY = "nobody"
_PAGERS = frozenset(("pagerduty", "opsgenie", "victorops", "pushover", "incidentio"))


class Hours(NamedTuple):
    """Who is told in some of the hours of a week. `later`: by an escalation."""

    when: str
    minutes: float
    at_once: tuple[str, ...]
    later: tuple[tuple[int, str], ...]
    repeats: tuple[int, ...]

    def __str__(self) -> str:
        parts = [", ".join(self.at_once) or NOBODY]
        parts += (f"{receiver} after {duration_text(after)}" for after, receiver in self.later)
        return ", then ".join(parts)


def changes(compared: Comparison) -> Iterator[Change]:
    """Alerts that tell others than they did, or at other hours."""
    old, new = _Answers(compared.old), _Answers(compared.new)
    for pair in _asked(compared):
        before = old.hours(pair.old) if pair.old is not None else ()
        after = new.hours(pair.new) if pair.new is not None else ()
        if before != after:
            yield from _told(pair, old.pagers(before), new.pagers(after), before, after)
        if pair.old is not None and pair.new is not None and pair.old.notify_on != pair.new.notify_on:
            was, now = shown(pair.old.notify_on), shown(pair.new.notify_on)
            text = f"tells of {was} → {now}"
            yield Change("paging/states", "notable", "~", pair.new.id, text, At(pair.new.origin), was, now)


def _asked(compared: Comparison) -> Iterable[Pair[Alert]]:
    """The alerts whose receivers may differ."""
    if all(getattr(compared.old, field) == getattr(compared.new, field) for field in _WAYS):
        return compared.alerts
    changed = {pair.new.id for pair in compared.alerts if pair.new is not None}
    gone = {pair.old.id for pair in compared.alerts if pair.old is not None}
    before = {alert.id: alert for alert in compared.old.alerts}
    rest = (Pair(before[a.id], a) for a in compared.new.alerts if a.id not in changed and a.id in before.keys() - gone)
    return [*compared.alerts, *rest]


class _Answers:
    """What a plan's matrix answers, put as hours."""

    def __init__(self, plan: Plan) -> None:
        self._matrix = Matrix(plan)
        self._pagers = {receiver.name for receiver in plan.receivers if _pages(receiver)}

    def hours(self, alert: Alert) -> tuple[Hours, ...]:
        """Who is told of an alert; () where that is not for routes to decide."""
        if not tells(alert):
            return (Hours("always", 10080.0, (), (), ()),)
        return tuple(sorted(map(_hours, self._matrix.shifts_of(alert)), key=lambda h: (-h.minutes, h.when)))

    def pagers(self, hours: Sequence[Hours]) -> frozenset[str]:
        """Which of them are woken, at some hour at least."""
        return frozenset(name for h in hours for name in h.at_once if name in self._pagers)


def _hours(shift: Shift) -> Hours:
    later = tuple(sorted({(n.after, n.receiver) for n in shift.told if n.after}))
    repeats = tuple(n.repeat_interval for n in shift.told)
    return Hours(shift.when, round(shift.minutes, 3), shift.at_once, later, repeats)


def _told(
    pair: Pair[Alert],
    paged: frozenset[str],
    pages_: frozenset[str],
    before: tuple[Hours, ...],
    after: tuple[Hours, ...],
) -> Iterator[Change]:
    alert = pair.either
    at = At(alert.origin, pair.new is None)
    was, now = _text(before), _text(after)
    details = _by_hours(before, after)

    def say(code: str, level: str, sign: str, text: str) -> Change:
        return Change(code, level, sign, alert.id, text, at, was, now, details)  # type: ignore[arg-type]

    if pair.old is None:
        if pages_:
            yield say("paging/newly-pages", "notable", "+", f"newly pages {_names(pages_)}")
        elif not any(h.at_once for h in after):
            yield say("paging/nobody", "risky", "+", "reaches nobody")
        else:
            yield say("paging/newly-told", "notable", "+", f"newly told to {now}")
    elif pair.new is None:
        text = f"no longer pages anyone, paged {_names(paged)}" if paged else f"no longer told to {was}"
        if paged or any(h.at_once for h in before):
            yield say("paging/unpaged" if paged else "paging/untold", "risky" if paged else "notable", "-", text)
    elif paged and not pages_:
        yield say("paging/unpaged", "risky", "~", f"no longer pages anyone: {was} → {now}")
    elif any(h.at_once for h in before) and not any(h.at_once for h in after):
        yield say("paging/nobody", "risky", "~", f"no longer reaches anyone, was told to {was}")
    elif pages_ and not paged:
        yield say("paging/newly-pages", "notable", "~", f"newly pages {_names(pages_)}: {was} → {now}")
    elif (less := _silent(after) - _silent(before)) > 0:
        text = f"silent for {_share(less)} more of the week"
        yield say("paging/fewer-hours", "risky" if paged else "notable", "~", text)
    elif _once(before) != _once(after):
        if _silent(after) < _silent(before):
            text = f"told for {_share(_silent(before) - _silent(after))} more of the week"
            yield say("paging/more-hours", "notable", "~", text)
        else:
            yield say("paging/receivers", "risky" if paged - pages_ else "notable", "~", f"{was} → {now}")
    elif _later(before) != _later(after):
        yield say("paging/escalation", "notable", "~", f"{was} → {now}")
    else:
        old, new = (
            ", ".join(sorted({duration_text(ms) for h in hours for ms in h.repeats})) for hours in (before, after)
        )
        if old != new:
            yield Change("paging/repeat", "notable", "~", alert.id, f"repeated every {old} → {new}", at, old, new)
        else:
            yield say("paging/hours", "notable", "~", "told at other hours")


def _once(hours: tuple[Hours, ...]) -> list[tuple[str, ...]]:
    return [h.at_once for h in hours]


def _later(hours: tuple[Hours, ...]) -> list[tuple[tuple[int, str], ...]]:
    return [h.later for h in hours]


def _names(receivers: Iterable[str]) -> str:
    return ", ".join(sorted(receivers))


def _silent(hours: tuple[Hours, ...]) -> float:
    """Minutes of the week in which nobody is told."""
    return sum(h.minutes for h in hours if not h.at_once)


def _share(minutes: float) -> str:
    return f"{minutes / 60:.4g}h"


def _text(hours: tuple[Hours, ...]) -> str:
    if not hours:
        return NOBODY
    if len({str(h) for h in hours}) == 1:
        return str(hours[0])
    return "; ".join(f"{h.when}: {h}" for h in hours)


def _by_hours(before: tuple[Hours, ...], after: tuple[Hours, ...]) -> tuple[str, ...]:
    """A line for each span of hours, where there are several."""
    if len(before) < 2 and len(after) < 2:
        return ()
    return (*(f"- {h.when}: {h}" for h in before), *(f"+ {h.when}: {h}" for h in after))


def _pages(receiver: Receiver) -> bool:
    return any(kind in _PAGERS for kind, _ in receiver.integrations) or bool(receiver.topics)
