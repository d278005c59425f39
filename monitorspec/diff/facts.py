"""Differences of two records, field by field: the ground that every area of a diff stands on.

In: two records of the plan, or parts of them. Out: `Difference`s, each with the path of names that leads to it. Where a thing
stands in its file, and the order in which things with names are written, are no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

NOWHERE: Any = None
"""Stands for what is not there at all."""

# What names a record among its like, in the order of preference.
_NAMES = ("id", "uid", "key", "logical_id", "path", "name", "title")
# Where it was written, and what only follows from how.
_PLACES = frozenset({"origin"})


class Difference(NamedTuple):
    """`before` or `after` is None where there is nothing on that side."""

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def field(self) -> str:
        """The field of the record that it is in."""
        return self.path[0] if self.path else ""


def differences(old: Any, new: Any, but: frozenset[str] = frozenset()) -> list[Difference]:
    """All differences of two values of the plan, `but` some fields of the outermost records, in the order of the fields."""
    return list(_differences(old, new, (), but))


def _differences(old: Any, new: Any, path: tuple[str, ...], but: frozenset[str] = frozenset()) -> Iterator[Difference]:
    if old == new and type(old) is type(new):
        return
    if _is_record(old) and type(old) is type(new):
        for name in old._fields:
            if name not in _PLACES and name not in but:
                yield from _differences(getattr(old, name), getattr(new, name), (*path, name))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _keyed(old, new, path)
    elif isinstance(old, tuple | list) and isinstance(new, tuple | list):
        before, after = _named(old), _named(new)
        if before is not None and after is not None:
            yield from _keyed(before, after, path)
        elif _is_plain(old) and _is_plain(new):
            yield Difference(path, old, new)
        else:
            yield from _keyed({str(n): v for n, v in enumerate(old)}, {str(n): v for n, v in enumerate(new)}, path)
    else:
        yield Difference(path, old, new)


def _keyed(old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Difference]:
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            if before is not after:
                yield Difference((*path, str(name)), before, after)
        else:
            yield from _differences(before, after, (*path, str(name)))


def _is_record(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _is_plain(values: Any) -> bool:
    return all(value is None or isinstance(value, str | int | float | Decimal) for value in values)


def _named(values: Any) -> dict[str, Any] | None:
    """Records, or pairs of a name and a value, by their names; None where not all have a name of their own."""
    out: dict[str, Any] = {}
    for value in values:
        if _is_record(value):
            field = next((name for name in _NAMES if name in value._fields), "")
            name, item = (getattr(value, field), value) if field else (None, value)
        elif isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
            name, item = value
        else:
            return None
        if not isinstance(name, str) or not name or name in out:
            return None
        out[name] = item
    return out


def shown(value: Any) -> str:
    """A value as a reviewer reads it, on one line."""
    if value is None or value == "" or value == () or value == {}:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if _is_record(value):
        name = next((str(getattr(value, n)) for n in _NAMES if n in value._fields and getattr(value, n)), "")
        return name or ", ".join(
            f"{n}={shown(v)}" for n, v in zip(value._fields, value, strict=True) if n not in _PLACES
        )
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {shown(v)}" for k, v in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(shown(item) for item in value)
    return " ".join(str(value).split())
