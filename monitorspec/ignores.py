"""Findings that somebody has accepted, with the reason and, if it ends, the last day.

In: what a compile has found, the spec's `ignore:` and the comments `# monitorspec: ignore …` of its files. Out: `Settled`:
what is still to be told, what is not, and what is wrong with what was to be ignored.

Only what leaves outputs possible can be ignored. Whether a day has passed is looked at when a day is given: a build gives
none, so that what it makes never depends on when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from monitorspec.diagnostics import Diagnostic, Edit, Fix, Path, Position
from monitorspec.source.positions import Positions
from monitorspec.spec.ignore import Ignore, parse_date, parse_reason

EVERYWHERE = "*"
KEY = "ignore"

_COMMENT = re.compile(r"(?m)(?:^|(?<=[ \t]))#[ \t]*monitorspec:[ \t]*ignore\b[ \t]*([^\r\n]*)")
_SAID = re.compile(r"(?P<codes>[^:]*?)(?:\s+until\s+(?P<until>[^\s:]+))?\s*:(?:\s+(?P<reason>.*))?")
_FORM = "# monitorspec: ignore area/name until 2027-03-01: the reason"


class Settled(NamedTuple):
    """`unused`: findings about what ignored nothing, true if it ignores nothing in another environment either."""

    told: list[Diagnostic]
    ignored: list[Diagnostic]
    unused: list[Diagnostic]


class _Entry(NamedTuple):
    """One thing to be ignored: `at` is a pattern of paths, or with `file` a path in that file's own data."""

    code: str
    at: str | Path
    reason: str
    until: str
    place: Position
    code_place: Position
    path: Path
    """Of the entry itself; a comment has that of what it is about."""
    file: str = ""
    own: bool = True

    def covers(self, found: Diagnostic) -> bool:
        """Whether a finding is one of those that are meant."""
        if found.code != self.code:
            return False
        if isinstance(self.at, tuple):
            return found.position.file == self.file and found.path[: len(self.at)] == self.at
        # What an environment changes is meant with what it is laid over.
        laid_over = found.path[2:] if found.path[:1] == ("environments",) else ()
        return _leads_to(self.at, found.path) or _leads_to(self.at, laid_over)


def settled(
    found: Sequence[Diagnostic],
    given: Mapping[str, Mapping[str, Ignore]] | None,
    positions: Positions,
    texts: Mapping[str, str],
    *,
    data: Any,
    today: str = "",
    complete: bool,
) -> Settled:
    """Findings by whether they are to be told. `complete`: everything was looked for, so that what ignores nothing is useless;
    `today` as `2027-03-01`, or "" for days not to matter."""
    wrong: list[Diagnostic] = []
    entries = [*_of_spec(given or {}, positions), *_of_comments(texts, positions, wrong)]
    if not entries and not wrong:
        return Settled(list(found), [], [])
    wrong += _unknown(entries)
    told, ignored = [], []
    used: set[int] = set()
    held_back: dict[int, Diagnostic] = {}
    for d in found:
        covering = [n for n, entry in enumerate(entries) if entry.covers(d)]
        used.update(covering)
        if d.fatal:
            held_back |= dict.fromkeys(covering, d)
        holding = [] if d.fatal else [n for n in covering if not _over(entries[n], today)]
        if holding:
            entry = entries[holding[0]]
            ignored.append(d._replace(level="note", ignored=entry.reason, until=entry.until))
        else:
            told.append(d)
    wrong += [_impossible(entries[n], d) for n, d in held_back.items()]
    unused = []
    for n, entry in enumerate(entries):
        if n not in used and complete and entry.own and entry.code in _codes():
            unused.append(_useless(entry, told, data, _over(entry, today), positions))
        elif _over(entry, today):
            wrong.append(_expired(entry))
    told += [d._replace(fatal=d.level == "error", path=d.path or positions.path_at(d.position)) for d in wrong]
    return Settled(told, ignored, unused)


def today() -> str:
    """The day in UTC, as `2027-03-01`: that of SOURCE_DATE_EPOCH (seconds) where it is set. ValueError when that is no number."""
    import os
    import time

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(int(epoch) if epoch else None))
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"SOURCE_DATE_EPOCH is `{epoch}`, not a number of seconds since 1970") from None


def _over(entry: _Entry, day: str) -> bool:
    return bool(day and entry.until and entry.until < day)


def _codes() -> Mapping[str, str]:
    from monitorspec.explain import codes

    return codes()


# ---- what is to be ignored


def _of_spec(given: Mapping[str, Mapping[str, Ignore]], positions: Positions) -> Iterable[_Entry]:
    for code, places in given.items():
        for at, item in places.items():
            path = (KEY, code, at)
            place = positions.key(path) or positions.nearest(path)
            own = place.file == positions.file
            code_place = positions.key(path[:2]) or place
            yield _Entry(code, at, item.reason, item.until or "", place, code_place, path, own=own)


def _of_comments(texts: Mapping[str, str], positions: Positions, wrong: list[Diagnostic]) -> Iterable[_Entry]:
    for file, text in texts.items():
        if "monitorspec:" not in text:
            continue
        for comment in _COMMENT.finditer(text):
            line = text.count("\n", 0, comment.start()) + 1
            start = text.rfind("\n", 0, comment.start()) + 1
            before = text[start : comment.start()]
            place = Position(file, line, comment.start() - start + 1, comment.end() - comment.start())
            if re.search(r"(?:^|\s)#", before) or positions.in_text(place):
                continue
            target = _target(text, place, before, comment.end())
            path = positions.path_at(target) if target else ()
            said = _said(comment[1], place)
            if isinstance(said, Diagnostic):
                wrong.append(said)
                continue
            codes, reason, until = said
            for code in codes:
                yield _Entry(code, path, reason, until, place, place, path, file, own=file == positions.file)


def _target(text: str, place: Position, before: str, end: int) -> Position | None:
    """Where that begins which a comment is about: its own line, or the next one that is more than a comment."""
    if not before.strip(" \t-"):
        for n, line in enumerate(text[end:].split("\n")[1:], 1):
            bare = line.lstrip(" -")
            if bare.strip() and not bare.startswith("#"):
                return Position(place.file, place.line + n, len(line) - len(bare) + 1)
        return None
    return Position(place.file, place.line, len(before) - len(before.lstrip(" -")) + 1)


def _said(text: str, place: Position) -> tuple[list[str], str, str] | Diagnostic:
    """Codes, reason and last day of a comment, or what is wrong with it."""
    form = _SAID.fullmatch(text.strip())
    codes = re.split(r"[\s,]+", form["codes"].strip()) if form else []
    problem = "says neither what nor why" if not form else "names no code" if codes == [""] else ""
    if not problem and form:
        try:
            return codes, parse_reason(form["reason"] or ""), parse_date(form["until"]) if form["until"] else ""
        except ValueError as error:
            problem = f"cannot be read: {str(error).partition('; ')[0]}"
    return Diagnostic(
        "ignore/comment",
        f"the comment {problem}",
        place,
        label="ignores nothing as it stands",
        help=(f"as in `{_FORM}`",),
    )


# ---- what is wrong with it


def _leads_to(pattern: str, path: Path) -> bool:
    """Whether a pattern is the beginning of a path, or all of it. `*` alone is the beginning of each."""
    if pattern == EVERYWHERE:
        return True
    wanted = re.compile("[^.]+".join(map(re.escape, pattern.split("*"))))
    return any(wanted.fullmatch(".".join(map(str, path[:n]))) for n in range(1, len(path) + 1))


def _unknown(entries: Iterable[_Entry]) -> Iterable[Diagnostic]:
    for code, place in dict.fromkeys((entry.code, entry.code_place) for entry in entries):
        if code in _codes():
            continue
        near = get_close_matches(code, _codes(), 1, 0.6)
        help_ = f"did you mean `{near[0]}`?" if near else "`monitorspec explain` lists all codes"
        yield Diagnostic("ignore/unknown-code", f"no finding has the code `{code}`", place, help=(help_,))


def _impossible(entry: _Entry, found: Diagnostic) -> Diagnostic:
    return Diagnostic(
        "ignore/impossible",
        f"`{entry.code}` cannot be ignored at line {found.position.line}: nothing can be made of the spec with it",
        entry.place,
        "warning",
        path=entry.path,
    )


def _expired(entry: _Entry) -> Diagnostic:
    return Diagnostic(
        "ignore/expired",
        f"`{entry.code}` was to be ignored until {entry.until}",
        entry.place,
        "warning",
        label=entry.reason,
        help=("put it right, or give a later day and say why",),
        path=entry.path,
    )


def _useless(entry: _Entry, found: Sequence[Diagnostic], data: Any, over: bool, positions: Positions) -> Diagnostic:
    """What ignores nothing, whether or not its day has passed."""
    at = entry.at if isinstance(entry.at, str) else ".".join(map(str, entry.at))
    elsewhere = list(dict.fromkeys(".".join(map(str, d.path)) for d in found if d.code == entry.code and d.path))
    missing = _missing(at, data) if isinstance(entry.at, str) else ()
    helps = [f"`{entry.code}` is found at {', '.join(f'`{e}`' for e in elsewhere[:3])}"] if elsewhere else []
    if missing:
        helps = [missing[1]] * bool(missing[1]) + helps
    certain = not elsewhere and not (missing and missing[1])
    return Diagnostic(
        "ignore/unused",
        f"`{entry.code}` is not found here, so that nothing is ignored",
        entry.place,
        "warning",
        label=missing[0] if missing else f"was to be ignored until {entry.until}" if over else "",
        help=tuple(helps) or ("remove it",),
        fix=_removal(entry, positions) if certain else None,
        path=entry.path,
    )


def _missing(at: str, data: Any) -> tuple[str, str] | tuple[()]:
    """What is said of a path that leads nowhere, and what was probably meant."""
    if at == EVERYWHERE or "*" in at:
        return ()
    node, rest = data, at
    while rest and isinstance(node, dict):
        step = max((k for k in node if rest == k or rest.startswith(f"{k}.")), key=len, default="")
        if not step:
            head = rest.partition(".")[0]
            near = get_close_matches(head, [str(k) for k in node], 1)
            before = at[: len(at) - len(rest)]
            meant = f"did you mean `{before}{near[0]}{rest[len(head) :]}`?" if near else ""
            return f"nothing stands at `{before}{head}`", meant
        node, rest = node[step], rest[len(step) + 1 :]
    return ()


def _removal(entry: _Entry, positions: Positions) -> Fix | None:
    """The fix that takes an entry out of its file."""
    place = entry.place
    text = positions.text(place.file)
    if text is None:
        return None
    if not entry.file:
        from monitorspec.source.cut import cut

        edit = cut(text, entry.path, with_empty=True)
        return Fix("remove it", (edit,)) if edit else None
    line = text.line(place.line)
    if "," in line[place.column - 1 :].partition(":")[2].partition(":")[0]:
        return None  # one code of several
    before = line[: place.column - 1].rstrip()
    if before:
        return Fix(
            "remove the comment", (Edit(place.file, place.line, len(before) + 1, place.line, len(line) + 1, ""),)
        )
    if place.line == len(text.starts):
        return Fix("remove the comment", (Edit(place.file, place.line, 1, place.line, len(line) + 1, ""),))
    return Fix("remove the comment", (Edit(place.file, place.line, 1, place.line + 1, 1, ""),))
