"""The validator and the JSON Schema of the spec, both made from the models.

In: the record types. Out: `validator()` (a pydantic-core SchemaValidator that fills `Spec`), `json_schema()`.

Building the validator needs pydantic, which costs more than everything else a lint does. So the core schema it makes is
kept as JSON beside the compiled Python files (`__pycache__`), named after pydantic-core's version and the models' source;
a run that finds it loads pydantic-core alone. Without a writable cache everything works, slower.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitorspec.spec.core import core
from monitorspec.spec.record import RECORDS
from monitorspec.spec.root import Spec

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

# When the models were read: see `_read_as_they_are`.
_READ = time.time_ns()

# Keys of pydantic's core schema that only serialisation and documentation read.
_UNUSED = ("metadata", "serialization")
# No coercion among YAML's scalars: 12 is no text, "12" no number, "yes" no boolean.
_SCALARS = ("str", "int", "float", "bool")


def validator() -> SchemaValidator:
    """The compiled validator of `Spec`; `validate_python` raises pydantic_core.ValidationError with all errors."""
    compiled = core()
    make: type[SchemaValidator] = compiled.SchemaValidator
    cache = _cache_file(compiled.__version__)
    try:
        schema = _decode(json.loads(cache.read_bytes()))
        return make(schema)
    except (
        OSError, ValueError, LookupError, AttributeError, TypeError, ImportError, RecursionError, compiled.SchemaError
    ):  # fmt: skip
        pass
    encoded = _encode(_core_schema())
    if _read_as_they_are():
        _keep(cache, json.dumps(encoded))
    return make(_decode(encoded))


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a spec file, with a description on every key."""
    from pydantic.json_schema import GenerateJsonSchema

    from monitorspec.spec.overlays import deletable, with_overlays

    adapter = _adapter()
    schema: dict[str, Any] = adapter.json_schema(schema_generator=GenerateJsonSchema)
    schema = with_overlays(deletable(_tidy(schema)))
    # Keys such as `x-common` hold YAML anchors for the rest of the file.
    for node in _objects(schema):
        node["patternProperties"] = {"^x-": {}}
    # A spec that extends another one may take these from there.
    required = schema.pop("required")
    schema["if"] = {"not": {"required": ["extends"]}}
    schema["then"] = {"required": required}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "monitorspec.schema.json",
        **schema,
        "title": "monitorspec",
    }


def _adapter() -> Any:
    import dataclasses

    from pydantic import TypeAdapter

    for cls in RECORDS.values():
        # Only pydantic has to see dataclasses: a run that finds the kept schema does without.
        if not dataclasses.is_dataclass(cls):
            dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False)(cls)
    return TypeAdapter(Spec)


def _core_schema() -> Any:
    return _adapter().core_schema


def _cache_file(pydantic_core: str) -> Path:
    here = Path(__file__)
    # Sizes and times of the sources, as Python itself keys its compiled files.
    stamp = 0
    for entry in sorted(os.scandir(here.parent), key=lambda e: e.name):
        if entry.name.endswith(".py"):
            info = entry.stat()
            stamp = (stamp * 1_000_003 + info.st_size * 31 + info.st_mtime_ns) % (1 << 61)
    tag = f"{sys.implementation.cache_tag}-{pydantic_core}-{stamp:x}"
    return here.parent / "__pycache__" / f"schema.{tag}.json"


def _read_as_they_are() -> bool:
    """Whether the models are what their files hold by now. A checkout or an installation may have changed the files since they
    were read; the file's name would then be that of the new ones."""
    with os.scandir(Path(__file__).parent) as entries:
        return all(entry.stat().st_ctime_ns < _READ for entry in entries if entry.name.endswith(".py"))


def _keep(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        for old in path.parent.glob("schema.*.json"):
            old.unlink()
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError:
        return


def _encode(node: Any) -> Any:
    """The core schema as JSON: classes and functions become their names."""
    if isinstance(node, dict):
        kept = {k: _encode(v) for k, v in node.items() if k not in _UNUSED}
        if kept.get("type") in _SCALARS:
            kept["strict"] = True
        return kept
    if isinstance(node, list | tuple):
        return [_encode(v) for v in node]
    if isinstance(node, type):
        return {"$class": f"{node.__module__}:{node.__qualname__}"}
    if callable(node):
        return {"$function": f"{node.__module__}:{node.__qualname__}"}
    if node is None or isinstance(node, str | int | float | bool):
        return node
    raise ValueError(f"cannot keep {node!r}")


def _decode(node: Any) -> Any:
    if isinstance(node, dict):
        if len(node) == 1:
            named = node.get("$class") or node.get("$function")
            if named:
                return _find(named)
        return {k: _decode(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_decode(v) for v in node]
    return node


def _find(name: str) -> type | Callable[..., Any]:
    module, _, attribute = name.partition(":")
    if not module.startswith("monitorspec."):
        raise LookupError(name)
    found: Any = getattr(importlib.import_module(module), attribute)
    return found  # type: ignore[no-any-return]


def _tidy(node: Any) -> Any:
    """Without `title`s made from field names, and without the null branch that every optional key has."""
    if isinstance(node, dict):
        out = {k: _tidy(v) for k, v in node.items() if not (k == "title" and isinstance(v, str))}
        if out.get("default", 0) is None:
            del out["default"]
        return _nullable(out)
    if isinstance(node, list):
        return [_tidy(v) for v in node]
    return node


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` of one type and null as the two types, which editors show more briefly."""
    branches = node.get("anyOf")
    if isinstance(branches, list) and len(branches) == 2 and branches[1] == {"type": "null"}:
        kind = branches[0].get("type")
        if isinstance(kind, str) and "enum" not in branches[0]:
            rest = {k: v for k, v in node.items() if k != "anyOf"}
            return {**branches[0], "type": [kind, "null"], **rest}
    return node


def _objects(node: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if isinstance(node, dict):
        if node.get("additionalProperties") is False and "properties" in node:
            found.append(node)
        for value in node.values():
            found += _objects(value)
    elif isinstance(node, list):
        for value in node:
            found += _objects(value)
    return found
