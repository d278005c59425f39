"""Changes that somebody has looked at: a list in a file, or the ticked boxes of a review's comment.

In: a text. Out: fingerprint → why. A line of a list is a fingerprint and a reason; `#` begins a comment.
"""

from __future__ import annotations

import re

# As `report.review.markdown` writes them.
_BOX = re.compile(r"^\s*[-*] \[[xX]\] (?P<marks>(?:<!-- acknowledge:[0-9a-f]{12} -->)+)", re.MULTILINE)
_MARK = re.compile(r"acknowledge:([0-9a-f]{12})")
_LINE = re.compile(r"^(?P<mark>[0-9a-f]{12})(?:[ \t]+(?P<why>[^#\r\n]*))?(?:#[^\r\n]*)?\r?$", re.MULTILINE)
TICKED = "ticked in the review"


def read(text: str) -> dict[str, str]:
    """What a text acknowledges."""
    found = {m["mark"]: (m["why"] or "").strip() or "no reason given" for m in _LINE.finditer(text)}
    for box in _BOX.finditer(text):
        found |= dict.fromkeys(_MARK.findall(box["marks"]), TICKED)
    return found
