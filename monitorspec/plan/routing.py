"""Who is told: the routing tree, receivers, windows, mutes, inhibitions.

In: nothing (resolve makes them). Out: the records that `routing` answers from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorspec.plan.alerts import Path


class Matcher(NamedTuple):
    """A label matcher with Alertmanager's meaning: `op` is =, !=, =~ or !~; regexes are anchored; a missing label is ""."""

    label: str
    op: str
    value: str


class Asked(NamedTuple):
    """A label matcher as the spec writes it: `op` and any of `values`.

    `origin` is the place of the label, a key, with its values there; or of `text`, the whole matcher.
    """

    label: str
    op: str
    values: tuple[str, ...]
    origin: Path
    text: str


class Target(NamedTuple):
    """One receiver told by a route. `after` > 0 is an escalation (ms). `active`/`muted` are window names."""

    receiver: str
    after: int
    repeat_interval: int | None
    active: tuple[str, ...]
    muted: tuple[str, ...]


class Route(NamedTuple):
    """A node of the routing tree. Its own `targets` are told of what none of `routes` takes.

    `group_by` None means: as the parent. `continue_`: the siblings behind it are tried too.
    """

    name: str
    matchers: tuple[Matcher, ...]
    targets: tuple[Target, ...]
    group_by: tuple[str, ...] | None
    group_wait: int | None
    group_interval: int | None
    repeat_interval: int | None
    continue_: bool
    routes: tuple[Route, ...]
    origin: Path
    quiet: bool = False
    """Whether the spec says that nobody is told outside of its window."""
    asked: tuple[Asked, ...] = ()
    """Those of its matchers that the spec writes with a label."""


class Receiver(NamedTuple):
    """`integrations`: kind (slack, pagerduty, …) with one configuration each, as the spec wrote them.

    `topics`: names of CloudWatch SNS topics that carry alarms to this receiver.
    """

    name: str
    integrations: tuple[tuple[str, Mapping[str, Any]], ...]
    topics: tuple[str, ...]
    origin: Path


class Span(NamedTuple):
    """Numbers as Alertmanager writes ranges: `start` and `end` inclusive except for minutes of the day."""

    start: int
    end: int


class Window(NamedTuple):
    """A weekly window: every non-empty list has to hold. `days`: 0 = Sunday … 6; `minutes`: of the day, end exclusive,
    never over midnight (an overnight window is split; then `days` of the second half are shifted: see `parts`)."""

    name: str
    parts: tuple[WindowPart, ...]
    origin: Path
    text: str = ""
    """In the spec's own words: `mon-fri 08:00-18:00 Europe/Berlin`."""


class WindowPart(NamedTuple):
    days: tuple[Span, ...]
    minutes: tuple[Span, ...]
    dates: tuple[Span, ...]
    months: tuple[Span, ...]
    tz: str


class MustPage(NamedTuple):
    """What the spec asserts: each of `receivers` is told of each of `alerts` (ids) at once, at every hour."""

    receivers: tuple[str, ...]
    alerts: tuple[str, ...]
    origin: Path
    """Path of what has the assertion as its `must_page`."""


class Mute(NamedTuple):
    """`any_of`: alternatives, each a conjunction of matchers."""

    name: str
    any_of: tuple[tuple[Matcher, ...], ...]
    window: str
    origin: Path
    asked: tuple[Asked, ...] = ()


class Inhibit(NamedTuple):
    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    origin: Path
    asked: tuple[Asked, ...] = ()
    """Those of both sides."""
