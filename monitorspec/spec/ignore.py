"""What a user writes about findings that are known and accepted.

In: nothing. Out: the record type of `ignore:`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from monitorspec.spec.record import Scalar, record
from monitorspec.spec.units import Mistaken

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def parse_date(value: Any) -> str:
    """A day such as `2027-03-01`, which as text sorts by time."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    said = "nothing" if value is None else f"`{value}`"
    if found:
        from datetime import date

        try:
            day = date(*map(int, found.groups())).isoformat()
        except ValueError:
            raise ValueError(f"there is no day {said}") from None
        if day == value:
            return day
        raise Mistaken(f"{said} is not a day such as `2027-03-01`; write `{day}`", day)
    raise ValueError(f"{said} is not a day such as `2027-03-01`")


def parse_reason(value: Any) -> str:
    """A text with something in it."""
    if isinstance(value, str) and value.strip():
        return " ".join(value.split())
    said = "nothing" if value is None else "an empty text" if isinstance(value, str) else f"`{value}`"
    raise ValueError(f"{said} is not a reason; say why this is no matter, for those who read it next year")


Day = Annotated[
    str, Scalar(parse_date, type="string", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2027-03-01"])
]
Reason = Annotated[
    str, Scalar(parse_reason, type="string", pattern=r"\S", examples=["the night shift starts in March"])
]


@record
class Ignore:
    """Why findings of a code are no matter at a place of the spec."""

    reason: Reason
    """Why they are no matter."""
    until: Day | None = None
    """The last day, in UTC, on which they are ignored; always unless told."""
