"""Samples of a series over time, times of the clock, and who is expected to be told, as users write them in tests.

In: YAML scalars (`0+20x120`, `sat 03:00`, `[oncall, chat]`). Out: exact values. The notation of samples is promtool's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from monitorspec.spec.record import Scalar
from monitorspec.spec.units import parse_strings

MOST = 50_000
"""Samples of one series: a month of minutes."""
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_TOKEN = re.compile(
    rf"_(?:x(?P<gap>\d{{1,9}}))?|(?P<stale>stale)|(?P<first>{_NUMBER})(?:(?P<rise>[-+]\d[\d.eE]*|[-+]\.\d+)?x(?P<more>\d{{1,9}}))?"
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Samples(NamedTuple):
    """Samples of a series at equal distances: `text` as promtool reads it."""

    text: str

    @property
    def values(self) -> tuple[float | None, ...]:
        """Each sample; None where there is none."""
        out: list[float | None] = []
        for token in self.text.split():
            found = _TOKEN.fullmatch(token)
            if found is None:  # pragma: no cover - `parse_samples` has read it
                continue
            if found["first"] is None:
                out += [None] * int(found["gap"] or 1)
            else:
                first, rise = float(found["first"]), float(found["rise"] or 0)
                out += [first + n * rise for n in range(int(found["more"] or 0) + 1)]
        return tuple(out)


class Start(NamedTuple):
    """A wall clock: the day of a week (0 = Monday) or a date."""

    weekday: int | None
    clock: datetime
    """Of a day of the week only the hours and minutes count."""


class Expected(NamedTuple):
    """Who is told of an alert. `labels`: those that it carries, `inhibited_by`: alerts that silence it."""

    notify: tuple[str, ...]
    labels: Mapping[str, str]
    inhibited_by: tuple[str, ...]


def parse_samples(value: Any) -> Samples:
    """Samples of `0+20x120`: a first value, what each adds, how many follow."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Nobody can tell any more what was written.
        raise ValueError(f"the number `{value}` is no list of samples; quote it, also `'0x10'`: YAML reads 0x10 as 16")
    if isinstance(value, float):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{_said(value)} are no samples such as `0+20x120` or `1 1 _ 0x10`")
    count = 0
    for token in value.split():
        found = _TOKEN.fullmatch(token)
        if found is None:
            hint = "; write repeated values as `0x10`" if "*" in token else ""
            hint = "; histograms as samples need Prometheus 2.47" if "{{" in token else hint
            raise ValueError(f"`{token}` is no sample such as `5`, `0+20x120`, `5x10`, `_x3` or `stale`{hint}")
        count += int(found["gap"] or 1) if found["first"] is None else int(found["more"] or 0) + 1
        if count > MOST:
            raise ValueError(f"more than {MOST:,} samples; take a longer `interval` between them")
    return Samples(" ".join(value.split()))


def parse_start(value: Any) -> Start:
    """A wall clock of `sat 03:00` or `2026-11-28 03:00`."""
    text = value.strip().lower() if isinstance(value, str) else ""
    found = re.fullmatch(r"([a-z]{3,9})\s+(\d{1,2}):(\d{2})", text)
    if found and int(found[2]) < 24 and int(found[3]) < 60:
        days = [n for n, day in enumerate(_DAYS) if day.startswith(found[1])]
        if days:
            return Start(days[0], datetime(2000, 1, 1, int(found[2]), int(found[3])))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(:\d{2})?", text):
        try:
            return Start(None, datetime.fromisoformat(text.upper()))
        except ValueError:
            pass
    raise ValueError(f"{_said(value)} is no time such as `sat 03:00` or `2026-11-28 03:00`; a zone stands in `tz`")


def parse_expected(value: Any) -> Expected:
    """Receivers, or a mapping that says more."""
    if isinstance(value, dict):
        unknown = [key for key in value if key not in ("notify", "labels", "inhibited_by")]
        if unknown:
            raise ValueError(f"unknown key `{unknown[0]}`; known keys: notify, labels, inhibited_by")
        labels = value.get("labels") or {}
        if not isinstance(labels, dict) or not all(isinstance(v, str) for v in labels.values()):
            raise ValueError("`labels` has to be a mapping of label to text; quote numbers")
        by = value.get("inhibited_by")
        if by is not None and value.get("notify"):
            raise ValueError("an alert that is inhibited tells nobody; leave out `notify`")
        if by is None and "notify" not in value:
            raise ValueError("say who is told with `notify`, or what silences it with `inhibited_by`")
        return Expected(_names(value.get("notify")), labels, () if by is None else parse_strings(by))
    return Expected(_names(value), {}, ())


def parse_silent(value: Any) -> tuple[str, ...] | bool:
    """True: no alert fires; or the alerts that do not."""
    if value is True:
        return True
    if value is False or value is None:
        raise ValueError("`silent` is `true` or a list of alerts; leave it out, or say what fires with `expect`")
    return parse_strings(value)


def _names(value: Any) -> tuple[str, ...]:
    return () if value in (None, []) else parse_strings(value)


def _said(value: Any) -> str:
    return "nothing" if value is None else f"`{value}`" if isinstance(value, str | int | float) else "this"


_STRINGS = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
Values = Annotated[Samples, Scalar(parse_samples, type=["string", "number"], examples=["0+20x120", "1x10 _x5 0"])]
Clock = Annotated[Start, Scalar(parse_start, type="string", examples=["sat 03:00", "2026-11-28 03:00"])]
Told = Annotated[
    Expected,
    Scalar(
        parse_expected,
        anyOf=[
            *_STRINGS,
            {
                "type": "object",
                "properties": {
                    "notify": {"anyOf": _STRINGS, "description": "Receivers that are told."},
                    "labels": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "description": "Labels that the alert carries.",
                    },
                    "inhibited_by": {"anyOf": _STRINGS, "description": "Alerts, one of which silences it."},
                },
                "additionalProperties": False,
            },
        ],
    ),
]
Silent = Annotated[tuple[str, ...] | bool, Scalar(parse_silent, anyOf=[{"const": True}, *_STRINGS])]
