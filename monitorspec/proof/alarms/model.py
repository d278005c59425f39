"""What the spec means by M of N datapoints and by missing data, as a reference model over periods.

In: whether the signal is past its limit in each period. Out: the state at the end of each, None where AWS leaves open how far
it looks back. The model knows nothing of alarm properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from monitorspec.proof.alarms.case import BLIND, Check, Told

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
# What the spec says of missing data → the state without any; `ignore` keeps the state.
_WITHOUT = {"ok": OK, "breaching": ALARM, "insufficient": INSUFFICIENT, "ignore": ""}


def expected(past: Sequence[bool | None], enough: int, of: int, missing: str) -> list[str | None]:
    """The state at the end of each period; `past`: whether the signal is past its limit then, None without data."""
    out: list[str | None] = []
    kept: str | None = INSUFFICIENT
    gap = 0
    for at, value in enumerate(past):
        gap = gap + 1 if value is None else 0
        recent = past[max(at + 1 - of, 0) : at + 1]
        known = [flag for flag in recent if flag is not None]
        state: str | None = None
        if len(known) == of:
            state = ALARM if sum(known) >= enough else OK
            # Only where all are alike does no evaluation on the way into a gap see another state.
            kept = state if len(set(known)) == 1 else None
        elif gap == at + 1 or gap >= of + BLIND:
            state = _WITHOUT[missing] or kept
        elif gap == 0:
            kept = None
        out.append(state)
    return out


def checks(states: Sequence[str | None], ends: Sequence[int], whys: Sequence[str]) -> tuple[Check, ...]:
    """A check at the end of every period whose state is certain."""
    rows = zip(states, ends, whys, strict=True)
    return tuple(Check(end, state, why) for state, end, why in rows if state is not None)


def told(states: Sequence[str | None], ends: Sequence[int], whys: Sequence[str]) -> tuple[Told, ...]:
    """Every change from one certain state to the next one: it is told of in between."""
    rows = [(state, end, why) for state, end, why in zip(states, ends, whys, strict=True) if state is not None]
    return tuple(Told(before, end, new, why) for (old, before, _), (new, end, why) in pairwise(rows) if old != new)
