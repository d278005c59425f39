"""Queries of CloudWatch Logs Insights, as far as mistakes can be told from the text alone.

In: a query. Out: `Fault`s, and the commands that it uses. This is a scanner of commands, texts and brackets that follows which
columns `stats` leaves; it does not know the fields of log events. Grammar: the CloudWatch Logs user guide, "CloudWatch Logs
Insights language query syntax".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from monitorspec.fault import Fault, Misread

LENGTH = 10_000
"""Characters of a query (API reference, PutQueryDefinition)."""
COMMANDS = (
    "anomaly dedup diff display fields filter filterIndex join limit lookup parse pattern sort SOURCE stats unmask unnest"
).split()
STANDARD_ONLY = frozenset({"pattern", "diff", "filterIndex", "unmask"})
"""Commands that log groups of the class for infrequent access do not have."""
FUNCTIONS = (
    "abs avg bin ceil coalesce concat count count_distinct dateceil datefloor earliest floor fromMillis greatest isblank "
    "isempty isIpInSubnet isIpv4InSubnet isIpv6InSubnet ispresent isValidIp isValidIpv4 isValidIpv6 jsonParse jsonStringify "
    "latest least log ltrim max min now pct replace rtrim sortsFirst sortsLast sqrt stddev strcontains strlen substr sum "
    "toMillis tolower toupper trim"
).split()
_WORDS = frozenset("and or not in like as by asc desc into on with matches".split())
# What other languages write, and what Logs Insights does.
_FOREIGN = {"==": "=", "&&": "and", "||": "or"}
# Commands that need nothing behind them.
_BARE = frozenset({"anomaly", "diff"})

_token = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<name>`[^`]*`)"""
    r"""|(?P<parameter>\{\{\s*\w+\s*\}\})|(?P<word>[@A-Za-z_][\w@]*(?:\.[\w@]+)*)|(?P<number>\d[\w.]*)|(?P<mark>=~|[<>!=]=|&&|\|\||\S)""",
    re.S,
)
_regex = re.compile(r"/(?:\\.|[^/\\\n])*/")
_group = re.compile(r"\(\?<(\w+)>")
_OPENS = {")": "(", "]": "[", "}": "{"}


class Token(NamedTuple):
    """`kind`: text, name (in backticks), parameter, word, number, mark or regex."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        return self.at + len(self.text)


@functools.cache
def faults(query: str) -> tuple[Fault, ...]:
    """What Logs Insights would refuse of a query, in order; the first fault of each command."""
    if len(query) > LENGTH:
        return (Fault(f"a query has at most {LENGTH:,} characters, this one {len(query):,}", LENGTH),)
    try:
        pipes = _commands(query)
    except Misread as misread:
        return (misread.fault,)
    out = []
    columns: Columns = None
    for command in pipes:
        try:
            columns = _checked(command, columns)
        except Misread as misread:
            out.append(misread.fault)
            columns = None
    return tuple(out)


@functools.cache
def commands(query: str) -> tuple[str, ...]:
    """The commands of a query, in order; () where it cannot be read."""
    try:
        return tuple(command[0].text for command in _commands(query))
    except Misread:
        return ()


# ---- tokens


def _tokens(query: str) -> Iterator[Token]:
    at, before, command = 0, "", ""
    while at < len(query):
        if query[at].isspace():
            at += 1
            continue
        if query[at] == "/" and (before in ("like", "=~", "matches") or (command == "parse" and before not in "()")):
            m = _regex.match(query, at)
            if not m:
                raise Misread("the regex that begins with `/` has no end", at)
            token = Token("regex", m[0], at)
        else:
            m = _token.match(query, at)
            assert m is not None
            kind = m.lastgroup or "mark"
            token = Token(kind, m[0], at)
            if kind == "mark" and m[0] in "\"'`":
                raise Misread(
                    f"the text that begins with `{m[0]}` has no end"
                    if m[0] != "`"
                    else "the name that begins with a backtick has no end",
                    at,
                )
        if token.kind == "mark" and token.text in _FOREIGN:
            raise Misread(f"`{token.text}` is no operator here", at, 2, f"write `{_FOREIGN[token.text]}`")
        at = token.end
        if token.kind == "comment":
            continue
        if token.text == "|":
            command = ""
        elif not command:
            command = token.text.lower()
        before = token.text.lower()
        yield token


def _commands(query: str) -> list[list[Token]]:
    """The tokens of each command; `|` within brackets belongs to a query of its own there."""
    out: list[list[Token]] = [[]]
    opened: list[Token] = []
    last: Token | None = None
    for token in _tokens(query):
        if token.kind == "mark" and token.text in "([{":
            opened.append(token)
        elif token.kind == "mark" and token.text in ")]}" and (not opened or opened.pop().text != _OPENS[token.text]):
            raise Misread(f"`{token.text}` closes nothing that is open", token.at)
        if token.kind == "mark" and token.text == "|" and not opened:
            if not out[-1]:
                raise Misread("there is no command before this `|`", token.at)
            out.append([])
            last = token
            continue
        out[-1].append(token)
    if opened:
        raise Misread(f"`{opened[-1].text}` is never closed", opened[-1].at)
    if not out[-1]:
        if last is None:
            raise Misread("the query is empty", 0, help="such as `fields @timestamp, @message | sort @timestamp desc`")
        raise Misread("there is no command behind this `|`", last.at)
    return out


# ---- commands

Columns = dict[str, None] | None
"""The columns that there are since `stats`; None where any field of the events may be meant."""


def _checked(command: Sequence[Token], columns: Columns) -> Columns:
    """The columns behind a command. Raises Misread."""
    first, *rest = command
    name = _command(first)
    _check_functions(rest)
    if not rest:
        if name in _BARE:
            return None
        raise Misread(f"`{name}` needs something behind it", first.at, len(first.text))
    if name == "limit":
        if len(rest) != 1 or not (rest[0].text.isdigit() or rest[0].kind == "parameter"):
            raise Misread("`limit` takes a whole number", rest[0].at, rest[-1].end - rest[0].at)
        return columns
    if name == "stats":
        return _stats(rest)
    if name == "parse":
        return _parsed(rest, columns)
    if name in ("sort", "display", "fields", "dedup"):
        items = _items(rest, first)
        for item in items:
            _check_item(name, item, columns)
        if name == "fields" and columns is not None:
            return columns | {alias: None for item in items if (alias := _alias(item)[1])}
        return columns
    return columns if name == "filter" else None


def _command(first: Token) -> str:
    known = {name.lower(): name for name in COMMANDS}
    if first.text.lower() in known:
        return known[first.text.lower()]
    if first.text.lower() in ("head", "tail"):
        raise Misread(
            f"`{first.text}` is gone from Logs Insights", first.at, len(first.text), "write `limit`, behind a `sort`"
        )
    near = _near(first.text, COMMANDS)
    help = f"did you mean `{near}`?" if near else f"commands are {', '.join(COMMANDS)}"
    raise Misread(f"Logs Insights has no command `{first.text}`", first.at, len(first.text), help)


def _check_functions(tokens: Sequence[Token]) -> None:
    """A call of what is nearly the name of a function: AWS adds functions, so others are let through."""
    known = {name.lower() for name in FUNCTIONS} | _WORDS | {name.lower() for name in COMMANDS}
    for token, behind in pairwise(tokens):
        if token.kind == "word" and behind.text == "(" and token.text.lower() not in known:
            near = _near(token.text, FUNCTIONS)
            if near:
                raise Misread(
                    f"Logs Insights has no function `{token.text}`",
                    token.at,
                    len(token.text),
                    f"did you mean `{near}`?",
                )


def _items(tokens: Sequence[Token], before: Token) -> list[list[Token]]:
    """A list split at its commas. Raises Misread where an item is empty."""
    out: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "mark" else 0
        if token.text == "," and depth == 0 and token.kind == "mark":
            if not out[-1]:
                raise Misread("there is nothing before this comma", token.at)
            out.append([])
            before = token
        else:
            out[-1].append(token)
    if not out[-1]:
        raise Misread(
            f"there is nothing behind this {'comma' if before.text == ',' else f'`{before.text}`'}",
            before.at,
            len(before.text),
        )
    return out


def _alias(item: Sequence[Token]) -> tuple[Sequence[Token], str]:
    """An item without its `as name`, and the name."""
    at = next((n for n, token in enumerate(item) if token.kind == "word" and token.text.lower() == "as"), None)
    if at is None:
        return item, ""
    if at == 0 or len(item) != at + 2 or item[-1].kind not in ("word", "name", "text"):
        raise Misread("`as` stands between a value and one name", item[at].at, 2)
    return item[:at], _column(item[-1:])


def _column(tokens: Sequence[Token]) -> str:
    """A column as it is called: without blanks and backticks."""
    return "".join(token.text.strip("`") for token in tokens).replace(" ", "")


def _stats(tokens: Sequence[Token]) -> Columns:
    by = next((n for n, token in enumerate(tokens) if token.kind == "word" and token.text.lower() == "by"), len(tokens))
    if by == 0:
        raise Misread("`stats` has no function before `by`", tokens[0].at, 2, "such as `stats count(*) by …`")
    groups = _items(tokens[by + 1 :], tokens[by]) if by < len(tokens) else []
    out: dict[str, None] = {}
    called = False
    for item in (*_items(tokens[:by], tokens[0]), *groups):
        value, alias = _alias(item)
        called = called or any(token.text == "(" for token in value)
        out[alias or _column(value)] = None
    if not called:
        raise Misread(
            "`stats` calls no function", tokens[0].at, tokens[-1].end - tokens[0].at, "such as `stats count(*) by …`"
        )
    return out


def _parsed(tokens: Sequence[Token], columns: Columns) -> Columns:
    """`parse @message "user=*, took *ms" as user, took`: as many names as there are stars."""
    at = next((n for n, token in enumerate(tokens) if token.kind in ("text", "regex")), None)
    if at is None:
        raise Misread(
            "`parse` has no pattern",
            tokens[0].at,
            tokens[-1].end - tokens[0].at,
            'such as `parse @message "user=*" as user`',
        )
    pattern, behind = tokens[at], tokens[at + 1 :]
    named: list[str] = _group.findall(pattern.text) if pattern.kind == "regex" else []
    if behind and behind[0].text.lower() == "as":
        named += [_column(item) for item in _items(behind[1:], behind[0])]
    if pattern.kind == "text":
        stars = pattern.text.count("*")
        if stars != len(named):
            said = f"the pattern has {stars} `*`, and {len(named) or 'no'} name{'s' * (len(named) != 1)} behind `as`"
            raise Misread(said, pattern.at, len(pattern.text), "each `*` needs a name")
    elif not named:
        raise Misread("the regex names no fields", pattern.at, len(pattern.text), "such as `/user=(?<user>\\S+)/`")
    return columns | dict.fromkeys(named) if columns is not None else None


def _check_item(command: str, item: Sequence[Token], columns: Columns) -> None:
    """A column of `sort`, `display`, `fields` or `dedup`."""
    if command == "sort" and item[-1].kind == "word" and len(item) > 1:
        *value, direction = item
        if direction.text.lower() in ("asc", "desc"):
            item = value
        elif value[-1].kind != "mark" or value[-1].text == ")":
            near = _near(direction.text, ("asc", "desc"))
            raise Misread(
                f"`sort` goes `asc` or `desc`, not `{direction.text}`",
                direction.at,
                len(direction.text),
                f"did you mean `{near}`?" if near else "",
            )
    item, _ = _alias(item)
    if columns is None or command == "fields" or not item:
        return
    single = len(item) == 1 or (item[0].kind == "word" and item[1].text == "(" and item[-1].text == ")")
    if not single or item[0].kind not in ("word", "name"):
        return
    wanted = _column(item)
    if wanted not in columns:
        near = _near(wanted, columns) or next((c for c in columns if c.startswith(wanted)), "")
        raise Misread(
            f"`stats` leaves no column `{wanted}` to {command} by"
            if command in ("sort", "dedup")
            else f"`stats` leaves no column `{wanted}`",
            item[0].at,
            item[-1].end - item[0].at,
            f"did you mean `{near}`?" if near else f"columns are {', '.join(columns)}",
        )


def _near(name: str, known: Sequence[str] | Columns) -> str:
    from difflib import get_close_matches

    folded = {other.lower(): other for other in known or ()}
    near = get_close_matches(name.lower(), folded, 1, 0.7)
    return folded[near[0]] if near else ""
