"""What a spec asserts about who is told: `must_page` of severities, services, objectives and thresholds.

In: the spec and the alerts. Out: `plan.MustPage`s, with the alerts that each is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context


def must_page(context: Context, alerts: Sequence[plan.Alert]) -> Iterator[plan.MustPage]:
    """Of a severity all alerts; of a service and what is in it those whose severity pages."""
    spec = context.spec
    for name, severity in (spec.severities or {}).items():
        if severity is not None and severity.must_page is not None:
            found = tuple(a.id for a in alerts if a.severity == name)
            yield _asserted(context, severity.must_page, found, ("severities", name))
    paging = {severity.name for severity in context.severities if severity.page}
    for name, service in (spec.services or {}).items():
        path: Path = ("services", name)
        parts = [(service.must_page, path)]
        parts += [(slo.must_page, (*path, "slos", key)) for key, slo in (service.slos or {}).items() if slo]
        parts += [(t.must_page, (*path, "thresholds", key)) for key, t in (service.thresholds or {}).items() if t]
        for receivers, at in parts:
            if receivers is not None:
                found = tuple(a.id for a in alerts if a.origin[: len(at)] == at and a.severity in paging)
                yield _asserted(context, receivers, found, at)


def _asserted(context: Context, receivers: tuple[str, ...], alerts: tuple[str, ...], path: Path) -> plan.MustPage:
    declared = context.spec.receivers or {}
    for n, name in enumerate(receivers):
        if name not in declared:
            context.notes.unknown(
                "routes/unknown-receiver", (*path, "must_page", n), "receiver", name, declared, "receivers"
            )
    return plan.MustPage(tuple(name for name in receivers if name in declared), alerts, path)
