"""The list prices of a region on a day.

In: the name of a region. Out: `PriceList`, from data/prices/<region>.json; where there is none, that of us-east-1.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "data" / "prices"
ELSEWHERE = "us-east-1"


class Price(NamedTuple):
    """USD a month for each `unit`; from each amount in `beyond` on another price holds. `title` is of many, `unit` of one."""

    title: str
    unit: str
    price: Decimal
    beyond: tuple[tuple[Decimal, Decimal], ...]

    def cost(self, quantity: Decimal) -> Decimal:
        """USD a month of `quantity` units."""
        total, price, start = Decimal(0), self.price, Decimal(0)
        for amount, next_price in self.beyond:
            total += max(min(quantity, amount) - start, Decimal(0)) * price
            start, price = amount, next_price
        return total + max(quantity - start, Decimal(0)) * price


class Free(NamedTuple):
    """So much of `kinds` together is free in each month and account; the first named is taken first."""

    name: str
    amount: Decimal
    unit: str
    kinds: tuple[str, ...]


class PriceList(NamedTuple):
    region: str
    date: str
    """ISO 8601."""
    sources: tuple[str, ...]
    hours: Decimal
    """Of a month, as AWS reckons them."""
    stored: Decimal
    """Share of log data that is stored: it is compressed (the examples of AWS' pricing page)."""
    prices: Mapping[str, Price]
    free: tuple[Free, ...]


@functools.cache
def price_list(region: str) -> PriceList:
    """The prices of `region`, or those of us-east-1 where its own are not known."""
    file = FOLDER / f"{region or ELSEWHERE}.json"
    # A region's name comes from the spec: only a file of this folder is read.
    if file.parent != FOLDER or not file.is_file():
        file = FOLDER / f"{ELSEWHERE}.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    return PriceList(
        region=data["region"],
        date=data["date"],
        sources=tuple(data["sources"]),
        hours=Decimal(data["hours_in_a_month"]),
        stored=Decimal(data["stored_share_of_logs"]),
        prices={
            kind: Price(
                given["title"],
                given["unit"],
                Decimal(given["price"]),
                tuple((Decimal(step["amount"]), Decimal(step["price"])) for step in given.get("beyond", ())),
            )
            for kind, given in data["prices"].items()
        },
        free=tuple(
            Free(name, Decimal(given["amount"]), given["unit"], tuple(given["of"]))
            for name, given in data["free_of_charge"].items()
        ),
    )
