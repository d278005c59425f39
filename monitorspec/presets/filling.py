"""A preset's placeholders filled with what a service is selected by.

In: a preset, and the service's `selector` and `dimensions`. Out: the preset as a part of that service.

`$selector` stands for the matchers, `dimensions: $dimensions` for the dimensions that the preset selects by, `$Name` for the
values of one of them. What asks for a dimension that the service does not give is left out: a threshold, a panel, a query.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\$([A-Za-z]\w*)")
_ALL = "$dimensions"


def selector_text(selector: Any) -> str:
    """The matchers of a `selector`, joined: `job="api", env="prod"`."""
    from monitorspec.promql.tokens import quote

    if not isinstance(selector, dict):
        return ""
    return ", ".join(f"{label}={quote(str(value))}" for label, value in selector.items())


def selected(node: Any, selector: str) -> Any:
    """`node` with the matchers of the service in the place of `$selector`."""
    if isinstance(node, dict):
        return {key: selected(value, selector) for key, value in node.items()}
    if isinstance(node, list):
        return [selected(value, selector) for value in node]
    if isinstance(node, str) and "$selector" in node:
        # `{$selector, code=~"5.."}` without a selector must not keep its comma.
        text = node.replace("$selector, ", f"{selector}, " if selector else "").replace("$selector", selector)
        return text.replace("{}", "")
    return node


def dimensioned(
    preset: Mapping[str, Any], own: Mapping[str, Any], asked: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """The preset with `own` dimensions in its metrics, without what needs others.

    `asked`: thresholds that are kept all the same; those of them that need another dimension are named with it.
    """
    out = dict(preset)
    short: dict[str, str] = {}
    for kind in ("thresholds", "panels"):
        made = {}
        for name, part in preset.get(kind, {}).items():
            try:
                made[name] = _filled(part, own)
            except _Missing as missing:
                if kind == "thresholds" and name in asked:
                    short[name] = missing.dimension
                    made[name] = _filled(part, _Anything(own))
        if kind in preset:
            out[kind] = made
    return out, short


class _Missing(Exception):
    """A dimension that the service does not give."""

    def __init__(self, dimension: str) -> None:
        self.dimension = dimension


class _Anything(dict[str, Any]):
    """Dimensions with a value for every name, to go on with after an error."""

    def __missing__(self, name: str) -> str:
        return name


def _filled(part: Any, own: Mapping[str, Any]) -> Any:
    if not isinstance(part, dict):
        return part
    out = {}
    for key, value in part.items():
        if key == "dimensions":
            out[key] = _dimensions(value, own)
        elif key == "queries":
            out[key] = _queries(value, own)
        else:
            out[key] = _filled(value, own)
    return out


def _queries(queries: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The queries of a panel, as many as there are dimensions for."""
    out = {}
    first: _Missing | None = None
    for legend, query in queries.items():
        try:
            out[legend] = _filled(query, own)
        except _Missing as missing:
            first = first or missing
    if not out and first:
        raise first
    return out


def _dimensions(given: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    if given == _ALL:
        return dict(own)
    out = {}
    for name, value in given.items():
        asked = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
        if asked:
            try:
                out[name] = own[asked[1]]
            except KeyError:
                raise _Missing(asked[1]) from None
        else:
            out[name] = value
    return out
