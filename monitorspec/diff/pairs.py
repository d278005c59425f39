"""Which thing of the old plan is which thing of the new one.

In: two plans of one system. Out: `Comparison`: services, objectives, thresholds and alerts in pairs, one side None where it is
new or gone. What has another name but does the same is a rename: the same signal and condition, or most of a service's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from monitorspec.plan import Alert, Burn, Custom, Plan, Receiver, Route, Service, Slo, Threshold

T = TypeVar("T")


class Pair(NamedTuple, Generic[T]):
    """The same thing before and after; None where it is not there."""

    old: T | None
    new: T | None

    @property
    def either(self) -> T:
        """The new one, or the old one where there is none."""
        found = self.new if self.new is not None else self.old
        assert found is not None
        return found


class Comparison(NamedTuple):
    """Two plans with their changed services in pairs. What is alike on both sides is left out.

    `receivers`: old name → new name of those that are only called otherwise; `known` is the old plan with their new names, so that
    a rename is no change of who is told.
    """

    old: Plan
    new: Plan
    receivers: Mapping[str, str]
    known: Plan
    services: tuple[Pair[Service], ...]
    slos: tuple[Pair[Slo], ...]
    thresholds: tuple[Pair[Threshold], ...]
    alerts: tuple[Pair[Alert], ...]


def compared(old: Plan, new: Plan) -> Comparison:
    """The pairs of two plans."""
    services = _paired(old.services, new.services, lambda s: s.name, (_service_shape,), _nearest_service)
    slos: list[Pair[Slo]] = []
    thresholds: list[Pair[Threshold]] = []
    alerts: list[Pair[Alert]] = []
    for service in services:
        was, now = service
        slos += _paired(
            was.slos if was else (), now.slos if now else (), lambda s: s.key, (_slo_shape, lambda s: s.indicator)
        )
        thresholds += _paired(
            was.thresholds if was else (),
            now.thresholds if now else (),
            lambda t: t.key,
            (_threshold_shape, lambda t: t.signal),
        )
        alerts += _alerts(service, _new_ids(service, slos, thresholds))
    receivers = _receivers(old.receivers, new.receivers)
    known = _known(old, receivers) if receivers else old
    return Comparison(old, new, receivers, known, services, tuple(slos), tuple(thresholds), tuple(alerts))


def _receivers(old: Sequence[Receiver], new: Sequence[Receiver]) -> dict[str, str]:
    if old == new:
        return {}
    pairs = _paired(old, new, lambda r: r.name, (lambda r: (r.integrations, r.topics),))
    return {was.name: now.name for was, now in pairs if was is not None and now is not None and was.name != now.name}


def _known(plan: Plan, names: Mapping[str, str]) -> Plan:
    """The plan with other names of receivers."""

    def route(node: Route) -> Route:
        targets = tuple(t._replace(receiver=names.get(t.receiver, t.receiver)) for t in node.targets)
        return node._replace(targets=targets, routes=tuple(map(route, node.routes)))

    receivers = tuple(r._replace(name=names.get(r.name, r.name)) for r in plan.receivers)
    return plan._replace(receivers=receivers, root=route(plan.root))


def _alerts(service: Pair[Service], ids: Mapping[str, str]) -> tuple[Pair[Alert], ...]:
    """The alerts of a service; `ids`: what those of renamed things would be called by now."""
    was, now = service
    shapes: tuple[Callable[[Alert], Hashable], ...] = (
        _alert_shape,
        lambda a: (a.service, a.key, _alert_shape(a)[:2]),
        lambda a: (a.signal, a.severity),
        lambda a: (a.service, a.key, a.severity, type(a.condition).__name__),
    )
    return _paired(was.alerts if was else (), now.alerts if now else (), lambda a: ids.get(a.id, a.id), shapes)


def _paired(
    old: Sequence[T],
    new: Sequence[T],
    name: Callable[[T], str],
    shapes: Iterable[Callable[[T], Hashable]],
    last: Callable[[list[T], list[T]], list[Pair[T]]] | None = None,
) -> tuple[Pair[T], ...]:
    """Pairs by name; what is left by each of `shapes`, where one on either side has it. Pairs that are alike are left out."""
    by_name = {name(item): item for item in old}
    found = [Pair(by_name.pop(name(item), None), item) for item in new]
    gone = list(by_name.values())
    fresh = [pair.new for pair in found if pair.old is None and pair.new is not None]
    renamed: dict[str, T] = {}
    for shape in shapes:
        if not gone or not fresh:
            break
        before, after = _by_shape(gone, shape), _by_shape(fresh, shape)
        for key, item in after.items():
            was = before.get(key)
            if item is not None and was is not None:
                renamed[name(item)] = was
        gone = [item for item in gone if not any(item is was for was in renamed.values())]
        fresh = [item for item in fresh if name(item) not in renamed]
    if last is not None and gone and fresh:
        for pair in last(gone, fresh):
            assert pair.old is not None
            assert pair.new is not None
            renamed[name(pair.new)] = pair.old
            gone = [item for item in gone if item is not pair.old]
    pairs = [
        pair if pair.old is not None or pair.new is None else Pair(renamed.get(name(pair.new)), pair.new)
        for pair in found
    ]
    pairs += [Pair(item, None) for item in gone]
    return tuple(pair for pair in pairs if pair.old != pair.new)


def _by_shape(items: Iterable[T], shape: Callable[[T], Hashable]) -> dict[Hashable, T | None]:
    """Items by their shape; None where several have the same."""
    out: dict[Hashable, T | None] = {}
    for item in items:
        key = repr(shape(item))
        out[key] = None if key in out else item
    return out


def _alert_shape(alert: Alert) -> tuple[Hashable, ...]:
    condition: Any = alert.condition
    if isinstance(condition, Burn):
        condition = condition._replace(slo="", tier="")
    return (alert.signal, condition, alert.severity if not isinstance(condition, Custom) else alert.name)


def _slo_shape(slo: Slo) -> Hashable:
    return (slo.indicator, slo.objective, slo.window)


def _threshold_shape(threshold: Threshold) -> Hashable:
    return (threshold.signal, tuple(_alert_shape(alert) for alert in threshold.alerts))


def _service_shape(service: Service) -> Hashable:
    return tuple(map(_slo_shape, service.slos)), tuple(map(_threshold_shape, service.thresholds))


def _nearest_service(gone: list[Service], fresh: list[Service]) -> list[Pair[Service]]:
    """A service under another name keeps more than half of its alerts' keys and conditions."""
    out: list[Pair[Service]] = []
    left = list(gone)
    for service in fresh:
        mine = _essence(service)
        scored = [(len(mine & _essence(other)), other) for other in left]
        best, other = max(scored, key=lambda found: found[0], default=(0, None))
        if other is not None and best * 2 > max(len(mine), len(_essence(other))):
            out.append(Pair(other, service))
            left = [item for item in left if item is not other]
    return out


def _essence(service: Service) -> set[str]:
    return {repr((alert.key, _alert_shape(alert)[1:])) for alert in service.alerts}


def _new_ids(service: Pair[Service], slos: list[Pair[Slo]], thresholds: list[Pair[Threshold]]) -> dict[str, str]:
    """Ids that the alerts of renamed services, objectives and thresholds would have by now; old id → new id."""
    was, now = service
    if was is None or now is None:
        return {}
    pairs: tuple[Pair[Slo] | Pair[Threshold], ...] = (*slos, *thresholds)
    keys = {
        pair.old.key: pair.new.key
        for pair in pairs
        if pair.old is not None
        and pair.new is not None
        and pair.old.service == was.name
        and pair.new.service == now.name
    }
    if was.name == now.name and all(old == new for old, new in keys.items()):
        return {}
    ids = {}
    for alert in was.alerts:
        parts = alert.id.removeprefix(f"{was.name}.").split(".")
        ids[alert.id] = ".".join((now.name, keys.get(parts[0], parts[0]), *parts[1:]))
    return ids
