"""Colons inside unquoted texts within brackets, such as `{hours: 08:00-18:00}` and `[http://example.com]`.

In: a text that the C parser refused for one. Out: the events that YAML 1.2 (section 7.3.3) asks for: a `:` ends a key only
before a space, a bracket or a comma, but the parser's rule within brackets is that of YAML 1.1.
"""

from __future__ import annotations

import re
from typing import Any

from _ruamel_yaml import CParser

TOO_STRICT = "found unexpected ':'"
# Colons of tags stay, and those behind a quote or a bracket, which end a key even without a space.
_INNER = re.compile(r"""(!<[^>\s]*>)|(?<!["'\]}]):(?=[^\s,\[\]{}])""")
_PRIVATE = range(0xE000, 0xF8FF)


class Lenient:
    """A parser that is given another character for each such colon, one as long, and gives the colon back."""

    def __init__(self, text: str) -> None:
        self._stand_in = next(char for code in _PRIVATE if (char := chr(code)) not in text)
        self._parser = CParser(_INNER.sub(lambda found: found[1] or self._stand_in, text))

    def get_event(self) -> Any:
        """The next event, None at the end."""
        event = self._parser.get_event()
        value = getattr(event, "value", None)
        if value and self._stand_in in value:
            event.value = value.replace(self._stand_in, ":")
        return event
