"""Statistics, periods and units as CloudWatch takes them.

In: texts and numbers of a spec. Out: what is wrong with each, or "". Grammar and names: the CloudWatch user guide
("CloudWatch statistics definitions") and the API reference of PutMetricAlarm and MetricDatum.
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal

SIMPLE = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
DAY, WEEK, HOUR = 86_400, 604_800, 3_600
MONTH = 30 * DAY

_BYTES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
UNITS = (
    "Seconds",
    "Microseconds",
    "Milliseconds",
    *_BYTES,
    *_BITS,
    "Percent",
    "Count",
    *(f"{unit}/Second" for unit in (*_BYTES, *_BITS, "Count")),
    "None",
)

_NUMBER = r"\d{1,3}(?:\.\d{1,10})?"
_percentile = re.compile(rf"(p|tm|wm|tc|ts)({_NUMBER})").fullmatch
_BOUND = r"(-?\d+(?:\.\d{1,10})?)(%?)"
_range = re.compile(rf"(TM|WM|TC|TS|PR)\((?:{_BOUND})?:(?:{_BOUND})?\)").fullmatch
_MEANT = {
    "avg": "Average",
    "mean": "Average",
    "min": "Minimum",
    "max": "Maximum",
    "count": "SampleCount",
    "samples": "SampleCount",
    "total": "Sum",
    "median": "p50",
}
_FORMS = "Average, Sum, Minimum, Maximum, SampleCount, IQM, p99, tm99, wm99, tc99, ts99, TM(5%:95%), PR(:300)"


@functools.cache
def statistic_problem(stat: str) -> tuple[str, str]:
    """What is wrong with a statistic, and a hint; ("", "") for a good one."""
    if stat in SIMPLE or stat == "IQM":
        return "", ""
    if m := _percentile(stat):
        if Decimal(m[2]) <= 100:
            return "", ""
        return f"`{stat}` is past the hundredth percentile", f"write a number from 0 to 100, such as `{m[1]}99`"
    if m := _range(stat):
        return _range_problem(stat, m)
    return f"`{stat}` is no CloudWatch statistic", _statistic_hint(stat)


def _range_problem(stat: str, m: re.Match[str]) -> tuple[str, str]:
    kind, low, low_share, high, high_share = m.groups()
    if low is None and high is None:
        return f"`{stat}` has no bound", f"give at least one, such as `{kind}(:300)`"
    if kind == "PR" and (low_share or high_share):
        return f"`{stat}` has bounds in percent", "a percentile rank takes values of the metric, such as `PR(:300)`"
    if low is not None and high is not None:
        if low_share != high_share:
            return f"`{stat}` mixes a percentage and a value", f"write both alike, such as `{kind}(5%:95%)`"
        if Decimal(low) >= Decimal(high):
            return f"`{stat}` holds nothing: its lower bound is not below the upper one", ""
    if any(share and not 0 <= Decimal(bound) <= 100 for bound, share in ((low, low_share), (high, high_share))):
        return f"`{stat}` has a bound outside 0% to 100%", ""
    return "", ""


def _statistic_hint(stat: str) -> str:
    folded = stat.strip().casefold()
    exact = {name.casefold(): name for name in (*SIMPLE, "IQM")} | _MEANT
    if folded in exact:
        return f"did you mean `{exact[folded]}`?"
    if _percentile(folded):
        return f"did you mean `{folded}`?"
    if _range(stat.strip().upper()):
        return f"did you mean `{stat.strip().upper()}`?"
    from difflib import get_close_matches

    near = get_close_matches(folded, exact, 1)
    return f"did you mean `{exact[near[0]]}`?" if near else f"statistics are {_FORMS}"


@functools.cache
def period_problem(ms: int) -> tuple[str, str]:
    """What is wrong with a period in milliseconds, and a hint; ("", "") for a good one."""
    from monitorspec.spec.units import duration_text

    seconds, rest = divmod(ms, 1000)
    if ms <= 0:
        return "a datapoint needs a period", "such as `period: 1m`"
    if rest == 0 and (seconds in (10, 20, 30) or seconds % 60 == 0):
        if seconds <= DAY:
            return "", ""
        return f"a period of {duration_text(ms)} is longer than a day, CloudWatch's longest", "`period: 1d`"
    below = seconds // 60 * 60
    if seconds > 60:
        near = f"`{duration_text(below * 1000)}` or `{duration_text((below + 60) * 1000)}`"
    else:
        near = "`10s`, `20s`, `30s` or `1m`"
    return f"CloudWatch has no period of {duration_text(ms)}: 10s, 20s, 30s or whole minutes", f"write {near}"


@functools.cache
def graph_period_problem(ms: int) -> tuple[str, str]:
    """What is wrong with a period in milliseconds for a dashboard (see "Dashboard Body Structure and Syntax"), and a hint."""
    from monitorspec.spec.units import duration_text

    seconds, rest = divmod(ms, 1000)
    if ms > 0 and rest == 0 and (seconds in (1, 5, 10, 20, 30) or seconds % 60 == 0):
        if seconds <= MONTH:
            return "", ""
        return f"a period of {duration_text(ms)} is longer than 30 days, a dashboard's longest", "`period: 30d`"
    return (
        f"CloudWatch has no period of {duration_text(ms)}: 1s, 5s, 10s, 20s, 30s or whole minutes",
        f"write `{duration_text(max(round(seconds / 60), 1) * 60_000)}`",
    )


def range_problem(period: int, periods: int) -> tuple[str, str]:
    """What is wrong with an alarm that looks at `periods` datapoints of `period` seconds, and a hint."""
    from monitorspec.spec.units import duration_text

    longest = WEEK if period >= HOUR else DAY
    if period * periods <= longest:
        return "", ""
    back = f"{periods} datapoints of {duration_text(period * 1000)} are {duration_text(period * periods * 1000)}"
    if period < HOUR:
        return (
            f"{back}; CloudWatch looks back one day at most with periods under an hour",
            f"at most {longest // period} datapoints, or a period of `1h` or more (then a week)",
        )
    return f"{back}; CloudWatch looks back a week at most", f"at most {longest // period} datapoints"


def unit_hint(unit: str) -> str:
    """The CloudWatch unit that was meant, or all of them."""
    from difflib import get_close_matches

    folded = {name.casefold(): name for name in UNITS}
    near = get_close_matches(unit.casefold(), folded, 1, 0.5)
    return f"did you mean `{folded[near[0]]}`?" if near else f"units are {', '.join(UNITS)}"
