"""What is counted, multiplied by prices: by item and by service, with what is free each month.

In: plans. Out: `Estimate`s. What is free is free once in an account, whoever uses it: several systems together are an estimate of
their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from monitorspec.plan import Plan
from monitorspec.prices.pricelist import PriceList, price_list
from monitorspec.prices.usage import Usage, counted

_CENT = Decimal("0.01")


class Item(NamedTuple):
    """USD a month for everything of one kind, before what is free."""

    kind: str
    title: str
    quantity: Decimal
    unit: str
    price: Decimal
    """Of the first unit."""
    cost: Decimal


class FreeItem(NamedTuple):
    """What is free of a kind: `cost` is what it would cost, USD a month."""

    kind: str
    title: str
    quantity: Decimal
    unit: str
    cost: Decimal


class Share(NamedTuple):
    """USD a month of a service, "" for what belongs to none, before what is free."""

    service: str
    cost: Decimal


class Estimate(NamedTuple):
    region: str
    """Region of the stacks, "" where the spec does not say."""
    prices: PriceList
    usages: tuple[Usage, ...]
    items: tuple[Item, ...]
    free: tuple[FreeItem, ...]
    services: tuple[Share, ...]
    assumed: tuple[str, ...]
    omitted: tuple[str, ...]

    @property
    def gross(self) -> Decimal:
        """USD a month without anything free."""
        return sum((item.cost for item in self.items), Decimal(0))

    @property
    def total(self) -> Decimal:
        """USD a month."""
        return self.gross - sum((item.cost for item in self.free), Decimal(0))

    @property
    def largest(self) -> list[Item]:
        """The items, the dearest first."""
        return sorted(self.items, key=lambda item: -item.cost)


def cents(amount: Decimal) -> Decimal:
    """`amount` with two decimals; never -0.00."""
    return amount.quantize(_CENT, ROUND_HALF_UP) + 0 * _CENT


def money(amount: Decimal) -> str:
    """`1,234.50 USD`."""
    return f"{cents(amount):,} USD"


def quantity_text(quantity: Decimal, unit: str) -> str:
    """`1 metric`, `8,760 runs`, `0.25 GB`: whole where it is, else two decimals, or two digits of a small one."""
    if quantity == quantity.to_integral_value():
        text = f"{quantity:,.0f}"
    else:
        text = f"{quantity:,.2f}" if quantity >= _CENT else f"{quantity:.2g}"
    return f"{text} {unit}" if quantity == 1 or unit.isupper() else f"{text} {unit}s"


def estimate(plan: Plan) -> Estimate:
    """What a plan's CloudWatch side costs in a month."""
    from monitorspec.cloudformation.kinds import resources

    prices = price_list(plan.stack.region)
    made = resources(plan) if "cloudwatch" in plan.targets else []
    found = counted(plan, made, prices)
    order = {service.name: n for n, service in enumerate(plan.services)}
    return _priced(plan.stack.region, prices, found.usages, order, found.assumed, found.omitted)


def together(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Estimates of several systems as one for each list of prices: what is free is free once."""
    by_prices: dict[str, list[Estimate]] = {}
    for one in estimates:
        by_prices.setdefault(one.prices.region, []).append(one)
    return [
        _priced(region, members[0].prices, tuple(u for one in members for u in one.usages), {}, (), ())
        for region, members in by_prices.items()
    ]


def _priced(
    region: str,
    prices: PriceList,
    usages: tuple[Usage, ...],
    order: dict[str, int],
    assumed: tuple[str, ...],
    omitted: tuple[str, ...],
) -> Estimate:
    amounts: dict[str, Decimal] = {}
    for usage in usages:
        amounts[usage.kind] = amounts.get(usage.kind, Decimal(0)) + usage.quantity
    items = tuple(
        Item(kind, price.title, amounts[kind], price.unit, price.price, price.cost(amounts[kind]))
        for kind, price in prices.prices.items()
        if amounts.get(kind)
    )
    return Estimate(
        region, prices, usages, items, tuple(_free(prices, amounts)), _shares(items, usages, order), assumed, omitted
    )


def _free(prices: PriceList, amounts: dict[str, Decimal]) -> Iterable[FreeItem]:
    for allowance in prices.free:
        left = allowance.amount
        for kind in allowance.kinds:
            taken = min(left, amounts.get(kind, Decimal(0)))
            if taken:
                left -= taken
                price = prices.prices[kind]
                yield FreeItem(kind, price.title, taken, price.unit, price.cost(taken))


def _shares(items: Sequence[Item], usages: Sequence[Usage], order: dict[str, int]) -> tuple[Share, ...]:
    """Each service's part of every item, by its part of the quantity."""
    by_kind = {item.kind: item for item in items}
    costs: dict[str, Decimal] = {}
    for usage in usages:
        item = by_kind.get(usage.kind)
        if item:
            costs[usage.service] = costs.get(usage.service, Decimal(0)) + item.cost * usage.quantity / item.quantity
    ordered = sorted(costs, key=lambda service: (service == "", order.get(service, len(order))))
    return tuple(Share(service, costs[service]) for service in ordered)
