"""Canaries and health checks as resources; `test_canary_script` runs what a canary runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloudformation.made import made, plan, templates
from tests.cloudformation.schemas import schema_problems

PARAMETERS: dict[str, Any] = {name: {} for name in ("Host", "Role", "Bucket")} | {
    "Environment": {"allowed": ["staging", "production"]}
}
CANARY = {"urls": "https://${Host}/health", "artifacts": "s3://${Bucket}/runs", "role": "${Role}"}


def canary(**keys: Any) -> dict[str, Any]:
    return made({"parameters": PARAMETERS, "canaries": {"Health Live": CANARY | keys}})["HealthLiveCanary"].properties


def check(url: str, **keys: Any) -> dict[str, Any]:
    found = made({"parameters": PARAMETERS, "health_checks": {"api": {"url": url, **keys}}})["ApiHealthCheck"]
    config: dict[str, Any] = found.properties["HealthCheckConfig"]
    return config


def test_every_property_is_one_of_cloudformation() -> None:
    aws = {
        "parameters": PARAMETERS,
        "canaries": {
            "plain": CANARY,
            "full": CANARY | {"memory": 1024, "tracing": True, "keep": "7d", "every": "1h", "timeout": "10m"},
        },
        "health_checks": {
            "name": {
                "url": "https://${Host}:8443/a?b=c",
                "contains": "ok",
                "latency": True,
                "failures": 1,
                "every": "10s",
            },
            "address": {"url": "http://192.0.43.8/x", "regions": ["us-east-1", "eu-west-1", "sa-east-1"]},
            "six": {"url": "https://[2606:2800:220:1::1]/"},
        },
    }
    ((path, template),) = templates(plan(aws)).items()
    assert path == "cloudwatch/shop.template.yml"
    assert len(template["Resources"]) == 5
    assert schema_problems(template) == []


def test_a_canary_starts_by_itself_and_keeps_its_runs() -> None:
    properties = canary(every="10m", timeout="45s", keep="7d", memory=1024, tracing=True)
    assert properties["Schedule"] == {"Expression": "rate(10 minutes)"}
    assert properties["RunConfig"]["TimeoutInSeconds"] == 45
    assert properties["RunConfig"]["MemoryInMB"] == 1024
    assert properties["RunConfig"]["ActiveTracing"] is True
    assert properties["SuccessRetentionPeriod"] == properties["FailureRetentionPeriod"] == 7
    assert properties["StartCanaryAfterCreation"] is True


def test_defaults_are_those_of_the_documentation() -> None:
    properties = canary()
    assert properties["Schedule"] == {"Expression": "rate(5 minutes)"}
    assert properties["RunConfig"] == {
        "TimeoutInSeconds": 60,
        "EnvironmentVariables": {"PARAMETER_Host": {"Ref": "Host"}},
    }
    assert properties["SuccessRetentionPeriod"] == 31


def test_the_name_is_in_the_letters_of_canaries_and_its_parameters_are_left_alone() -> None:
    assert canary()["Name"] == {"Fn::Sub": "shop-${Environment}-health-live"}
    assert canary(name="health")["Name"] == "health"


def test_a_run_every_minute_is_given_no_more_than_that() -> None:
    assert canary(every="1m")["RunConfig"]["TimeoutInSeconds"] == 60


@pytest.mark.parametrize(
    ("url", "config"),
    [
        (
            "https://${Host}/health?deep=yes",
            {
                "Type": "HTTPS",
                "FullyQualifiedDomainName": {"Ref": "Host"},
                "Port": 443,
                "ResourcePath": "/health?deep=yes",
            },
        ),
        (
            "https://api-${Environment}.example.com:8443",
            {
                "Type": "HTTPS",
                "FullyQualifiedDomainName": {"Fn::Sub": "api-${Environment}.example.com"},
                "Port": 8443,
                "ResourcePath": "/",
            },
        ),
        (
            "http://api.${AWS::Region}.example.com/${AWS::Region}",
            {
                "Type": "HTTP",
                "FullyQualifiedDomainName": {"Fn::Sub": "api.${AWS::Region}.example.com"},
                "Port": 80,
                "ResourcePath": {"Fn::Sub": "/${AWS::Region}"},
            },
        ),
        ("https://192.0.43.8?x", {"Type": "HTTPS", "IPAddress": "192.0.43.8", "Port": 443, "ResourcePath": "/?x"}),
        (
            "http://[2606:2800:220:1::1]:81/",
            {"Type": "HTTP", "IPAddress": "2606:2800:220:1::1", "Port": 81, "ResourcePath": "/"},
        ),
    ],
)
def test_an_address_is_taken_apart(url: str, config: dict[str, Any]) -> None:
    assert config.items() <= check(url).items()


def test_a_text_makes_it_another_type() -> None:
    assert check("https://${Host}", contains="ok").items() >= {"Type": "HTTPS_STR_MATCH", "SearchString": "ok"}.items()
    assert check("http://${Host}", contains="ok")["Type"] == "HTTP_STR_MATCH"


def test_only_encrypted_checks_name_the_server() -> None:
    assert check("https://${Host}")["EnableSNI"] is True
    assert "EnableSNI" not in check("http://${Host}")


def test_how_often_and_from_where() -> None:
    config = check(
        "https://${Host}", every="10s", failures=5, regions=["us-east-1", "eu-west-1", "sa-east-1"], latency=True
    )
    assert config["RequestInterval"] == 10
    assert config["FailureThreshold"] == 5
    assert config["Regions"] == ["us-east-1", "eu-west-1", "sa-east-1"]
    assert config["MeasureLatency"] is True
    assert "Regions" not in check("https://${Host}")


def test_a_health_check_is_named_by_a_tag() -> None:
    resource = made({"parameters": PARAMETERS, "health_checks": {"api": {"url": "https://${Host}"}}})["ApiHealthCheck"]
    tags = {tag["Key"]: tag["Value"] for tag in resource.properties["HealthCheckTags"]}
    assert tags["Name"] == {"Fn::Sub": "shop-${Environment}-api"}


def test_checks_belong_to_their_service() -> None:
    aws = {
        "parameters": PARAMETERS,
        "canaries": {"live": CANARY | {"service": "api"}, "all": CANARY},
        "health_checks": {"api": {"url": "https://${Host}", "service": "api"}},
    }
    found = made(aws)
    assert (found["LiveCanary"].service, found["AllCanary"].service, found["ApiHealthCheck"].service) == (
        "api",
        "",
        "api",
    )
    assert {"Key": "service", "Value": "api"} in found["LiveCanary"].properties["Tags"]
    assert not any(tag["Key"] == "service" for tag in found["AllCanary"].properties["Tags"])


def test_an_alarm_refers_to_the_health_check_whose_metric_it_watches() -> None:
    metric = {
        "namespace": "AWS/Route53",
        "metric": "HealthCheckStatus",
        "dimensions": {"HealthCheckId": "${health_checks.a-b}"},
    }
    aws = {"region": "us-east-1", "parameters": PARAMETERS, "health_checks": {"a-b": {"url": "https://${Host}"}}}
    thresholds = {"reached": {"cloudwatch": metric, "below": {"critical": 1}}}
    found = made(aws, services={"api": {"thresholds": thresholds}})
    (dimension,) = found["ApiReachedCriticalAlarm"].properties["Dimensions"]
    assert found[dimension["Value"]["Ref"]].type == "AWS::Route53::HealthCheck"
