"""Lint of what alerts say: the values in their labels and annotations, and their links.

In: the plan. Out: findings `alerts/…`, `annotations/…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from monitorspec.gotemplate import PROMETHEUS, PROMETHEUS_VARIABLES, actions, problem
from monitorspec.lint.finding import Finding
from monitorspec.plan import Alert, Custom, Path, Plan
from monitorspec.promql.bounds import bounds_of
from monitorspec.promql.expression import shape
from monitorspec.promql.nodes import COMPARISONS, Aggregate, Binary, Call, Node, Number, bare, kind, walk

_VALUE = re.compile(r"\$value\b|(?<![\w)$])\.Value\b")
_LINK = re.compile(r"(?:^|_)(?:url|uri|link)$", re.IGNORECASE)
_FORMATS = {
    "ratio": "humanizePercentage",
    "seconds": "humanizeDuration",
    "bytes": "humanize1024",
}
# Functions whose results are hardly ever whole numbers, increase() among them: it extrapolates.
_FRACTIONS = frozenset(
    {"rate", "irate", "increase", "deriv", "delta", "predict_linear", "histogram_quantile"}
    | {"avg_over_time", "quantile_over_time", "stddev_over_time"}
)


def value_in_label(plan: Plan) -> Iterable[Finding]:
    """A label holds the alert's value.

    Labels are what an alert is known by. When the value changes, so does the label: the old alert ends and a new
    one begins, whose `for` starts again, and each is told anew. Values belong in annotations.

    ```yaml wrong
    thresholds: {queue: {expr: queue_length, above: {critical: 5}, labels: {length: '{{ $value }}'}}}
    ```
    ```yaml right
    thresholds: {queue: {expr: queue_length, above: {critical: 5}, annotations: {length: '{{ $value }}'}}}
    ```
    """
    for _, name, text, path, also in _templates(plan, "labels"):
        for action in actions(text):
            if action.prints and _VALUE.search(action.code):
                yield Finding(
                    f"label `{name}` holds the alert's value",
                    path,
                    label="each value makes another alert",
                    help=(f"make it an annotation: `annotations: {{{name}: …}}`",),
                    effect="with every change the alert ends and begins anew",
                    key=False,
                    within=(text, action.start, action.end - action.start),
                    also=also,
                )
                break


def unhumanised(plan: Plan) -> Iterable[Finding]:
    """An annotation prints a measured value with all of its digits.

    A rate or a quotient prints as 0.06666666666666667. `humanize` rounds it and gives it a prefix,
    `humanizePercentage` makes 6.667% of it, `humanizeDuration` reads seconds.

    ```yaml wrong
    thresholds:
      errors: {expr: 'rate(errors_total[5m])', above: {critical: 5}, summary: '{{ $value }} errors per second'}
    ```
    ```yaml right
    thresholds:
      errors: {expr: 'rate(errors_total[5m])', above: {critical: 5}, summary: '{{ $value | humanize }} errors per second'}
    ```
    """
    for alert, name, text, path, also in _templates(plan, "annotations"):
        for action in actions(text):
            scaled = text[action.end : action.end + 1] == "%" and _share(alert)  # told by `percentage`
            if action.body in ("$value", ".Value") and not scaled and _fractional(alert):
                how = _FORMATS.get(alert.signal.unit, "humanize")
                yield Finding(
                    f"`{name}` prints all digits of the alert's value",
                    path,
                    "note",
                    help=(f"write `{{{{ {action.body} | {how} }}}}`",),
                    key=False,
                    within=(text, action.start, action.end - action.start),
                    also=also,
                )
                break


def percentage(plan: Plan) -> Iterable[Finding]:
    """An annotation shows a share a hundred times too large or too small.

    `humanizePercentage` takes a share of 1 and multiplies it itself: what is multiplied by 100 already shows as
    9500%. And a share of 1 with a `%` behind it shows as 0.95%.

    ```yaml wrong
    thresholds:
      disk: {expr: disk_used_ratio, unit: ratio, above: {critical: 90%}, summary: '{{ $value | humanize }}% full'}
    ```
    ```yaml right
    thresholds:
      disk: {expr: disk_used_ratio, unit: ratio, above: {critical: 90%}, summary: '{{ $value | humanizePercentage }} full'}
    ```
    """
    for alert, name, text, path, also in _templates(plan, "annotations"):
        for action in actions(text):
            if not _VALUE.search(action.code) or not action.prints:
                continue
            share = "humanizePercentage" in action.code
            if share and _percent(alert):
                said, help_ = "is in percent already", '{{ $value | printf "%.1f" }}%'
            elif not share and text[action.end : action.end + 1] == "%" and "*" not in action.code and _share(alert):
                said, help_ = "is a share of 1", "{{ $value | humanizePercentage }}"
            else:
                continue
            yield Finding(
                f"`{name}` shows the value wrong by a factor of 100",
                path,
                "warning",
                label=f"the value {said}",
                help=(f"write `{help_}`",),
                key=False,
                within=(text, action.start, action.end - action.start),
                also=also,
            )
            break


def address(plan: Plan) -> Iterable[Finding]:
    """An annotation that should be a link is no address.

    Whoever is woken clicks on `runbook_url`: it needs a scheme and a host, such as `https://wiki.example.com/api`.

    ```yaml wrong
    thresholds: {queue: {expr: queue_length, above: {critical: 5}, annotations: {runbook_url: wiki/queue}}}
    ```
    ```yaml right
    thresholds: {queue: {expr: queue_length, above: {critical: 5}, annotations: {runbook_url: 'https://wiki.example.com/queue'}}}
    ```
    """
    for alert in _own(plan, "annotations"):
        for name, text in alert.annotations.items():
            if _LINK.search(name) and not text.lstrip().startswith("{{") and (wrong := _no_address(text)):
                yield Finding(
                    f"`{name}` is no address: {wrong}",
                    _path(alert, "annotations", name),
                    "warning",
                    label="such as `https://wiki.example.com/api`",
                    key=False,
                    also=_inherited(alert, "annotations", name),
                )


def _no_address(text: str) -> str:
    plain = text.strip()
    for action in reversed(list(actions(plain))):
        plain = f"{plain[: action.start]}x{plain[action.end :]}"
    if re.search(r"\s", plain):
        return "there is a space in it"
    try:
        parts = urlsplit(plain)
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it does not start with `https://`" if not parts.scheme else f"its scheme is `{parts.scheme}`"
    return "" if parts.hostname else "it has no host"


class _Template(NamedTuple):
    alert: Alert
    name: str
    text: str
    path: Path
    also: tuple[Path, ...]


def _templates(plan: Plan, kind_: str) -> Iterator[_Template]:
    """The labels or annotations that are templates, those that Prometheus would refuse apart."""
    for alert in _own(plan, kind_):
        for name, text in (alert.labels if kind_ == "labels" else alert.annotations).items():
            if "{{" in text and not problem(text, PROMETHEUS, PROMETHEUS_VARIABLES):
                yield _Template(alert, name, text, _path(alert, kind_, name), _inherited(alert, kind_, name))


def _path(alert: Alert, kind_: str, name: str) -> Path:
    """Where a label or an annotation of the alert's own stands."""
    if name == "summary" and kind_ == "annotations" and not isinstance(alert.condition, Custom):
        return (*alert.origin, "summary")
    return (*alert.origin, kind_, name)


def _inherited(alert: Alert, kind_: str, name: str) -> tuple[Path, ...]:
    """Where it stands when it is the service's or the spec's."""
    return ((*alert.origin[:2], kind_, name), (kind_, name))


def _own(plan: Plan, kind_: str) -> Iterator[Alert]:
    """Alerts of Prometheus with labels or annotations to look at, each text once: severities of a threshold share theirs."""
    seen: set[Path] = set()
    for alert in plan.alerts:
        texts = "{{" in "".join(alert.labels.values()) if kind_ == "labels" else bool(alert.annotations)
        if texts and not alert.on_cloudwatch and alert.origin not in seen:
            seen.add(alert.origin)
            yield alert


def _value(alert: Alert) -> Node:
    """What the alert's value is: the left side of a raw alert's comparisons."""
    node = bare(shape(alert.signal.promql))
    while isinstance(node, Binary) and (node.op in COMPARISONS or node.op in ("and", "unless")):
        number_first = kind(node.lhs) == "s" and kind(node.rhs) != "s"
        node = bare(node.rhs if number_first else node.lhs)
    return node


def _fractional(alert: Alert) -> bool:
    if not alert.signal.promql or bounds_of(alert.signal.promql).whole:
        return False
    return any(
        (isinstance(node, Binary) and node.op == "/")
        or (isinstance(node, Aggregate) and node.op in ("avg", "stddev", "quantile"))
        or (isinstance(node, Call) and node.function in _FRACTIONS)
        for node in walk(_value(alert))
    )


def _percent(alert: Alert) -> bool:
    """Whether the value is a number of hundredths."""
    if alert.signal.unit == "percent":
        return True
    return alert.signal.promql != "" and _times(_value(alert), 100)


def _share(alert: Alert) -> bool:
    """Whether the value is a share of 1."""
    if alert.signal.unit == "ratio":
        return True
    if not isinstance(alert.condition, Custom):
        return False
    root = bare(shape(alert.signal.promql))
    value = _value(alert)
    limit = bare(root.rhs) if isinstance(root, Binary) and root.op in COMPARISONS else None
    quotient = isinstance(value, Binary) and value.op == "/"
    return quotient and isinstance(limit, Number) and 0 < limit.value < 1


def _times(node: Node, factor: float) -> bool:
    node = bare(node)
    if isinstance(node, Aggregate) and node.op in ("max", "min", "avg"):
        return _times(node.expr, factor)
    if not isinstance(node, Binary):
        return False
    if node.op == "*":
        return any(isinstance(side := bare(s), Number) and side.value == factor for s in (node.lhs, node.rhs))
    # 100 - (… * 100), and (a * 100) / b.
    return node.op in ("-", "/") and any(_times(side, factor) for side in (node.lhs, node.rhs))
