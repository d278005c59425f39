"""The pages of diagnostics: what a code means, why it matters and what to do.

In: `data/explain/<area>.md` (a `## area/name` heading per code, its first line the title) and the docstrings of lint rules.
Out: titles and pages.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "explain"
_HEADING = re.compile(r"^## (\S+/\S+)\n", re.M)


@cache
def _pages() -> dict[str, str]:
    from monitorspec.lint import PAGES

    pages = {code: inspect.cleandoc(rule.__doc__ or "") for code, rule in PAGES.items()}
    for file in sorted(FOLDER.glob("*.md")):
        parts = _HEADING.split(file.read_text(encoding="utf-8"))
        pages.update(zip(parts[1::2], (text.strip() for text in parts[2::2]), strict=True))
    return dict(sorted(pages.items()))


def codes() -> dict[str, str]:
    """Every code with the first line of its page."""
    return {code: text.partition("\n")[0] for code, text in _pages().items()}


def codes_of_changes() -> dict[str, str]:
    """The codes of what `diff` tells, in its order, with the first line of the page."""
    parts = _HEADING.split((FOLDER / "changes.md").read_text(encoding="utf-8"))
    return {code: text.strip().partition("\n")[0] for code, text in zip(parts[1::2], parts[2::2], strict=True)}


def page(code: str) -> str:
    """The page of a code."""
    return f"{code}\n{'=' * len(code)}\n\n{_pages()[code]}"
