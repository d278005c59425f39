"""What numbers and durations of PromQL are worth.

In: their text, as `tokens` parts it. Out: numbers; durations in milliseconds, or in seconds where they are computed with.
"""

from __future__ import annotations

import operator
import re

_LARGEST = 2**63 - 1
LONGEST_MS = _LARGEST // 1_000_000
"""The longest duration and the latest instant: Go counts both in nanoseconds, in 64 bits."""
_DIGITS = 20  # no duration has a count of that many
_UNITS_MS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
_DURATION = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)
_ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": operator.pow,
}


def milliseconds(duration: str) -> int | None:
    """A PromQL duration such as 1h30m in milliseconds; None when it is none (units must descend, each once)."""
    found = _DURATION.fullmatch(duration)
    if found is None or not duration:
        return None
    # Python refuses to read numbers of thousands of digits; what is far too long already may be cut.
    counts = [int(count.lstrip("0")[:_DIGITS] or "0") if count else 0 for count in found.groups()]
    return sum(count * unit for count, unit in zip(counts, _UNITS_MS, strict=True))


def number(text: str) -> float:
    """A number without underscores; infinity when it is out of range."""
    if text[:2] in ("0x", "0X"):
        whole = int(text, 16)
        return float(whole) if whole <= _LARGEST else float("inf")
    if len(text) > 1 and text[0] == "0" and text.isdigit() and set(text) <= set("01234567"):
        # Go takes what is too large for an octal number for a decimal one.
        whole = int(text, 8)
        return float(whole if whole <= _LARGEST else text)
    return float(text)


def computed(op: str, left: float, right: float) -> float | None:
    """The result of arithmetic with durations, in seconds; None where there is none, as of a division by 0."""
    try:
        value = _ARITHMETIC[op](left, right)
    except ArithmeticError:
        return None
    # A root of less than nothing.
    return None if isinstance(value, complex) else float(value)
