"""Every generated resource holds the schema of its type, and a property that is wrong would be found."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import regex

from tests.cloudformation.generated import EXAMPLES, SPECS, bodies, templates
from tests.cloudformation.schemas import is_intrinsic, property_problems, schema_of, schema_problems

ALL = [*SPECS, *EXAMPLES]


@pytest.mark.parametrize("spec", ALL, ids=lambda path: path.name.partition(".")[0])
def test_every_resource_holds_its_schema(spec: Path) -> None:
    for name, body in bodies(spec).items():
        assert schema_problems(body) == [], name


def test_cfn_lint_is_clean_on_the_examples_of_the_documentation(tmp_path: Path) -> None:
    """Those of specs/ are checked in tests/test_systems.py."""
    files = []
    for spec in EXAMPLES:
        for name, text in templates(spec).items():
            file = tmp_path / f"{spec.name.partition('.')[0]}-{name.replace('/', '-')}"
            file.write_text(text, encoding="utf-8")
            files.append(str(file))
    assert files
    lint = "import sys; from cfnlint.runner import main; sys.exit(main())"
    command = [sys.executable, "-c", lint, "--regions", "eu-west-1", "--template", *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _one_of_each() -> dict[str, dict[str, Any]]:
    """Type → the largest resource of that type that is generated anywhere."""
    out: dict[str, dict[str, Any]] = {}
    for spec in ALL:
        for body in bodies(spec).values():
            for resource in body["Resources"].values():
                held = out.get(resource["Type"], {})
                if len(str(resource["Properties"])) > len(str(held)):
                    out[resource["Type"]] = resource["Properties"]
    return out


def _wrong(
    schema: Mapping[str, Any], node: Mapping[str, Any], value: Any, path: tuple[Any, ...]
) -> Iterator[tuple[Any, ...]]:
    """(path, value) of each change below `value` that its schema does not allow; () for a value stands for none at all."""
    while "$ref" in node:
        node = schema["definitions"][node["$ref"].rpartition("/")[2]]
    if is_intrinsic(value):
        return
    if isinstance(value, dict) and "properties" in node:
        if node.get("additionalProperties") is False:
            yield (*path, "NoSuchProperty"), "x"
        for key in node.get("required", ()):
            yield (*path, key), ()
        for key, inner in value.items():
            yield from _wrong(schema, node["properties"].get(key, {}), inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value[:2]):
            yield from _wrong(schema, node.get("items", {}), inner, (*path, n))
        if "maxItems" in node and value:
            yield path, [f"{value[0]}{n}" for n in range(node["maxItems"] + 1)]
    elif path:
        if node.get("type") in ("string", "integer", "number", "boolean"):
            yield path, ["x"]
        if "enum" in node:
            yield path, "NoSuchValue"
        if "maxLength" in node:
            yield path, "x" * (node["maxLength"] + 1)
        if "maximum" in node:
            yield path, node["maximum"] + 1
        if "pattern" in node and not regex.search(node["pattern"], "\n"):
            yield path, "\n"


def _changed(properties: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(properties)
    at = made
    for part in path[:-1]:
        at = at[part]
    if value == ():
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return made


@pytest.mark.parametrize("type", sorted(_one_of_each()))
def test_a_wrong_property_would_be_found(type: str) -> None:
    schema = schema_of(type)
    assert schema is not None
    properties = _one_of_each()[type]
    assert property_problems(schema, properties) == []
    changes = list(_wrong(schema, schema, properties, ()))
    assert len(changes) >= 2, changes
    missed = [
        (path, value) for path, value in changes if not property_problems(schema, _changed(properties, path, value))
    ]
    assert missed == []


def test_intrinsic_functions_are_taken_on_trust_and_nothing_else_is() -> None:
    schema = schema_of("AWS::Logs::LogGroup")
    assert schema is not None
    assert property_problems(schema, {"RetentionInDays": {"Ref": "Days"}}) == []
    assert property_problems(schema, {"RetentionInDays": {"Fn::FindInMap": ["M", "a", "b"]}}) == []
    assert property_problems(schema, {"RetentionInDays": {"Days": 3}}) != []
    assert property_problems(schema, {"RetentionInDays": 8}) != []
    assert property_problems(schema, {"RetentionInDays": "30"}) != []
    assert property_problems(schema, {"Arn": "arn:aws:logs:eu-west-1::log-group:x"}) != []


def test_an_unknown_type_or_attribute_is_found() -> None:
    body = {"Resources": {"A": {"Type": "AWS::Logs::LogGrup", "Properties": {}, "DependOn": "B"}}}
    assert schema_problems(body) == ["A: no attribute DependOn", "A: no resource type AWS::Logs::LogGrup in us-east-1"]
