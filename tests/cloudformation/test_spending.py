"""Monitors of unusual spending and budgets as resources, wherever the stack stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitorspec.resolve.aws.spending import ANOMALY_MONITOR, BUDGET, _regions
from tests.cloudformation.made import made, plan, templates
from tests.cloudformation.schemas import regions, schema_problems

TOPICS = {"costs": {"subscriptions": {"mail": {"email": "web@example.com"}}}, "given": {"parameter": "GivenTopic"}}
AWS: dict[str, Any] = {
    "topics": TOPICS,
    "parameters": {"Environment": {"default": "production"}, "Mail": {}, "Other": {}},
    "cost_anomalies": {
        "services": {"above": "50 USD", "notify": "costs"},
        "team": {"by": "tag", "tag": "Team", "values": ["web", "${Environment}"], "above": "20%", "emails": "${Mail}"},
        "accounts": {
            "by": "account",
            "above": "5 USD",
            "every": "weekly",
            "emails": ["a@example.com", "b@example.com"],
        },
        "account": {"by": "account", "values": ["${Other}"], "above": "5 USD", "notify": "given"},
    },
    "budgets": {
        "daily": {"limit": "20 USD", "every": "daily", "actual": ["100%"], "notify": "costs"},
        "monthly": {
            "limit": "500.50 USD",
            "actual": ["80%", "100%"],
            "forecast": ["110%"],
            "notify": "given",
            "emails": ["a@example.com"],
            "tags": {"Team": ["web"], "aws:createdBy": "x", "Stage": "${Environment}-1"},
        },
    },
}


def test_every_property_is_one_of_cloudformation() -> None:
    for region in ("", "eu-west-1", "eu-north-1", "ap-southeast-5"):
        for template in templates(plan(AWS | ({"region": region} if region else {}))).values():
            assert schema_problems(template) == []


def test_who_watches_what() -> None:
    found = made(AWS)
    services, team, accounts, account = (
        found[f"{name}CostMonitor"].properties for name in ("Services", "Team", "Accounts", "Account")
    )
    assert (services["MonitorType"], services["MonitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    assert (accounts["MonitorType"], accounts["MonitorDimension"]) == ("DIMENSIONAL", "LINKED_ACCOUNT")
    assert team["MonitorType"] == account["MonitorType"] == "CUSTOM"
    assert json.loads(team["MonitorSpecification"]["Fn::Sub"]) == {
        "Tags": {"Key": "Team", "Values": ["web", "${Environment}"]}
    }
    assert json.loads(account["MonitorSpecification"]["Fn::Sub"]) == {
        "Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["${Other}"]}
    }


def test_who_is_told_of_what() -> None:
    found = made(AWS)
    services, team, accounts = (
        found[f"{name}CostSubscription"].properties for name in ("Services", "Team", "Accounts")
    )
    assert services["MonitorArnList"] == [{"Ref": "ServicesCostMonitor"}]
    assert services["Frequency"] == "IMMEDIATE"
    assert services["Subscribers"] == [{"Type": "SNS", "Address": {"Ref": "CostsTopic"}}]
    assert team["Frequency"] == "DAILY"
    assert team["Subscribers"] == [{"Type": "EMAIL", "Address": {"Ref": "Mail"}}]
    assert accounts["Frequency"] == "WEEKLY"
    assert [s["Address"] for s in accounts["Subscribers"]] == ["a@example.com", "b@example.com"]
    for properties, key, value in ((services, "ABSOLUTE", "50"), (team, "PERCENTAGE", "20")):
        assert json.loads(properties["ThresholdExpression"]) == {
            "Dimensions": {
                "Key": f"ANOMALY_TOTAL_IMPACT_{key}",
                "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
                "Values": [value],
            }
        }


def test_a_budget_tells_at_each_share() -> None:
    properties = made(AWS)["MonthlyBudget"].properties
    told = [
        (n["Notification"]["NotificationType"], int(n["Notification"]["Threshold"]), n["Notification"]["ThresholdType"])
        for n in properties["NotificationsWithSubscribers"]
    ]
    assert told == [("ACTUAL", 80, "PERCENTAGE"), ("ACTUAL", 100, "PERCENTAGE"), ("FORECASTED", 110, "PERCENTAGE")]
    assert properties["NotificationsWithSubscribers"][0]["Subscribers"] == [
        {"SubscriptionType": "SNS", "Address": {"Ref": "GivenTopic"}},
        {"SubscriptionType": "EMAIL", "Address": "a@example.com"},
    ]


def test_a_budget_counts_its_tags() -> None:
    budget = made(AWS)["MonthlyBudget"].properties["Budget"]
    assert (budget["BudgetType"], budget["TimeUnit"]) == ("COST", "MONTHLY")
    assert str(budget["BudgetLimit"]["Amount"]) == "500.5"
    assert budget["CostFilters"] == {
        "TagKeyValue": [
            "user:Team$web",
            "aws:createdBy$x",
            {"Fn::Join": ["", ["user:Stage$", {"Fn::Sub": "${Environment}-1"}]]},
        ]
    }


def budget_name(**keys: Any) -> str:
    budgets = {"daily": {"limit": "20 USD", "every": "daily", "actual": ["100%"], "notify": "costs"} | keys}
    name = made({"topics": TOPICS, "budgets": budgets})["DailyBudget"].properties["Budget"]["BudgetName"]
    assert isinstance(name, str)
    return name


def test_a_budget_that_has_to_be_made_anew_has_a_new_name() -> None:
    """NotificationsWithSubscribers is create-only, and the new budget is made before the old one goes."""
    assert budget_name().startswith("shop-daily-")
    assert budget_name(limit="30 USD") == budget_name()
    changed = [budget_name(actual=["90%"]), budget_name(notify="given"), budget_name(emails="a@example.com")]
    assert len({budget_name(), *changed}) == 4


@pytest.mark.parametrize("region", ["eu-north-1", "me-central-1"])
def test_a_region_without_budgets_has_them_made_elsewhere(region: str) -> None:
    """They still tell the topic of the first region, which the other stack cannot refer to but can name."""
    found = templates(plan(AWS | {"region": region}))
    assert list(found) == ["cloudwatch/shop.template.yml", "cloudwatch/shop-us-east-1.template.yml"]
    here, there = (template["Resources"] for template in found.values())
    assert "ServicesCostMonitor" in here
    assert set(there) == {"DailyBudget", "MonthlyBudget"}
    (notification,) = there["DailyBudget"]["Properties"]["NotificationsWithSubscribers"]
    name = here["CostsTopic"]["Properties"]["TopicName"]["Fn::Sub"]
    assert notification["Subscribers"][0]["Address"] == {
        "Fn::Sub": f"arn:${{AWS::Partition}}:sns:{region}:${{AWS::AccountId}}:{name}"
    }
    monthly = there["MonthlyBudget"]["Properties"]["NotificationsWithSubscribers"][0]
    assert monthly["Subscribers"][0]["Address"] == {"Ref": "GivenTopic"}
    assert "GivenTopic" in found["cloudwatch/shop-us-east-1.template.yml"]["Parameters"]


def test_a_region_without_either_has_both_made_elsewhere() -> None:
    found = templates(plan(AWS | {"region": "ap-southeast-5"}))
    assert len(found["cloudwatch/shop-us-east-1.template.yml"]["Resources"]) == 10


def test_the_regions_are_those_of_cloudformation() -> None:
    have = regions()
    for type_ in (ANOMALY_MONITOR, BUDGET):
        assert _regions()[type_] == {region for region, types in have.items() if type_ in types}
    monitors = _regions()[ANOMALY_MONITOR]
    assert monitors == {region for region, types in have.items() if "AWS::CE::AnomalySubscription" in types}
