"""One dashboard of the plan as Grafana's JSON.

In: a `Dashboard` and what all dashboards of the plan share. Out: a plain dict in Grafana's classic format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from monitorspec.dashboards import firing_selector
from monitorspec.grafana import panels, parameters, queries, skeletons, states
from monitorspec.layout import COLUMNS, pack
from monitorspec.plan import Alert, Dashboard, Datasource, Path, Plan, Row, Slo

Json = dict[str, Any]

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::\w+)?\}|([A-Za-z_]\w*))|\[\[([A-Za-z_]\w*)\]\]")
# `pod=~"$pod"`: the label whose values a variable takes, and whether several may be chosen.
_MATCHER = r'([A-Za-z_]\w*)\s*(=~|!~|=|!=)\s*"[^"]*(?:\$\{?|\[\[)%s\b'
_METRIC = re.compile(r"([A-Za-z_:][\w:]*)\s*$")
_RATE = "$__rate_interval"
_LABELS = {"prometheus": "Prometheus", "cloudwatch": "CloudWatch", "xray": "X-Ray", "loki": "Loki"}
_LINK: Json = {
    "asDropdown": False,
    "icon": "external link",
    "includeVars": False,
    "keepTime": False,
    "tags": [],
    "targetBlank": True,
    "tooltip": "",
    "type": "link",
}


class Shared(NamedTuple):
    """What is made once for all dashboards of a plan."""

    system: str
    title: str
    panels: panels.Context
    alerting: frozenset[str]
    """Services with an alert that Prometheus evaluates; "" when there is any."""
    runbooks: str
    """Address of the folder of runbooks, or ""."""
    several: bool
    """Whether there are other dashboards to link to."""
    alerts: Mapping[str, Alert]
    """By id."""
    slos: Mapping[str, Slo]
    """By `service.slo`."""
    parameters: Mapping[str, Mapping[str, Any]]
    """What is known of the parameters of the stacks."""


def shared(plan: Plan) -> Shared:
    """What the dashboards of `plan` share."""
    base = plan.links.runbooks
    runbooks: dict[Path, str] = {}
    if base:
        for service in plan.services:
            pages = [(slo.origin, slo.runbook) for slo in service.slos]
            pages += [(threshold.origin, threshold.runbook) for threshold in service.thresholds]
            runbooks.update({origin: f"{base}/{quote(page)}" for origin, page in pages if page})
    alerting = {s.name for s in plan.services if any(not a.on_cloudwatch for a in s.alerts)}
    return Shared(
        system=plan.system,
        title=plan.title or plan.system,
        panels=panels.Context(
            colors=panels.severity_colors(plan.severities),
            sources={d.name: d for d in plan.datasources},
            runbooks=runbooks,
        ),
        alerting=frozenset(alerting | ({""} if alerting else set())),
        runbooks=base,
        several=sum("grafana" in board.platforms for board in plan.dashboards) > 1,
        alerts={alert.id: alert for alert in plan.alerts},
        slos={f"{slo.service}.{slo.key}": slo for service in plan.services for slo in service.slos},
        parameters=parameters.known(plan),
    )


def dashboard(board: Dashboard, common: Shared, header: str) -> Json:
    """The dashboard's JSON; `header` says where it comes from and ends its description."""
    board = board._replace(rows=tuple(_shown(row, common) for row in board.rows))
    placed, kinds = _panels(board.rows, common.panels)
    said = board.description.strip()
    tags = board.tags if common.system in board.tags else (common.system, *board.tags)
    return {
        **skeletons.dashboard(),
        "uid": board.uid,
        "title": board.title,
        "description": f"{said}\n\n{header}" if said else header,
        "tags": list(tags),
        "refresh": panels.interval(board.refresh) if board.refresh else "",
        "time": {"from": f"now-{panels.interval(board.range)}", "to": "now"},
        "annotations": {"list": _annotations(board, common)},
        "links": list(_links(board, common)),
        "templating": {"list": [*_sources(kinds, common.panels.sources.values()), *_variables(board, common)]},
        "panels": placed,
    }


# ---- panels


def _panels(rows: Iterable[Row], context: panels.Context) -> tuple[list[Json], set[str]]:
    """All panels, placed and numbered; children of a collapsed row inside it, of an open one behind it."""
    out: list[Json] = []
    kinds: set[str] = set()
    y, id_ = 0, 1
    # What has no row comes first: behind a row it would belong to that row.
    for row in sorted(rows, key=lambda r: r.title != ""):
        if row.title:
            head: Json = {
                **skeletons.row(),
                "collapsed": row.collapsed,
                "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
                "id": id_,
                "panels": [],
                "title": row.title,
            }
            out.append(head)
            y, id_ = y + 1, id_ + 1
        boxes, below = pack(row.panels, y, panels.SIZES)
        children: list[Json] = []
        for p, box in zip(row.panels, boxes, strict=True):
            made, used = panels.panel(p, id_, box, context)
            children.append(made)
            kinds |= used
            id_ += 1
        if row.title and row.collapsed:
            head["panels"] = children
        else:
            out += children
            y = below
    return out, kinds


def _shown(row: Row, common: Shared) -> Row:
    """The row with panels that Grafana has: alarms as queries for their state."""
    made = []
    for p in row.panels:
        if p.type == "alarms":
            said = " ".join(filter(None, (p.description.strip(), states.SAID)))
            p = p._replace(queries=tuple(states.queries(p.alarms, common.alerts, common.slos)), description=said)
        elif p.text and not p.queries and p.type != "text":
            # Text with nothing to draw is a text panel, whatever type the default was.
            p = p._replace(type="text")
        made.append(p)
    return row._replace(panels=tuple(made))


# ---- variables


def _sources(kinds: set[str], declared: Iterable[Datasource]) -> Iterator[Json]:
    """A variable for every kind of data source in use; the one for Prometheus always, because annotations need it."""
    sources = list(declared)
    for kind, name in queries.VARIABLES.items():
        if kind != "prometheus" and kind not in kinds:
            continue
        fitting = sorted((d for d in sources if d.type == kind), key=lambda d: not d.default)
        current = {"selected": True, "text": fitting[0].name, "value": fitting[0].uid} if fitting else {}
        yield {
            **skeletons.variable(),
            "current": current,
            "label": _LABELS[kind],
            "name": name,
            "query": queries.PLUGINS[kind],
            "refresh": 1,
            "type": "datasource",
        }


def _variables(board: Dashboard, common: Shared) -> Iterator[Json]:
    """A variable for every parameter of the stacks, and a query variable for every variable that the panels' PromQL uses and
    Grafana does not bring itself.

    The latter on declared dashboards only: what a service's own one shows is what its alerts see, and those know no variables.
    """
    named = list(parameters.variables(board, common.parameters))
    yield from named
    if board.service:
        return
    texts = [q.promql for row in board.rows for p in row.panels for q in p.queries if _has_variable(q.promql)]
    seen = set(queries.VARIABLES.values()) | {variable["name"] for variable in named}
    for text in texts:
        for match in _VARIABLE.finditer(text):
            name = match[1] or match[2] or match[3]
            # In label_replace, `$host` is what the group `(?P<host>…)` has found.
            if not name.startswith("__") and name not in seen and f"(?P<{name}>" not in text:
                seen.add(name)
                yield _query_variable(name, texts)


def _has_variable(text: str) -> bool:
    # Nearly all texts hold no variable but this one; counting is much cheaper than searching.
    return text.count("$") > text.count(_RATE) or "[[" in text


def _query_variable(name: str, texts: Iterable[str]) -> Json:
    """Values of the label that the variable is compared with; several may be chosen where regexes compare it."""
    uses = [(text, m) for text in texts for m in re.finditer(_MATCHER % re.escape(name), text)]
    query = f"label_values({name})"
    if uses:
        text, match = uses[0]
        metric = _METRIC.search(text[: max(text.rfind("{", 0, match.start()), 0)])
        query = f"label_values({metric[1]}, {match[1]})" if metric else f"label_values({match[1]})"
    several = bool(uses) and all(match[2] in ("=~", "!~") for _, match in uses)
    chosen: Json = {"selected": True, "text": ["All"], "value": ["$__all"]} if several else {}
    return {
        **skeletons.variable(),
        **({"allValue": ".*"} if several else {}),
        "current": chosen,
        "datasource": queries.own("prometheus").reference,
        "definition": query,
        "includeAll": several,
        "label": name.replace("_", " "),
        "multi": several,
        "name": name,
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,
        "sort": 1,
        "type": "query",
    }


# ---- annotations and links


def _annotations(board: Dashboard, common: Shared) -> list[Json]:
    """Marks where alerts began: of the dashboard's service, or of the whole system."""
    if board.service not in common.alerting:
        return []
    return [
        {
            "datasource": queries.own("prometheus").reference,
            "enable": True,
            "expr": firing_selector(common.system, board.service),
            "hide": False,
            "iconColor": "red",
            "name": "Firing alerts",
            "step": "60s",
            "tagKeys": "severity,service",
            "textFormat": "{{alertname}} ({{severity}})",
            "titleFormat": "{{alertname}}",
        }
    ]


def _links(board: Dashboard, common: Shared) -> Iterator[Json]:
    if common.several:
        yield _LINK | {
            "asDropdown": True,
            "includeVars": True,
            "keepTime": True,
            "tags": [common.system],
            "targetBlank": False,
            "title": f"{common.title} dashboards",
            "tooltip": f"Other dashboards of {common.title}",
            "type": "dashboards",
            "url": "",
        }
    if common.runbooks:
        url = f"{common.runbooks}/README.md"
        yield _LINK | {"icon": "doc", "title": "Runbooks", "tooltip": f"Runbooks of {common.title}", "url": url}
    for title, url in board.links:
        yield _LINK | {"title": title, "tooltip": title, "url": url}
