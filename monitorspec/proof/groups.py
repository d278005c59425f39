"""Test groups: lanes that do not disturb each other share one, because promtool's time goes by evaluations.

In: lanes. Out: groups of lanes with the same step between samples and no key in common, in the lanes' order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Block(NamedTuple):
    """A lane as text: the input series, alert tests and expression tests that it adds to its group.

    `keys`, `step`, `end`: the lane's.
    """

    title: str
    keys: frozenset[str]
    step: int
    end: int
    series: str
    alerts: str
    exprs: str


class Group(NamedTuple):
    """Lanes of one promtool test group; `step` is its `interval` in ms."""

    lanes: tuple[Block, ...]
    step: int

    @property
    def name(self) -> str:
        """What it is about: shown with every failure."""
        titles = dict.fromkeys(lane.title for lane in self.lanes)
        return ", ".join(titles)


ANYTHING = "*"
"""Key of a lane whose series cannot be told from others: it gets a group of its own."""


def grouped(lanes: Iterable[Block]) -> list[Group]:
    """Each lane in the first group that has room for it."""
    rooms: list[tuple[int, set[str], list[Block]]] = []
    for lane in lanes:
        for step, keys, members in rooms:
            if step == lane.step and ANYTHING not in keys and ANYTHING not in lane.keys and keys.isdisjoint(lane.keys):
                keys |= lane.keys
                members.append(lane)
                break
        else:
            rooms.append((lane.step, set(lane.keys), [lane]))
    return [Group(tuple(members), step) for step, _, members in rooms]
