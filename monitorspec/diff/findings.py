"""Lint's findings that a change brings, and those that it ends: a dead route is no error, but somebody should have meant it.

In: what was found in a spec before and after. Out: changes `findings/…`. A finding is the same one where its code and place are, or
its code and words, so that moved lines and renamed things bring nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from monitorspec.diagnostics import Diagnostic
from monitorspec.diff.change import At, Change, Level
from monitorspec.fingerprints import dotted, essence

_TELLING = frozenset(("routes", "inhibit", "mute", "windows"))
_TELLING_CODES = frozenset(("cloudwatch/untold", "cloudwatch/unmuted"))
"""Findings about who is told; their warnings are risky."""


def changes(
    old: Sequence[Diagnostic],
    new: Sequence[Diagnostic],
    accepted_before: Sequence[Diagnostic] = (),
    accepted: Sequence[Diagnostic] = (),
) -> Iterator[Change]:
    """Findings that are new or no longer there, and those that the spec says to ignore from now on."""
    before = [*old, *accepted_before]
    fresh = _without(new, before)
    for d in fresh:
        yield _change(d, "findings/new", "risky" if _risky(d) else _level(d), "+", d.message)
    for d in _without(accepted, accepted_before):
        yield _change(d, "findings/ignored", "notable", "~", f"ignored, because {d.ignored}: {d.message}")
    for d in _without(_without(new, old), fresh):
        yield _change(d, "findings/new", "notable", "+", f"no longer ignored: {d.message}")
    for d in _without(before, [*new, *accepted]):
        yield _change(d, "findings/resolved", "cosmetic", "-", f"no longer: {d.message}", True)


def _change(d: Diagnostic, code: str, level: Level, sign: str, text: str, gone: bool = False) -> Change:
    details = () if gone or not d.effect else (d.effect,)
    subject = f"{d.code} {dotted(d)}".rstrip()
    return Change(code, level, sign, subject, text, At(d.path, gone), details=details)  # type: ignore[arg-type]


def _risky(d: Diagnostic) -> bool:
    return d.level == "warning" and (d.code.partition("/")[0] in _TELLING or d.code in _TELLING_CODES)


def _level(d: Diagnostic) -> Level:
    return "notable" if d.level == "warning" else "cosmetic"


_SAME: tuple[Callable[[Diagnostic], Hashable], ...] = (
    lambda d: (d.code, d.path, d.message),
    lambda d: (d.code, essence(d.message)),
    lambda d: (d.code, d.path),
)


def _without(found: Sequence[Diagnostic], others: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those that have no like among others, each of which stands for one."""
    left, rest = list(found), list(others)
    for same in _SAME:
        if not left or not rest:
            break
        there: dict[Hashable, list[int]] = {}
        for n, other in enumerate(rest):
            there.setdefault(same(other), []).append(n)
        kept, taken = [], set()
        for d in left:
            alike = there.get(same(d))
            if alike:
                taken.add(alike.pop())
            else:
                kept.append(d)
        left, rest = kept, [other for n, other in enumerate(rest) if n not in taken]
    return left
