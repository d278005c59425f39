"""Fact sheets: all that a spec says of one SLO or alert, with what follows from it.

In: the plan, and an SLO or alert of it. Out: a `Sheet` for people; plain data for programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Table(NamedTuple):
    """Rows of equally many cells, the head first. `sides` has `<` or `>` for each column; `title` and `remark` stand above and
    below, and may be ""."""

    title: str
    rows: Sequence[Sequence[str]]
    sides: Sequence[str]
    remark: str


class Sheet(NamedTuple):
    title: str
    facts: Sequence[tuple[str, str]]
    """Names and what is to be said; a text may have several lines."""
    tables: Sequence[Table]
