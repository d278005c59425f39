"""Plain English for conditions, shared by all targets.

In: plan records. Out: short texts without markup or template syntax, for summaries, descriptions and tables.
"""

from __future__ import annotations

from decimal import Decimal

from monitorspec.plan import Absent, Alert, Anomaly, Burn, Composite, Forecast, Limit
from monitorspec.plan.alerts import Rule
from monitorspec.spec.units import UNITS, duration_text, number_text, plain

_SIDE = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}
# Unit → (factor from the unit to what people read, suffix).
_READ: dict[str, tuple[Decimal, str]] = {
    "ratio": (Decimal(100), "%"),
    "percent": (Decimal(1), "%"),
    "usd": (Decimal(1), " USD"),
    "bytes/s": (Decimal(1), " B/s"),
    "per_second": (Decimal(1), "/s"),
    "requests/s": (Decimal(1), " requests/s"),
    "ops/s": (Decimal(1), " ops/s"),
}


def value_text(value: Decimal, unit: str) -> str:
    """`0.8` of `ratio` → `80%`, `600000` of `milliseconds` → `10m`, bytes in the largest binary unit, to three digits."""
    dimension, factor, _, _ = UNITS[unit]
    if dimension == "time":
        return _time_text(value * factor)
    if dimension == "size":
        amount = value * factor
        for power, prefix in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
            scaled = amount / Decimal(1024) ** power
            if abs(scaled) >= 1:
                return f"{number_text(plain(scaled.quantize(Decimal('0.001'))))} {prefix}"
        return f"{number_text(amount)} B"
    scale, suffix = _READ.get(unit, (Decimal(1), ""))
    return number_text(value * scale) + suffix


def _time_text(seconds: Decimal) -> str:
    whole = seconds == int(seconds)
    if whole and seconds >= 120 and seconds % 60 == 0:
        return duration_text(int(seconds) * 1000)
    if seconds and abs(seconds) < 1:
        return f"{number_text(seconds * 1000)}ms"
    return f"{number_text(seconds)}s"


def percent_text(share: Decimal) -> str:
    """`0.999` → `99.9%`."""
    return number_text(share * 100) + "%"


def condition_text(alert: Alert) -> str:
    """When it fires, as the rest of a sentence: `above 80% for 10m`."""
    c = alert.condition
    held = f" for {duration_text(alert.hold)}" if alert.hold else ""
    unit = alert.signal.unit
    if isinstance(c, Limit):
        text = f"{_SIDE[c.op]} {value_text(c.value, unit)}"
        if c.datapoints:
            text += f" in {c.datapoints[0]} of {c.datapoints[1]} datapoints"
        text += held
        if c.recover is not None:
            text += f", until {'below' if c.op[0] == '>' else 'above'} {value_text(c.recover, unit)}"
        return text
    if isinstance(c, Forecast):
        return (
            f"expected {_SIDE[c.op]} {value_text(c.value, unit)} within {duration_text(c.within)}, "
            f"by the trend of the last {duration_text(c.window)}{held}"
        )
    if isinstance(c, Absent):
        return f"without data{held}"
    if isinstance(c, Burn):
        return (
            f"burning its error budget at {number_text(c.factor)} times the allowed rate, over both the last "
            f"{duration_text(c.long_window)} and the last {duration_text(c.short_window)}{held}"
        )
    if isinstance(c, Anomaly):
        side = {"above": "above", "below": "below", "both": "outside of"}[c.side]
        points = f" in {c.datapoints[0]} of {c.datapoints[1]} datapoints" if c.datapoints else ""
        return f"{side} the expected band of {number_text(c.deviations)} standard deviations{points}{held}"
    if isinstance(c, Composite):
        return rule_text(c.rule)
    return f"as its expression says{held}"


def rule_text(rule: Rule) -> str:
    """A condition over alarms in words: `a, or b together with no c`."""
    if rule.op == "alarm":
        return rule.name or rule.id
    parts = [
        f"({rule_text(p)})" if p.op in ("any_of", "all_of") and len(p.parts) > 1 else rule_text(p) for p in rule.parts
    ]
    if rule.op == "not":
        return f"not {parts[0]}"
    if rule.op == "at_least":
        return f"at least {rule.least} of {', '.join(parts)}"
    return (" or " if rule.op == "any_of" else " and ").join(parts)
