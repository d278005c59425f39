"""X-Ray's sampling rules and groups as resources."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.cloudformation.made import made, plan, templates
from tests.cloudformation.schemas import schema_problems


def rules(specs: Mapping[str, dict[str, Any]], prefix: str = "") -> dict[str, dict[str, Any]]:
    """Rule's logical id → its body."""
    parameters = {"Environment": {"allowed": ["staging", "production"]}, "Path": {}}
    aws: dict[str, Any] = {"sampling_rules": specs, "parameters": parameters}
    found = made(aws | ({"name_prefix": prefix} if prefix else {}))
    return {id: r.properties["SamplingRule"] for id, r in found.items() if r.type == "AWS::XRay::SamplingRule"}


def test_every_property_is_one_of_cloudformation() -> None:
    aws = {
        "parameters": {"Path": {}},
        "sampling_rules": {
            "debug": {"rate": "100%", "attributes": {"debug": "true"}},
            "some": {"rate": "10%", "parameter": "Rate", "path": "${Path}/*", "reservoir": 5, "boost": {"to": "100%"}},
        },
        "trace_groups": {
            "slow": {"filter": "responsetime > 5"},
            "bad": {"filter": "fault", "insights": True, "notifications": True},
        },
    }
    (template,) = templates(plan(aws)).values()
    assert len(template["Resources"]) == 4
    assert schema_problems(template) == []
    assert template["Parameters"]["Rate"] == {
        "Type": "Number",
        "Description": "Share of requests that sampling rule some traces, from 0 to 1",
        "Default": 0.1,
        "MinValue": 0,
        "MaxValue": 1,
    }


def test_a_rule_matches_everything_that_it_does_not_name() -> None:
    (rule,) = rules({"all": {"rate": "5%"}}).values()
    wide = ("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN")
    assert {rule[key] for key in wide} == {"*"}
    assert (rule["Version"], rule["ReservoirSize"], str(rule["FixedRate"])) == (1, 1, "0.05")


@pytest.mark.parametrize(
    ("given", "priorities"),
    [
        ((None, None, None), (100, 200, 300)),
        ((7, None, None), (7, 100, 200)),
        ((None, 100, None), (200, 100, 300)),
        ((150, None, 40, None), (150, 200, 40, 100)),
        ((9899, None), (9899, 9900)),
    ],
)
def test_rules_are_tried_in_the_order_of_the_spec_unless_told(
    given: tuple[int | None, ...], priorities: tuple[int, ...]
) -> None:
    specs: dict[str, dict[str, Any]] = {
        f"r{n}": {"rate": "5%", "path": f"/{n}"} | ({"priority": p} if p else {}) for n, p in enumerate(given)
    }
    assert tuple(rule["Priority"] for rule in rules(specs).values()) == priorities


def test_a_rule_may_be_boosted() -> None:
    plain = {"rate": "10%", "boost": {"to": "100%"}}
    (made,) = rules({"a": plain}).values()
    assert made["SamplingRateBoost"] == {"MaxRate": 1, "CooldownWindowMinutes": 10}
    (made,) = rules({"a": plain | {"boost": {"to": "50%", "every": "1h"}}}).values()
    assert made["SamplingRateBoost"] == {"MaxRate": Decimal("0.5"), "CooldownWindowMinutes": 60}
    (made,) = rules({"a": {"rate": "10%"}}).values()
    assert "SamplingRateBoost" not in made


def test_names_that_fit_are_whole() -> None:
    (rule,) = rules({"debug": {"rate": "5%"}}).values()
    assert rule["RuleName"] == {"Fn::Sub": "shop-${Environment}-debug"}


def test_names_that_do_not_fit_are_short_still_different_and_still_tell_environments_apart() -> None:
    keys = [f"requests-of-the-checkout-{n}" for n in range(3)]
    found = rules({k: {"rate": "5%", "path": f"/{k}"} for k in keys}, "the-web-shop-${Environment}-")
    names = [rule["RuleName"]["Fn::Sub"] for rule in found.values()]
    assert len(set(names)) == 3
    assert all(len(name.replace("${Environment}", "production")) <= 32 for name in names)
    assert all(name.endswith("-${Environment}") and name.startswith("requests") for name in names)


def test_a_system_of_another_name_has_other_names() -> None:
    specs: dict[str, dict[str, Any]] = {"requests-of-the-checkout": {"rate": "5%"}}
    one, other = (
        next(iter(rules(specs, f"a-shop-with-a-{word}-name-${{Environment}}-").values()))["RuleName"]
        for word in ("long", "rather-long")
    )
    assert one != other


def test_a_group_looks_for_insights_only_when_told() -> None:
    found = made({"trace_groups": {"slow": {"filter": "fault"}, "odd": {"filter": "fault", "insights": True}}})
    assert "InsightsConfiguration" not in found["SlowTraceGroup"].properties
    assert found["OddTraceGroup"].properties["InsightsConfiguration"] == {
        "InsightsEnabled": True,
        "NotificationsEnabled": False,
    }
