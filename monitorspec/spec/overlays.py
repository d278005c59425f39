"""What the JSON Schema says about parts of a spec that are laid over others.

In: the JSON Schema of whole specs. Out: one in which `environments` have the shape of the spec with nothing required, and
in which `null` is allowed wherever it deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
OVERLAY = "Overlay"
ROOT = f"Spec{OVERLAY}"


def deletable(schema: Schema) -> Schema:
    """With entries of mappings that may be null: so a spec deletes what a preset or an extended spec has."""
    out = {key: _in(key, value, deletable) for key, value in schema.items()}
    if isinstance(out.get("additionalProperties"), dict):
        out["additionalProperties"] = _or_null(out["additionalProperties"])
    return out


def with_overlays(schema: Schema) -> Schema:
    """With environments of the shape of the spec itself, in which keys may be missing or null."""
    spec = {key: value for key, value in schema.items() if key != "$defs"}
    inner = {name: part for name, part in spec["properties"].items() if name != "environments"}
    defs = {f"{name}{OVERLAY}": _overlay(part) for name, part in schema["$defs"].items()}
    said = "What an environment changes; `null` deletes what the spec says."
    defs[ROOT] = {**_overlay({**spec, "properties": inner}), "description": said}
    environments = {**spec["properties"]["environments"], "additionalProperties": {"$ref": f"#/$defs/{ROOT}"}}
    reached = _reached(ROOT, defs)
    return {
        **spec,
        "properties": {**spec["properties"], "environments": environments},
        "$defs": {**schema["$defs"], **{name: part for name, part in defs.items() if name in reached}},
    }


def _overlay(schema: Schema) -> Schema:
    """A schema whose keys may be missing or null. A list replaces as a whole, so its items stay as they are."""
    out = {
        key: value if key == "items" else _in(key, value, _overlay)
        for key, value in schema.items()
        if key not in ("required", "default")
    }
    if isinstance(out.get("$ref"), str):
        out["$ref"] += OVERLAY
    if "properties" in out:
        out["properties"] = {name: _or_null(part) for name, part in out["properties"].items()}
    return out


def _in(key: str, value: Any, change: Any) -> Any:
    """The value of a schema's keyword, with `change` made to the schemas in it."""
    if key in ("properties", "$defs"):
        return {name: change(part) for name, part in value.items()}
    if key == "anyOf":
        return [change(part) for part in value]
    return change(value) if key in ("additionalProperties", "items") and isinstance(value, dict) else value


def _or_null(schema: Schema) -> Schema:
    """A schema that takes null as well."""
    kind, branches = schema.get("type"), schema.get("anyOf")
    if "null" in (kind or ()) or {"type": "null"} in (branches or ()):
        return schema
    if branches is not None:
        return {**schema, "anyOf": [*branches, {"type": "null"}]}
    if kind is not None and not {"enum", "const"} & schema.keys():
        return {**schema, "type": [*([kind] if isinstance(kind, str) else kind), "null"]}
    rest = {key: value for key, value in schema.items() if key != "description"}
    return {"anyOf": [rest, {"type": "null"}], **{k: v for k, v in schema.items() if k == "description"}}


def _reached(start: str, defs: Mapping[str, Schema]) -> set[str]:
    """The names in `defs` that `start` refers to, itself and by way of others too."""
    found, waiting = {start}, [defs[start]]
    while waiting:
        item: Any = waiting.pop()
        if isinstance(item, dict):
            name = str(item.get("$ref", "")).rpartition("/")[2]
            if name in defs and name not in found:
                found.add(name)
                waiting.append(defs[name])
        if isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item
    return found
