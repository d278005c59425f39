"""What a lint rule returns: a finding without its place, which `lint` looks up.

In: nothing. Out: `Finding`.
"""

from __future__ import annotations

from typing import NamedTuple

from monitorspec.diagnostics import Level
from monitorspec.plan import Path


class Finding(NamedTuple):
    """`origin` is the path of the spec's value; `key` puts the caret below its key, `within` (the text there, offset, length)
    into it. `code` overrides the rule's own. `also`: paths to look at, in order, where nothing stands at `origin`. `own`: it is
    one only in the spec's own file, and not in one that it extends, which other specs share."""

    message: str
    origin: Path
    level: Level = "error"
    label: str = ""
    help: tuple[str, ...] = ()
    effect: str = ""
    key: bool = True
    code: str = ""
    within: tuple[str, int, int] | None = None
    also: tuple[Path, ...] = ()
    own: bool = False
    put: tuple[str, int, int, str] | None = None
    """What certainly puts it right: the text at `origin`, offset, length, and what belongs there."""
