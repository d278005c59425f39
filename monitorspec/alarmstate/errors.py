"""What can be wrong with alarms and samples, told for people.

In: nothing. Out: exceptions; `str()` of each is a sentence that names the alarm, the property or the place.
"""

from __future__ import annotations


class AlarmError(Exception):
    """Anything that keeps an alarm from being evaluated."""


class PropertyError(AlarmError):
    """A property that is missing, of a wrong kind, or that CloudWatch would refuse."""


class ReferenceFault(AlarmError):
    """A reference of a template that leads nowhere."""


class MathError(AlarmError):
    """A metric math expression that cannot be read or computed."""


class RuleError(AlarmError):
    """An AlarmRule that cannot be read, names an unknown alarm, or goes in a circle."""


class ScheduleError(AlarmError):
    """A schedule of a mute rule that cannot be read."""


class Unsupported(AlarmError):
    """Something that CloudWatch knows and that cannot be computed from samples: a search, a query, a quota."""
