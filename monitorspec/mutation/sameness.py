"""Why a mutant does the same as the right rule: reasons that are worked out for each, not listed.

In: a mutant that no test notices, and the right service. Out: the reason, or "".
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.mutation.mutant import Mutant
from monitorspec.mutation.pairing import carries
from monitorspec.mutation.worlds import always
from monitorspec.phrases import value_text
from monitorspec.plan import Alert, Burn, Limit, Service
from monitorspec.promql.nodes import Call, walk
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem
from monitorspec.proof.drive import Drive, drive_of
from monitorspec.proof.levels import Unreachable
from monitorspec.proof.model import beyond
from monitorspec.rules.slo import burn_expr

# They extrapolate from samples to the edges of the window, in floating point.
_EXTRAPOLATING = frozenset({"rate", "increase", "delta", "deriv", "predict_linear"})


def same(mutant: Mutant, right: Service, step: int) -> str:
    """Why the mutant changes nothing, or ""."""
    if mutant.change.same:
        return mutant.change.same
    old, new = _alert(right, mutant.subject), _alert(mutant.service, mutant.subject)
    if old is None or new is None:
        return ""
    if old.labels != new.labels:
        return _carried(old, new, right)
    if isinstance(old.condition, Limit) and isinstance(new.condition, Limit):
        drive = drive_of(old.signal.promql, step, [old.condition])
        if isinstance(drive, Drive):
            return next(_limits(old, old.condition, new.condition, drive), "")
    return ""


def _limits(alert: Alert, old: Limit, new: Limit, drive: Drive) -> Iterator[str]:
    """No value of the signal is past one of the limits and not past the other."""
    if old == new or old._replace(op=new.op, value=new.value) != new:
        return
    at = value_text(old.value, alert.signal.unit)
    if old.value == new.value and old.op[0] == new.op[0]:
        called = [part.function for part in _nodes(alert.signal.promql) if isinstance(part, Call)]
        found = next((name for name in called if name in _EXTRAPOLATING), "")
        if not drive.reach.exact and found:
            yield f"{found}() extrapolates in floating point: no samples make it exactly {at}"
    elif old.op == new.op:
        low, high = sorted((old.value, new.value))
        try:
            above, below = drive.reach.fit(low, True), drive.reach.fit(high, False)
        except Unreachable:
            return
        between = [value for value in (above, below) if low <= value <= high]
        if not any(beyond(old.op, value, old.value) != beyond(new.op, value, new.value) for value in between):
            yield f"the signal moves in steps: it has no value between {at} and {value_text(new.value, alert.signal.unit)}"


def _carried(old: Alert, new: Alert, right: Service) -> str:
    """A label that the series bring along."""
    gone = dict(old.labels.items() - new.labels.items())
    expr = old.signal.promql
    if isinstance(old.condition, Burn):
        slo = next(slo for slo in right.slos if old in slo.tiers)
        expr = burn_expr(slo, old)
    tree = parse(expr)
    if isinstance(tree, Problem) or not gone or new.labels.keys() & gone.keys():
        return ""
    if not all(carries(tree, label, value) and always(expr, label, value) for label, value in gone.items()):
        return ""
    said = ", ".join(f"{label}={value!r}" for label, value in gone.items())
    return f"the series that it fires for have {said} themselves"


def _nodes(expr: str) -> Iterator[object]:
    tree = parse(expr)
    return iter(()) if isinstance(tree, Problem) else walk(tree)


def _alert(service: Service, id: str) -> Alert | None:
    return next((alert for alert in service.alerts if alert.id == id), None)
