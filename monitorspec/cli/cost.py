"""`monitorspec cost`: what the CloudWatch side of specs costs in a month.

In: spec paths. Out: an estimate for each, by item and by service, on stdout; exit code 1 where a spec has errors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import click

from monitorspec.cli.common import FINDINGS, env_option, find_specs, plain_format_option, progress, show, table
from monitorspec.compiler import compile_file
from monitorspec.plan import Plan
from monitorspec.prices.estimate import Estimate, cents, estimate, money, quantity_text, together

VERSION = 1


@click.command("cost")
@click.argument("paths", nargs=-1, metavar="[SPEC]...")
@env_option
@plain_format_option("How the estimate is printed.")
def command(paths: tuple[str, ...], environment: str, format_: str) -> None:
    """Estimate what the CloudWatch side costs in a month.

    Reads SPEC files, or all *.monitorspec.yaml in a folder (`specs/` unless told), and prints for each what its alarms,
    dashboards, metrics, logs, canaries and health checks cost by AWS' list prices, with what is free each month, what was
    assumed, and what is not counted.
    """
    compiled = [compile_file(path, environment) for path in find_specs(paths)]
    errors = [d for one in compiled for d in one.diagnostics if d.level == "error"]
    if errors:
        show(errors, {name: text for one in compiled for name, text in one.texts.items()}, format_)
        sys.exit(FINDINGS)
    plans = [one.plan for one in compiled if one.plan is not None]
    estimates = [estimate(plan) for plan in plans]
    sums = together([one for one in estimates if one.items]) if sum(bool(one.items) for one in estimates) > 1 else []
    if format_ == "json":
        click.echo(_json(plans, estimates, sums))
        return
    blocks = [text for plan, one in zip(plans, estimates, strict=True) for text in _system(plan, one)]
    for one in sums:
        blocks.append(f"Together, with what is free counted once: {money(one.total)} a month")
    click.echo("\n\n".join(blocks))
    for plan, one in zip(plans, estimates, strict=True):
        if over := _over(plan, one):
            progress(f"{plan.system} costs {money(over)} more than its monthly budget")


def _over(plan: Plan, one: Estimate) -> Decimal | None:
    """How much a plan costs more than its budget."""
    budget = plan.stack.monthly_budget
    return one.total - budget if budget is not None and one.total > budget else None


# ---- text


def _system(plan: Plan, one: Estimate) -> Iterator[str]:
    """The paragraphs about a system."""
    name = f"{plan.system} ({plan.environment})" if plan.environment else plan.system
    if not one.items:
        yield f"{name}: nothing on CloudWatch"
        return
    prices = one.prices
    yield f"{name}: {money(one.total)} a month, by the prices of {prices.region} on {prices.date}"
    if one.region not in ("", prices.region):
        yield f"The prices of {one.region} are not known here: they differ."
    rows = [
        (
            item.title[:1].upper() + item.title[1:],
            quantity_text(item.quantity, item.unit),
            f"{item.price:f}",
            f"{cents(item.cost):,}",
        )
        for item in one.items
    ]
    free = [
        (f"Free: {item.title}", quantity_text(item.quantity, item.unit), "", f"{cents(-item.cost):,}")
        for item in one.free
    ]
    total = ("Total", "", "", f"{cents(one.total):,}")
    yield "\n".join(table([("Item", "Amount", "USD each", "USD a month"), *rows, *free, total], ("<", ">", ">", ">")))
    if any(share.service for share in one.services):
        shares = [(share.service or "(no service)", f"{cents(share.cost):,}") for share in one.services]
        yield "\n".join(table([("Service", "USD a month, nothing free"), *shares], ("<", ">")))
    for title, lines in (("Assumed:", one.assumed), ("Not counted:", one.omitted)):
        if lines:
            yield "\n".join((title, *(f"- {line}" for line in lines)))
    budget = plan.stack.monthly_budget
    if budget is not None:
        over = _over(plan, one)
        left = f"over it by {money(over)}" if over else f"{money(budget - one.total)} left"
        yield f"Budget: {money(budget)} a month, {left}"


# ---- JSON


def _json(plans: Sequence[Plan], estimates: Sequence[Estimate], sums: Sequence[Estimate]) -> str:
    import orjson

    document = {
        "version": VERSION,
        "currency": "USD",
        "systems": [_fields(plan, one) for plan, one in zip(plans, estimates, strict=True)],
        "together": [{"prices": one.prices.region, "total": _number(cents(one.total))} for one in sums],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _fields(plan: Plan, one: Estimate) -> dict[str, Any]:
    budget = plan.stack.monthly_budget
    return {
        "system": plan.system,
        "environment": plan.environment,
        "region": one.region,
        "prices": {"region": one.prices.region, "date": one.prices.date, "sources": list(one.prices.sources)},
        "items": [
            {
                "kind": item.kind,
                "title": item.title,
                "amount": _number(item.quantity),
                "unit": item.unit,
                "price": _number(item.price),
                "cost": _number(item.cost),
            }
            for item in one.items
        ],
        "free": [
            {"kind": item.kind, "amount": _number(item.quantity), "unit": item.unit, "cost": _number(item.cost)}
            for item in one.free
        ],
        "services": [{"service": share.service, "cost": _number(share.cost)} for share in one.services],
        "total": _number(cents(one.total)),
        "total_without_free": _number(cents(one.gross)),
        "budget": None if budget is None else _number(budget),
        "assumed": list(one.assumed),
        "not_counted": list(one.omitted),
    }


def _number(value: Decimal) -> int | float:
    """JSON has one kind of number; millionths of a dollar are enough."""
    rounded = value.quantize(Decimal("0.000001"))
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
