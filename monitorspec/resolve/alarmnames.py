"""Names of CloudWatch alarms in a spec: what composites and automations speak of.

In: services with their alerts, and names. Out: ids of alerts, after findings for names that no alarm has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context


def alarm_names(services: Iterable[plan.Service]) -> dict[str, tuple[str, ...]]:
    """What can be named → ids: `service.key`, `service.key.severity` and ids themselves; () where no alert is an alarm."""
    out: dict[str, dict[str, None]] = {}
    for service in services:
        for alert in service.alerts:
            for name in (f"{alert.service}.{alert.key}", f"{alert.service}.{alert.key}.{alert.severity}", alert.id):
                ids = out.setdefault(name, {})
                if alert.on_cloudwatch:
                    ids[alert.id] = None
    return {name: tuple(ids) for name, ids in out.items()}


def alarm_ids(
    context: Context, name: str, path: Path, known: Mapping[str, tuple[str, ...]], service: str = ""
) -> tuple[str, ...]:
    """Ids of the alarms called `name`; () after a finding. Within `service` a threshold needs no service before it.

    Nothing is said of what is declared and has no alerts: something else is wrong with it.
    """
    names = (name, f"{service}.{name}")
    ids = next((known[n] for n in names if known.get(n)), ())
    if not ids and any(n in known for n in names):
        context.notes.add(
            "aws/not-an-alarm",
            path,
            f"`{name}` is no CloudWatch alarm",
            help=("its signal has to be `cloudwatch` or `composite`",),
        )
    elif not ids and not any(n in context.declared or _threshold(n, known) in context.declared for n in names):
        alarms = [n for n, found in known.items() if found]
        context.notes.unknown("aws/unknown-alarm", path, "alarm", name, alarms, "services")
    return ids


def _threshold(name: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """The threshold that a name with a severity belongs to; "" where the threshold has alerts of other severities."""
    threshold = name.rpartition(".")[0]
    return "" if threshold in known else threshold
