"""Durations, percentages, sizes and other quantities as a spec writes them.

In: YAML scalars (`5m`, `99.9%`, `300ms`, `20GiB`, `1/s`, `12`). Out: exact values (milliseconds as int, `Decimal`).
Durations follow Prometheus' syntax (one or more of y w d h m s ms, largest first).
"""

from __future__ import annotations

import functools
import re
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation
from typing import Annotated, Any, NamedTuple

from monitorspec.spec.record import Scalar

MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_NUMBER = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\d\s].*)?")

# unit suffix → (dimension, factor to the dimension's base unit). Sizes: IEC 80000-13 binary, SI decimal.
SUFFIXES: dict[str, tuple[str, Decimal]] = {
    "%": ("ratio", Decimal("0.01")),
    "ms": ("time", Decimal("0.001")),
    "us": ("time", Decimal("0.000001")),
    "s": ("time", Decimal(1)),
    "m": ("time", Decimal(60)),
    "min": ("time", Decimal(60)),
    "h": ("time", Decimal(3600)),
    "d": ("time", Decimal(86400)),
    "B": ("size", Decimal(1)),
    **{f"{p}B": ("size", Decimal(1000) ** n) for n, p in enumerate("kMGTP", 1)},
    **{f"{p}iB": ("size", Decimal(1024) ** n) for n, p in enumerate("KMGTP", 1)},
    "/s": ("rate", Decimal(1)),
    "/m": ("rate", Decimal(1) / Decimal(60)),
    "/min": ("rate", Decimal(1) / Decimal(60)),
    "/h": ("rate", Decimal(1) / Decimal(3600)),
    "USD": ("money", Decimal(1)),
}

# Units a metric may have: name → (dimension, factor to the base unit, Grafana unit id, CloudWatch unit or "").
UNITS: dict[str, tuple[str, Decimal, str, str]] = {
    "ratio": ("ratio", Decimal(1), "percentunit", ""),
    "percent": ("ratio", Decimal("0.01"), "percent", "Percent"),
    "seconds": ("time", Decimal(1), "s", "Seconds"),
    "milliseconds": ("time", Decimal("0.001"), "ms", "Milliseconds"),
    "microseconds": ("time", Decimal("0.000001"), "µs", "Microseconds"),
    "bytes": ("size", Decimal(1), "bytes", "Bytes"),
    "kibibytes": ("size", Decimal(1024), "kbytes", ""),
    "mebibytes": ("size", Decimal(1024) ** 2, "mbytes", ""),
    "megabytes": ("size", Decimal(1000) ** 2, "decmbytes", "Megabytes"),
    "gigabytes": ("size", Decimal(1000) ** 3, "decgbytes", "Gigabytes"),
    "bytes/s": ("throughput", Decimal(1), "Bps", "Bytes/Second"),
    "per_second": ("rate", Decimal(1), "cps", "Count/Second"),
    "requests/s": ("rate", Decimal(1), "reqps", "Count/Second"),
    "ops/s": ("rate", Decimal(1), "ops", "Count/Second"),
    "count": ("number", Decimal(1), "short", "Count"),
    "bool": ("number", Decimal(1), "bool_on_off", ""),
    "usd": ("money", Decimal(1), "currencyUSD", ""),
    "none": ("number", Decimal(1), "none", "None"),
}


class Mistaken(ValueError):
    """A value that is not written as it has to be, where only one other can be `meant`."""

    def __init__(self, message: str, meant: str) -> None:
        super().__init__(message)
        self.meant = meant


class Quantity(NamedTuple):
    """A number with the unit it was written with: `value` is in the dimension's base unit (seconds, bytes, ratio)."""

    value: Decimal
    dimension: str
    """ratio, time, size, rate, money, throughput, or "" for a bare number."""
    text: str

    def in_unit(self, unit: str) -> Decimal | None:
        """The number to compare a metric of `unit` with, or None where the dimensions differ."""
        dimension, factor, _, _ = UNITS[unit]
        if not self.dimension:
            return self.value
        if dimension != self.dimension:
            return None
        return plain(self.value / factor)


@functools.lru_cache(maxsize=20_000)
def plain(value: Decimal) -> Decimal:
    """Without trailing zeros and exponent, so that it prints as a person would write it."""
    value = +value
    value = value.normalize()
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


@functools.lru_cache(maxsize=20_000)
def number_text(value: Decimal) -> str:
    """The shortest exact decimal text, never in exponent form."""
    return format(plain(value), "f")


@functools.lru_cache(maxsize=20_000)
def duration_text(ms: int) -> str:
    """Prometheus' shortest spelling of a duration: 5400000 → `1h30m`, whole days as `3d`, 0 → `0s`."""
    if ms == 0:
        return "0s"
    out = ""
    for unit in ("d", "h", "m", "s", "ms"):
        n, ms = divmod(ms, MS[unit])
        if n:
            out += f"{n}{unit}"
    return out


def parse_duration(value: Any) -> int:
    """Milliseconds of `1h30m`."""
    if isinstance(value, str):
        m = _DURATION.fullmatch(value)
        if value == "0":
            return 0
        if m and value:
            return sum(int(n) * f for n, f in zip(m.groups(), _FACTORS, strict=True) if n)
    hint = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        hint = f"; a bare number has no unit: write `{value}s` or `{value}m`"
    elif isinstance(value, str) and re.fullmatch(r"\d+\.\d+[a-z]+", value):
        hint = "; Prometheus durations are whole numbers: write `1h30m` instead of `1.5h`"
    elif isinstance(value, str) and re.fullmatch(r"\d+\s*(M|sec|second|min|minute|hour|hr|day|week|month)s?", value):
        hint = "; the units are y, w, d, h, m, s and ms, without a space"
    elif isinstance(value, str) and re.fullmatch(r"(\d+[a-z]+)+", value):
        hint = "; the larger unit comes first: `1m30s`"
    message = f"{_said(value)} is not a duration such as `30s`, `5m` or `1h30m`{hint}"
    meant = _meant_duration(value) if isinstance(value, str) else ""
    raise Mistaken(message, meant) if meant else ValueError(message)


def _meant_duration(text: str) -> str:
    """The duration that `5 minutes` or `30s1m` certainly is; "" if none."""
    spelt = re.fullmatch(r"(\d+)\s*(sec|second|min|minute|hour|hr|day|week|[smhdw])s?", text)
    if spelt:
        return f"{spelt[1]}{spelt[2][0]}"
    parts = re.findall(r"(\d+)([a-z]+)", text)
    units = [unit for _, unit in parts]
    if "".join(n + unit for n, unit in parts) != text or len(set(units)) < len(units) or set(units) - MS.keys():
        return ""
    return "".join(n + unit for n, unit in sorted(parts, key=lambda part: -MS[part[1]]))


_FACTORS = [MS[u] for u in ("y", "w", "d", "h", "m", "s", "ms")]


def parse_quantity(value: Any) -> Quantity:
    """A number with or without a unit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value))
        if number.is_finite():
            return Quantity(plain(number), "", number_text(number))
    if isinstance(value, str):
        m = _NUMBER.fullmatch(value.strip())
        if m:
            suffix = (m[2] or "").strip()
            try:
                number = Decimal(m[1])
            except InvalidOperation:  # pragma: no cover - the pattern admits decimals only
                number = Decimal("NaN")
            if number.is_finite() and abs(number) < Decimal("1e30"):
                if not suffix:
                    return Quantity(plain(number), "", value.strip())
                if suffix in SUFFIXES:
                    dimension, factor = SUFFIXES[suffix]
                    return Quantity(plain(number * factor), dimension, value.strip())
                near = [s for s in SUFFIXES if s.lower() == suffix.lower()]
                hint = (
                    f"; did you mean `{m[1]}{near[0]}`?" if near else "; units are % ms s m h d B kB KiB MiB GiB /s USD"
                )
                if re.match(r"[,_']\d", suffix):
                    groups = re.fullmatch(r"\d{1,3}(?:[,_']\d{3})+(\D*)", value.strip())
                    meant = re.sub("[,_']", "" if groups else ".", value.strip(), count=0 if groups else 1)
                    raise ValueError(f"{_said(value)} is not a number; write `{meant}`")
                message = f"{_said(value)} has an unknown unit `{suffix}`{hint}"
                # `5M` may be minutes or a million; `5gib` is nothing but GiB.
                raise Mistaken(message, m[1] + near[0]) if len(near) == 1 and len(suffix) > 1 else ValueError(message)
        m = re.match(r"\s*[<>]=?\s*(.+)", value)
        if m:
            raise ValueError(f"{_said(value)} holds a comparison; write `{m[1]}`: `above` and `below` compare")
    raise ValueError(f"{_said(value)} is not a quantity such as `80%`, `300ms`, `20GiB` or `12`")


def parse_objective(value: Any) -> Decimal:
    """The share of good events, between 0 and 1 exclusive, of `99.9%`."""
    try:
        quantity = parse_quantity(value)
    except ValueError as error:
        hint = f"; {str(error).partition('; ')[2]}" if "not a number" in str(error) else ""
        raise ValueError(f"{_said(value)} is not a percentage such as `99.9%`{hint}") from None
    if not quantity.dimension:
        # 0.999 is meant as a share, 99.9 as a percentage.
        percent = quantity.value * 100 if 0 < quantity.value < 1 else quantity.value
        message = f"{_said(value)} has no unit; write `{number_text(percent)}%`"
        # Below 90 it is a strange objective either way.
        raise Mistaken(message, f"{number_text(percent)}%") if 90 <= percent < 100 else ValueError(message)
    if quantity.dimension != "ratio":
        raise ValueError(f"{_said(value)} is not a percentage such as `99.9%`")
    if quantity.value == 1:
        raise ValueError("an objective of `100%` leaves no error budget: every bad event breaks it; try `99.99%`")
    if not 0 < quantity.value < 1:
        raise ValueError(f"{_said(value)} is outside 0% to 100%")
    return quantity.value


def parse_factor(value: Any) -> Decimal:
    """A positive exact number (a burn rate)."""
    try:
        quantity = parse_quantity(value)
    except ValueError:
        quantity = None
    if quantity is None or quantity.dimension or quantity.value <= 0:
        raise ValueError(f"{_said(value)} is not a positive number such as `14.4`")
    return quantity.value


def parse_rate(value: Any) -> Decimal:
    """Events per second of `1/s` or `30/m`."""
    try:
        quantity = parse_quantity(value)
    except ValueError:
        quantity = None
    if quantity is None or quantity.dimension != "rate" or quantity.value < 0:
        hint = f"; write `{value}/s`" if quantity is not None and not quantity.dimension and quantity.value >= 0 else ""
        raise ValueError(f"{_said(value)} is not a rate such as `1/s` or `30/m`{hint}")
    # A rate per minute or hour has no end as a rate per second; six digits are more than traffic is known to. Rounded down,
    # because one event a minute is not less than `1/m`.
    return plain(Context(prec=6, rounding=ROUND_DOWN).plus(quantity.value))


def parse_datapoints(value: Any) -> tuple[int, int]:
    """(m, n) of `3 of 5`."""
    m = re.fullmatch(r"(\d+)\s+of\s+(\d+)", value) if isinstance(value, str) else None
    if not m:
        raise ValueError(f"{_said(value)} is not of the form `3 of 5` (datapoints to alarm of evaluation periods)")
    alarm, periods = int(m[1]), int(m[2])
    if not 1 <= alarm <= periods:
        raise ValueError(f"`{value}`: the first number has to be from 1 to {max(periods, 1)}")
    return alarm, periods


def parse_unit(value: Any) -> str:
    """One of UNITS."""
    if isinstance(value, str) and value in UNITS:
        return value
    from difflib import get_close_matches

    near = get_close_matches(str(value), UNITS, 1)
    if isinstance(value, str) and value in SUFFIXES:
        # The sign of a limit's unit: the metric's unit has a name.
        near = [name for name, unit in UNITS.items() if unit[:2] == SUFFIXES[value]]
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(UNITS)}"
    raise ValueError(f"{_said(value)} is no known unit; {hint}")


def parse_version(value: Any) -> tuple[int, int]:
    """(major, minor) of `"2.42"`."""
    m = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.\d+)?", value) if isinstance(value, str) else None
    if m:
        return int(m[1]), int(m[2])
    hint = "; quote it: as a number `2.50` is 2.5" if isinstance(value, float) else ""
    raise ValueError(f'{_said(value)} is not a version such as `"2.42"`{hint}')


def parse_strings(value: Any) -> tuple[str, ...]:
    """One text or a list of them."""
    items = value if isinstance(value, list) else [value]
    if items and all(isinstance(item, str) and item for item in items):
        return tuple(items)
    wrong = next((item for item in items if isinstance(item, int | float) and not isinstance(item, bool)), None)
    hint = "" if wrong is None else f'; quote it: `"{wrong}"`'
    if wrong is not None and items is value:
        raise ValueError(f"`{wrong}` in the list is a number, not a text{hint}")
    raise ValueError(f"{_said(value)} is neither a text nor a list of texts{hint}")


def parse_strings_or_none(value: Any) -> tuple[str, ...]:
    """One text or a list of them, which may be empty."""
    return () if value == [] else parse_strings(value)


def parse_dimension_sets(value: Any) -> tuple[tuple[str, ...], ...]:
    """Sets of dimensions, of `[Endpoint, StatusCode]` (one set) or `[[Endpoint], [Endpoint, StatusCode]]`."""
    if isinstance(value, list):
        sets = value if value and all(isinstance(item, list) for item in value) else [value]
        if all(isinstance(name, str) and name for names in sets for name in names):
            return tuple(tuple(names) for names in sets)
    raise ValueError(
        f"{_said(value)} is neither a list of dimensions nor a list of such lists; "
        "write `[Endpoint]`, or `[[Endpoint], [Endpoint, StatusCode]]`"
    )


def _said(value: Any) -> str:
    if value is None:
        return "nothing"
    if value == "":
        return "an empty text"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


Duration = Annotated[
    int,
    Scalar(parse_duration, type="string", pattern=r"^(0|([0-9]+(y|w|d|h|ms|m|s))+)$", examples=["5m", "1h30m"]),
]
Threshold = Annotated[Quantity, Scalar(parse_quantity, type=["string", "number"], examples=["80%", "300ms", "20GiB"])]
Objective = Annotated[Decimal, Scalar(parse_objective, type="string", pattern=r"^[0-9.]+\s*%$", examples=["99.9%"])]
Factor = Annotated[Decimal, Scalar(parse_factor, type=["number", "string"], examples=[14.4])]
Rate = Annotated[Decimal, Scalar(parse_rate, type="string", pattern=r"^[0-9.]+\s*/(s|m|min|h)$", examples=["1/s"])]
Datapoints = Annotated[
    tuple[int, int], Scalar(parse_datapoints, type="string", pattern=r"^[0-9]+\s+of\s+[0-9]+$", examples=["3 of 5"])
]
Unit = Annotated[str, Scalar(parse_unit, type="string", enum=list(UNITS))]
Version = Annotated[
    tuple[int, int], Scalar(parse_version, type="string", pattern=r"^v?[0-9]+\.[0-9]+", examples=["2.42"])
]
Strings = Annotated[
    tuple[str, ...],
    Scalar(parse_strings, anyOf=[{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]),
]
_NAMES = {"type": "array", "items": {"type": "string"}}
StringsOrNone = Annotated[tuple[str, ...], Scalar(parse_strings_or_none, anyOf=[{"type": "string"}, _NAMES])]
DimensionSets = Annotated[
    tuple[tuple[str, ...], ...],
    Scalar(parse_dimension_sets, anyOf=[_NAMES, {"type": "array", "items": _NAMES, "minItems": 1}]),
]
