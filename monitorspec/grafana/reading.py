"""Reading a dashboard's JSON, whatever is in it.

In: JSON data. Out: its panels, variables, data sources and expressions; what has not the shape to be one is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

Json = Mapping[str, Any]


def mappings(value: object) -> list[Any]:
    """The mappings in a list; nothing for anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def top(dashboard: Json) -> list[Json]:
    """The panels outside rows, and the rows."""
    return mappings(dashboard.get("panels"))


def every_panel(dashboard: Json) -> Iterator[Json]:
    """All panels and rows, those inside rows too."""
    for panel in top(dashboard):
        yield panel
        if panel.get("type") == "row":
            yield from mappings(panel.get("panels"))


def variables_of(dashboard: Json) -> list[Json]:
    """The template variables."""
    templating = dashboard.get("templating")
    return mappings(templating.get("list")) if isinstance(templating, Mapping) else []


def annotations_of(dashboard: Json) -> list[Json]:
    """The annotation queries."""
    annotations = dashboard.get("annotations")
    return mappings(annotations.get("list")) if isinstance(annotations, Mapping) else []


def references(dashboard: Json) -> Iterator[tuple[str, object, bool]]:
    """(where, data source, whether it may be a mixed one)."""
    for panel in every_panel(dashboard):
        if panel.get("type") not in ("row", "text"):
            yield name_of(panel), panel.get("datasource"), True
            for target in mappings(panel.get("targets")):
                yield f"{name_of(panel)}, query {target.get('refId')}", target.get("datasource"), False
    for variable in variables_of(dashboard):
        if variable.get("type") == "query":
            yield f"variable {variable.get('name')}", variable.get("datasource"), False
    for annotation in annotations_of(dashboard):
        yield f"annotation {annotation.get('name')}", annotation.get("datasource"), False


def expressions(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Every PromQL expression and where it is."""
    for panel in every_panel(dashboard):
        for target in mappings(panel.get("targets")):
            if _prometheus(target) and isinstance(target.get("expr"), str):
                yield f"{name_of(panel)}, query {target.get('refId')}", target["expr"]
    for annotation in annotations_of(dashboard):
        if _prometheus(annotation) and isinstance(annotation.get("expr"), str):
            yield f"annotation {annotation.get('name')}", annotation["expr"]


def _prometheus(item: Json) -> bool:
    reference = item.get("datasource")
    return isinstance(reference, Mapping) and reference.get("type") == "prometheus"


def defaults(panel: Json) -> Json:
    """A panel's field options."""
    config = panel.get("fieldConfig")
    defaults = config.get("defaults") if isinstance(config, Mapping) else None
    return defaults if isinstance(defaults, Mapping) else {}


def name_of(panel: Json) -> str:
    """How a message names a panel."""
    return f"panel {panel.get('id')} ({panel.get('title')})"


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_integer(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, and not true or false."""
    return isinstance(value, int) and not isinstance(value, bool)
