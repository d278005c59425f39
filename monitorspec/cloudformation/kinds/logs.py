"""Log groups with their archives, metric filters and saved queries.

In: `plan.stack`. Out: AWS::Logs::LogGroup, SubscriptionFilter (with AWS::Lambda::Permission where it calls a function),
MetricFilter and QueryDefinition. A retention that depends on the environment is looked up in a mapping of the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.logs.identifiers import ARN
from monitorspec.plan import Plan
from monitorspec.plan.aws import Archive, LogGroup, MetricFilter
from monitorspec.spec.units import UNITS

_DAY = 86_400_000
_MAPPING = "Retention"


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """All that belongs to log groups."""
    for group in plan.stack.log_groups:
        if not group.exists:
            yield _group(plan, known, group)
    yield from _archives(plan, known)
    services = {group.key: group.service for group in plan.stack.log_groups}
    ids = known.ids(((f.key,) for f in plan.stack.metric_filters), "MetricFilter")
    for f in plan.stack.metric_filters:
        yield Resource(ids[f.key,], "AWS::Logs::MetricFilter", _metric_filter(known, f), services.get(f.group, ""))
    ids = known.ids(((query.title,) for query in plan.stack.log_queries), "LogQuery")
    # The console makes a folder of what stands before a slash.
    folder = plan.stack.prefix.rstrip("-_/")
    for query in plan.stack.log_queries:
        made = {
            "Name": substituted(f"{folder}/{query.title}" if folder else query.title),
            "LogGroupNames": [substituted(known.log_group_names[key]) for key in query.groups],
            "QueryString": substituted(query.query),
        }
        yield Resource(ids[query.title,], "AWS::Logs::QueryDefinition", made)


def _group(plan: Plan, known: Known, group: LogGroup) -> Resource:
    id = known.log_groups[group.key]
    made: dict[str, Any] = {"LogGroupName": substituted(group.name)}
    mappings: dict[str, dict[str, dict[str, Any]]] = {}
    if group.infrequent_access:
        made["LogGroupClass"] = "INFREQUENT_ACCESS"
    if group.parameter:
        made["RetentionInDays"] = {"Ref": group.parameter}
    elif group.retentions:
        made["RetentionInDays"] = {"Fn::FindInMap": [_MAPPING, {"Ref": "Environment"}, id]}
        mappings[_MAPPING] = {name: {id: length // _DAY} for name, length in group.retentions}
    elif group.retention is not None:
        made["RetentionInDays"] = group.retention // _DAY
    if group.kms_key:
        made["KmsKeyId"] = substituted(group.kms_key)
    if group.mask:
        made["DataProtectionPolicy"] = _protection(group.mask)
    made["Tags"] = tags_of(plan, group.service)
    return Resource(id, "AWS::Logs::LogGroup", made, group.service, mappings=mappings, kept=group.kept)


def _protection(mask: tuple[str, ...]) -> dict[str, Any]:
    """A data protection policy: it has to have one statement that reports and one that masks, over the same identifiers
    (CloudWatch Logs user guide, "Data protection policy")."""
    found = [substituted(ARN + name) for name in mask]
    return {
        "Name": "data-protection",
        "Version": "2021-06-01",
        "Statement": [
            {"Sid": "audit", "DataIdentifier": found, "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"Sid": "redact", "DataIdentifier": found, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    }


def _archives(plan: Plan, known: Known) -> Iterator[Resource]:
    names = [(group.key, archive.name) for group in plan.stack.log_groups for archive in group.archives]
    ids = known.ids(names, "Archive")
    permissions = known.ids(names, "ArchivePermission")
    for group in plan.stack.log_groups:
        for archive in group.archives:
            needs: tuple[str, ...] = ()
            if not archive.role:
                needs = (permissions[group.key, archive.name],)
                made = _permission(archive, known.log_group_names[group.key])
                yield Resource(needs[0], "AWS::Lambda::Permission", made, group.service)
            made = {
                "FilterName": archive.name,
                "LogGroupName": substituted(known.log_group_names[group.key]),
                "FilterPattern": substituted(archive.pattern),
                "DestinationArn": substituted(archive.to),
            }
            if archive.role:
                made["RoleArn"] = substituted(archive.role)
            yield Resource(
                ids[group.key, archive.name], "AWS::Logs::SubscriptionFilter", made, group.service, depends_on=needs
            )


def _permission(archive: Archive, group: str) -> dict[str, Any]:
    """CloudWatch Logs may call the function for this log group only."""
    return {
        "FunctionName": substituted(archive.to),
        "Action": "lambda:InvokeFunction",
        "Principal": "logs.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"},
        "SourceArn": {
            "Fn::Sub": f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{group}:*"
        },
    }


def _metric_filter(known: Known, f: MetricFilter) -> dict[str, Any]:
    transformation: dict[str, Any] = {
        "MetricNamespace": substituted(f.namespace),
        "MetricName": substituted(f.metric),
        "MetricValue": f.value,
    }
    if f.default is not None:
        transformation["DefaultValue"] = f.default
    if f.dimensions:
        transformation["Dimensions"] = [{"Key": name, "Value": field} for name, field in f.dimensions]
    unit = UNITS[f.unit][3] if f.unit else ""
    if unit:
        transformation["Unit"] = unit
    return {
        "FilterName": f.key,
        "LogGroupName": substituted(known.log_group_names[f.group]),
        "FilterPattern": substituted(f.pattern),
        "MetricTransformations": [transformation],
    }
