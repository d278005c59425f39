"""What came of a test.

In: nothing. Out: `Outcome`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from monitorspec.plan import Labels, Path
from monitorspec.scenario.verdict import Problem, Scene

Kind = Literal["test", "rules", "alarms", "routes"]
"""A user's test; or generated ones: of Prometheus rules by promtool, of CloudWatch alarms, of who is told."""


class Detail(NamedTuple):
    """An alert at a time. `values`: (what it is the value of, labels, value) of its signal then; `condition`: in words.

    `first`: when it fires for the first time in the test's series (ms), None for never; `end`: when these end. `view`: of an
    alarm, what it sees and compares, instead of all these.
    """

    alert: str
    at: int
    condition: str
    values: tuple[tuple[str, Labels, float], ...]
    first: int | None
    end: int
    view: str = ""


class Outcome(NamedTuple):
    """A test and what it found. `id` is unique within a plan; `origin`: its line in the spec.

    `scenes`: what a user's test saw. `covers`: ids of the alerts that a generated test makes fire.
    `details`: of a user's test that failed, for its story.
    """

    kind: Kind
    name: str
    origin: Path
    problems: tuple[Problem, ...]
    scenes: tuple[Scene, ...] = ()
    covers: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()

    @property
    def id(self) -> str:
        """Its kind and its name."""
        return f"{self.kind}/{self.name}"

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems
