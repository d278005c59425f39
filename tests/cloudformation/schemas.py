"""Templates against the resource schemas of CloudFormation, as cfn-lint ships them.

In: a template as plain data. Out: what a resource's schema does not allow, as texts. Intrinsic functions are taken on trust: their
values are known when a stack is deployed. cfn-lint checks much of this, too, but takes text for numbers and knows exceptions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint
import regex
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

_FOLDER = Path(cfnlint.__file__).parent / "data" / "schemas"
# What stands beside Properties (CloudFormation user guide, "Resource attribute reference").
_ATTRIBUTES = frozenset(
    {"Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}
)


def schema_problems(template: Mapping[str, Any], region: str = "us-east-1") -> list[str]:
    """Everything in the resources of a template that their schemas do not allow."""
    out = []
    for id, resource in template["Resources"].items():
        out += [f"{id}: no attribute {key}" for key in resource if key not in _ATTRIBUTES]
        schema = schema_of(resource["Type"], region)
        if schema is None:
            out.append(f"{id}: no resource type {resource['Type']} in {region}")
            continue
        properties = resource.get("Properties", {})
        out += [f"{id}: {message}" for message in property_problems(schema, properties)]
    return out


def property_problems(schema: Mapping[str, Any], properties: Any) -> list[str]:
    """What a schema does not allow in the properties of a resource."""
    out = []
    for error in _Validator(schema).iter_errors(properties):
        place = ".".join(map(str, error.absolute_path)) or "Properties"
        out.append(f"{place}: {error.message}")
    for pointer in schema.get("readOnlyProperties", ()):
        value = properties
        for part in pointer.split("/")[2:]:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            out.append(f"{pointer}: is only read")
    return out


@cache
def schema_of(type: str, region: str = "us-east-1") -> Mapping[str, Any] | None:
    """The schema of a resource type, None where the region has none."""
    file = _types(region).get(type)
    if file is None:
        return None
    schema: Mapping[str, Any] = json.loads((_FOLDER / "resources" / f"{file}.json").read_text(encoding="utf-8"))
    return schema


def tag_property(type: str) -> str:
    """The property that holds a type's tags, "" where it takes none."""
    tagging = (schema_of(type) or {}).get("tagging", {})
    place = str(tagging.get("tagProperty", "/properties/Tags"))
    return place.removeprefix("/properties/") if tagging.get("taggable") else ""


def regions() -> dict[str, frozenset[str]]:
    """Region → the types that its CloudFormation has."""
    names = sorted(file.stem for file in (_FOLDER / "providers").glob("*-*.json"))
    return {name: frozenset(_types(name)) for name in names}


@cache
def _types(region: str) -> Mapping[str, str]:
    types: Mapping[str, str] = json.loads((_FOLDER / "providers" / f"{region}.json").read_text(encoding="utf-8"))
    return types


def is_intrinsic(value: Any) -> bool:
    """Whether CloudFormation puts a value in here."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    (key,) = value
    return key == "Ref" or str(key).startswith("Fn::")


Check = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


def _trusting(check: Check) -> Check:
    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not is_intrinsic(instance):
            yield from check(validator, value, instance, schema) or ()

    return checked


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    # The patterns are ECMA 262's, with \p{L} and the like.
    if isinstance(instance, str) and not regex.search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator = extend(
    Draft7Validator,
    {name: _trusting(check) for name, check in {**Draft7Validator.VALIDATORS, "pattern": _pattern}.items()},
)
