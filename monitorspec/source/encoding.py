"""From a file's bytes to its text.

In: bytes. Out: text that YAML can hold, or None when it is in another encoding; what was replaced is a diagnostic.
"""

from __future__ import annotations

import codecs
import re

from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.source.positions import Text

MAX_BYTES = 16 * 1024 * 1024

_ALLOWED = bytes([9, 10, 13, *range(0x20, 0x7F), *range(0x80, 0x100)])
# Controls, byte order marks, noncharacters, and the line breaks that editors and YAML versions count differently.
_SUSPECT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BREAKS = "\x85\u2028\u2029"
# UTF-32 first: its mark begins with that of UTF-16.
_FOREIGN = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def too_big(file: str) -> Diagnostic:
    """The finding for a file that is over the limit."""
    message = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
    return Diagnostic("yaml/too-big", message, Position(file, 1, 1), help=("split it into several specs",))


def decode(raw: bytes, file: str) -> tuple[str | None, list[Diagnostic]]:
    """The text of a file, without its byte order mark; each character that YAML cannot hold is replaced by U+FFFD."""
    encoding = next((name for mark, name in _FOREIGN if raw.startswith(mark)), "")
    if not encoding and raw[:4].count(0) in (2, 3):
        encoding = "UTF-16 or UTF-32"
    if encoding:
        message = f"the file is {encoding}, not UTF-8"
        return None, [Diagnostic("yaml/encoding", message, Position(file, 1, 1), help=("save it as UTF-8",))]
    raw = raw.removeprefix(codecs.BOM_UTF8)
    found: list[Diagnostic] = []
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        text = raw.decode("utf-8", "replace")
        before = len(raw[: error.start].decode("utf-8"))
        message = f"byte 0x{raw[error.start]:02x} at offset {error.start} is not UTF-8"
        found.append(
            Diagnostic("yaml/encoding", message, Text(file, text).position(before), help=("save the file as UTF-8",))
        )
    if raw.isascii() and not raw.translate(None, _ALLOWED):
        return text, found
    lines = Text(file, text)
    suspects = list(_SUSPECT.finditer(text))
    # A binary file has them by the thousand: each kind is named once, where it is first.
    firsts = {match[0]: match.start() for match in reversed(suspects)}
    found += [_unprintable(char, lines.position(start)) for char, start in firsts.items()]
    return _SUSPECT.sub("\ufffd", text) if suspects else text, found


def _unprintable(char: str, position: Position) -> Diagnostic:
    code = f"U+{ord(char):04X}"
    escape = f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"
    help_ = f'remove it, or write it as `{escape}` in "double quotes"'
    if char in _BREAKS:
        message = f"line separator {code}: programs disagree whether a line ends here"
    elif char == "\ufeff":
        message = f"byte order mark {code} inside the text"
    else:
        message = f"control character {code}" if ord(char) < 0xA0 else f"{code} is not a character"
    return Diagnostic("yaml/character", message, position, label="not allowed in YAML", help=(help_,))
