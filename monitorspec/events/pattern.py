"""Event patterns: which events a rule takes.

In: a pattern as plain data. Out: what EventBridge would refuse of it. Grammar: the EventBridge user guide, "Creating Amazon
EventBridge event patterns" and "Comparison operators for use in event patterns".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monitorspec.diagnostics import Path

LENGTH = 2048
"""Characters of a pattern (quota "Event pattern size", which AWS raises on request)."""
TOP = ("source", "detail-type", "detail", "resources", "account", "region", "time", "id", "version", "replay-name")
FILTERS = ("prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr")
_OPERATORS = ("=", "<", "<=", ">", ">=")


class Wrong(NamedTuple):
    """`path` starts at the pattern; `key`: it is about the key there."""

    path: Path
    message: str
    help: str = ""
    key: bool = False


def problems(pattern: Any) -> list[Wrong]:
    """What EventBridge would refuse of a pattern, in order."""
    if not isinstance(pattern, Mapping) or not pattern:
        return [Wrong((), "a pattern names fields of events", "such as `{source: [aws.ec2]}`")]
    return list(_fields(pattern, (), top=True))


def _fields(node: Mapping[Any, Any], path: Path, *, top: bool = False) -> Iterator[Wrong]:
    for key, value in node.items():
        here = (*path, key)
        if key == "$or":
            yield from _either(value, here)
        elif top and key not in TOP:
            yield Wrong(here, f"an event has no field `{key}`", _near(str(key), TOP), True)
        elif isinstance(value, Mapping):
            if not value:
                yield Wrong(here, f"`{key}` names no field", "such as `{state: [FAILED]}`", True)
            elif len(value) == 1 and next(iter(value)) in FILTERS:
                yield Wrong(here, f"`{next(iter(value))}` has to stand in a list", "write `[{…}]`", True)
            else:
                yield from _fields(value, here)
        elif not isinstance(value, list):
            yield Wrong(here, f"values of `{key}` have to be a list", f"write `[{_said(value)}]`")
        elif not value:
            yield Wrong(here, f"`{key}` without a value takes no event at all", key=True)
        else:
            for n, item in enumerate(value):
                yield from _value(item, (*here, n))


def _either(value: Any, path: Path) -> Iterator[Wrong]:
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(item, Mapping) and item for item in value):
        yield Wrong(path, "`$or` takes a list of two patterns or more", "such as `$or: [{a: [1]}, {b: [2]}]`", True)
        return
    for n, item in enumerate(value):
        yield from _fields(item, (*path, n))


def _value(item: Any, path: Path) -> Iterator[Wrong]:
    if isinstance(item, list):
        yield Wrong(path, "a list within a list of values")
    if not isinstance(item, Mapping):
        return
    if len(item) != 1:
        yield Wrong(path, "a filter has one operator", "several filters in a list are alternatives")
        return
    ((operator, operand),) = item.items()
    here = (*path, operator)
    if operator not in FILTERS:
        yield Wrong(here, f"EventBridge has no filter `{operator}`", _near(str(operator), FILTERS), True)
    elif operator == "exists":
        if not isinstance(operand, bool):
            yield Wrong(here, "`exists` is true or false")
    elif operator == "numeric":
        yield from _numeric(operand, here)
    elif operator == "anything-but":
        yield from _anything_but(operand, here)
    elif operator == "cidr":
        yield from _cidr(operand, here)
    elif operator in ("prefix", "suffix") and isinstance(operand, Mapping):
        if list(operand) != ["equals-ignore-case"] or not isinstance(operand["equals-ignore-case"], str):
            yield Wrong(here, f"`{operator}` takes a text, or `{{equals-ignore-case: …}}`")
    else:
        yield from _text(operator, operand, here)


def _text(operator: str, operand: Any, path: Path) -> Iterator[Wrong]:
    if not isinstance(operand, str) or not operand:
        yield Wrong(path, f"`{operator}` takes a text")
    elif operator == "wildcard" and "**" in operand:
        yield Wrong(path, "`wildcard` cannot have two `*` side by side")


def _numeric(operand: Any, path: Path) -> Iterator[Wrong]:
    such = "such as `['>', 0]` or `['>=', 0, '<', 100]`"
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        yield Wrong(path, "`numeric` takes one comparison or two", such)
        return
    for n, part in enumerate(operand):
        if n % 2 == 0 and part not in _OPERATORS:
            yield Wrong((*path, n), f"`{part}` does not compare numbers", f"one of {', '.join(_OPERATORS)}; {such}")
        elif n % 2 and (isinstance(part, bool) or not isinstance(part, int | float)):
            yield Wrong((*path, n), f"`{part}` is no number", such)


def _anything_but(operand: Any, path: Path) -> Iterator[Wrong]:
    if isinstance(operand, Mapping):
        inner = next(iter(operand), "")
        if len(operand) != 1 or inner not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            said = "`anything-but` takes values, or one of `prefix`, `suffix`, `equals-ignore-case` and `wildcard`"
            yield Wrong(path, said)
            return
        for text in operand[inner] if isinstance(operand[inner], list) else [operand[inner]]:
            yield from _text(inner, text, (*path, inner))
        return
    values = operand if isinstance(operand, list) else [operand]
    kinds = {isinstance(value, str) for value in values}
    if not values or len(kinds) > 1 or any(isinstance(v, list | Mapping | bool) or v is None for v in values):
        yield Wrong(path, "`anything-but` takes texts only, or numbers only")


def _cidr(operand: Any, path: Path) -> Iterator[Wrong]:
    from ipaddress import ip_network

    try:
        ip_network(operand if isinstance(operand, str) else "", strict=False)
    except ValueError:
        yield Wrong(path, f"`{operand}` is no range of addresses", "such as `10.0.0.0/24`")


def _near(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower().replace("_", "-"), known, 1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
