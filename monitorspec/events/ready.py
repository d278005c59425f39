"""Ready event patterns for failures, by the kind of resource.

In: data/aws/events.yaml. Out: `Ready` patterns, and a pattern for chosen resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).parent.parent / "data" / "aws" / "events.yaml"


class Ready(NamedTuple):
    """`resources`: what names a resource in its events, arn or name; "" where they cannot be chosen by it."""

    title: str
    pattern: Mapping[str, Any]
    resources: str
    at: tuple[str, ...]
    """Where the names go."""
    prefix: bool
    """Whether events have more behind the name."""


@cache
def ready() -> Mapping[str, Ready]:
    """Kind of resource → its pattern."""
    from monitorspec import source

    return {
        kind: Ready(
            entry["title"],
            entry["pattern"],
            entry.get("resources", ""),
            tuple(entry.get("at", "").split(".")),
            entry.get("prefix", False),
        )
        for kind, entry in source.load(_FILE, _FILE.name).data.items()
    }


def pattern(of: Ready, resources: Iterable[str]) -> dict[str, Any]:
    """The pattern for some resources, or for all of the account's."""
    named: list[Any] = [{"prefix": name} if of.prefix else name for name in resources]
    return _with(of.pattern, of.at, named) if named else dict(of.pattern)


def _with(node: Mapping[str, Any], at: tuple[str, ...], named: list[Any]) -> dict[str, Any]:
    first, *rest = at
    inner = _with(node.get(first, {}), tuple(rest), named) if rest else named
    return {**node, first: inner}
