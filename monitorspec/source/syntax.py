"""Syntax errors in words for people.

In: the C parser's exception. Out: a diagnostic at the place where the mistake most likely is.
"""

from __future__ import annotations

import re
from typing import Any

from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.source.positions import Text

_INDENT = re.compile(r" *\t[ \t]*")
_OPEN = {"a flow sequence": ("[", "]"), "a flow mapping": ("{", "}")}


def syntax_error(error: Exception, text: Text) -> Diagnostic:
    """What the parser stumbled over."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).strip()
    context = str(getattr(error, "context", None) or "")
    at = _offset(getattr(error, "problem_mark", None), text)
    began = _offset(getattr(error, "context_mark", None), text)
    here = at if at is not None else began if began is not None else 0
    position = text.position(here)
    tab = _INDENT.match(text.line(position.line))
    if tab and position.column <= tab.end() + 1:
        place = Position(text.file, position.line, tab[0].index("\t") + 1)
        return Diagnostic("yaml/tab", "a tab is used for indentation", place, label="indent with spaces")
    message, label, help_, start = _explained(problem, context, here, began, text)
    return Diagnostic("yaml/syntax", message, text.position(start), label=label, help=help_)


def _offset(mark: Any, text: Text) -> int | None:
    return None if mark is None else text.offset(mark.line, mark.column)


def _explained(
    problem: str, context: str, here: int, began: int | None, text: Text
) -> tuple[str, str, tuple[str, ...], int]:
    """Message, label, help and offset."""
    char = text.text[here : here + 1]
    line = text.position(here).line
    opening = began if began is not None else here
    for kind, (left, right) in _OPEN.items():
        if kind in context and "did not find expected" in problem:
            ended = not text.text[here:].strip()
            if not ended and line == text.position(opening).line:
                column = text.position(opening).column
                return f"`,` or `{right}` is missing", f"expected here, after the `{left}` at column {column}", (), here
            reached = "the end of the file" if ended else f"line {line}"
            return f"`{left}` is not closed", f"no `,` or `{right}` follows before {reached}", (), opening
    if "end of stream" in problem or "document indicator" in problem:
        return "a quoted text is not closed", "the quote that opens it", (), opening
    if problem.startswith("mapping values are not allowed"):
        help_ = (
            "quote the text if it contains `: `",
            "check the indentation, and that the line before ends its key with `:`",
        )
        return "a `:` where no key can stand", "not expected here", help_, here
    if "cannot start any token" in problem:
        return f"text cannot begin with `{char}`", "quote the text", (), here
    if "unknown escape character" in problem:
        escape = text.text[here : here + 2]
        help_ = (
            f"double the backslash: `\\{escape}`",
            "or use 'single quotes', in which a backslash is an ordinary character",
        )
        return f"unknown escape `{escape}` in a double-quoted text", "not an escape of YAML", help_, here
    if "Unicode character escape" in problem:
        advice = "write the character itself, or `\\U` and the eight digits of its number"
        return (
            "an escape that is no character",
            "no character by itself",
            (advice,),
            max(text.text.rfind("\\", 0, here), 0),
        )
    if "unexpected ':'" in problem:
        return "a `:` that ends a text", "not expected here", ("quote the text if the colon belongs to it",), here
    if "block sequence entries are not allowed" in problem:
        return "a list begins where none can stand", "put `- ` on a line of its own", (), here
    if "block collection" in context or "expected '-' indicator" in problem:
        began_at = text.position(opening).line
        return "this is no item of the list", f"expected `- `, as at line {began_at}", ("check the indentation",), here
    if "block mapping" in context:
        began_at = text.position(opening).line
        help_ = ("check the indentation", "quote a value as a whole: text cannot follow the closing quote or bracket")
        return "this is no key of the mapping", f"expected a key like that at line {began_at}", help_, here
    if "could not find expected ':'" in problem:
        return (
            "a key without `:`",
            "no `:` follows",
            ("check the indentation", "a text of several lines needs `|` or quotes"),
            opening,
        )
    if "<document start>" in problem:
        return "text after the end of the spec", "not expected here", ("check the indentation and the brackets",), here
    if "node content" in problem:
        return (
            f"a value is expected, not `{char}`",
            "no value",
            ("quote the text if it begins with this character",),
            here,
        )
    if "anchor" in context or "alias" in context:
        return (
            "a name is expected after `&` or `*`",
            "no name",
            ("quote the text if it begins with this character",),
            opening,
        )
    if "incompatible YAML document" in problem:
        return "unknown version of YAML", "remove this line", (), here
    return f"not valid YAML: {problem}", "", (), here
