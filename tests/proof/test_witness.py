"""Series for selectors: chosen ones match, near misses do not."""

from __future__ import annotations

import re

import pytest

from monitorspec.proof.witness import misses, outside, selected, source_of


def found(text: str) -> dict[str, str] | None:
    source = source_of(text)
    assert source is not None
    return selected(source.matchers)


@pytest.mark.parametrize(
    "text", ["rate(x[5m])", "x offset 5m", "x[5m]", "x + y", '{__name__=~"x.*"}', "x @ 0", "sum(x)", "x{"]
)
def test_only_plain_selectors_have_a_source(text: str) -> None:
    assert source_of(text) is None


def test_matchers_are_met() -> None:
    assert found('x{a="1", b!="2", c=~"5..", d!~"4.*", e=""}') is not None
    labels = found('x{a="1", c=~"5..", c!="500", z=~"a|b"}') or {}
    assert labels["a"] == "1"
    assert re.fullmatch("5..", labels["c"])
    assert labels["c"] != "500"
    assert labels["z"] in ("a", "b")


def test_what_cannot_be_met_has_no_series() -> None:
    assert found('x{a="1", a="2"}') is None


def test_one_matcher_at_a_time_is_missed() -> None:
    source = source_of('x{job="a", code=~"5.."}')
    assert source is not None
    near = misses(source.matchers)
    assert len(near) == 2
    assert [labels.get("job") == "a" for labels in near] == [False, True]
    assert re.fullmatch("5..", near[0]["code"])
    assert not re.fullmatch("5..", near[1].get("code", ""))


def test_good_events_are_events_that_are_not_bad() -> None:
    bad, total = source_of('x{job="a", code=~"5.."}'), source_of('x{job="a"}')
    assert bad is not None
    assert total is not None
    labels = outside(bad.matchers, total.matchers)
    assert labels is not None
    assert labels["job"] == "a"
    assert not re.fullmatch("5..", labels.get("code", ""))
