"""A change between two plans as a reviewer reads it: what, how bad, and a name that survives pushes.

In: nothing (the areas make them). Out: `Change`, and the places that it is told of (`At`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from monitorspec.plan import Path

Level = Literal["risky", "notable", "cosmetic"]
LEVELS: tuple[Level, ...] = ("risky", "notable", "cosmetic")
"""From the worst: somebody may not be paged any more or an incident goes unnoticed; a reviewer wants to know; nothing that an
alert or a page does changes."""

Sign = Literal["+", "-", "~", "-/+"]
"""Added, removed, changed in place, or taken away and made anew."""


class At(NamedTuple):
    """A place in the spec: of the new one, or of the old one (`old`) for what is gone."""

    path: Path
    old: bool = False


class Change(NamedTuple):
    """One change.

    `code` is stable (`area/name`, a page of `explain`); `subject` is what changed: an alert's id, `route critical`; `text`
    says how, in words; `before` and `after` are what it was and is, where that is short. `details` are lines of their own.
    """

    code: str
    level: Level
    sign: Sign
    subject: str
    text: str
    at: At
    before: str = ""
    after: str = ""
    details: tuple[str, ...] = ()

    @property
    def area(self) -> str:
        """The first part of its code."""
        return self.code.partition("/")[0]


def fingerprint(system: str, change: Change) -> str:
    """Twelve hexadecimal digits that stay the same for the same change of the same system, wherever it stands in the file and
    whatever else changes: an acknowledgement refers to it."""
    from hashlib import sha256

    essence = "\0".join((system, change.code, change.subject, change.before, change.after, change.text))
    return sha256(essence.encode()).hexdigest()[:12]
