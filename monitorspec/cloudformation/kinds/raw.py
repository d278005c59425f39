"""Raw resources: as the spec writes them.

In: `plan.stack.resources`. Out: `Resource`s. A text with `${Name}` is filled in as everywhere in a spec, within `Fn::Sub` by
CloudFormation. No tags are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.plan import Plan

# What CloudFormation evaluates itself.
_FUNCTIONS = ("Ref", "Fn::GetAtt")


def resources(plan: Plan) -> Iterator[Resource]:
    """The resources."""
    for raw in plan.stack.resources:
        attributes = {
            key: value for key, value in raw.resource.items() if key not in ("Type", "Properties", "DependsOn")
        }
        needs = raw.resource.get("DependsOn", ())
        yield Resource(
            raw.logical_id,
            raw.resource["Type"],
            filled_in(raw.resource["Properties"]),
            depends_on=(needs,) if isinstance(needs, str) else tuple(needs),
            attributes=filled_in(attributes),
        )


def filled_in(value: Any) -> Any:
    """Plain data with CloudFormation's own form for each text that holds `${Name}`."""
    if isinstance(value, str):
        return substituted(value)
    if isinstance(value, Mapping):
        return {key: _argument(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled_in(inner) for inner in value]
    return value


def _argument(key: str, value: Any) -> Any:
    if key in _FUNCTIONS or (key == "Fn::Sub" and isinstance(value, str)):
        return value
    if key == "Fn::Sub":
        return [value[0], filled_in(value[1])]
    return filled_in(value)
