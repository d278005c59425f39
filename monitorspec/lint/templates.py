"""Lint of Go templates that users write in labels, annotations and messages.

In: the plan. Out: findings `templates/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from monitorspec.gotemplate import ALERTMANAGER, PROMETHEUS, PROMETHEUS_VARIABLES, problem
from monitorspec.lint.finding import Finding
from monitorspec.plan import Path, Plan


def in_rules(plan: Plan) -> Iterable[Finding]:
    """A label or annotation holds a Go template that Prometheus refuses.

    `{{ … }}` in a label or annotation is a template: `{{ $labels.pod }}`, `{{ $value | humanize }}`. Prometheus loads no rule
    file with a broken one. Literal braces are written `{{ "{{" }}`.

    ```yaml wrong
    services:
      api:
        thresholds: {queue: {expr: queue_length, above: {critical: 5}, summary: '{{ $value | humanise }} wait'}}
    ```
    ```yaml right
    services:
      api:
        thresholds: {queue: {expr: queue_length, above: {critical: 5}, summary: '{{ $value | humanize }} wait'}}
    ```
    """
    for alert in plan.alerts:
        for kind, texts in (("annotations", alert.annotations), ("labels", alert.labels)):
            for name, text in texts.items():
                if "{{" not in text:
                    continue
                wrong = problem(text, PROMETHEUS, PROMETHEUS_VARIABLES)
                if wrong:
                    said = "label" if kind == "labels" else "annotation"
                    own = (*alert.origin, "summary") if name == "summary" else (*alert.origin, kind, name)
                    yield Finding(
                        f"{said} `{name}` is no template: {wrong}",
                        own,
                        help=('write `{{ "{{" }}` for literal braces',),
                        key=False,
                    )


def in_messages(plan: Plan) -> Iterable[Finding]:
    """A receiver's message holds a Go template that Alertmanager refuses.

    Alertmanager takes the configuration with a broken template in it, and fails only when it has an alert to tell. Then nobody
    is told.

    ```yaml wrong
    receivers:
      chat: {slack: {channel: '#shop', api_url_file: /etc/slack, title: '{{ .CommonLabels.alertname | upper }}'}}
    ```
    ```yaml right
    receivers:
      chat: {slack: {channel: '#shop', api_url_file: /etc/slack, title: '{{ .CommonLabels.alertname | toUpper }}'}}
    ```
    """
    for receiver in plan.receivers:
        for kind, fields in receiver.integrations:
            for path, text in _texts(fields, ()):
                wrong = problem(text, ALERTMANAGER)
                if wrong:
                    yield Finding(
                        f"{kind} `{path[-1]}` is no template: {wrong}",
                        (*receiver.origin, kind, *path),
                        effect="the message could never be sent",
                        key=False,
                    )


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "{{" in value:
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _texts(item, (*path, n))
