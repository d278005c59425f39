"""Log groups, archives, metric filters and saved queries as CloudFormation resources."""

from __future__ import annotations

import json

import pytest

from monitorspec.cloudformation.parameters import RETENTIONS
from tests.cloudformation.compiled import compiled, properties, template


def test_a_log_group_outlives_its_stack_unless_told() -> None:
    body = template("  log_groups: {api: {retention: 30d}, scratch: {delete_with_stack: true}}\n")
    kept, scratch = body["Resources"]["ApiLogGroup"], body["Resources"]["ScratchLogGroup"]
    assert kept["Properties"]["LogGroupName"] == "api"
    assert kept["Properties"]["RetentionInDays"] == 30
    # The default of the AWS CDK (aws-cdk-lib/aws-logs, LogGroupProps.removalPolicy), too.
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "DeletionPolicy" not in scratch
    assert "RetentionInDays" not in scratch["Properties"]


@pytest.mark.parametrize("days", RETENTIONS)
def test_every_length_that_cloudwatch_has_can_be_written(days: int) -> None:
    body = template(f"  log_groups: {{api: {{retention: {days}d}}}}\n")
    assert properties(body, "AWS::Logs::LogGroup")["ApiLogGroup"]["RetentionInDays"] == days


def test_a_retention_by_environment_covers_every_value_of_the_parameter() -> None:
    body = template(
        "  log_groups:\n"
        "    api: {name: '/ecs/api-${Environment}', retention: 7d, retentions: {prod: 365d}}\n"
        "    web: {retentions: {prod: 90d, qa: 3d, dev: 1d}}\n"
    )
    assert body["Mappings"] == {
        "Retention": {
            "dev": {"ApiLogGroup": 7, "WebLogGroup": 1},
            "qa": {"ApiLogGroup": 7, "WebLogGroup": 3},
            "prod": {"ApiLogGroup": 365, "WebLogGroup": 90},
        }
    }
    made = properties(body, "AWS::Logs::LogGroup")["ApiLogGroup"]
    assert made["RetentionInDays"] == {"Fn::FindInMap": ["Retention", {"Ref": "Environment"}, "ApiLogGroup"]}
    assert made["LogGroupName"] == {"Fn::Sub": "/ecs/api-${Environment}"}
    assert body["Parameters"]["Environment"]["AllowedValues"] == ["dev", "qa", "prod"]


def test_a_retention_may_be_a_parameter() -> None:
    body = template(
        "  log_groups: {api: {retention: 30d, parameter: LogDays}, web: {retention: 30d, parameter: LogDays}}\n"
    )
    for made in properties(body, "AWS::Logs::LogGroup").values():
        assert made["RetentionInDays"] == {"Ref": "LogDays"}
    assert body["Parameters"]["LogDays"]["Default"] == 30
    assert body["Parameters"]["LogDays"]["AllowedValues"] == list(RETENTIONS)


def test_masks_are_reported_and_masked_alike() -> None:
    body = template("  log_groups: {api: {mask: [EmailAddress, Ssn-US], kms_key: '${Key}'}}\n")
    made = properties(body, "AWS::Logs::LogGroup")["ApiLogGroup"]
    policy = made["DataProtectionPolicy"]
    assert policy["Version"] == "2021-06-01"
    audit, redact = policy["Statement"]
    # Both are needed, over the same identifiers, and MaskConfig is empty (user guide, "Data protection policy").
    assert audit["DataIdentifier"] == redact["DataIdentifier"]
    assert audit["Operation"] == {"Audit": {"FindingsDestination": {}}}
    assert redact["Operation"] == {"Deidentify": {"MaskConfig": {}}}
    named = [arn["Fn::Sub"].rpartition("/")[2] for arn in audit["DataIdentifier"]]
    assert named == ["EmailAddress", "Ssn-US"]
    assert made["KmsKeyId"] == {"Ref": "Key"}


def test_an_archive_in_a_stream_has_a_role_and_one_in_a_function_a_permission() -> None:
    function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:index"
    body = template(
        "  log_groups:\n"
        f"    api: {{archives: {{s3: {{to: '${{Stream}}', role: '${{Role}}', pattern: ERROR}}, index: {{to: '{function}'}}}}}}\n"
        f"    old: {{name: /ecs/old, exists: true, archives: {{index: {{to: '{function}'}}}}}}\n"
    )
    assert list(properties(body, "AWS::Logs::LogGroup")) == ["ApiLogGroup"]
    filters = properties(body, "AWS::Logs::SubscriptionFilter")
    assert filters["ApiS3Archive"] == {
        "FilterName": "s3",
        "LogGroupName": {"Ref": "ApiLogGroup"},
        "FilterPattern": "ERROR",
        "DestinationArn": {"Ref": "Stream"},
        "RoleArn": {"Ref": "Role"},
    }
    assert filters["OldIndexArchive"]["LogGroupName"] == "/ecs/old"
    assert "RoleArn" not in filters["ApiIndexArchive"]
    permissions = properties(body, "AWS::Lambda::Permission")
    assert [p["Principal"] for p in permissions.values()] == ["logs.amazonaws.com"] * 2
    for archive in ("ApiIndexArchive", "OldIndexArchive"):
        # Without the permission the subscription cannot be made.
        assert body["Resources"][archive]["DependsOn"] == [f"{archive}Permission"]
    sources = [p["SourceArn"]["Fn::Sub"].partition("log-group:")[2] for p in permissions.values()]
    assert sources == ["${ApiLogGroup}:*", "/ecs/old:*"]


def test_a_metric_filter_makes_one_metric() -> None:
    text = """
  log_groups: {api: {retention: 30d}}
  metric_filters:
    slow:
      {group: api, pattern: '{ $.took > 500 }', namespace: 'Shop/${Environment}', metric: Took, value: $.took, unit: milliseconds}
    errors: {group: api, pattern: '', namespace: Shop, metric: Events, default: 0}
    typed:
      {group: api, pattern: '[level = ERROR, type, ...]', namespace: Shop, metric: Errors, unit: ratio, dimensions: {Type: $type}}
"""
    made = properties(template(text), "AWS::Logs::MetricFilter")
    (slow,) = made["SlowMetricFilter"]["MetricTransformations"]
    assert slow == {
        "MetricNamespace": {"Fn::Sub": "Shop/${Environment}"},
        "MetricName": "Took",
        "MetricValue": "$.took",
        "Unit": "Milliseconds",
    }
    assert made["SlowMetricFilter"]["LogGroupName"] == {"Ref": "ApiLogGroup"}
    (errors,) = made["ErrorsMetricFilter"]["MetricTransformations"]
    assert (errors["MetricValue"], errors["DefaultValue"]) == ("1", 0)
    assert made["ErrorsMetricFilter"]["FilterPattern"] == ""
    (typed,) = made["TypedMetricFilter"]["MetricTransformations"]
    assert typed["Dimensions"] == [{"Key": "Type", "Value": "$type"}]
    # CloudWatch has no unit for a share of one.
    assert "Unit" not in typed


def test_metrics_of_filters_are_published_ones() -> None:
    published = compiled(
        """
  namespaces: {Shop: {metrics: {Orders: {unit: count}, Took: {unit: milliseconds}}}}
  log_groups: {api: {retention: 30d}}
  metric_filters:
    took: {group: api, pattern: '{ $.took = * }', namespace: Shop, metric: Took, value: $.took}
    errors: {group: api, pattern: '{ $.level = ERROR }', namespace: Shop/Logs, metric: Errors, dimensions: {Type: $.type}}
"""
    ).stack.published
    assert list(published["Shop/Logs"]) == ["Errors"]
    # What is declared beside it says what the filter leaves out.
    assert published["Shop"]["Took"].unit == "milliseconds"


def test_a_query_stands_in_a_folder_of_its_environment() -> None:
    query = 'fields @timestamp | filter level = "${Environment}"'
    body = template(
        "  log_groups: {api: {retention: 30d}, old: {name: /ecs/old, exists: true}}\n"
        f"  log_queries: {{All errors: {{groups: [api, old], query: {json.dumps(query)}}}}}\n"
    )
    assert properties(body, "AWS::Logs::QueryDefinition")["AllErrorsLogQuery"] == {
        "Name": {"Fn::Sub": "shop-${Environment}/All errors"},
        "LogGroupNames": [{"Ref": "ApiLogGroup"}, "/ecs/old"],
        "QueryString": {"Fn::Sub": query},
    }
