"""Whether what was seen is what a test expects.

In: a moment of a scenario, who is told of what then. Out: `Problem`s, none when all is as expected. Pure: coverage asks the
same question of worlds from which something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec.plan import Expectation, Labels, Moment, Path
from monitorspec.scenario.told import Telling
from monitorspec.spec.units import duration_text

NEVER = -1
"""The time of a problem that has none."""


class Problem(NamedTuple):
    """What is not as expected at `at` ms. `alerts`: ids of those that it is about; `origin`: the line of the spec."""

    at: int
    message: str
    expected: str
    alerts: tuple[str, ...]
    origin: Path
    help: str = ""


class Scene(NamedTuple):
    """A moment as it was seen: `before` at `at`, where something is to begin after that; `now` at its end."""

    moment: Moment
    before: tuple[Telling, ...]
    now: tuple[Telling, ...]
    pending: Mapping[str, int]
    """Id → since when the condition of an alert holds that waits for its `for`."""
    trouble: str = ""


def problems(scene: Scene) -> list[Problem]:
    """What is wrong at a moment, in the order of the spec."""
    moment = scene.moment
    at = moment.at + moment.within
    if scene.trouble:
        return [Problem(NEVER, scene.trouble, "", (), moment.origin)]
    out: list[Problem] = []
    if moment.silent:
        ids = tuple(dict.fromkeys(name_of(t) for t in scene.now))
        if ids:
            # At night a warning may fire and tell nobody: that is not silence, and `[]` says it.
            untold = all(not t.anybody for t in scene.now)
            help_ = f"nobody is told of it: expect `{ids[0]}: []`" if untold else ""
            out.append(
                Problem(at, f"{listed(ids)} {_fires(ids)}", "nothing fires", ids, (*moment.origin, "silent"), help_)
            )
    for n, (key, alerts) in enumerate(moment.quiet.items()):
        ids = tuple(dict.fromkeys(name_of(t) for t in scene.now if t.fired.alert in alerts))
        if ids:
            origin = (*moment.origin, "silent", n)
            out.append(Problem(at, f"{listed(ids)} {_fires(ids)}", f"{key} does not fire", ids, origin))
    for expectation in moment.expected:
        out += _unmet(expectation, scene, at)
    if moment.exact:
        wanted = {id for e in moment.expected for id in e.alerts}
        others = [t for t in scene.now if t.fired.alert not in wanted and t.anybody]
        for id in dict.fromkeys(name_of(t) for t in others):
            told = listed(_receivers([t for t in others if name_of(t) == id]))
            out.append(
                Problem(
                    at,
                    f"{id} fires as well, and tells {told}",
                    "nobody is told of what `expect` does not name",
                    (id,),
                    (*moment.origin, "expect"),
                )
            )
    return out


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def name_of(telling: Telling) -> str:
    """The alert's id, or its name where the plan has no such alert."""
    return telling.fired.alert or telling.fired.labels.get("alertname", "?")


def _unmet(e: Expectation, scene: Scene, at: int) -> Iterator[Problem]:
    wanted = f"{e.key} fires and {_said(e)}"

    def problem(message: str, help_: str = "") -> Problem:
        return Problem(at, message, wanted, e.alerts, e.origin, help_)

    mine = [t for t in scene.now if t.fired.alert in e.alerts]
    if not mine:
        waits = [(id, scene.pending[id]) for id in e.alerts if id in scene.pending]
        if waits:
            id, since = min(waits, key=lambda pair: pair[1])
            yield problem(f"{id} does not fire yet: its condition holds since {duration_text(since)}")
        else:
            yield problem(f"{e.key} does not fire")
        return
    early = [t for t in scene.before if t.fired.alert in e.alerts]
    if early:
        yield problem(
            f"{name_of(early[0])} fires already at {duration_text(scene.moment.at)}, "
            f"since {duration_text(early[0].fired.since)}"
        )
    matching = [t for t in mine if _has(t.fired.labels, e.labels)]
    if not matching:
        label = next(name for name, value in e.labels.items() if mine[0].fired.labels.get(name, "") != value)
        have = mine[0].fired.labels.get(label, "")
        yield problem(f'{e.key} fires with {label}="{have}" instead of "{e.labels[label]}"')
        return
    if e.inhibited_by:
        free = [t for t in matching if t.inhibited is None or t.inhibited[1] not in e.inhibited_by]
        if free:
            by = free[0].inhibited
            told = f"is silenced by {by[1]}" if by else f"tells {listed(_receivers(free)) or 'nobody'}"
            yield problem(f"{name_of(free[0])} {told}")
        return
    yield from _misdirected(e, matching, problem)


def _misdirected(
    e: Expectation, tellings: Sequence[Telling], problem_of: Callable[[str, str], Problem]
) -> Iterator[Problem]:
    always = dict.fromkeys(r for t in tellings for r in t.always)
    sometimes = {r: w for t in tellings for r, w in t.sometimes.items() if r not in always}
    if sometimes:
        receiver, window = next(iter(sometimes.items()))
        yield problem_of(
            f"whether {receiver} is told of {e.key} depends on the hour ({window})",
            "give the test a `start`, such as `start: tue 10:00`",
        )
        return
    missing = [r for r in dict.fromkeys(e.receivers) if r not in always]
    extra = [r for r in always if r not in e.receivers]
    for receiver in missing:
        yield problem_of(f"{receiver} is not told of {e.key}{_because(receiver, tellings)}", "")
    if extra:
        yield problem_of(f"{listed(extra)} {'is' if len(extra) == 1 else 'are'} told of {e.key} as well", "")


def _because(receiver: str, tellings: Sequence[Telling]) -> str:
    for t in tellings:
        if t.inhibited:
            return f": {t.inhibited[1]} silences it ({t.inhibited[0]})"
        if receiver in t.silent:
            return f": the window {t.silent[receiver]} keeps it silent at that hour"
        if receiver in t.later:
            return f": its escalation comes {duration_text(t.later[receiver])} later"
        if t.fired.why_silent:
            return f": {t.fired.why_silent}"
        if t.fired.targets is not None:
            return ": its alarm tells no topic of that receiver"
    return ": no route leads there"


def _receivers(tellings: Sequence[Telling]) -> list[str]:
    return list(dict.fromkeys(r for t in tellings for r in (*t.always, *t.sometimes)))


def _said(e: Expectation) -> str:
    if e.inhibited_by:
        return f"is silenced by {listed(e.inhibited_by)}"
    return f"tells {listed(e.receivers)}" if e.receivers else "tells nobody"


def _has(labels: Labels, wanted: Labels) -> bool:
    return all(labels.get(name, "") == value for name, value in wanted.items())


def _fires(ids: Sequence[str]) -> str:
    return "fires" if len(ids) == 1 else "fire"
