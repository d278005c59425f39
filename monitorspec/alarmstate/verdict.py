"""From datapoints to a state: M of N, missing data, too few samples.

In: whether each datapoint of the evaluation range breaches. Out: the state. The rules, the user guide's "Configuring how
CloudWatch alarms treat missing data" with its two tables:

- With N or more datapoints in the range, the N most recent ones decide, whatever is missing between them.
- Otherwise what is missing is filled as the alarm says, and all datapoints of the range count.
- `missing` and `ignore` fill nothing. M breaching ones are enough for ALARM, one that does not breach makes it OK. Where
  all breach, but fewer than M, the alarm waits until the oldest of them is M periods old ("premature transitions"); until
  then `missing` is INSUFFICIENT_DATA, as the row `- - - - X` of the guide's earlier editions has it.
"""

from __future__ import annotations

from collections.abc import Sequence

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = (OK, ALARM, INSUFFICIENT)
MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"
TREATMENTS = (MISSING, IGNORE, BREACHING, NOT_BREACHING)
LOOK_BACK = 2
"""Periods beyond N that are looked at: "CloudWatch attempts to retrieve a higher number of data points". How many is not
published; in the guide's tables it is 5 for an N of 3."""


def verdict(breaches: Sequence[bool | None], enough: int, of: int, treatment: str) -> str | None:
    """The state by the datapoints of the evaluation range, oldest first, None for a missing one; None: it stays as it is.

    `enough` of `of` datapoints: M and N.
    """
    known = [breach for breach in breaches if breach is not None]
    if len(known) >= of:
        return ALARM if sum(known[len(known) - of :]) >= enough else OK
    bad = sum(known)
    if treatment == BREACHING:
        return ALARM if bad + of - len(known) >= enough else OK
    if bad >= enough:
        return ALARM
    if treatment == NOT_BREACHING or bad < len(known):
        return OK
    if treatment == IGNORE:
        return None
    age = len(breaches) - breaches.index(True) if known else 0
    return ALARM if age >= enough else INSUFFICIENT


def too_few(samples: float, percentile: float) -> bool:
    """Whether a percentile (0 to 1) of so many samples says little: "fewer than 10/(1-percentile)", below the median
    "fewer than 10/percentile" (the user guide, "Percentile-based alarms and low data samples")."""
    rest = 1 - percentile if percentile >= 0.5 else percentile
    # 1 - 0.99 is a little more than 0.01.
    return rest > 0 and samples < round(10 / rest, 6)
