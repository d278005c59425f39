"""Cases: samples, and what an alarm has to do while they come in.

In: nothing. Out: `Case` and its parts. Times are seconds since the epoch; every case begins at `START`, a Wednesday at
midnight UTC, which every period that CloudWatch knows divides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from monitorspec.alarmstate.mathframe import Band
from monitorspec.alarmstate.samples import Metric, Sample

START = int(datetime(2024, 5, 15, tzinfo=UTC).timestamp())
BLIND = 6
"""Periods for which missing data may go unnoticed: CloudWatch does not tell how many it looks back beyond N."""


class Check(NamedTuple):
    """At `time` the alarm is in `state`; `why` tells what the samples are then."""

    time: int
    state: str
    why: str


class Told(NamedTuple):
    """After `after` and up to `until` the alarm tells of `state`; `never`: it does not."""

    after: int
    until: int
    state: str
    why: str
    never: bool = False


class Case(NamedTuple):
    """One story of an alarm."""

    alert: str
    """Id of the alert."""
    alarm: str
    """Logical id of its alarm."""
    needs: tuple[str, ...]
    """Logical ids of the other alarms that decide on what it does."""
    title: str
    samples: Mapping[Metric, tuple[Sample, ...]]
    end: int
    checks: tuple[Check, ...]
    told: tuple[Told, ...]
    topics: Mapping[str, tuple[str, ...]]
    """State → names of the topics that are told of it: () is nobody."""
    bands: Mapping[Metric | str, Band] = {}
    silent: tuple[str, ...] = ()
    """Logical ids of alarms that tell nobody anything."""
    parameters: Mapping[str, str] = {}
    """Other values of the stack's parameters than in `Proof`."""


class Quiet(NamedTuple):
    """When maintenance windows keep an alarm silent: at each of `times` or not."""

    alert: str
    alarm: str
    times: tuple[int, ...]
    muted: tuple[bool, ...]


class Gap(NamedTuple):
    """What no case shows of an alert, and why."""

    alert: str
    reason: str


class Proof(NamedTuple):
    """All cases of a plan, and when its alarms are muted. `parameters`: the values of the stack's parameters; `topics`: what
    a topic is called in a stack (a logical id or a parameter) → its name."""

    cases: tuple[Case, ...]
    quiet: tuple[Quiet, ...]
    gaps: tuple[Gap, ...]
    parameters: Mapping[str, str]
    topics: Mapping[str, str]


class Unproven(Exception):
    """Why something cannot be shown."""
