"""The sheet of an SLO: its budget, its tiers, and how fast they notice an outage.

In: the plan, an SLO of it. Out: `sheet` for people, `fields` for programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from monitorspec.alarmtext import left_out, signal_text
from monitorspec.detection import detection, errors_text, row_text
from monitorspec.phrases import percent_text
from monitorspec.plan import Alert, Burn, Indicator, Plan, Slo
from monitorspec.sheets import Sheet, Table
from monitorspec.sheets.alert import teller
from monitorspec.spec.units import duration_text, number_text


def name(slo: Slo) -> str:
    """`service.slo`."""
    return f"{slo.service}.{slo.key}"


def promise(slo: Slo) -> str:
    """`99.9% over 30d`."""
    return f"{percent_text(slo.objective)} over {duration_text(slo.window)}"


def sheet(plan: Plan, slo: Slo) -> Sheet:
    """All of it in words."""
    tables = []
    if slo.tiers:
        told = teller(plan)
        head = ("Tier", "Severity", "Burn rate", "Limit", "Long", "Short", "For", "Budget", "Told")
        rows = [_tier(slo, tier, told(tier)) for tier in slo.tiers]
        remark = "Budget: the share of it that is gone when a burn at that rate has lasted the long window."
        tables = [Table("", (head, *rows), "<<>>>>>><", remark), _outages(slo)]
    return Sheet(f"{name(slo)}: {slo.title}", list(_facts(slo)), tables)


def fields(plan: Plan, slo: Slo) -> dict[str, Any]:
    """All of it as data: times in ms, shares and ratios as numbers."""
    found = detection(slo)
    told = teller(plan)
    return {
        "slo": name(slo),
        "title": slo.title,
        "objective": float(slo.objective),
        "window": slo.window,
        "error_budget": float(1 - slo.objective),
        "allowed_downtime": _allowed(slo),
        "indicator": slo.indicator.kind,
        "min_traffic": None if slo.min_traffic is None else float(slo.min_traffic),
        "interval": slo.tiers[0].interval if slo.tiers else slo.interval,
        "runbook": slo.runbook and f"runbooks/{slo.runbook}",
        "tiers": [
            {
                "tier": burn.tier,
                "alert": tier.id,
                "severity": tier.severity,
                "burn_rate": float(burn.factor),
                "limit": float(burn.factor * (1 - slo.objective)),
                "long_window": burn.long_window,
                "short_window": burn.short_window,
                "for": tier.hold,
                "budget": float(burn.budget_share),
                "told": told(tier),
            }
            for tier in slo.tiers
            for burn in [_burn(tier)]
        ],
        "detection": [
            {
                "errors": float(row.error_ratio),
                "tier": row.tier,
                "fires_after": row.time,
                "at_the_latest": row.latest,
                "budget_spent": None if row.spent is None else float(row.spent),
                "never_because": row.reason or None,
            }
            for row in found.rows
        ],
    }


def _facts(slo: Slo) -> Iterator[tuple[str, str]]:
    yield "Objective", promise(slo)
    budget = f"{percent_text(1 - slo.objective)}, or {duration_text(_allowed(slo))} of a full outage"
    yield "Error budget", f"{budget} in {duration_text(slo.window)}"
    if slo.description:
        yield "Description", slo.description.strip()
    yield "Indicator", _indicator(slo.indicator)
    if slo.by:
        yield "By", ", ".join(slo.by)
    if slo.min_traffic:
        yield "Traffic", f"no tier fires below {number_text(slo.min_traffic)}/s"
    yield "Evaluated", f"every {duration_text(slo.tiers[0].interval if slo.tiers else slo.interval)}"
    if slo.runbook:
        yield "Runbook", f"runbooks/{slo.runbook}"
    remark = left_out(slo) if slo.on_cloudwatch else ""
    if remark:
        yield "Left out", remark


def _indicator(indicator: Indicator) -> str:
    if indicator.events is not None:
        counts = indicator.events._asdict()
        return "\n".join(f"{name}: {signal_text(counts[name])}" for name in ("bad", "good", "total") if counts[name])
    if indicator.kind == "latency":
        lines = [f"good: up to {number_text(indicator.under)} in {indicator.histogram}"]
        return "\n".join([*lines, f"total: {indicator.total}"] if indicator.total else lines)
    if indicator.expr:
        return f"{indicator.kind}: {indicator.expr.strip()}"
    part = f"bad: {indicator.bad}" if indicator.bad else f"good: {indicator.good}"
    return f"{part}\ntotal: {indicator.total}"


def _tier(slo: Slo, tier: Alert, told: str) -> tuple[str, ...]:
    burn = _burn(tier)
    return (
        burn.tier,
        tier.severity,
        number_text(burn.factor),
        percent_text(burn.factor * (1 - slo.objective)),
        duration_text(burn.long_window),
        duration_text(burn.short_window),
        duration_text(tier.hold) if tier.hold else "",
        percent_text(burn.budget_share),
        told,
    )


def _outages(slo: Slo) -> Table:
    found = detection(slo)
    rows = [(errors_text(found, ratio), *map(row_text, found.at(ratio))) for ratio in found.error_ratios]
    return Table(
        "How long an outage lasts before each tier fires, and how much of the error budget is spent by then:",
        (("Errors", *found.tiers), *rows),
        "<" + ">" * len(found.tiers),
        f"Data come in and are evaluated at intervals: a tier may fire up to {duration_text(found.lag)} later.",
    )


def _allowed(slo: Slo) -> int:
    """How many ms of full outage the period allows; in whole seconds where there are any."""
    allowed = int(slo.window * Decimal(1 - slo.objective))
    return allowed // 1000 * 1000 or allowed


def _burn(tier: Alert) -> Burn:
    assert isinstance(tier.condition, Burn), tier.id
    return tier.condition
