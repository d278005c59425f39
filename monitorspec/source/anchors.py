"""Anchors and aliases: an alias is the anchored data itself, and its spans are the anchor's.

In: anchored nodes as they are built. Out: their data for each alias, unless it is recursive, unknown or blows up.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from monitorspec.source.findings import Findings

# Levels of mappings and lists, aliases written out: what walks the data may do so by recursion.
MAX_DEPTH = 64
# Nodes that aliases may add, were each written out: far beyond any spec, far below what would fill the memory.
MAX_EXPANDED = 1_000_000


class _Anchored(NamedTuple):
    value: Any
    node: Any
    size: int = 1  # events, aliases within written out
    height: int = 0  # levels of mappings and lists


class _Open(NamedTuple):
    name: str
    value: Any
    node: Any
    depth: int
    before: int
    reach: int


class Anchors:
    """The anchors of one document."""

    def __init__(self, findings: Findings) -> None:
        self.opened: list[_Open] = []
        self.blown_up = False
        self._findings = findings
        self._known: dict[str, _Anchored] = {}
        self._expanded = 0  # events that aliases have added so far
        self._reach = 0  # deepest level within the innermost open anchor

    def scalar(self, name: str, value: Any, node: Any) -> None:
        """Note an anchored scalar."""
        self._known[name] = _Anchored(value, node)

    def enter(self, name: str, value: Any, node: Any, depth: int, count: int) -> None:
        """Note that an anchored mapping or list begins, at event `count`."""
        self.opened.append(_Open(name, value, node, depth, count + self._expanded, self._reach))
        self._reach = depth

    def reached(self, depth: int) -> None:
        """Note a level below an open anchor."""
        self._reach = max(self._reach, depth)

    def leave(self, depth: int, count: int) -> None:
        """Note that a mapping or list ends, which may be the one of the innermost open anchor."""
        last = self.opened[-1]
        if last.depth != depth:
            return
        self.opened.pop()
        size = count + self._expanded - last.before + 1
        self._known[last.name] = _Anchored(last.value, last.node, size, self._reach - depth + 1)
        self._reach = max(self._reach, last.reach)

    def alias(self, name: str, span: int, depth: int) -> tuple[Any, Any]:
        """Data and spans that an alias stands for, None and its own span if there are none."""
        if any(name == anchor.name for anchor in self.opened):
            self._findings.error(
                "recursive-alias", f"`*{name}` stands inside `&{name}`: the data would never end", span
            )
            return None, span
        anchored = self._known.get(name)
        if anchored is None:
            self._findings.unknown_alias(name, span, list(self._known))
            return None, span
        if depth + anchored.height > MAX_DEPTH:
            self._findings.error("too-deep", f"`*{name}` nests too many levels in each other", span)
            return None, span
        self._expanded += anchored.size
        if self._expanded > MAX_EXPANDED:
            message = f"aliases stand for more than {MAX_EXPANDED:,} values"
            self._findings.error("alias-bomb", message, span, label="one too many here")
            self.blown_up = True
            return None, span
        if self.opened:
            self.reached(depth + anchored.height)
        return anchored.value, anchored.node
