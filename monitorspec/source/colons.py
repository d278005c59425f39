"""Colons inside unquoted texts within brackets, such as `{hours: 08:00-18:00}` and `[http://example.com]`.

In: a text that libyaml refused for one. Out: the same text with another character for each such colon (as long, so that every
place stays), and the data that it was read as with the colons back. In YAML 1.2 (section 7.3.3) a `:` ends a key only before
a space, a bracket or a comma; libyaml's rule within brackets is that of YAML 1.1.
"""

from __future__ import annotations

import re
from typing import Any

# Colons of tags stay, and those behind a quote or a bracket, which end a key even without a space.
_INNER = re.compile(r"""(!<[^>\s]*>)|(?<!["'\]}]):(?=[^\s,\[\]{}])""")
_PRIVATE_USE = range(0xE000, 0xF8FF)


def masked(text: str) -> tuple[str, str]:
    """The text without inner colons and the character in their place; "" for it when there is nothing to hide."""
    mask = next((char for code in _PRIVATE_USE if (char := chr(code)) not in text), "")
    hidden = _INNER.sub(lambda found: found[1] or mask, text) if mask else text
    return hidden, mask if hidden != text else ""


def unmasked(data: Any, node: Any, mask: str) -> tuple[Any, Any]:
    """Data and spans with the colons back; what aliases share stays shared."""
    return _restored(data, node, mask, {})


def _restored(data: Any, node: Any, mask: str, done: dict[int, tuple[Any, Any]]) -> tuple[Any, Any]:
    if isinstance(data, str):
        return data.replace(mask, ":"), node
    if not isinstance(data, dict | list):
        return data, node
    known = done.get(id(data))
    if known is not None:
        return known
    if isinstance(data, list):
        pairs = [_restored(part, below, mask, done) for part, below in zip(data, node[1], strict=True)]
        made: tuple[Any, Any] = [part for part, _ in pairs], (node[0], [below for _, below in pairs])
    else:
        parts = {key.replace(mask, ":"): _restored(part, node[1][key], mask, done) for key, part in data.items()}
        keys = {key.replace(mask, ":"): span for key, span in node[2].items()}
        made = (
            {key: part for key, (part, _) in parts.items()},
            (node[0], {key: below for key, (_, below) in parts.items()}, keys),
        )
    done[id(data)] = made
    return made
