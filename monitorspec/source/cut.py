"""Taking a key with its value, or an item of a list, out of a file: what else the file holds stays byte for byte.

In: a file's text and a path in its data. Out: the edit, or None where more would change than that: the text holds an anchor,
or a comment would be left without its place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from _ruamel_yaml import CParser
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from monitorspec.diagnostics import Edit, Path
from monitorspec.source.colons import masked
from monitorspec.source.positions import Text


class _Entry(NamedTuple):
    """`start`: of the key, or of the item."""

    step: str | int
    start: int
    end: int


class _Held(NamedTuple):
    """A mapping or a list as it is written."""

    flow: bool
    is_list: bool
    entries: tuple[_Entry, ...]


def cut(text: Text, path: Path, *, with_empty: bool = False) -> Edit | None:
    """The edit that takes out what stands at `path`; `with_empty` takes along what would then be empty."""
    held = _read(text.text)
    while True:
        around = held.get(path[:-1]) if path else None
        at = next((n for n, e in enumerate(around.entries) if e.step == path[-1]), -1) if around else -1
        if around is None or at < 0:
            return None
        if len(around.entries) > 1:
            return _edit(text, *_span(text.text, around, at))
        if not with_empty:
            return None
        path = path[:-1]


def _span(text: str, held: _Held, at: int) -> tuple[int, int]:
    """Beginning and end of what goes; both 0 where it cannot."""
    entry = held.entries[at]
    if not held.flow:
        return _lines(text, entry, held.is_list)
    if at + 1 < len(held.entries):
        start, end = entry.start, held.entries[at + 1].start
        between = text[entry.end : end]
    else:
        start, end = held.entries[at - 1].end, entry.end
        between = text[start : entry.start]
    return (0, 0) if "#" in between else (start, end)


def _lines(text: str, entry: _Entry, is_list: bool) -> tuple[int, int]:
    start = text.rfind("\n", 0, entry.start) + 1
    before = text[start : entry.start].strip(" ")
    if before != ("-" if is_list else ""):
        return 0, 0
    end = entry.end
    if text[end - 1] != "\n":
        stop = text.find("\n", end)
        rest = text[end : stop if stop >= 0 else len(text)].strip()
        if rest and not rest.startswith("#"):
            return 0, 0
        end = stop + 1 if stop >= 0 else len(text)
    return start, end


def _edit(text: Text, start: int, end: int) -> Edit | None:
    if start == end or "&" in text.text[start:end]:
        return None
    first, last = text.position(start), text.position(end)
    return Edit(text.file, first.line, first.column, last.line, last.column, "")


def _read(text: str) -> dict[Path, _Held]:
    try:
        return _written(text)
    except YAMLError:
        pass
    # As `builder` reads colons that libyaml is too strict about.
    hidden, mask = masked(text)
    try:
        return _written(hidden, mask) if mask else {}
    except YAMLError:
        return {}


def _written(text: str, mask: str = "") -> dict[Path, _Held]:
    """Every mapping and list of a text by its path, as it is written; what an alias stands for is not in it."""
    out: dict[Path, _Held] = {}
    stack: list[tuple[Any, Path, list[_Entry], list[Any]]] = []  # event, path, entries, [key, its start]
    parser = CParser(text)
    end = 0

    def done(start: int) -> None:
        """Note that a node which began at `start` has ended at `end`."""
        if not stack:
            return
        event, _, entries, key = stack[-1]
        if isinstance(event, SequenceStartEvent):
            entries.append(_Entry(len(entries), start, end))
        elif key:
            entries.append(_Entry(key[0], key[1], end))
            key.clear()

    for event in iter(parser.get_event, None):
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            end = event.end_mark.index
            path: Path = ()
            if stack:
                above, base, entries, key = stack[-1]
                # A key that is a mapping itself is at no path that anybody asks for.
                step = len(entries) if isinstance(above, SequenceStartEvent) else key[0] if key else "?"
                path = (*base, step)
            stack.append((event, path, [], []))
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            opened, path, entries, _ = stack.pop()
            if opened.flow_style:
                end = event.end_mark.index
            out[path] = _Held(bool(opened.flow_style), isinstance(opened, SequenceStartEvent), tuple(entries))
            done(opened.start_mark.index)
        elif isinstance(event, ScalarEvent | AliasEvent):
            start, end = event.start_mark.index, event.end_mark.index
            above = stack[-1] if stack else None
            if above and isinstance(above[0], MappingStartEvent) and not above[3]:
                name = event.value if isinstance(event, ScalarEvent) else "?"
                above[3].extend((name.replace(mask, ":") if mask else name, start))
            else:
                done(start)
    return out
