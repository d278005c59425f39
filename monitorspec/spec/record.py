"""The base of the spec's models: typed, immutable records that cost almost nothing to import.

In: annotated classes. Out: classes that pydantic reads as dataclasses (`spec.schema` builds the validator from them) and
that pydantic-core fills. They get no generated methods: importing the models must stay cheaper than a keystroke, and
generated `__init__`s were a third of a lint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
RECORDS: dict[str, type] = {}


def key_of(field: str) -> str:
    """The key a user writes for a field: Python's keywords carry a trailing underscore here (`for_`)."""
    return field.rstrip("_")


# Strict keys, descriptions from the docstrings below the fields. (Strict scalars are set in `schema`: pydantic's own
# `strict` would want instances of the classes instead of mappings.)
CONFIG = {"extra": "forbid", "use_attribute_docstrings": True, "alias_generator": key_of}


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False)
def record(cls: type[T]) -> type[T]:
    """Make `cls` a model of the spec: keys are its fields, defaults its class attributes."""
    cls.__pydantic_config__ = CONFIG  # type: ignore[attr-defined]
    RECORDS[cls.__name__] = cls
    return cls


class Scalar:
    """Marks a field as text that `parse` turns into a value: `Annotated[int, Scalar(parse_duration, …)]`.

    `parse` takes what YAML gave (str, int, float, bool, None) and raises `ValueError` with a message for people;
    it has to be a module-level function, because the compiled schema names it.
    """

    __slots__ = ("parse", "schema")

    def __init__(self, parse: Callable[[Any], Any], **schema: Any) -> None:
        self.parse = parse
        self.schema = schema

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            self.parse, metadata={"pydantic_js_functions": [lambda _schema, _handler: dict(self.schema)]}
        )
