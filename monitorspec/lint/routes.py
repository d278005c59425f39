"""Lint of who is told.

In: the plan. Out: findings `routes/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan
from monitorspec.routing import receivers_of


def nobody(plan: Plan) -> Iterable[Finding]:
    """An alert reaches no receiver.

    Every alert has to be told to somebody. Add a route for its severity, or a `default` route that takes what no other
    route takes.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {critical: {notify: chat}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}}
    ```
    """
    if not plan.receivers and not plan.root.routes and not plan.root.targets:
        return
    silent: dict[tuple[str | int, ...], list[str]] = {}
    for alert in plan.alerts:
        labels = {**alert.labels, "alertname": alert.name}
        if alert.actions_enabled and not receivers_of(plan, labels):
            silent.setdefault(alert.origin, []).append(alert.severity)
    for origin, severities in silent.items():
        named = ", ".join(dict.fromkeys(severities))
        yield Finding(
            f"`{'.'.join(map(str, origin[1::2]))}` reaches nobody: no route takes severity {named}",
            origin,
            help=(
                f"add a route: `{severities[0]}: {{notify: […]}}`",
                "or one for everything else: `default: {notify: […]}`",
            ),
        )


def empty_default(plan: Plan) -> Iterable[Finding]:
    """The `default` route has a receiver without an integration.

    Alerts that no other route takes would vanish there without a trace.
    """
    kinds = {receiver.name: receiver for receiver in plan.receivers}
    for target in plan.root.targets:
        receiver = kinds.get(target.receiver)
        if receiver is not None and not receiver.integrations and not receiver.topics:
            yield Finding(f"the default receiver `{target.receiver}` tells nobody", receiver.origin, level="warning")
