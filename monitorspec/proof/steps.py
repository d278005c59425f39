"""How often a service's tests evaluate its rules.

In: alerts. Out: the time between two evaluations and between two samples, in ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

from monitorspec.plan import Alert, Limit

_NICE = (1_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 240_000)
# Rules with hysteresis read the series of their own alert, and signals their samples: both are forgotten after 5m.
_FORGOTTEN = 240_000


def evaluation_step(alerts: Sequence[Alert]) -> int:
    """A step that tells every `for` from one a tenth off, where that takes no more than some sixty evaluations.

    m of n datapoints are counted at the interval of their own rule, so the step is that interval then.
    """
    counted = [a.interval for a in alerts if isinstance(a.condition, Limit) and a.condition.datapoints]
    if counted:
        return gcd(*counted)
    interval = min((alert.interval for alert in alerts), default=60_000)
    waits = [wait for alert in alerts for wait in (alert.hold, alert.keep_firing) if wait]
    if not waits:
        return min(interval, 60_000)
    fine, coarse = max(max(waits) // 60, 1), max(min(waits) // 3, 1)
    wanted = max(fine, min(max(waits) // 10, coarse), min(interval, coarse))
    step = max((nice for nice in _NICE if nice <= wanted), default=_NICE[0])
    held_back = any(isinstance(a.condition, Limit) and a.condition.recover is not None for a in alerts)
    if wanted > _NICE[-1] and not held_back:
        step = wanted - wanted % 60_000
    return step


def sample_step(step: int) -> int:
    """The time between samples: a whole part of the step, short enough that no sample is forgotten before the next."""
    parts = -(-step // _FORGOTTEN)
    while step % parts:
        parts += 1
    return step // parts
