"""Syntax errors in words for people.

In: the C parser's exception. Out: a diagnostic at the place where the mistake most likely is.
"""

from __future__ import annotations

import re
from typing import Any

from monitorspec.diagnostics import Diagnostic, Position
from monitorspec.source.positions import Text

_INDENT = re.compile(r" *\t[ \t]*")
_COMMENT = re.compile(r"^([^'\"]*(?:'[^']*'|\"[^\"]*\"|[^'\"])*?[\s])#\S")
_LONE_WORD = re.compile(r"(\s*)([\w./-]+)\s*")
_GLUED = re.compile(r"\s*([\w-]+):(?=(\S+))")
_QUOTE_WHOLE = (
    "quote the whole text: without quotes a `{`, `[` or `,` ends it",
    "such as `expr: 'sum(rate(errors_total{code=\"500\"}[5m]))'`",
)
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
            hash_ = _COMMENT.search(text.line(text.position(opening).line))
            if hash_:
                # `channel: #shop` loses the rest of the line, its closing bracket too.
                return _hidden(hash_, opening, left, text)
            ended = not text.text[here:].strip()
            if not ended and line == text.position(opening).line:
                column = text.position(opening).column
                label = f"expected here, after the `{left}` at column {column}"
                return f"`,` or `{right}` is missing", label, _QUOTE_WHOLE, here
            reached = "the end of the file" if ended else f"line {line}"
            return f"`{left}` is not closed", f"no `,` or `{right}` follows before {reached}", (), opening
    if "node content" in problem and not char:
        for number in range(line - 1, 0, -1):
            hash_ = _COMMENT.search(text.line(number))
            if hash_ and any(hash_[1].count(left) > hash_[1].count(right) for left, right in _OPEN.values()):
                start = text.offset(number - 1, 0)
                return _hidden(hash_, start, "{" if hash_[1].count("{") > hash_[1].count("}") else "[", text)
        return "the file ends where a value is expected", "no value", ("check the brackets",), here
    if "end of stream" in problem or "document indicator" in problem:
        return "a quoted text is not closed", "the quote that opens it", (), opening
    if problem.startswith("mapping values are not allowed"):
        before = next((n for n in range(line - 1, 0, -1) if text.line(n).strip()), 0)
        word = _LONE_WORD.fullmatch(text.line(before)) if before else None
        if word and ": " not in text.line(line)[: text.position(here).column - 1]:
            # The parser takes both lines for one text, which cannot be a key.
            return f"`{word[2]}` is a key without `:`", "no `:` follows", (), text.offset(before - 1, len(word[1]))
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
        if text.line(line)[: text.position(here).column - 1].rstrip().endswith(("'", '"', "]", "}")):
            return "text cannot follow the closing quote or bracket", "belongs to no value", _QUOTE_WHOLE, here
        help_ = ("check the indentation", "quote a value as a whole: text cannot follow the closing quote or bracket")
        return "this is no key of the mapping", f"expected a key like that at line {began_at}", help_, here
    if "could not find expected ':'" in problem:
        glued = _GLUED.match(text.line(text.position(opening).line))
        if glued:
            place = text.offset(text.position(opening).line - 1, glued.end())
            return "a space is missing after `:`", "expected here", (f"write `{glued[1]}: {glued[2]}`",), place
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


def _hidden(comment: re.Match[str], opening: int, left: str, text: Text) -> tuple[str, str, tuple[str, ...], int]:
    """A bracket whose end stands in what has become a comment."""
    place = text.offset(text.position(opening).line - 1, comment.end() - 2)
    help_ = ("quote a text that begins with `#`, such as `'#channel'`",)
    return f"`#` begins a comment, in which the `{left}` before it is not closed", "a comment from here", help_, place
