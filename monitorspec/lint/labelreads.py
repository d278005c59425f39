"""Lint of what reads labels of a result: templates, legends and links, expressions over recorded series.

In: the plan. Out: findings `templates/label`, `templates/message-label`, `dashboards/label`, `metrics/recorded-label`.

Which labels there are follows from the expression: see `promql.labels`. What might come from a series is never judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from monitorspec.labelflow import Flow, flow
from monitorspec.lint.expressions import Expression, expressions
from monitorspec.lint.finding import Finding
from monitorspec.plan import Absent, Alert, Matcher, Path, Plan, Query, Receiver, Service
from monitorspec.promql import regex
from monitorspec.promql.expression import metric_names, selectors, shape
from monitorspec.promql.labels import NAME, Labels, readable
from monitorspec.promql.nodes import Aggregate, Selector, bare
from monitorspec.resolve.panelqueries import without_variables
from monitorspec.routetree import Node
from monitorspec.routing import router
from monitorspec.templatelabels import COMMON, GROUP, Read, message_reads, rule_reads

_LEGEND = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_FIELD_LABEL = re.compile(r"""__field\.labels(?:\.|\[\s*["'])([A-Za-z_]\w*)""")


def in_rules(plan: Plan) -> Iterable[Finding]:
    """A template of an alert reads a label that its expression does not keep.

    `$labels` holds the labels of the expression's result and nothing else: an aggregation keeps those of its `by`, absent() those
    that its selector gives with `=`, and the labels that the alert itself is given, such as `severity`, are not among them. A
    label that is not there prints nothing. Where several alerts share a template, ask for the label first:
    `{{ with $labels.pod }}pod {{ . }}{{ end }}`.

    ```yaml wrong
    thresholds:
      queue:
        expr: sum by (queue) (queue_length)
        above: {critical: 5}
        summary: '{{ $value }} jobs wait on {{ $labels.pod }}'
    ```
    ```yaml right
    thresholds:
      queue:
        expr: sum by (queue, pod) (queue_length)
        above: {critical: 5}
        summary: '{{ $value }} jobs wait on {{ $labels.pod }}'
    ```
    """
    known = flow(plan)
    for service in plan.services:
        readers: dict[tuple[Any, ...], _Reading] = {}
        for alert in service.alerts:
            if alert.on_cloudwatch:
                continue
            for kind, texts in (("annotations", alert.annotations), ("labels", alert.labels)):
                for name, text in texts.items():
                    for read in rule_reads(text):
                        shared = (service.annotations if kind == "annotations" else service.labels).get(name) == text
                        key = (shared or alert.key, kind, name, text, read)
                        reading = readers.setdefault(key, _Reading(service, shared, kind, name, text, read, [], []))
                        has = known.series(alert).can_carry(read.label)
                        (reading.having if has else reading.lacking).append(alert)
        for reading in readers.values():
            if reading.lacking:
                yield _unread(reading, known)


def in_messages(plan: Plan) -> Iterable[Finding]:
    """A receiver's message reads a label that no alert has that it is told of.

    `.CommonLabels` holds the labels that all alerts of a message share, `.GroupLabels` those that its route groups by. One that is
    not there prints nothing.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {hook: {slack: {channel: '#shop', api_url_file: /etc/slack, title: '{{ .GroupLabels.queue }}'}}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {hook: {slack: {channel: '#shop', api_url_file: /etc/slack, title: '{{ .GroupLabels.alertname }}'}}}
    ```
    """
    known = flow(plan)
    for receiver in plan.receivers:
        told: list[_Told] | None = None
        for text, path, others in _messages(receiver):
            for read in dict.fromkeys(message_reads(text)):
                if told is None:
                    told = [t for t in _told(router(plan).tree, (), "", ()) if t.receiver == receiver.name]
                said, helps = _untold(read, told, known)
                if said:
                    yield Finding(
                        said,
                        path,
                        "warning",
                        help=helps,
                        effect="it prints nothing",
                        key=False,
                        within=(text, read.offset, len(read.label)),
                        also=others,
                    )


def on_dashboards(plan: Plan) -> Iterable[Finding]:
    """A legend or a link of a panel reads a label that its queries do not keep.

    `{{pod}}` in a legend, and `${__field.labels.pod}` in a link, stand for a label of the query's result. An aggregation keeps
    those of its `by` only.

    ```yaml wrong
    dashboards:
      own: {panels: {Queue: {expr: sum by (queue) (queue_length), legend: '{{pod}}'}}}
    ```
    ```yaml right
    dashboards:
      own: {panels: {Queue: {expr: sum by (queue) (queue_length), legend: '{{queue}}'}}}
    ```
    """
    known = flow(plan)
    panels = (panel for board in plan.dashboards for row in board.rows for panel in row.panels)
    for panel in panels:
        for query in panel.queries:
            if query.origin and query.promql and "{{" in query.legend:
                for read in _LEGEND.finditer(query.legend):
                    place = query.origin[:-1]
                    yield from _unshown(
                        read[1], [query], known, query.legend, read.start(1), (*place, "legend"), (place,)
                    )
        if panel.options and all(query.promql for query in panel.queries) and panel.queries:
            for text, path in _texts(panel.options, (*panel.origin, "options")):
                for read in _FIELD_LABEL.finditer(text):
                    yield from _unshown(read[1], panel.queries, known, text, read.start(1), path)


def of_recorded(plan: Plan) -> Iterable[Finding]:
    """An expression selects recorded series by a label that their rule does not keep.

    The recording rule stands in the same spec, so it is known which labels its series have. The selector never finds one: an alert
    never fires, a panel stays empty.

    ```yaml wrong
    records: {'job:errors:rate5m': {expr: 'sum by (job) (rate(errors_total[5m]))'}}
    thresholds: {errors: {expr: 'job:errors:rate5m{pod="api-1"}', above: {critical: 5}}}
    ```
    ```yaml right
    records: {'job:errors:rate5m': {expr: 'sum by (job, pod) (rate(errors_total[5m]))'}}
    thresholds: {errors: {expr: 'job:errors:rate5m{pod="api-1"}', above: {critical: 5}}}
    ```
    """
    known = flow(plan)
    for expression in expressions(plan):
        if not any(known.recorded(name) for name in metric_names(expression.text)):
            continue
        for selector in selectors(expression.text):
            labels = readable(selector, known.recorded)
            for matcher in selector.matchers if labels else ():
                if labels and _needs(matcher) and not labels.can_carry(matcher.label):
                    yield _unselected(matcher.label, selector, labels, expression)


# ---- templates


class _Reading(NamedTuple):
    """A label that a template reads, and the alerts that may have it and those that cannot; `shared`: by a whole service."""

    service: Service
    shared: bool
    kind: str
    name: str
    text: str
    read: Read
    having: list[Alert]
    lacking: list[Alert]


def _unread(reading: _Reading, known: Flow) -> Finding:
    read, lacking = reading.read, reading.lacking
    first = lacking[0]
    labels = known.series(first)
    said = "annotation" if reading.kind == "annotations" else "label"
    ids = ", ".join(f"`{alert.id}`" for alert in lacking[:3])
    ids += f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
    whom = f", which {ids} cannot have" if reading.shared or reading.having else " that its series cannot have"
    places: list[Path] = [(*first.origin, reading.kind, reading.name)]
    if reading.name == "summary" and reading.kind == "annotations":
        places.insert(0, (*first.origin, "summary"))
    if reading.shared:
        places = [(*reading.service.origin, reading.kind, reading.name), (reading.kind, reading.name)]
    elif "alerts" in first.origin:
        places.append((*first.origin[: first.origin.index("alerts")], reading.kind, reading.name))
    return Finding(
        f"{said} `{reading.name}` reads label `{read.label}`{whom}",
        places[0],
        "warning" if reading.having else "error",
        help=tuple(_hints(read.label, first, labels, guard=reading.shared or bool(reading.having))),
        effect="it prints nothing" if reading.kind == "annotations" else "the alert has the label without that part",
        key=False,
        within=(reading.text, read.offset, len(read.label)),
        also=tuple(places[1:]),
    )


def _hints(label: str, alert: Alert, labels: Labels, *, guard: bool) -> Iterator[str]:
    """What was meant perhaps, or how the label can be there."""
    if label in alert.labels:
        given = alert.labels[label]
        known = f": here it is `{given}`" if "{{" not in given else ""
        yield f"`$labels` does not hold what the alert itself is given{known}"
        return
    names = sorted((labels.possible or labels.present) - {NAME})
    near = get_close_matches(label, names, 1, 0.75)
    if near:
        yield f"did you mean `{near[0]}`?"
        return
    if isinstance(alert.condition, Absent):
        yield "absent() keeps the labels that its selector gives with `=`"
    yield (
        f"its series have: {', '.join(names)}" if names else "its series have no labels" * (labels.possible is not None)
    )
    if guard:
        yield f"ask for it first: `{{{{ with $labels.{label} }}}}…{{{{ end }}}}`"
        return
    root = bare(shape(alert.signal.promql)) if alert.signal.promql else None
    if isinstance(root, Aggregate) and not isinstance(alert.condition, Absent) and root.by is not False:
        yield f"keep it: `{root.op} by ({', '.join((*root.labels, label))}) (…)`"


# ---- messages


class _Told(NamedTuple):
    """A node of Alertmanager's tree that tells a receiver: what leads there, and what it groups by."""

    receiver: str
    matchers: tuple[Matcher, ...]
    group_by: tuple[str, ...]


def _told(node: Node, around: tuple[Matcher, ...], receiver: str, group_by: tuple[str, ...]) -> Iterator[_Told]:
    matchers = (*around, *node.matchers)
    receiver = node.receiver or receiver
    group_by = group_by if node.group_by is None else node.group_by
    yield _Told(receiver, matchers, group_by)
    for route in node.routes:
        yield from _told(route, matchers, receiver, group_by)


def _untold(read: Read, told: Sequence[_Told], known: Flow) -> tuple[str, tuple[str, ...]]:
    """What is wrong with what a message reads, or "", and what may help."""
    groups = sorted({label for t in told for label in t.group_by})
    if read.of == GROUP and "..." not in groups:
        if read.label in groups:
            return "", ()
        near = get_close_matches(read.label, groups, 1, 0.75)
        helps = f"did you mean `{near[0]}`?" if near else f"they group by {', '.join(groups)}" if groups else ""
        return f"no route to this receiver groups by `{read.label}`", (helps,) if helps else ()
    if "" not in known.by(read.label):
        return "", ()
    alerts = known.matching(dict.fromkeys(t.matchers for t in told))
    if not alerts or any(known.carried(alert).can_carry(read.label) for alert in alerts):
        return "", ()
    near = get_close_matches(read.label, sorted({n for a in alerts for n in known.carried(a).known}), 1, 0.75)
    where = f".{read.of if read.of in (COMMON, GROUP) else 'Labels'}"
    return (
        f"no alert that this receiver is told of can have label `{read.label}`",
        (f"did you mean `{where}.{near[0]}`?",) if near else (),
    )


def _messages(receiver: Receiver) -> Iterator[tuple[str, Path, tuple[Path, ...]]]:
    """The texts of its integrations that hold templates, and where they stand: of several of a kind, in a list."""
    seen: dict[str, int] = {}
    for kind, fields in receiver.integrations:
        n = seen[kind] = seen.get(kind, -1) + 1
        for text, path in _texts(dict(fields), ()):
            if "{{" in text:
                yield text, (*receiver.origin, kind, n, *path), ((*receiver.origin, kind, *path),)


# ---- dashboards


def _unshown(
    label: str,
    queries: Sequence[Query],
    known: Flow,
    text: str,
    at: int,
    origin: Path,
    also: tuple[Path, ...] = (),
) -> Iterator[Finding]:
    results = [known.of(without_variables(query.promql)) for query in queries]
    if any(labels.can_carry(label) for labels in results):
        return
    names = sorted({name for labels in results for name in labels.possible or labels.present} - {NAME})
    near = get_close_matches(label, names, 1, 0.75)
    yield Finding(
        f"the result of this {'query' if len(queries) == 1 else 'panel'} cannot have label `{label}`",
        origin,
        help=(f"did you mean `{near[0]}`?",) if near else (f"it has: {', '.join(names)}",) if names else (),
        effect="it shows nothing",
        within=(text, at, len(label)),
        also=also,
    )


# ---- recorded series


def _needs(matcher: Matcher | Any) -> bool:
    """Whether only series that have the label satisfy a matcher of PromQL."""
    if matcher.op in ("=", "!="):
        return (matcher.op == "=") == bool(matcher.value)
    pattern = regex.compiled(matcher.value)
    return isinstance(pattern, regex.Pattern) and (matcher.op == "=~") != pattern.matches_empty


def _unselected(label: str, selector: Selector, labels: Labels, expression: Expression) -> Finding:
    at = expression.text.index(label, selector.braces[0] if selector.braces else selector.start)
    names = sorted((labels.possible or labels.present) - {NAME})
    near = get_close_matches(label, names, 1, 0.75)
    return Finding(
        f"`{selector.name}` is recorded without label `{label}`",
        expression.origin,
        help=(f"did you mean `{near[0]}`?",) if near else (f"it has: {', '.join(names)}",) if names else (),
        effect="the selector finds nothing",
        key=False,
        within=(expression.written, at, len(label)),
    )


def _texts(value: Any, path: Path) -> Iterator[tuple[str, Path]]:
    """The texts in raw fields, with their places."""
    if isinstance(value, str):
        yield value, path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _texts(item, (*path, n))
