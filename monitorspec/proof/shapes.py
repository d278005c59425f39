"""Services of one shape: what is the same but for the service's name is made once.

In: services and a function that makes texts of one. Out: those texts. A large system has many services from one pattern,
and their tests are most of what is emitted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from monitorspec import names
from monitorspec.plan import Service
from monitorspec.yamltext import scalar

T = TypeVar("T")
Texts = list[tuple[str, str]]

# Stands for the name; as good a word in YAML, PromQL and file names as any service's own.
_NAME = "qzservicezq"
_CAMEL = names.camel(_NAME)
_SAFE = re.compile(r"[a-z][a-z0-9-]{2,}")


class Shapes:
    """A memo for one emission. A template is made when a shape comes a second time, and used if it proves right then."""

    def __init__(self, make: Callable[[Service], Texts]) -> None:
        self._make = make
        self._templates: dict[str, Texts | None] = {}

    def texts(self, service: Service) -> Texts:
        """What `make` gives for the service."""
        if not _SAFE.fullmatch(service.name) or scalar(service.name) != service.name:
            return self._make(service)
        shape = _blank(repr(service), service.name)
        if shape not in self._templates:
            self._templates[shape] = []
            return self._make(service)
        template = self._templates[shape]
        if template:
            return _filled(template, service.name)
        made = self._make(service)
        if template is not None:
            template = self._make(_renamed(service, service.name))
            # A name may also be a word of PromQL or of ours, which a template would take for the name.
            self._templates[shape] = template if _filled(template, service.name) == made else None
        return made


def _blank(text: str, name: str) -> str:
    return text.replace(names.camel(name), _CAMEL).replace(name, _NAME)


def _filled(template: Texts, name: str) -> Texts:
    camel = names.camel(name)
    return [(part, text.replace(_CAMEL, camel).replace(_NAME, name)) for part, text in template]


def _renamed(value: T, name: str) -> T:
    """The value with another name in every text of it."""
    made: Any = value
    if isinstance(value, str):
        made = _blank(value, name)
    elif isinstance(value, tuple):
        items = [_renamed(item, name) for item in value]
        made = type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    elif isinstance(value, Mapping):
        made = {_renamed(key, name): _renamed(item, name) for key, item in value.items()}
    return made  # type: ignore[no-any-return]
