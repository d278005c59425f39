"""Who gets paged, before and after: per alert, by hours.

In: a `Comparison`. Out: changes `paging/…`. Where neither routes nor the alert changed, nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitorspec.diff.change import At, Change
from monitorspec.diff.facts import shown
from monitorspec.diff.pairs import Comparison, Pair
from monitorspec.pagers import pages
from monitorspec.paging import Matrix, Shift, tells
from monitorspec.plan import Alert, Plan
from monitorspec.spec.units import duration_text

_WAYS = ("severities", "receivers", "root", "windows", "mutes")
NOBODY = "nobody"


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
    """Alerts that tell others than they did, or at other hours; then what has no alert any more that pages."""
    old, new = _Answers(compared.known), _Answers(compared.new)
    unpaged: list[Pair[Alert]] = []
    for pair in _asked(compared):
        before, was = old.of(pair.old)
        after, now = new.of(pair.new)
        if before != after or was != now:
            yield from _told(pair, was, now, before, after)
        if pair.old is not None and pair.new is not None and pair.old.notify_on != pair.new.notify_on:
            states = shown(pair.old.notify_on), shown(pair.new.notify_on)
            text = f"tells of {states[0]} → {states[1]}"
            yield Change("paging/states", "notable", "~", pair.new.id, text, At(pair.new.origin), *states)
        if was and not now:
            unpaged.append(pair)
    if unpaged:
        yield from _last_pages(compared, new, unpaged)


def _last_pages(compared: Comparison, new: _Answers, unpaged: Iterable[Pair[Alert]]) -> Iterator[Change]:
    """Services, else objectives and thresholds, of which an alert paged and none does any more."""
    services = {p.old.name: p.new.name if p.new is not None else "" for p in compared.services if p.old is not None}
    paging = [alert for alert in compared.new.alerts if new.of(alert)[1]]
    owners = {alert.service for alert in paging}
    keys = {(alert.service, alert.key) for alert in paging}
    told: dict[str, None] = {}
    for old, now in unpaged:
        assert old is not None
        service = now.service if now is not None else services.get(old.service, old.service)
        key = now.key if now is not None else old.key
        subject = (service or old.service) if service not in owners else f"{service}.{key}"
        if (service not in owners or (service, key) not in keys) and subject not in told:
            told[subject] = None
            text = "UNPAGED: none of its alerts pages anyone any more"
            yield Change("paging/last-page", "risky", "-", subject, text, At((now or old).origin, now is None))


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
        self._plan = plan
        self._meant = {severity.name for severity in plan.severities if severity.page}
        self._ringing: dict[bool, tuple[frozenset[str], frozenset[str]]] = {}

    def of(self, alert: Alert | None) -> tuple[tuple[Hours, ...], frozenset[str]]:
        """Who is told of an alert, and who of them is woken at some hour; () where that is not for routes to decide."""
        if alert is None:
            return (), frozenset()
        if not tells(alert):
            return (Hours("always", 10080.0, (), (), ()),), frozenset()
        hours = tuple(sorted(map(_hours, self._matrix.shifts_of(alert)), key=lambda h: (-h.minutes, h.when)))
        return hours, self._woken(alert, frozenset(name for h in hours for name in h.at_once))

    def _woken(self, alert: Alert, told: frozenset[str]) -> frozenset[str]:
        if alert.on_cloudwatch not in self._ringing:
            self._ringing[alert.on_cloudwatch] = _ringing(self._plan, alert.on_cloudwatch)
        sure, perhaps = self._ringing[alert.on_cloudwatch]
        if sure or alert.severity not in self._meant:
            return told & sure
        return told & perhaps


def _ringing(plan: Plan, on_cloudwatch: bool) -> tuple[frozenset[str], frozenset[str]]:
    """Receivers that wake somebody, and those that may: the spec cannot tell what is behind a web hook or a topic.

    A topic of which nothing is known is taken for what the receiver's integrations are. Where no receiver is known to page, an
    alert whose severity is meant to wake somebody does so by what may be a pager.
    """
    answers: dict[str, bool | None] = {}
    for receiver in plan.receivers:
        answer = pages(plan, receiver, on_cloudwatch)
        if answer is None and on_cloudwatch and receiver.integrations:
            answer = pages(plan, receiver, False)
        answers[receiver.name] = answer
    return frozenset(n for n, a in answers.items() if a), frozenset(n for n, a in answers.items() if a is None)


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
        same = was == now
        text = f"no longer meant to wake anybody; told to {now}" if same else f"no longer pages anyone: {was} → {now}"
        yield say("paging/unpaged", "risky", "~", text)
    elif any(h.at_once for h in before) and not any(h.at_once for h in after):
        yield say("paging/nobody", "risky", "~", f"no longer reaches anyone, was told to {was}")
    elif pages_ and not paged:
        same = was == now
        text = (
            f"newly meant to wake somebody; told to {now}" if same else f"newly pages {_names(pages_)}: {was} → {now}"
        )
        yield say("paging/newly-pages", "notable", "~", text)
    elif (less := _minutes(before, paged) - _minutes(after, pages_)) > 0 and paged:
        yield say("paging/fewer-hours", "risky", "~", f"pages nobody for {_share(less)} more of the week")
    elif (less := _minutes(before) - _minutes(after)) > 0:
        yield say("paging/fewer-hours", "notable", "~", f"silent for {_share(less)} more of the week")
    elif (more := _minutes(after, pages_) - _minutes(before, paged)) > 0 and paged:
        yield say("paging/more-hours", "notable", "~", f"pages for {_share(more)} more of the week")
    elif (more := _minutes(after) - _minutes(before)) > 0:
        yield say("paging/more-hours", "notable", "~", f"told for {_share(more)} more of the week")
    elif _once(before) != _once(after):
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


def _minutes(hours: tuple[Hours, ...], receivers: frozenset[str] | None = None) -> float:
    """Minutes of the week in which somebody is told at once, or some of these receivers."""
    return sum(h.minutes for h in hours if (h.at_once if receivers is None else receivers.intersection(h.at_once)))


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
