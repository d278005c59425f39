"""Specs before and after, compared: what a pull request does.

In: pairs of spec files, either of them None. Out: `Review`: the changes of every system in all of its environments, each with
its fingerprint, its place and whether somebody acknowledged it; what deployment does; and what is wrong with specs that cannot be
compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from monitorspec.compiler import Compiled, compile_file, environments
from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.diff import changes, findings, in_order
from monitorspec.diff.change import At, Change, Level, fingerprint
from monitorspec.diff.deploy import Effect, effects
from monitorspec.diff.pairs import compared
from monitorspec.plan import Plan, Route
from monitorspec.plan.aws import Stack

_OF_WHOLE = frozenset(("paging", "detection"))
"""What is told of a spec that comes or goes."""


class Told(NamedTuple):
    """A change as it is told. `only`: the environments that have it, () for all of them; `position` is in the new spec, or where
    it would be there; `acknowledged` is the reason that somebody gave, or ""."""

    change: Change
    fingerprint: str
    only: tuple[str, ...]
    position: Position
    acknowledged: str = ""

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.change.level


class SystemReview(NamedTuple):
    """One system, or with `environment` one of its environments where that alone cannot be told together."""

    system: str
    file: str
    changes: tuple[Told, ...]
    effects: tuple[Effect, ...]


class Review(NamedTuple):
    """`before` and `after` say what was compared."""

    before: str
    after: str
    systems: tuple[SystemReview, ...]
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]

    @property
    def told(self) -> list[Told]:
        """All changes of all systems."""
        return [told for system in self.systems for told in system.changes]

    def open(self, level: Level) -> list[Told]:
        """Changes of a level that nobody acknowledged."""
        return [told for told in self.told if told.level == level and not told.acknowledged]


class Pair(NamedTuple):
    """The same spec before and after; `name` is what it is called in the report."""

    old: Path | None
    new: Path | None
    name: str


def review(
    pairs: Iterable[Pair], before: str, after: str, environment: str = "", acknowledged: Mapping[str, str] | None = None
) -> Review:
    """Compare pairs of specs. With `environment`, only that of each; else the specs as they are and each of their environments."""
    systems: list[SystemReview] = []
    found: list[Diagnostic] = []
    texts: dict[str, str] = {}
    for pair in pairs:
        system, wrong = _compared(pair, environment, acknowledged or {}, texts)
        found += wrong
        if system is not None:
            systems.append(system)
    return Review(before, after, tuple(systems), tuple(found), texts)


def _compared(
    pair: Pair, environment: str, acknowledged: Mapping[str, str], texts: dict[str, str]
) -> tuple[SystemReview | None, list[Diagnostic]]:
    names, come_and_gone = ([environment], []) if environment else _environments(pair)
    found: dict[Change, dict[str, Position]] = {}
    deployed: list[Effect] = []
    system = ""
    for name in names:
        old, new = _plan(pair.old, name), _plan(pair.new, name)
        for side, compiled in ((pair.old, old), (pair.new, new)):
            if compiled is None or side is None:
                continue
            if compiled.plan is None:
                texts.update(compiled.texts)
                errors = [d for d in compiled.diagnostics if d.level == "error"]
                return None, errors if side is pair.new else [_uncomparable(pair, errors)]
        before, after = (compiled.plan if compiled is not None else None for compiled in (old, new))
        was, now = _filled(before, after)
        system = now.system
        places = _places(old, new)
        listed = changes(was, now)
        if old is not None and new is not None:
            brought = findings.changes(old.diagnostics, new.diagnostics, old.ignored, new.ignored)
            listed = in_order([*listed, *brought])
        else:
            # The spec says the rest: all that it holds is new or gone.
            listed = [_whole(pair, now, old is None), *(c for c in listed if c.area in _OF_WHOLE)]
        for change in listed:
            found.setdefault(change, {})[name] = places(change.at)
        if not name:
            found |= {change: dict.fromkeys(names, places(change.at)) for change in come_and_gone}
        if listed:
            deployed += effects(compared(was, now))
        if new is not None:
            texts.update(new.texts)
    told = []
    for change in in_order(found):
        where = found[change]
        mark = fingerprint(system, change)
        only = () if len(where) == len(names) else tuple(name or "the spec itself" for name in where)
        told.append(Told(change, mark, only, next(iter(where.values())), acknowledged.get(mark, "")))
    return SystemReview(system, pair.name, tuple(told), _merged(deployed)), []


def _merged(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """What deployment does in all environments together."""
    out: dict[tuple[str, str], Effect] = {}
    for effect in effects:
        was = out.setdefault((effect.target, effect.action), effect)
        what, why = (tuple(dict.fromkeys((*a, *b))) for a, b in ((was.what, effect.what), (was.why, effect.why)))
        out[effect.target, effect.action] = was._replace(what=what, why=why)
    return tuple(out.values())


def _environments(pair: Pair) -> tuple[list[str], list[Change]]:
    """The spec as it is, and the environments that it has on both sides; and those that come or go: these have nothing to be
    compared with."""
    if pair.old is None or pair.new is None:
        return ["", *(name for path in (pair.old, pair.new) if path is not None for name in environments(path))], []
    old, new = environments(pair.old), environments(pair.new)
    found = [
        Change(
            "system/environment", "notable", "+", f"environment {name}", "new environment", At(("environments", name))
        )
        for name in new
        if name not in old
    ]
    found += [
        Change(
            "system/environment",
            "notable",
            "-",
            f"environment {name}",
            "environment is gone",
            At(("environments", name), True),
        )
        for name in old
        if name not in new
    ]
    return ["", *(name for name in new if name in old)], found


def _plan(path: Path | None, environment: str) -> Compiled | None:
    return None if path is None else compile_file(path, environment)


def _uncomparable(pair: Pair, errors: Sequence[Diagnostic]) -> Diagnostic:
    first = errors[0]
    message = f"`{pair.name}` had errors before, so it cannot be compared: {first.message}"
    return Diagnostic("review/old-spec", message, Position(pair.name, 1, 1), "warning")


def _filled(old: Plan | None, new: Plan | None) -> tuple[Plan, Plan]:
    """Both plans; a missing one is the other without anything in it."""
    assert old is not None or new is not None
    return (old if old is not None else _emptied(new)), (new if new is not None else _emptied(old))


def _emptied(plan: Plan | None) -> Plan:
    assert plan is not None
    root = Route("", (), (), None, None, None, None, False, (), ())
    return plan._replace(
        services=(),
        records=(),
        receivers=(),
        root=root,
        windows=(),
        mutes=(),
        inhibits=(),
        dashboards=(),
        datasources=(),
        runbooks=(),
        prometheus=None,
        alertmanager_global={},
        alertmanager_templates=(),
        stack=Stack(region=plan.stack.region, format=plan.stack.format, prefix=plan.stack.prefix),
        agents=(),
    )


def _whole(pair: Pair, plan: Plan, added: bool) -> Change:
    at = At((), not added)
    if added:
        return Change("system/added", "notable", "+", plan.system, f"new spec `{pair.name}`", at)
    return Change("system/removed", "risky", "-", plan.system, f"spec `{pair.name}` is gone", at)


def _places(old: Compiled | None, new: Compiled | None) -> Callable[[At], Position]:
    """Where a change stands in the new spec; what is gone, where it would be."""

    def place(at: At) -> Position:
        side = new if new is not None else old
        assert side is not None
        if at.path and not (at.old and new is None):
            found = side.places.key(at.path) or side.places.value(at.path)
            if found is not None:
                return found
        return side.places.nearest(at.path)

    return place
