"""The files of prices, and the arithmetic of one price."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from monitorspec.prices.pricelist import FOLDER, price_list

FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_says_what_it_is(file: Path) -> None:
    prices = price_list(file.stem)
    assert prices.region == file.stem
    assert date.fromisoformat(prices.date) >= date(2026, 1, 1)
    assert all(source.startswith("https://aws.amazon.com/") for source in prices.sources)
    assert {kind for free in prices.free for kind in free.kinds} <= set(prices.prices)
    assert all(price.price > 0 for price in prices.prices.values())


def test_every_region_has_a_price_for_the_same_things() -> None:
    kinds = {frozenset(price_list(file.stem).prices) for file in FILES}
    assert len(kinds) == 1


@pytest.mark.parametrize(
    ("kind", "usd"),
    # The tables of the pricing pages, us-east-1.
    [("alarm", "0.10"), ("alarm-high-resolution", "0.30"), ("alarm-composite", "0.50"), ("dashboard", "3.00"),
     ("custom-metric", "0.30"), ("log-ingest", "0.50"), ("log-storage", "0.03"), ("canary-run", "0.0012"),
     ("health-check", "0.50"), ("health-check-elsewhere", "0.75"), ("health-check-option", "1.00"),
     ("health-check-elsewhere-option", "2.00")],
)  # fmt: skip
def test_list_prices(kind: str, usd: str) -> None:
    assert price_list("us-east-1").prices[kind].price == Decimal(usd)


def test_numbers_are_texts_so_that_none_is_rounded() -> None:
    for file in FILES:
        floats: list[str] = []
        data = json.loads(file.read_text(encoding="utf-8"), parse_float=floats.append)
        assert data["currency"] == "USD"
        assert floats == []


@pytest.mark.parametrize("region", ["", "eu-nowhere-7", "../../secret", "us-east-1"])
def test_unknown_regions_have_the_prices_of_us_east_1(region: str) -> None:
    assert price_list(region).region == "us-east-1"


@pytest.mark.parametrize(
    ("metrics", "usd"),
    # The pricing page: 0.30 for the first 10,000, 0.10 for the next 240,000, 0.05 for the next 750,000, then 0.02.
    [("1", "0.30"), ("10000", "3000"), ("10001", "3000.10"), ("250000", "27000"), ("1000000", "64500"), ("1000001", "64500.02")],
)  # fmt: skip
def test_many_custom_metrics_are_cheaper(metrics: str, usd: str) -> None:
    assert price_list("us-east-1").prices["custom-metric"].cost(Decimal(metrics)) == Decimal(usd)
