"""Test groups: lanes that do not disturb each other share one, because promtool's time goes by evaluations.

In: lanes. Out: groups of lanes with the same step between samples and no key in common, in the lanes' order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from monitorspec.proof.timeline import Lane


class Group(NamedTuple):
    """Lanes of one promtool test group; `step` is its `interval` in ms."""

    lanes: tuple[Lane, ...]
    step: int

    @property
    def name(self) -> str:
        """What it is about: shown with every failure."""
        titles = dict.fromkeys(lane.title for lane in self.lanes)
        return ", ".join(titles)


ANYTHING = "*"
"""Key of a lane whose series cannot be told from others: it gets a group of its own."""


def grouped(lanes: Iterable[Lane]) -> list[Group]:
    """Each lane in the first group that has room for it."""
    rooms: list[tuple[int, set[str], list[Lane]]] = []
    for lane in lanes:
        for step, keys, members in rooms:
            if step == lane.step and ANYTHING not in keys and ANYTHING not in lane.keys and keys.isdisjoint(lane.keys):
                keys |= lane.keys
                members.append(lane)
                break
        else:
            rooms.append((lane.step, set(lane.keys), [lane]))
    return [Group(tuple(members), step) for step, _, members in rooms]
