"""The paging matrix, one answer and the routing tree as plain text, and the matrix as Markdown.

In: blocks, branches. Out: lines of text. `loud` marks what must not be overlooked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import wrap

from monitorspec import markdown
from monitorspec.inhibition import sources_of
from monitorspec.paging import Shift, matrix
from monitorspec.paging.blocks import NOBODY, Block, names, phrase, repeated
from monitorspec.paging.tree import Branch
from monitorspec.plan import Alert, Matcher, Plan
from monitorspec.routing import Notification
from monitorspec.spec.units import duration_text

WIDTH = 100
SHOWN = 24
NO_ALERT = "NO ALERT reaches it"

Loud = Callable[[str], str]


def title(plan: Plan) -> str:
    """The system's name, with its environment."""
    return f"{plan.system} ({plan.environment})" if plan.environment else plan.system


def block_lines(plan: Plan, block: Block, loud: Loud) -> Iterator[str]:
    """A block: its alerts, then a line for each part of the week."""
    yield from listed(_head(block), names(block.alerts))
    if block.own:
        yield f"  nobody: {block.own}"
        return
    whens = [shift.when for shift in block.shifts]
    width = max(map(len, whens))
    for shift in block.shifts:
        hours = "" if shift.when == "always" else f"  {hours_text(shift.minutes):>7}"
        text = phrase(plan, shift, block.on_cloudwatch)
        yield f"  {shift.when:<{width}}{hours}  {loud(text) if text.startswith(NOBODY) else text}"


def answer_lines(plan: Plan, block: Block, shift: Shift, loud: Loud) -> Iterator[str]:
    """Who is told at one time, and what else matters then."""
    yield from listed(_head(block), names(block.alerts))
    if block.own:
        yield f"  nobody: {block.own}"
        return
    told, now = shift.told, [n for n in shift.told if not n.after]
    routes = dict.fromkeys(".".join(n.route) or "default" for n in (*told, *shift.silenced))
    rows = [("Route", ", ".join(routes) or "none takes it")]
    rows += [
        ("At once", phrase(plan, shift._replace(told=tuple(_once(now))), block.on_cloudwatch).removesuffix(" at once"))
    ]
    waits = dict.fromkeys(duration_text(n.group_wait) for n in now if n.group_wait)
    if waits and now:
        rows[-1] = ("At once", f"{rows[-1][1]} ({' or '.join(waits)} to wait for more of the same)")
    for after in sorted({n.after for n in told if n.after}):
        rows.append(
            ("Later", f"{', '.join(n.receiver for n in told if n.after == after)} after {duration_text(after)}")
        )
    rows += [("Repeated", text.removeprefix("repeated ")) for text in repeated(told)]
    rows += [("Silent", text) for text in _silences(plan, shift.silenced)]
    rows += [("Inhibited", text) for text in _inhibitions(plan, block.alerts)]
    for name, text in rows:
        text = loud(text) if text.startswith(NOBODY) else text
        yield f"  {name:<9}  {text}"


def tree_lines(root: Branch, windows: Mapping[str, str], loud: Loud) -> Iterator[str]:
    """The tree, each route with what it asks for, whom it tells, and the alerts that reach it."""
    yield from _branch(root, "", "", windows, loud, ())


def table(plan: Plan, found: Sequence[Block]) -> str:
    """The matrix as a table of Markdown."""
    rows = ["| Severity | Alerts | When | Who is told |", "| --- | --- | --- | --- |"]
    for block in found:
        first = [block.severity, ", ".join(names(block.alerts))]
        lines = [(s.when, phrase(plan, s, block.on_cloudwatch)) for s in block.shifts]
        for when, text in [("always", f"nobody: {block.own}")] if block.own else lines:
            said = f"**{markdown.cell(text)}**" if text.startswith(NOBODY) else markdown.cell(text)
            rows.append(f"| {' | '.join((*map(markdown.cell, (*first, when)), said))} |")
            first = ["", ""]
    return f"### {markdown.line(title(plan))}\n\n" + "\n".join(rows)


def hours_text(minutes: float) -> str:
    """`50 h` of a week."""
    hours = minutes / 60
    return f"{hours:.0f} h" if abs(hours - round(hours)) < 0.05 else f"{hours:.1f} h" if hours >= 0.05 else "< 0.1 h"


def listed(head: str, found: Sequence[str]) -> list[str]:
    """Names behind a head, in lines that are not too long, and not too many of them."""
    shown = [*found[:SHOWN], *([f"and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else [])]
    text = f"{head}: {', '.join(shown)}" if shown else head
    return wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _head(block: Block) -> str:
    severity = f"{block.severity}{', which pages' if block.page else ''}"
    if not block.alerts:
        return f"{severity}, no alert"
    noun = "CloudWatch alarm" if block.on_cloudwatch else "alert"
    return f"{severity}, {len(block.alerts):,} {noun}{'' if len(block.alerts) == 1 else 's'}"


def _once(told: Sequence[Notification]) -> Iterator[Notification]:
    """Without what is said about repeating."""
    return (n._replace(repeat_interval=0) for n in told)


def _silences(plan: Plan, silenced: Sequence[Notification]) -> Iterator[str]:
    windows = matrix(plan).windows
    why: dict[tuple[str, bool], list[str]] = {}
    for n in silenced:
        why.setdefault((n.silenced_by, n.silenced_by in n.active), []).append(n.receiver)
    for (window, closed), receivers in why.items():
        said = f"outside {window}" if closed else f"in {window}"
        yield f"{', '.join(dict.fromkeys(receivers))}: {said} ({windows[window].text})"


def _inhibitions(plan: Plan, alerts: Sequence[Alert]) -> Iterator[str]:
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for alert in alerts:
        for rule, sources in sources_of(plan, alert):
            ids, equal = found.setdefault(rule.name, ({}, {}))
            ids.update(dict.fromkeys(source.id for source in sources))
            own = {*alert.labels, "alertname"}
            equal.update(dict.fromkeys(label for label in rule.equal if label not in own))
    for name, (ids, equal) in found.items():
        who = ", ".join([*ids][:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")
        same = ", ".join([*equal][:4]) + (", …" if len(equal) > 4 else "")
        yield f"while {who} {'fires' if len(ids) == 1 else 'fire'}{f' with the same {same}' if same else ''} ({name})"


# ---- the tree


def _branch(
    branch: Branch,
    lead: str,
    around: str,
    windows: Mapping[str, str],
    loud: Loud,
    above: tuple[str, ...],
) -> Iterator[str]:
    route, last = branch.route, len(branch.branches) - 1
    asks = " or ".join(" ".join(map(_matcher, ms)) for ms in branch.any_of if ms)
    more = ", continues" if route.continue_ else ""
    yield f"{lead}{route.name or 'default'}{f': {asks}' if asks else ''}{more}"
    inner = around + ("│  " if branch.branches else "   ")
    nobody = loud(f"tells {NOBODY}") if branch.told else "tells nobody itself"
    yield f"{inner}{_tells(branch, windows, above) or nobody}"
    count = f"{len(branch.reached):,} {'alert' if len(branch.reached) == 1 else 'alerts'}"
    if not branch.reached:
        yield f"{inner}{loud('NO ALERT reaches it')}"
    elif not branch.told:
        yield f"{inner}{count}, all told by finer routes"
    else:
        own = f"; told here {len(branch.told):,}" if len(branch.told) != len(branch.reached) else ""
        yield from (f"{inner}{line}" for line in listed(f"{count}{own}", names(branch.told)))
    own_targets = tuple(target.receiver for target in route.targets) or above
    for n, finer in enumerate(branch.branches):
        end = n == last
        yield from _branch(
            finer, around + ("└─ " if end else "├─ "), around + ("   " if end else "│  "), windows, loud, own_targets
        )


def _tells(branch: Branch, windows: Mapping[str, str], above: tuple[str, ...]) -> str:
    said = []
    for target in branch.route.targets:
        when = f" after {duration_text(target.after)}" if target.after else ""
        when += "".join(f" in {windows[name]}" for name in target.active)
        when += "".join(f" outside {windows[name]}" for name in target.muted)
        said.append(f"{target.receiver}{when}")
    own = f"tells {', '.join(said)}" if said else f"tells {', '.join(above)}, as the route around it" if above else ""
    repeat = branch.route.repeat_interval
    return f"{own}; repeated every {duration_text(repeat)}" if own and repeat else own


def _matcher(matcher: Matcher) -> str:
    return f'{matcher.label}{matcher.op}"{matcher.value}"'
