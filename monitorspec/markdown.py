"""Markdown quoting: user texts as headings, prose, list items, table cells, code and links.

In: any text. Out: CommonMark (with GitHub's tables) that shows that text and nothing else. Inline code in prose stays
code; all other markup of a text shows as it was written. No result has a space at the end of a line.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import quote

_CACHED = 50_000
# Where markup could start: a backslash, emphasis, a link, an HTML tag, an entity. An underscore within a word is none.
_special = re.compile(r"[\\`*\[\]<]|~~|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)").sub
# What makes a block when it starts a line.
_block = re.compile(r"^(\s*)(?:([#>+=~|-])|(\d{1,9})([.)]))").sub
_code_span = re.compile(r"(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)")
# Characters that nobody sees: controls, and those that turn the direction of what follows.
_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]").sub
_blank = re.compile(r"\s+").sub
_trailing = re.compile(r"[ \t]+$", re.MULTILINE).sub
_runs = re.compile(r"`+").findall
_scheme = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:").match
_LINKED = ("http:", "https:", "mailto:")


def _escape(match: re.Match[str]) -> str:
    text = match.group()
    return "&amp;" if text == "&" else "&lt;" if text == "<" else "".join("\\" + c for c in text)


@functools.lru_cache(_CACHED)
def line(text: str) -> str:
    """One line within a heading, list item or sentence."""
    return _inline(_blank(" ", _control(" ", text)).strip())


@functools.lru_cache(_CACHED)
def item(text: str) -> str:
    """One line that starts a block, such as a list item or a paragraph."""
    return _block(_escape_block, line(text))


@functools.lru_cache(_CACHED)
def cell(text: str) -> str:
    """A table cell."""
    return line(text).replace("|", "\\|")


@functools.lru_cache(_CACHED)
def prose(text: str) -> str:
    """Paragraphs: lines and blank lines are kept, indentation is not, because it would make code of them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [item(part) for part in text.strip().split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


@functools.lru_cache(_CACHED)
def code(text: str) -> str:
    """A code span on one line."""
    text = _blank(" ", _control(" ", text)).strip()
    if not text:
        return ""
    ticks = "`" * next(n for n in range(1, len(text) + 2) if n not in {len(run) for run in _runs(text)})
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def cell_link(title: str, url: str) -> str:
    """A link in a table cell."""
    return link(title, url).replace("|", "\\|")


def fence(text: str, language: str = "", indent: str = "") -> str:
    """A fenced block, longer than any run of backticks in it; each line after `indent`."""
    text = _trailing("", _control("", text.replace("\r\n", "\n").replace("\r", "\n"))).strip("\n")
    ticks = "`" * max(3, 1 + max(map(len, _runs(text)), default=0))
    info = language if language.isalnum() else re.sub("[^A-Za-z0-9_+-]", "", language)
    if not indent:
        return f"{ticks}{info}\n{text}\n{ticks}"
    return "\n".join(f"{indent}{part}".rstrip() for part in (ticks + info, *text.split("\n"), ticks))


@functools.lru_cache(_CACHED)
def link(title: str, url: str) -> str:
    """A link; an address that is neither of the web, mail nor relative is shown, not linked."""
    url = _control("", url).strip()
    scheme = _scheme(url)
    if scheme and scheme.group().lower() not in _LINKED:
        return f"{line(title)}: {code(url)}"
    return f"[{line(title)}]({address(url)})"


def address(url: str) -> str:
    """An address as the target of a link: what has a meaning in it stays, what could end the link does not."""
    return quote(url, safe=_URL)


_URL = "/:?#@!$&'*+,=%[]~-._"


def document(text: str) -> str:
    """A Markdown document of the user's own, taken in: no spaces at line ends (hard breaks become backslashes), and
    closed fences, so that nothing behind it becomes code."""
    lines = _control("", text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")).strip("\n").split("\n")
    out: list[str] = []
    opened = ""
    for n, raw in enumerate(lines):
        bare = raw.rstrip()
        mark = re.match(r" {0,3}(`{3,}|~{3,})(.*)", bare)
        if opened:
            if mark and mark[1].startswith(opened) and not mark[2].strip():
                opened = ""
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            opened = mark[1]
        elif bare and raw.endswith("  ") and n + 1 < len(lines) and lines[n + 1].strip():
            bare += "\\"
        out.append(bare)
    if opened:
        out.append(opened)
    return "\n".join(out).strip("\n")


def _inline(text: str) -> str:
    if "`" not in text:
        return _special(_escape, text)
    out, at = [], 0
    for span in _code_span.finditer(text):
        out += [_special(_escape, text[at : span.start()]), code(span[2])]
        at = span.end()
    return "".join((*out, _special(_escape, text[at:])))


def _escape_block(match: re.Match[str]) -> str:
    space, mark, number, dot = match.groups()
    return f"{space}\\{mark}" if mark else f"{space}{number}\\{dot}"
