"""The loading stage: a YAML file becomes plain data, the place of every key and value, and diagnostics.

In: a file or its bytes. Out: `Source`. Nothing here raises for what a file holds: bad input is a diagnostic, and
`data` is whatever could be built. The language is YAML 1.2 (core schema); see `builder` for what is refused.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, NamedTuple

from monitorspec.diagnostics import Diagnostic, in_order
from monitorspec.diagnostics import Path as Keys
from monitorspec.source.builder import build
from monitorspec.source.encoding import MAX_BYTES, decode, too_big
from monitorspec.source.layers import at_path, laid_over
from monitorspec.source.positions import Positions, Text

__all__ = ["Positions", "Source", "load", "merge", "overlay", "parse"]


class Source(NamedTuple):
    """A loaded file. `file` is its name as displayed. Aliases share their data with the anchor: never change it."""

    file: str
    text: str
    data: Any
    positions: Positions
    diagnostics: tuple[Diagnostic, ...]


def load(path: Path, display: str | None = None) -> Source:
    """Load a file; `display` is its name in diagnostics. One that cannot be read is a diagnostic as well."""
    file = str(path) if display is None else display
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        found = Diagnostic("yaml/unreadable", f"cannot read {file}: {reason}", Positions.none(file).nearest(()))
        return Source(file, "", None, Positions.none(file), (found,))
    return parse(raw, file)


def parse(text: str | bytes, file: str) -> Source:
    """Load a spec from its text; `file` is its name in diagnostics."""
    # A lone surrogate in a str becomes bytes that are not UTF-8, and is reported as such.
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        return Source(file, "", None, Positions.none(file), (too_big(file),))
    decoded, found = decode(raw, file)
    if decoded is None:
        return Source(file, "", None, Positions.none(file), tuple(found))
    lines = Text(file, decoded)
    # No cycles are made while building, and the collector's passes over young objects would double the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        data, root, wrong = build(lines)
    finally:
        if collecting:
            gc.enable()
    return Source(file, decoded, data, Positions.of(lines, root), tuple(in_order([*found, *wrong])))


def merge(base: Source, over: Source) -> Source:
    """`over` laid onto `base`, mapping by mapping: lists and scalars replace, `null` deletes what `base` has.

    A `null` with nothing to delete stays, so that validation can say what belongs there. Each value's position is where
    it was written; a mapping that both have is where `base` has it. File and text are those of `over`.
    """
    data = laid_over(base.data, over.data)
    return Source(over.file, over.text, data, over.positions.over(base.positions), base.diagnostics + over.diagnostics)


def overlay(source: Source, path: Keys) -> Source:
    """The mapping at `path` of a source laid onto its root, by the rules of `merge`; it stays at `path` as well."""
    part = at_path(source.data, path)
    if not isinstance(part, dict):
        return source
    positions = source.positions.below(path).over(source.positions)
    return source._replace(data=laid_over(source.data, part), positions=positions)
