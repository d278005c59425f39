"""Wrong versions of an objective: its events, its budget, its windows, and the rules that are made of it.

In: an objective of the plan. Out: (what was changed, the changed objective) or (what was changed, expression, changed expression).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from monitorspec.mutation.alerts import alert_mutants
from monitorspec.mutation.expressions import variants
from monitorspec.mutation.mutant import Change
from monitorspec.phrases import percent_text
from monitorspec.plan import Indicator, Slo
from monitorspec.rules.slo import burn_expr, recording_rules
from monitorspec.spec.units import duration_text, number_text, plain

_TEXTS = ("total", "bad", "good", "histogram", "expr")
_STEP = Decimal("0.02")


def objective_mutants(slo: Slo, severities: tuple[str, ...]) -> Iterator[tuple[str, Change, Slo]]:
    """Every wrong version that the plan can say, with what it is a version of: a tier's id or `service.slo`."""
    who = f"{slo.service}.{slo.key}"
    for at, tier in enumerate(slo.tiers):
        for change, other in alert_mutants(tier, severities):
            yield tier.id, change, slo._replace(tiers=(*slo.tiers[:at], other, *slo.tiers[at + 1 :]))
    budget = 1 - slo.objective
    for share in (1 - _STEP, 1 + _STEP):
        objective = plain(1 - budget * share)
        text = f"objective {percent_text(slo.objective)} → {percent_text(objective)}"
        yield who, Change("objective", text), slo._replace(objective=objective)
    for window in (slo.window * 2, slo.window // 2):
        text = f"window {duration_text(slo.window)} → {duration_text(window)}"
        yield who, Change("window", text), slo._replace(window=window)
    for traffic in _traffic(slo.min_traffic):
        said = f"min_traffic {number_text(plain(slo.min_traffic or Decimal(0)))}"
        text = f"{said} dropped" if traffic is None else f"{said} → {number_text(traffic)}"
        yield who, Change("min_traffic", text), slo._replace(min_traffic=traffic)
    for label in slo.by:
        by = tuple(other for other in slo.by if other != label)
        yield who, Change("grouping", f"by {label} dropped"), slo._replace(by=by)
    for name in _TEXTS:
        for change, text in variants(getattr(slo.indicator, name)) if getattr(slo.indicator, name) else ():
            indicator = Indicator(**{**slo.indicator._asdict(), name: text})
            yield who, change._replace(text=f"{name}: {change.text}"), slo._replace(indicator=indicator)
    if slo.indicator.under:
        for under in (slo.indicator.under * 2, slo.indicator.under / 2):
            text = f"under {number_text(slo.indicator.under)} → {number_text(under)}"
            yield who, Change("threshold", text), slo._replace(indicator=slo.indicator._replace(under=under))
    for label in slo.labels:
        labels = {name: value for name, value in slo.labels.items() if name != label}
        yield who, Change("label", f"{label} of its series dropped"), slo._replace(labels=labels)


def rule_mutants(slo: Slo) -> Iterator[tuple[str, Change, str, str]]:
    """Wrong versions of its rules: what they are of (a series or a tier's id), the right and the wrong expression."""
    rules = recording_rules(slo) + [(tier.id, burn_expr(slo, tier)) for tier in slo.tiers]
    for name, expr in rules:
        for change, text in variants(expr):
            yield name, change, expr, text


def _traffic(least: Decimal | None) -> tuple[Decimal | None, ...]:
    return (None, plain(least * (1 - _STEP)), plain(least * (1 + _STEP))) if least else ()
