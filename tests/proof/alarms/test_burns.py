"""The reference model of burn rates, held against the arithmetic of burn rates."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from monitorspec.proof.alarms.burns import Block, Tier
from monitorspec.proof.alarms.kinds import proof_of
from tests.proof.alarms.stacks import EVERY_KIND, compiled

TIER = Tier(long=12, short=1, limit=Fraction(144, 10_000), rate=Decimal(0), length=300, spare=0)
WELL, BAD = Block(1000, 0, ""), Block(1000, 1000, "")


def fires(tier: Tier, blocks: list[Block]) -> list[bool | None]:
    return [tier.fires(blocks, at) for at in range(len(blocks))]


def test_both_windows_have_to_be_over_the_limit() -> None:
    # One block of twelve that is bad is 8.3 %: over. It ends when the short window is well.
    assert fires(TIER, [WELL] * 12 + [BAD] + [WELL] * 2) == [False] * 12 + [True, False, False]


def test_the_limit_itself_is_not_over_it() -> None:
    at, over = Block(10_000, 144, ""), Block(10_000, 145, "")
    assert fires(TIER, [at] * 13)[-1] is False
    assert fires(TIER, [over] * 13)[-1] is True


@pytest.mark.parametrize("bad", [Fraction(2, 100), Fraction(5, 100), Fraction(1, 2)])
def test_the_long_window_decides_when_it_begins(bad: Fraction) -> None:
    # Errors of share r for a time t make r × t / window of the long window.
    block = Block(10_000, int(10_000 * bad), "")
    found = fires(TIER, [Block(10_000, 0, "")] * 12 + [block] * 12)
    first = next(n for n, value in enumerate(found[12:], 1) if value)
    assert bad * first / 12 > TIER.limit >= bad * (first - 1) / 12


def test_too_little_traffic_is_no_burn() -> None:
    tier = TIER._replace(rate=Decimal(1))
    assert fires(tier, [Block(299, 299, "")] * 13)[-1] is False
    assert fires(tier, [Block(300, 300, "")] * 13)[-1] is True


def test_a_rate_of_one_a_minute_is_five_events_in_five_minutes() -> None:
    tier = TIER._replace(rate=Decimal("0.0166667"))
    assert [int(tier.needed(window)) for window in (1, 12)] == [5, 60]


def test_without_traffic_it_is_open_how_long_the_last_is_seen() -> None:
    found = fires(TIER, [Block(0, 0, "")] + [BAD] * 12 + [Block(0, 0, "")] * 90)
    assert found[0] is False
    assert found[13] is None
    assert found[-1] is False


def test_a_slower_tier_is_told_of_alone_and_not_beside_a_faster_one() -> None:
    beside = [case for case in proof_of(compiled(EVERY_KIND)).cases if case.title == "burn beside a faster tier"]
    assert [case.alert for case in beside] == [
        "api.availability.page-slow",
        "api.availability.ticket-fast",
        "api.latency.page-slow",
        "api.latency.ticket-fast",
    ]
    for case in beside:
        assert {told.never for told in case.told if told.state == "ALARM"} == {True, False}, case.alert
