"""Where every key and value of a source stands, also after files were laid over each other.

In: a tree of spans that has the shape of the data. Out: `Position` of a path, worked out when it is asked for: a sound
spec asks for few, so building keeps one integer per key and value, and laying over keeps both trees side by side.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from monitorspec.diagnostics import Edit, Path, Position

# A span is `start << WIDTH | length`, in characters; a file has at most 2**24 bytes, so the length always fits.
WIDTH = 25
_LENGTH = (1 << WIDTH) - 1

# A scalar is its span. A mapping is (span, {key: value's node}, {key: key's span}), a list (span, [node, …]).
Node = int | tuple[int, dict[str, Any], dict[str, int]] | tuple[int, list[Any]]

_BREAK = re.compile(r"\r\n|[\n\r]")
_TAG = re.compile(r"(?:&\S+\s+)?(!\S*)")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")


class Text:
    """A file's text with the offsets of its lines, found on first use."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line starts."""
        if "\r" in self.text:
            return [0, *(found.end() for found in _BREAK.finditer(self.text))]
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))][:-1]

    def position(self, start: int, length: int = 1) -> Position:
        """The place of `length` characters at an offset; what runs over a line's end is cut there."""
        line = bisect_right(self.starts, start)
        first = self.starts[line - 1]
        found = _BREAK.search(self.text, start, start + length)
        end = found.start() if found else min(start + length, len(self.text))
        return Position(self.file, line, start - first + 1, max(1, end - start))

    def offset(self, line: int, column: int) -> int:
        """The offset of a place that the parser gives, both counted from 0."""
        return min(self.starts[line] + column, len(self.text)) if line < len(self.starts) else len(self.text)

    def line(self, number: int) -> str:
        """A line by its number from 1, without its break."""
        start = self.starts[number - 1]
        found = _BREAK.search(self.text, start)
        return self.text[start : found.start() if found else len(self.text)]

    def at(self, span: int) -> Position:
        """The place of a span, past the anchor and the tag that may stand before the value."""
        start = self.start(span)
        return self.position(start, (span >> WIDTH) + (span & _LENGTH) - start)

    def start(self, span: int) -> int:
        """The offset at which the value of a span starts, past its anchor and its tag."""
        start = span >> WIDTH
        if not self.text.startswith(("&", "!"), start):
            return start
        skipped = _PROPERTIES.match(self.text, start, start + (span & _LENGTH))
        return skipped.end() if skipped else start

    def tag_of(self, span: int) -> Position:
        """The place of the tag that a span starts with, or has after an anchor."""
        start = span >> WIDTH
        found = _TAG.match(self.text, start)
        return self.position(found.start(1), len(found[1])) if found else self.at(span)


class Layer(NamedTuple):
    """A tree of spans and the text that they point into."""

    text: Text
    node: Node


class Positions(NamedTuple):
    """The places of a source's keys and values; `layers` are the trees laid over each other, the uppermost first."""

    file: str
    layers: tuple[Layer, ...] = ()

    @classmethod
    def none(cls, file: str) -> Positions:
        """Of data that was not read from a file's text: everything is at its first line."""
        return cls(file)

    @classmethod
    def of(cls, text: Text, root: Node | None) -> Positions:
        """Of one file."""
        return cls(text.file) if root is None else cls(text.file, (Layer(text, root),))

    def over(self, base: Positions) -> Positions:
        """These laid over others, as `merge` lays the data."""
        return Positions(self.file, self.layers + base.layers)

    def below(self, path: Path) -> Positions:
        """Of the data at `path`, seen as a root."""
        return Positions(self.file, tuple(self._at(path)))

    def key(self, path: Path) -> Position | None:
        """Where the key that ends `path` is written; None for a list's item and for what no file holds."""
        if not path:
            return None
        spans = [
            (Layer(layer.text, child), span)
            for layer in self._at(path[:-1])
            if (child := _child(layer.node, path[-1])) is not None and (span := _key(layer.node, path[-1])) is not None
        ]
        seen = _visible([layer for layer, _ in spans])
        return seen[-1].text.at(spans[len(seen) - 1][1]) if seen else None

    def value(self, path: Path) -> Position | None:
        """Where the value at `path` is written: a scalar whole, of a mapping or list its beginning."""
        layers = self._at(path)
        return _beginning(layers[-1]) if layers else None

    def inside(self, path: Path, value: str, offset: int, length: int) -> Position | None:
        """Where `length` characters at `offset` of the text `value` are written that stands at `path`."""
        layers = self._at(path)
        text, span = layers[-1] if layers else (None, None)
        if text is None or not isinstance(span, int):
            return None
        from monitorspec.source.inner import offset_within

        start = text.start(span)
        end = (span >> WIDTH) + (span & _LENGTH)
        return text.position(start + offset_within(text.text[start:end], value, offset), length)

    def nearest(self, path: Path) -> Position:
        """Where `path`, or as much of its beginning as is known, is written: a scalar itself, else the key of it."""
        for end in range(len(path), 0, -1):
            layers = self._at(path[:end])
            if layers:
                whole_scalar = end == len(path) and isinstance(layers[-1].node, int)
                return (None if whole_scalar else self.key(path[:end])) or _beginning(layers[-1])
        return self.value(()) or Position(self.file, 1, 1)

    def path_at(self, at: Position) -> Path:
        """The path of the innermost key or item that begins at a place or before it, as its own file has it."""
        # The last of a file's layers is all of it; those above may be parts that were laid over it.
        layer = next((layer for layer in reversed(self.layers) if layer.text.file == at.file), None)
        if layer is None or not 0 < at.line <= len(layer.text.starts):
            return ()
        return _path_at(layer.node, layer.text.starts[at.line - 1] + max(0, at.column - 1))

    def in_text(self, at: Position) -> bool:
        """Whether a place is within a scalar that is no block: what looks like a comment there is none."""
        layer = next((layer for layer in reversed(self.layers) if layer.text.file == at.file), None)
        if layer is None:
            return False
        node: Node | None = layer.node
        for step in self.path_at(at):
            node = _child(node, step) if node is not None else None
        if not isinstance(node, int):
            return False
        offset = layer.text.starts[at.line - 1] + at.column - 1
        start = layer.text.start(node)
        return start <= offset < (node >> WIDTH) + (node & _LENGTH) and layer.text.text[start] not in "|>"

    def written(self, at: Position) -> str:
        """What is written at a place, within its line."""
        text = self.text(at.file)
        return text.line(at.line)[at.column - 1 : at.column - 1 + at.length] if text and at.line else ""

    def removal(self, at: Position) -> Edit | None:
        """The edit that takes the innermost entry at a place out of its file; None where more would change."""
        from monitorspec.source.cut import cut

        text = self.text(at.file)
        return cut(text, self.path_at(at)) if text else None

    def text(self, file: str) -> Text | None:
        """The text of one of the files."""
        return next((layer.text for layer in self.layers if layer.text.file == file), None)

    def _at(self, path: Path) -> list[Layer]:
        layers = _visible(list(self.layers))
        for step in path:
            layers = _visible(
                [Layer(text, child) for text, node in layers if (child := _child(node, step)) is not None],
            )
        return layers


def _path_at(node: Node, offset: int) -> Path:
    path: list[str | int] = []
    while not isinstance(node, int):
        begun: list[tuple[int, str | int]] = []
        if len(node) == 3:
            begun = [(start, key) for key, span in node[2].items() if (start := span >> WIDTH) <= offset]
        else:
            begun = [(start, n) for n, item in enumerate(node[1]) if (start := _start(item)) <= offset]
        if not begun:
            break
        step = max(begun, key=lambda pair: pair[0])[1]
        path.append(step)
        node = _child(node, step) or 0
    return tuple(path)


def _start(node: Node) -> int:
    return (node if isinstance(node, int) else node[0]) >> WIDTH


def _visible(layers: list[Layer]) -> list[Layer]:
    """The layers whose data is still there: mappings merge with mappings below, anything else hides what is below."""
    seen: list[Layer] = []
    for layer in layers:
        if not _is_mapping(layer.node):
            return seen or [layer]
        seen.append(layer)
    return seen


def _is_mapping(node: Node) -> bool:
    return not isinstance(node, int) and len(node) == 3


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, int):
        return None
    children: dict[str, Node] | list[Node] = node[1]
    if isinstance(children, dict):
        return children.get(step) if isinstance(step, str) else None
    return children[step] if isinstance(step, int) and 0 <= step < len(children) else None


def _key(node: Node, step: str | int) -> int | None:
    return node[2].get(step) if not isinstance(node, int) and len(node) == 3 and isinstance(step, str) else None


def _beginning(layer: Layer) -> Position:
    text, node = layer
    if isinstance(node, int):
        return text.at(node)
    span = node[0]
    if len(node) == 3 and not span & _LENGTH and node[2]:
        # A mapping in block style has no sign of its own: it begins with its first key.
        return text.at(next(iter(node[2].values())))
    return text.at(span)
