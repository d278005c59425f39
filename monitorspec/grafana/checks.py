"""What a dashboard must hold for Grafana 10 to 13, beyond the shape that the schema asks for.

In: a dashboard as JSON data. Out: problems as text, none for a sound dashboard. One function per rule; none of them
raises, whatever the data. `schema` is our own strict schema, because the public ones reject most working dashboards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from monitorspec.grafana.expressions import syntax, without_texts
from monitorspec.grafana.reading import (
    defaults,
    every_panel,
    expressions,
    is_integer,
    is_text,
    mappings,
    name_of,
    references,
    top,
    variables_of,
)

Json = Mapping[str, Any]
Rule = Callable[[Json], Iterable[str]]

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LINK_FIELDS = {
    "title": str,
    "type": str,
    "icon": str,
    "tooltip": str,
    "tags": list,
    "asDropdown": bool,
    "targetBlank": bool,
    "includeVars": bool,
    "keepTime": bool,
}
# A counter that is read as it is: no range behind it. Recorded series (with colons) are no counters.
_COUNTER = re.compile(r"(?<![\w:.])([A-Za-z_]\w*_(?:total|bucket))(?![\w:])\s*(\{[^}]*\})?\s*(\[)?")
_COUNTING = re.compile(r"(?:count|absent|group)\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\(\s*$")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_SHORT_RANGE = re.compile(r"\[[^\]]*\$\{?__interval\b[^\]]*\]")


def problems(dashboard: Json) -> list[str]:
    """Everything that is wrong with a dashboard, rule by rule."""
    return [problem for rule in RULES for problem in rule(dashboard)]


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the dashboards that we write."""
    path = Path(__file__).parent.parent / "data" / "grafana" / "dashboard.schema.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def classic(dashboard: Json) -> Iterator[str]:
    """1: the classic format: file provisioning rejects the newer, Kubernetes-like one."""
    for key in ("apiVersion", "kind", "spec", "elements", "layout"):
        if key in dashboard:
            yield f"`{key}` belongs to the v2 format, which file provisioning rejects"
    if not isinstance(dashboard.get("panels"), list):
        yield "`panels` is not a list"


def schema_version(dashboard: Json) -> Iterator[str]:
    """2: a schema version that Grafana 10 to 13 read or migrate."""
    version = dashboard.get("schemaVersion")
    if not is_integer(version) or not 39 <= version <= 42:
        yield f"schemaVersion {version} is not from 39 to 42"


def identity(dashboard: Json) -> Iterator[str]:
    """3: a stable uid, no id and no version: those two differ from server to server."""
    uid = dashboard.get("uid")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        yield f"uid {uid!r} is not of 1 to 40 letters, digits, `-` and `_`"
    if dashboard.get("id", 0) is not None:
        yield "`id` is not null"
    if not is_text(dashboard.get("title")):
        yield "the dashboard has no title"
    tags = dashboard.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        yield "`tags` is not a list of texts"
    if "version" in dashboard:
        yield "`version` makes a difference at every save"
    if dashboard.get("editable") is not False:
        yield "`editable` is not false, so an edit would be lost at the next build"


def datasources(dashboard: Json) -> Iterator[str]:
    """4: data sources by type and uid; a uid that is a variable names a data source variable of that type."""
    variables = {v.get("name"): v.get("query") for v in variables_of(dashboard) if v.get("type") == "datasource"}
    if variables.get("datasource") != "prometheus":
        yield "there is no `datasource` variable for Prometheus"
    for where, reference, mixed in references(dashboard):
        if (
            not isinstance(reference, Mapping)
            or not is_text(reference.get("type"))
            or not is_text(reference.get("uid"))
        ):
            yield f"{where}: the data source is not given by type and uid"
            continue
        type_, uid = reference["type"], reference["uid"]
        if uid == "-- Mixed --":
            if not mixed:
                yield f"{where}: only a panel can have a mixed data source"
            continue
        if "$" not in uid:
            continue
        name = uid.removeprefix("${").removesuffix("}")
        if name not in variables:
            yield f"{where}: there is no data source variable `{name}`"
        elif variables[name] != type_:
            yield f"{where}: the variable `{name}` chooses a {variables[name]} data source, not {type_}"


def imports(dashboard: Json) -> Iterator[str]:
    """5: no inputs: only an import by hand asks for them, provisioning leaves them as they are."""
    for key in ("__inputs", "__requires", "__elements"):
        if key in dashboard:
            yield f"`{key}` is for imports by hand only"


def ids(dashboard: Json) -> Iterator[str]:
    """6: unique panel ids from 1; children inside a collapsed row, behind an open one."""
    seen: set[int] = set()
    for panel in every_panel(dashboard):
        id_ = panel.get("id")
        if not is_integer(id_) or id_ < 1:
            yield f"{name_of(panel)}: id {id_!r} is not a positive integer"
        elif id_ in seen:
            yield f"{name_of(panel)}: id {id_} is taken"
        else:
            seen.add(id_)
    rows = [panel for panel in top(dashboard) if panel.get("type") == "row"]
    for row in rows:
        children = mappings(row.get("panels"))
        if not row.get("collapsed") and children:
            yield f"{name_of(row)}: an open row holds its panels behind it, not in it"
        if any(child.get("type") == "row" for child in children if isinstance(child, Mapping)):
            yield f"{name_of(row)}: a row cannot hold a row"
    for row, behind in pairwise(top(dashboard)):
        if row.get("type") == "row" and row.get("collapsed") and behind.get("type") != "row":
            yield f"{name_of(row)}: the panels of a collapsed row are in it, but `{name_of(behind)}` is behind it"


def grid(dashboard: Json) -> Iterator[str]:
    """7: panels inside the 24 columns that do not overlap. What a collapsed row holds is laid out for itself."""
    collapsed = [mappings(row.get("panels")) for row in top(dashboard) if row.get("type") == "row"]
    for container in (top(dashboard), *collapsed):
        boxes = []
        for panel in container:
            pos = panel.get("gridPos")
            sides: list[Any] = [pos.get(side) for side in "xywh"] if isinstance(pos, Mapping) else []
            if len(sides) != 4 or not all(is_integer(side) for side in sides):
                yield f"{name_of(panel)}: gridPos has no whole x, y, w and h"
                continue
            x, y, w, h = sides
            if x < 0 or y < 0 or w < 1 or h < 1 or x + w > 24:
                yield f"{name_of(panel)}: x={x} y={y} w={w} h={h} is outside the grid of 24 columns"
            boxes.append((name_of(panel), x, y, w, h))
        for (one, x, y, w, h), (other, x2, y2, w2, h2) in combinations(boxes, 2):
            if x < x2 + w2 and x2 < x + w and y < y2 + h2 and y2 < y + h:
                yield f"{one} overlaps {other}"


def content(dashboard: Json) -> Iterator[str]:
    """8: a title, a description and a unit on every panel, and queries with ids of their own."""
    for panel in every_panel(dashboard):
        if not is_text(panel.get("title")):
            yield f"{name_of(panel)}: no title"
        if panel.get("type") == "row":
            continue
        if not is_text(panel.get("description")):
            yield f"{name_of(panel)}: no description"
        if panel.get("type") == "text":
            continue
        if not is_text(defaults(panel).get("unit")):
            yield f"{name_of(panel)}: no unit"
        targets = mappings(panel.get("targets"))
        if not targets:
            yield f"{name_of(panel)}: no query"
        refs = [target.get("refId") for target in targets]
        if not all(is_text(ref) for ref in refs) or len(set(map(str, refs))) < len(refs):
            yield f"{name_of(panel)}: the refIds {refs} are not unique texts"


def thresholds(dashboard: Json) -> Iterator[str]:
    """9: the first step has no value, the others ascend."""
    for panel in every_panel(dashboard):
        config = defaults(panel).get("thresholds")
        if config is None:
            continue
        steps = mappings(config.get("steps")) if isinstance(config, Mapping) else []
        values = [step.get("value", 0) for step in steps]
        if not values or values[0] is not None:
            yield f"{name_of(panel)}: the first threshold has a value, so what lies below it has no colour"
        rest = values[1:]
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in rest):
            yield f"{name_of(panel)}: thresholds {rest} are not all numbers"
        elif any(a >= b for a, b in pairwise(rest)):
            yield f"{name_of(panel)}: thresholds {rest} do not ascend"


def counters(dashboard: Json) -> Iterator[str]:
    """10: counters are read by a rate, and a range that follows the graph is `$__rate_interval`.

    A fixed range is somebody's own choice: the panel of a threshold has to show what the alert sees. `$__interval` is a
    mistake: it can be shorter than two scrapes, and then there is no rate.
    """
    for where, expr in expressions(dashboard):
        bare = _GROUPING.sub("", without_texts(expr))
        for match in _SHORT_RANGE.finditer(bare):
            yield f"{where}: the range {match[0]} may hold too few samples; use [$__rate_interval]"
        for match in _COUNTER.finditer(bare):
            if not match[3] and not _COUNTING.search(bare[: match.start()]):
                yield f"{where}: the counter {match[1]} is not wrapped in a rate"


def promql(dashboard: Json) -> Iterator[str]:
    """10: every expression parses once its variables have values."""
    for where, expr in expressions(dashboard):
        problem = syntax(expr)
        if problem:
            yield f"{where}: {problem}"


def variables(dashboard: Json) -> Iterator[str]:
    """11: variables that query do so whenever the time range changes."""
    for variable in variables_of(dashboard):
        if variable.get("type") == "query" and variable.get("refresh") != 2:
            yield f"variable {variable.get('name')}: refresh is not 2 (on time range change)"


def frame(dashboard: Json) -> Iterator[str]:
    """12: links with all their fields; refresh, time, timezone and tooltip set."""
    for link in mappings(dashboard.get("links")):
        for field, type_ in _LINK_FIELDS.items():
            if not isinstance(link.get(field), type_):
                yield f"link {link.get('title')!r}: no `{field}`"
        if link.get("type") == "link" and not is_text(link.get("url")):
            yield f"link {link.get('title')!r}: no address"
        if link.get("type") == "dashboards" and not link.get("tags"):
            yield f"link {link.get('title')!r}: no tags, so it lists every dashboard there is"
    for panel in every_panel(dashboard):
        for link in mappings(panel.get("links")):
            if not is_text(link.get("title")) or not is_text(link.get("url")):
                yield f"{name_of(panel)}: a link without title or address"
    time = dashboard.get("time")
    if not isinstance(time, Mapping) or not is_text(time.get("from")) or not is_text(time.get("to")):
        yield "`time` has no from and to"
    if not isinstance(dashboard.get("refresh"), str):
        yield "`refresh` is not set"
    if not is_text(dashboard.get("timezone")):
        yield "`timezone` is not set"
    if dashboard.get("graphTooltip") not in (0, 1, 2):
        yield "`graphTooltip` is not set"


RULES: tuple[Rule, ...] = (
    classic,
    schema_version,
    identity,
    datasources,
    imports,
    ids,
    grid,
    content,
    thresholds,
    counters,
    promql,
    variables,
    frame,
)
