"""The error ratio of an objective that CloudWatch counts, as one metric math expression over a window.

In: the events of an indicator and a window. Out: `CloudWatchSignal`s of which one datapoint is the whole window.
"""

from __future__ import annotations

from decimal import Context, Decimal

from monitorspec.plan import CloudWatchSignal
from monitorspec.plan.services import CloudWatchEvents
from monitorspec.spec.units import number_text

_COUNTS = Context(prec=5)
LONGEST = 86_400_000
"""A datapoint of CloudWatch is at most a day long (API reference, PutMetricAlarm, Period)."""


def error_ratio(events: CloudWatchEvents, window: int, min_traffic: Decimal | None) -> CloudWatchSignal:
    """Bad events over all events of the last `window` ms; 0 while there are fewer than `min_traffic` per second.

    Metrics that count failures publish nothing while there are none: that is 0, and not missing.
    """
    part = events.bad or events.good
    assert part is not None
    name = "bad" if events.bad else "good"
    # Rates are exact to six digits only, and nobody means a millionth of an event.
    least = number_text(_COUNTS.multiply(min_traffic, Decimal(window) / 1000)) if min_traffic else "0"
    share = "FILL(bad, 0) / total" if events.bad else "1 - FILL(good, 0) / total"
    over = ">=" if min_traffic else ">"
    return events.total._replace(
        namespace="",
        metric="",
        stat="",
        dimensions=(),
        unit="",
        label="error ratio",
        period=window,
        expression=f"IF(total {over} {least}, {share}, 0)",
        metrics=((name, part._replace(period=window)), ("total", events.total._replace(period=window))),
    )
