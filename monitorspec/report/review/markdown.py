"""A review as a comment of a pull request: found again by its first line, so that one comment is kept up to date.

In: a `Review`. Out: GitHub's Markdown, which GitLab renders too, of at most `LIMIT` characters; what does not fit is cut, and says
so. Texts of specs are escaped: none of them can make a heading, a link, a mention or a check box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitorspec import markdown
from monitorspec.diff import TITLES
from monitorspec.report.review.lines import SHOWN, Line, areas, folded, summary
from monitorspec.report.review.text import effect_lines
from monitorspec.review import Review, SystemReview

MARKER = "<!-- monitorspec diff -->"
LIMIT = 65_536
"""Characters that a comment may have on GitHub; https://docs.github.com/rest/issues/comments."""
SUMMARY_LIMIT = 1_048_576 // 4
"""Bytes that the summary of a job's step may have on GitHub are 1 MiB; a character is at most four of them."""
_ROOM = 400
# What GitHub and GitLab make something of wherever it stands: mentions, issues and merge requests, addresses.
_CALLS = re.compile(r"@|[#!](?=\d)|\bGH-(?=\d)|\bwww(?=\.)|:(?=//)", re.IGNORECASE)
ACKNOWLEDGE = "<!-- acknowledge:{} -->"
_TICK = re.compile(r"\[(?=[xX]\])")
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
        listed = [
            text
            for said, reasons in map(effect_lines, system.effects)
            for text in (f"- {_said(said)}", *(f"  - {_said(reason)}" for reason in reasons))
        ]
        yield from _folded("On deploy", listed)


def _line(line: Line) -> Iterator[str]:
    box = mark = ""
    if line.level == "risky":
        ids = "".join(ACKNOWLEDGE.format(f) for f in line.fingerprints)
        box = f"[{'x' if line.acknowledged else ' '}] {ids} "
        mark = "" if line.acknowledged else "🔴 "
    elif line.acknowledged:
        mark = "☑️ "
    only = f" _(only in {_said(', '.join(line.only))})_" if line.only else ""
    said = f" _acknowledged: {_said(line.acknowledged)}_" if line.acknowledged else ""
    text = f"{_SIGNS[line.sign]} {mark}{_subjects(line)}: {_said(line.text)}{only}{said}"
    if box:
        # GitHub's renderer takes a box for ticked when `[x]` stands anywhere in its line.
        text = _TICK.sub("[\u200b", text)
    yield f"- {box}{text}"
    changed = [text for text in line.details if text[:2] in ("- ", "+ ")]
    yield from (f"  - {said}" for said in (_item(text) for text in line.details if text not in changed) if said)
    if changed:
        # Without blank lines around it: these would part the boxes of all lines from their texts.
        yield from markdown.fence("\n".join(map(_flat, changed)), "diff", "  ").split("\n")


def _subjects(line: Line) -> str:
    more = f" and {len(line.subjects) - SHOWN} more" if len(line.subjects) > SHOWN else ""
    return ", ".join(map(markdown.code, line.subjects[:SHOWN])) + more


def _cosmetic(lines: Sequence[Line]) -> list[str]:
    return [f"- {_SIGNS[line.sign]} {_subjects(line)}: {_said(line.text)}" for line in lines]


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from (f"<details><summary>{title}</summary>", "", *lines, "", "</details>", "")


def _flat(text: str) -> str:
    """A line of a fence; nothing in it is taken for a box."""
    return " ".join(text.split()).replace("<!--", "<\u200b!--")


def _said(text: str) -> str:
    """Text of a spec on one line: an `@name` in it calls nobody, `#1` mentions no issue, and addresses are no links."""
    return _CALLS.sub(lambda found: f"{found[0]}\u200b", markdown.line(text))


def _item(text: str) -> str:
    """The same at the beginning of a list item, where it could make a block."""
    return _CALLS.sub(lambda found: f"{found[0]}\u200b", markdown.item(text))


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
