"""Changes of dashboards, panel by panel.

In: a `Comparison`. Out: changes `dashboards/…`. What the automatic dashboard of a service shows follows from its objectives and
thresholds, so its changes are no news.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.expressions import turn
from monitorspec.diff.facts import Difference, differences, shown
from monitorspec.diff.pairs import Comparison
from monitorspec.plan import Dashboard, Panel
from monitorspec.spec.units import duration_text

_TIMES = frozenset(("refresh", "range", "period"))
_WORDS = frozenset(("title", "description", "tags"))
SHORT = 160
"""Characters of both values together up to which they are shown."""


def changes(compared: Comparison) -> Iterator[Change]:
    """Dashboards that come, go or show something else."""
    before, after = ({d.uid: d for d in plan.dashboards} for plan in (compared.old, compared.new))
    if before == after:
        return
    renamed = _renamed(
        [d for d in before.values() if d.uid not in after], [d for d in after.values() if d.uid not in before]
    )
    for uid, new in after.items():
        old = before.get(uid) or renamed.get(uid)
        if old is None:
            text = f"new: {_count(new)}"
            yield Change("dashboards/added", _level(new), "+", _name(new), text, At(new.origin))
        elif old != new:
            if old.uid != uid:
                text = f"was {_name(old)}: its address changes, links to the old one break"
                yield Change("dashboards/renamed", "notable", "-/+", _name(new), text, At(new.origin), old.uid, uid)
            yield from _changed(old, new)
    gone = [d for uid, d in before.items() if uid not in after and all(d is not was for was in renamed.values())]
    for dashboard in gone:
        text = f"gone, with {_count(dashboard)}"
        yield Change("dashboards/removed", "notable", "-", _name(dashboard), text, At(dashboard.origin, True))


def _renamed(gone: list[Dashboard], fresh: list[Dashboard]) -> dict[str, Dashboard]:
    """New uid → the dashboard with the same panels that it was."""
    titles = {dashboard.uid: {panel.title for panel in _panels(dashboard)} for dashboard in (*gone, *fresh)}
    found: dict[str, Dashboard] = {}
    for new in fresh:
        for old in gone:
            mine, other = titles[new.uid], titles[old.uid]
            if all(old is not taken for taken in found.values()) and 2 * len(mine & other) > max(len(mine), len(other)):
                found[new.uid] = old
                break
    return found


def _name(dashboard: Dashboard) -> str:
    return f"dashboard {dashboard.name or dashboard.title}"


def _level(dashboard: Dashboard) -> Level:
    return "cosmetic" if dashboard.service else "notable"


def _count(dashboard: Dashboard) -> str:
    number = sum(1 for _ in _panels(dashboard))
    return f"{number} panel{'' if number == 1 else 's'}"


def _panels(dashboard: Dashboard) -> Iterator[Panel]:
    return (panel for row in dashboard.rows for panel in row.panels)


def _changed(old: Dashboard, new: Dashboard) -> Iterator[Change]:
    at, level, name = At(new.origin), _level(new), _name(new)
    for found in differences(old, new, frozenset(("rows", "uid", "name"))):
        before, after = _text(found, found.before), _text(found, found.after)
        text = f"{'.'.join(found.path)} {before} → {after}"
        how: Level = "cosmetic" if found.field in _WORDS else level
        yield Change("dashboards/changed", how, "~", name, text, at, before, after)
    was, now = _by_title(old), _by_title(new)
    for title in dict.fromkeys((*now, *was)):
        subject = f"{name}: {title}"
        if title not in was:
            yield Change("dashboards/panel-added", level, "+", subject, "new panel", _at(now[title][1], at))
        elif title not in now:
            where = At(was[title][1].origin or old.origin, True)
            yield Change("dashboards/panel-removed", level, "-", subject, "panel is gone", where)
        else:
            (above, before_), (to, after_) = was[title], now[title]
            if above != to:
                text = f"row {above or 'none'} → {to or 'none'}"
                yield Change("dashboards/panel-moved", "cosmetic", "~", subject, text, _at(after_, at), above, to)
            yield from _panel(subject, level, before_, after_, _at(after_, at))
    rows = [[row.title for row in d.rows] for d in (old, new)]
    if rows[0] != rows[1] and set(rows[0]) == set(rows[1]):
        text = f"rows {shown(rows[0])} → {shown(rows[1])}"
        yield Change("dashboards/panel-moved", "cosmetic", "~", name, text, at, shown(rows[0]), shown(rows[1]))
    for row in new.rows:
        other = next((r for r in old.rows if r.title == row.title), row)
        if other.collapsed != row.collapsed:
            text = f"row {row.title} collapsed: {shown(other.collapsed)} → {shown(row.collapsed)}"
            yield Change(
                "dashboards/changed", "cosmetic", "~", name, text, at, shown(other.collapsed), shown(row.collapsed)
            )


def _by_title(dashboard: Dashboard) -> dict[str, tuple[str, Panel]]:
    """Panels by their titles, numbered where several have the same."""
    out: dict[str, tuple[str, Panel]] = {}
    for row in dashboard.rows:
        for panel in row.panels:
            title, number = panel.title or panel.type, 1
            while title in out:
                number += 1
                title = f"{panel.title or panel.type} ({number})"
            out[title] = (row.title, panel)
    return out


def _at(panel: Panel, otherwise: At) -> At:
    return At(panel.origin) if panel.origin else otherwise


def _panel(subject: str, level: Level, old: Panel, new: Panel, at: At) -> Iterator[Change]:
    lines: dict[str, tuple[str, str]] = {}
    if not any(found.field not in _WORDS for found in differences(old, new)):
        level = "cosmetic"
    for found in differences(old, new):
        if (
            found.path[-1] == "promql"
            and found.before
            and found.after
            and turn(found.before, found.after).way == "same"
        ):
            yield Change("cosmetic/expression", "cosmetic", "~", subject, "its expression is laid out anew", at)
        else:
            lines[_where(found.path)] = _text(found, found.before), _text(found, found.after)
    if not lines:
        return
    before, after = ("; ".join(pair[n] for pair in lines.values()) for n in (0, 1))
    details = tuple(
        f"{where} {was} → {now}" if len(was) + len(now) <= SHORT else f"{where} changed"
        for where, (was, now) in lines.items()
    )
    text = f"{', '.join(dict.fromkeys(where.partition(' ')[0] for where in lines))} changed"
    yield Change("dashboards/panel-changed", level, "~", subject, text, at, before, after, details)


def _where(path: tuple[str, ...]) -> str:
    """`query 1 promql`."""
    singular = {"queries": "query", "limits": "limit", "rows": "row"}
    return " ".join(singular.get(part, str(int(part) + 1) if part.isdigit() else part) for part in path)


def _text(found: Difference, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and found.path[-1] in _TIMES:
        return duration_text(value)
    return shown(value)
