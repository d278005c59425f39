"""promtool's notation of series and values, and its exact numbers.

In: names, labels, values over time. Out: text as unit test files have it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from decimal import Decimal

from monitorspec.promql.tokens import quote
from monitorspec.spec.units import number_text


@functools.lru_cache(maxsize=20_000)
def number(value: Decimal) -> str:
    """The exact decimal."""
    return number_text(value)


quoted = functools.lru_cache(maxsize=20_000)(quote)


def selector(name: str, labels: Mapping[str, str]) -> str:
    """`name{label="value"}`; labels without a value are left out, as Prometheus does. Series and selectors look alike."""
    inside = ", ".join(f"{label}={quoted(value)}" for label, value in sorted(labels.items()) if value)
    return f"{name}{{{inside}}}" if inside else name


def steady(values: Iterable[tuple[Decimal | None, int]]) -> str:
    """Values with how many samples each of them lasts; None: no sample, with a stale marker first where there was one."""
    parts: list[str] = []
    had = False
    for value, count in values:
        if count <= 0:
            continue
        if value is None:
            parts += ["stale"] if had else []
            missing = count - had
            parts += [f"_x{missing}"] if missing > 1 else ["_"] * missing
        else:
            parts.append(f"{number(value)}x{count - 1}" if count > 1 else number(value))
        had = value is not None
    return " ".join(parts)


def line(first: Decimal, rise: Decimal, count: int) -> str:
    """`count` samples on a line from `first` on."""
    sign = "-" if rise < 0 else "+"
    return f"{number(first)}{sign}{number(abs(rise))}x{count - 1}" if count > 1 else number(first)
