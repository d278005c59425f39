"""Every single-key change of a spec is told of, or changes no output.

The keys are those of the schema: specs that between them have every key are changed at one key at a time, the key taken away or
its value changed to another valid one. Where the diff then says nothing, all outputs have to be the same.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from monitorspec import source
from monitorspec.compiler import compile_text, emit
from monitorspec.diff import changes
from monitorspec.plan import Plan
from tests.test_explain import examples, whole

KEYS = Path(__file__).parent / "keys"
EXAMPLE = "example.yaml"
ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas" / "monitorspec.schema.json").read_text(encoding="utf-8"))
DEFINITIONS: dict[str, Any] = SCHEMA["$defs"]

# Keys that no valid spec can have another value of, or be without.
FIXED = {
    "Spec.version": "there is one version",
    "Spec.extends": "what is extended is another file: tests/diff/test_history.py",
    "Spec.environments": "each is compared for itself: tests/diff/test_history.py",
}

Path_ = tuple[str | int, ...]


TRIED = 12
"""Other values of one key that are tried until some are valid."""
ENOUGH = 1
"""Valid changes of one key in one place, besides that it is taken away."""


def _nodes(schema: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas that a schema stands for, with the names of their definitions."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _nodes(DEFINITIONS[name], name)
        return
    for each in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(each, ()):
            yield from _nodes(inner, name)
    yield name, schema


def _keys(schema: dict[str, Any], data: Any, path: Path_ = ()) -> Iterator[tuple[str, Path_, dict[str, Any]]]:
    """Every key of the data that the schema knows: its name, its place, the schema of its value."""
    for name, node in _nodes(schema):
        if isinstance(data, dict):
            for key, value in data.items():
                properties = node.get("properties", {})
                if key in properties:
                    yield f"{name or 'Spec'}.{key}", (*path, key), properties[key]
                    yield from _keys(properties[key], value, (*path, key))
                elif isinstance(more := node.get("additionalProperties"), dict):
                    yield from _keys(more, value, (*path, key))
        elif isinstance(data, list) and isinstance(node.get("items"), dict):
            for n, value in enumerate(data):
                yield from _keys(node["items"], value, (*path, n))


def _others(value: Any, schema: dict[str, Any]) -> Iterator[Any]:
    """Other values that may be valid in the same place."""
    nodes = [node for _, node in _nodes(schema)]
    for node in nodes:
        yield from (other for other in node.get("enum", ()) if other != value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value * 2, value - 1)
    elif isinstance(value, str):
        number = re.search(r"\d+(\.\d+)?", value)
        if number:
            for by in (1, 2, 5, -1):
                text = f"{float(number[0]) + by:g}" if "." in number[0] else str(int(number[0]) + by)
                yield value[: number.start()] + text + value[number.end() :]
        yield from (f"{value}x", f"{value} x", f"{value}/x", f"x{value}", value[:-1])
    elif isinstance(value, list):
        yield from (value[1:], value[:-1])
        for n, item in enumerate(value):
            yield from ([*value[:n], other, *value[n + 1 :]] for other in _others(item, {"anyOf": [{}]}))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: other} for other in _others(item, {"anyOf": [{}]}))


def _edits(data: Any, path: Path_, schema: dict[str, Any]) -> Iterator[Any]:
    """The spec without the key, then with other values of it."""
    *outer, last = path
    holder = data
    for step in outer:
        holder = holder[step]
    value = holder[last]
    yield _with(data, path, None)
    for other in islice(_others(value, schema), TRIED):
        yield _with(data, path, (other,))


def _with(data: Any, path: Path_, value: tuple[Any] | None) -> Any:
    made = copy.deepcopy(data)
    *outer, last = path
    holder = made
    for step in outer:
        holder = holder[step]
    if value is None:
        del holder[last]
    else:
        holder[last] = value[0]
    return made


def _plan(data: Any, file: Path) -> Plan | None:
    return compile_text(json.dumps(data), str(file)).plan


def _artifacts(plan: Plan) -> dict[str, str]:
    return dict(emit(plan))


def bases() -> list[tuple[str, Path, Any]]:
    """Specs that between them have every key: those of this folder, and the right examples of all pages."""
    found = [(file.stem, file, source.load(file, file.name).data) for file in sorted(KEYS.glob("*.yaml"))]
    texts = dict.fromkeys(whole(text) for _, kind, text in examples() if kind == "right")
    found += [(f"example {n}", KEYS / EXAMPLE, source.parse(text, "x").data) for n, text in enumerate(texts)]
    return [(name, file, data) for name, file, data in found if isinstance(data, dict)]


def parts() -> list[tuple[str, Path, Any, list[tuple[str, Path_, dict[str, Any]]]]]:
    """The specs with the keys that are changed in each: those that no spec before it has, each in one place."""
    known: set[str] = set()
    found = []
    for name, file, data in bases():
        keys = list(_keys(SCHEMA, data))
        new = [entry for entry in {entry[0]: entry for entry in keys}.values() if entry[0] not in known]
        if new:
            found.append((name, file, data, new))
            known |= {key for key, _, _ in new}
    return found


@pytest.mark.parametrize(("name", "file", "data", "keys"), parts(), ids=[name for name, *_ in parts()])
def test_a_change_is_told_or_changes_nothing(name: str, file: Path, data: Any, keys: list[Any]) -> None:
    before = _plan(data, file)
    if before is None and file.name == EXAMPLE:
        pytest.skip("it extends a file that is not here")
    assert before is not None
    silent, unchanged = [], []
    for key, path, schema in keys:
        valid = 0
        for edit in _edits(data, path, schema):
            after = _plan(edit, file)
            if after is None:
                continue
            valid += 1
            if not changes(before, after) and _artifacts(before) != _artifacts(after):
                silent.append((key, path))
            if valid == ENOUGH + 1:
                break
        if not valid and key not in FIXED:
            unchanged.append((key, path))
    assert silent == [], name
    # Some keys only make sense together with others.
    assert file.name == EXAMPLE or len(unchanged) <= len(keys) // 8, unchanged


def test_every_key_of_the_schema_is_in_some_spec() -> None:
    there = {
        f"{name}.{key}"
        for name, definition in DEFINITIONS.items()
        if not name.endswith("Overlay")
        for key in definition.get("properties", ())
    }
    assert sorted(there - {key for _, _, _, keys in parts() for key, _, _ in keys} - set(FIXED)) == []
