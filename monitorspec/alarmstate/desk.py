"""What an alarm does about its state changes: actions, held back by a suppressor, muted by rules.

In: state changes in order of time. Out: the actions that are taken. Rules: the user guide, "Alarm suppression" with its six
examples and "How alarm mute rules work" with its scenarios. An alarm that a suppressor or a mute rule has kept silent acts
on the state it is in when that ends, if there was a change that it has kept silent about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitorspec.alarmstate.properties import Properties
from monitorspec.alarmstate.verdict import ALARM, INSUFFICIENT, OK

_KEYS = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT: "InsufficientDataActions"}


class Action(NamedTuple):
    """At `time` (seconds) an alarm told its `targets` that it is in `state`."""

    time: int
    state: str
    targets: tuple[str, ...]


class Suppressor(NamedTuple):
    """An alarm that keeps another one silent while it is in ALARM; seconds."""

    alarm: str
    wait: int
    extension: int


class Orders(NamedTuple):
    """What an alarm is to do: targets by state, none where actions are disabled."""

    targets: Mapping[str, tuple[str, ...]]
    suppressor: Suppressor | None


def orders_of(p: Properties, suppressor: Suppressor | None = None) -> Orders:
    """The orders of an alarm with these properties."""
    enabled = p.flag("ActionsEnabled", True)
    return Orders({state: p.texts(key) if enabled else () for state, key in _KEYS.items()}, suppressor)


class Desk:
    """One alarm's actions over time. `mutes`: (start, end) of the windows in which it is muted."""

    def __init__(self, orders: Orders, mutes: Sequence[tuple[int, int]] = ()) -> None:
        self.actions: list[Action] = []
        self._orders = orders
        self._mutes = mutes
        self._suppressed = False
        self._owing = False
        self._until: int | None = None
        self._muted = ""
        """The state that it is not allowed to tell of now."""

    @property
    def has_mutes(self) -> bool:
        """Whether it may be muted at some time."""
        return bool(self._mutes)

    @property
    def deadline(self) -> int | None:
        """When it has to look again, although nothing has changed."""
        return self._until

    def step(self, at: int, state: str, changed: bool, suppressing: bool) -> None:
        """`state` at `at`, whether it is new, whether the suppressor is in ALARM."""
        if self._muted and not self._is_muted(at):
            # "… because the mute window has ended and the alarm remains in the same state in which it was muted."
            if self._muted == state and not changed:
                self._take(at, state)
            self._muted = ""
        if self._orders.suppressor is None:
            if changed:
                self._act(at, state)
            return
        self._owing |= changed
        if suppressing:
            # Example 2: a wait that has begun is discarded.
            self._suppressed, self._until = True, None
            return
        if self._suppressed:
            self._suppressed, self._until = False, at + self._orders.suppressor.extension
        if changed:
            # Examples 3 and 6: a new wait, whatever was under way.
            self._until = at + self._orders.suppressor.wait
        if self._until is not None and at >= self._until:
            self._until = None
            if self._owing:
                self._owing = False
                self._act(at, state)

    def _act(self, at: int, state: str) -> None:
        if self._is_muted(at):
            self._muted = state
        else:
            self._take(at, state)

    def _take(self, at: int, state: str) -> None:
        targets = self._orders.targets[state]
        if targets:
            self.actions.append(Action(at, state, targets))

    def _is_muted(self, at: int) -> bool:
        return any(start <= at < end for start, end in self._mutes)
