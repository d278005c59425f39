"""Mutants and what came of them, as data.

In: nothing. Out: `Mutant`, `Verdict`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from monitorspec.plan import Path, Service

Outcome = Literal["noticed", "equivalent", "survived"]


class Change(NamedTuple):
    """One thing that is changed. `kind`: threshold, comparison, for, window, factor, matcher, metric, label, …"""

    kind: str
    text: str
    """`above 95% → above 94%`."""
    same: str = ""
    """Why it changes nothing, where the expression itself tells that."""


class Mutant(NamedTuple):
    """One wrong version of something in a service."""

    subject: str
    """What is changed: an alert's id, `service.slo` or a record's name."""
    change: Change
    service: Service
    """The service with the change, as far as the plan can say it."""
    origin: Path
    keys: frozenset[str]
    """What it touches, as keys of lanes (`proof.timeline.Lane`): names of alerts, objectives and series."""
    swaps: tuple[tuple[str, str], ...] = ()
    """Texts of the emitted rules and what stands there instead, for what is in no plan."""


class Verdict(NamedTuple):
    """What came of a mutant."""

    subject: str
    change: Change
    origin: Path
    outcome: Outcome
    reason: str
    """Which test noticed it, why it is equivalent, or what keeps tests from noticing it."""
    tests: tuple[str, ...] = ()
    """What was run, if nothing noticed it."""
