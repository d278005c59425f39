"""A review as a comment of a pull request: found again by its first line, so that one comment is kept up to date.

In: a `Review`. Out: GitHub's Markdown, which GitLab renders too, of at most `LIMIT` characters; what does not fit is cut, and says
so. Texts of specs are escaped: none of them can make a heading, a link, a mention or a check box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitorspec import markdown
from monitorspec.diff import TITLES
from monitorspec.report.review.lines import Line, areas, folded, summary
from monitorspec.report.review.text import effect_lines
from monitorspec.review import Review, SystemReview

MARKER = "<!-- monitorspec diff -->"
LIMIT = 65_536
"""Characters that a comment may have on GitHub; https://docs.github.com/rest/issues/comments."""
SUMMARY_LIMIT = 1_048_576 // 4
"""Bytes that the summary of a job's step may have on GitHub are 1 MiB; a character is at most four of them."""
_ROOM = 400
ACKNOWLEDGE = "<!-- acknowledge:{} -->"
_SIGNS = {"+": "➕", "-": "➖", "~": "✏️", "-/+": "♻️"}


def render(review: Review, limit: int = LIMIT) -> str:
    """The comment; `limit` in characters."""
    head = [MARKER, f"### Monitoring: {summary(review)}", ""]
    if review.before:
        head += [f"{markdown.code(review.after)} compared with {markdown.code(review.before)}", ""]
    lines = [*head, *_body(review)]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= limit else _cut(lines, limit)


def _body(review: Review) -> Iterator[str]:
    for d in review.diagnostics:
        yield f"- ⛔ {markdown.code(f'{d.position.file}:{d.position.line}')} {_said(d.message)} ({markdown.code(d.code)})"
    for system in review.systems:
        if system.changes:
            yield from _system(system, len(review.systems) > 1)


def _system(system: SystemReview, named: bool) -> Iterator[str]:
    if named:
        yield from (f"#### {_said(system.system)}", "")
    found = areas(folded(system.changes))
    for area, title in TITLES.items():
        if area not in found or area == "cosmetic":
            continue
        yield from (f"**{title}**", "")
        for line in found[area]:
            yield from _line(line)
        yield ""
    if "cosmetic" in found:
        number = len(found["cosmetic"])
        yield from _folded(f"{number} cosmetic change{'' if number == 1 else 's'}", _cosmetic(found["cosmetic"]))
    if system.effects:
        said = [f"- {_said(text.strip())}" for effect in system.effects for text in effect_lines(effect)]
        yield from _folded("On deploy", said)


def _line(line: Line) -> Iterator[str]:
    box = ""
    mark = "🔴 " if line.level == "risky" else ""
    if line.acknowledged:
        mark = "☑️ "
    if line.level == "risky":
        ids = "".join(ACKNOWLEDGE.format(f) for f in line.fingerprints)
        box = f"[{'x' if line.acknowledged else ' '}] {ids}"
    only = f" _(only in {_said(', '.join(line.only))})_" if line.only else ""
    said = f" _acknowledged: {_said(line.acknowledged)}_" if line.acknowledged else ""
    yield f"- {box}{_SIGNS[line.sign]} {mark}{markdown.code(line.subject)} {_said(line.text)}{only}{said}"
    changed = [text for text in line.details if text[:2] in ("- ", "+ ")]
    yield from (f"  - {_said(text)}" for text in line.details if text not in changed)
    if changed:
        yield from ("", *markdown.fence("\n".join(map(_flat, changed)), "diff", "  ").split("\n"), "")


def _cosmetic(lines: Sequence[Line]) -> list[str]:
    return [f"- {_SIGNS[line.sign]} {markdown.code(line.subject)} {_said(line.text)}" for line in lines]


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"<details><summary>{title}</summary>", "", *lines, "", "</details>", "")


def _flat(text: str) -> str:
    return " ".join(text.split())


def _said(text: str) -> str:
    """Text of a spec on one line. An `@name` in it calls nobody."""
    return markdown.line(text).replace("@", "@\u200b")


def _cut(lines: Sequence[str], limit: int) -> str:
    """As many whole lines as fit; what is open is closed, and a last line says what is missing."""
    kept: list[str] = []
    size, inside, fence = 0, False, ""
    for line in lines:
        if size + len(line) + 1 > limit - _ROOM:
            break
        kept.append(line)
        size += len(line) + 1
        stripped = line.strip()
        if fence:
            fence = "" if stripped == fence else fence
        elif found := re.match(r"(`{3,})diff$", stripped):
            fence = found[1]
        inside = (inside or stripped.startswith("<details>")) and stripped != "</details>"
    if fence:
        kept.append(f"  {fence}")
    if inside:
        kept += ["", "</details>"]
    rest = sum(1 for line in lines[len(kept) :] if line.startswith("- "))
    kept += [
        "",
        f"**Cut here: about {rest} more changes.** The whole report is in the job's summary, or by `monitorspec diff`.",
    ]
    return "\n".join(kept) + "\n"
