"""Objectives and thresholds of one shape: what is the same but for the service's name is made once.

In: an objective or threshold, and a function that makes its part of the tests. Out: that part. A large system has many of
them from one pattern, and their tests are most of what is emitted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from monitorspec import names
from monitorspec.plan import Alert, Slo, Threshold
from monitorspec.proof.groups import Block
from monitorspec.yamltext import scalar

T = TypeVar("T")
Item = TypeVar("Item", Slo, Threshold)
Gap = tuple[Alert, str]

# Stands for the name; as good a word in YAML, PromQL and file names as any service's own.
_NAME = "qzservicezq"
_CAMEL = names.camel(_NAME)
_SAFE = re.compile(r"[a-z][a-z0-9-]{2,}")
_BETWEEN = "\0"


Blocks = tuple[list[Block], list[Block], list[Block], list[Block]]


class Part(NamedTuple):
    """What one objective or threshold adds to each of the service's test files, and what is left unproven of it."""

    blocks: Blocks
    gaps: list[Gap]


class _Template(NamedTuple):
    """All texts of a part in one, (file, step, end, number of keys) of each block, and which alerts are left unproven."""

    text: str
    layout: tuple[tuple[int, int, int, int], ...]
    gaps: tuple[int, ...]


class Shapes:
    """A memo for one emission. A template is made when a shape comes a second time, and used if it proves right then."""

    def __init__(self) -> None:
        self._templates: dict[tuple[str, tuple[Any, ...]], _Template | None] = {}
        self._seen: set[tuple[str, tuple[Any, ...]]] = set()

    def part(self, name: str, item: Item, times: tuple[Any, ...], make: Callable[[Item], Part]) -> Part:
        """What `make` gives for the item of the service called `name`; `times` is all else that it depends on."""
        if not _SAFE.fullmatch(name) or scalar(name) != name:
            return make(item)
        shape = (_blank(repr(item), name), times)
        if shape not in self._seen:
            self._seen.add(shape)
            return make(item)
        if shape in self._templates:
            template = self._templates[shape]
            return _filled(template, name, item) if template else make(item)
        made = make(item)
        pattern = _renamed(item, name)
        template = _template(make(pattern), pattern)
        # A name may also be a word of PromQL or of ours, which a template would take for the name.
        self._templates[shape] = template if template and _filled(template, name, item) == made else None
        return made


def _blank(text: str, name: str) -> str:
    return text.replace(names.camel(name), _CAMEL).replace(name, _NAME)


def _alerts(item: Slo | Threshold) -> tuple[Alert, ...]:
    return item.tiers if isinstance(item, Slo) else item.alerts


def _template(part: Part, item: Slo | Threshold) -> _Template | None:
    texts: list[str] = []
    layout = []
    for n, blocks in enumerate(part.blocks):
        for block in blocks:
            texts += (block.title, block.series, block.alerts, block.exprs, *sorted(block.keys))
            layout.append((n, block.step, block.end, len(block.keys)))
    ids = [alert.id for alert in _alerts(item)]
    gaps = tuple(ids.index(alert.id) for alert, _ in part.gaps)
    texts += (reason for _, reason in part.gaps)
    text = _BETWEEN.join(texts)
    return _Template(text, tuple(layout), gaps) if text.count(_BETWEEN) == len(texts) - 1 else None


def _filled(template: _Template, name: str, item: Slo | Threshold) -> Part:
    texts = template.text.replace(_CAMEL, names.camel(name)).replace(_NAME, name).split(_BETWEEN)
    files: Blocks = ([], [], [], [])
    start = 0
    for n, step, end, keys in template.layout:
        after = start + 4 + keys
        title, series, alerts, exprs = texts[start : start + 4]
        files[n].append(Block(title, frozenset(texts[start + 4 : after]), step, end, series, alerts, exprs))
        start = after
    listed = _alerts(item)
    return Part(files, [(listed[n], reason) for n, reason in zip(template.gaps, texts[start:], strict=True)])


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
