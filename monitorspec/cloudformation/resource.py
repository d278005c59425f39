"""A resource of a template before it is known which template it goes to, and texts with references in them.

In: nothing. Out: `Resource`; `substituted` turns a spec's text with `${Name}` into what CloudFormation puts the value in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from monitorspec.cloudformation import template

# What CloudFormation makes: reviewers read it from the top, so what others refer to comes first.
BASE, ALARMS, ABOVE = range(3)

_whole = re.compile(r"\$\{([A-Za-z0-9:.]+)\}").fullmatch
_reference = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")
_named = re.compile(r"\$\{(?!!)").search
_PLAIN: Mapping[str, Any] = {}


class Resource(NamedTuple):
    """`properties` are ready to be dumped; a `Ref`, `Fn::GetAtt` or `Fn::Sub` in them may name any other resource of the plan."""

    logical_id: str
    type: str
    properties: dict[str, Any]
    service: str = ""
    """The service that it belongs to: a service's resources go to one template where they fit."""
    key: str = ""
    """What stays together where a service is too large: a threshold's key."""
    region: str = ""
    """The region that it has to be in; "" for the stack's."""
    layer: int = BASE
    """BASE, ALARMS, or ABOVE for what refers to alarms: templates are deployed in this order. At the least: where something
    that it refers to comes later, so does it."""
    given: str = ""
    """A parameter without whose value it is not made."""
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = _PLAIN
    """Mappings of the template that it looks values up in."""
    depends_on: tuple[str, ...] = ()
    """Logical ids of resources that have to be there first, though it refers to none of their values."""
    kept: bool = False
    """Whether it stays when the stack is deleted, or when it is replaced."""
    attributes: Mapping[str, Any] = _PLAIN
    """Attributes that stand beside its properties."""

    @property
    def names(self) -> set[str]:
        """What it refers to: parameters, and logical ids of other resources."""
        found = template.names_in(self.properties)
        return found | template.names_in(self.attributes) if self.attributes else found


def substituted(text: str) -> Any:
    """`text`, with CloudFormation's own form where it holds `${Name}`: `Ref` for that alone, `Fn::GetAtt` for `${Id.Attribute}`
    alone, else `Fn::Sub`."""
    if "${" not in text:
        return text
    if not _named(text):
        return text.replace("${!", "${")
    whole = _whole(text)
    if not whole:
        return {"Fn::Sub": text}
    id, _, attribute = whole[1].partition(".")
    return {"Fn::GetAtt": [id, attribute]} if attribute else {"Ref": id}


def parted(text: str) -> list[tuple[str, str]]:
    """The pieces of `text` in order: ("text", …), or ("parameter", its name)."""
    out = []
    for n, piece in enumerate(_reference.split(text)):
        if piece:
            out.append(("parameter", piece) if n % 2 else ("text", piece.replace("${!", "${")))
    return out


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with the values of the parameters that are known, for outputs that know no parameters."""
    if "${" not in text:
        return text
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text.replace("${!", "${")
