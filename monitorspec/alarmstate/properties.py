"""Properties of a resource, read with care: CloudFormation takes `60` and `"60"` alike.

In: a resource's properties without intrinsic functions. Out: values of the wanted kind, or a PropertyError that names the
alarm and the property.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from monitorspec.alarmstate.errors import PropertyError


class Properties:
    """A mapping and how to call it in messages: `alarm shop-errors`."""

    def __init__(self, where: str, given: Any) -> None:
        self.where = where
        if not isinstance(given, Mapping):
            self.fail(f"its properties are {_said(given)}, no mapping")
        self.given: Mapping[str, Any] = given

    def fail(self, what: str) -> NoReturn:
        """PropertyError about this resource."""
        raise PropertyError(f"{self.where}: {what}")

    def __contains__(self, key: str) -> bool:
        return self.given.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        value = self._value(key, default)
        if isinstance(value, str):
            return value
        return self.fail(f"{key} is {_said(value)}, no text")

    def number(self, key: str) -> float:
        """A finite number."""
        value = self._value(key, None)
        if isinstance(value, int | float | Decimal | str) and not isinstance(value, bool):
            try:
                number = float(value)
            except ValueError:
                number = math.nan
            if math.isfinite(number):
                return number
        return self.fail(f"{key} is {_said(value)}, no number")

    def whole(self, key: str, least: int, default: int | None = None) -> int:
        """A whole number from `least` on."""
        if key not in self and default is not None:
            return default
        number = self.number(key)
        if number != int(number) or number < least:
            self.fail(f"{key} is {_said(self.given[key])}, no whole number from {least} on")
        return int(number)

    def choice(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        """One of the `known` texts."""
        value = self.text(key, default)
        if value not in known:
            self.fail(f"{key} is `{value}`, none of {', '.join(known)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._value(key, default)
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        return self.fail(f"{key} is {_said(value)}, neither true nor false")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; none when it is absent."""
        value = self._value(key, ())
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        return self.fail(f"{key} is no list of texts")

    def inner(self, key: str) -> Properties:
        """A mapping within."""
        return Properties(f"{self.where}, {key}", self._value(key, None))

    def inners(self, key: str) -> Iterator[Properties]:
        """A list of mappings within; none when it is absent."""
        value = self._value(key, ())
        if not isinstance(value, list | tuple):
            self.fail(f"{key} is {_said(value)}, no list")
        for number, item in enumerate(value, 1):
            yield Properties(f"{self.where}, {key} {number}", item)

    def _value(self, key: str, default: Any) -> Any:
        value = self.given.get(key)
        if value is None:
            if default is None:
                self.fail(f"{key} is missing")
            return default
        return value


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        names = ", ".join(map(str, value))
        return f"a mapping of {names}" if names else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else f"`{value}`"
