"""Route 53 health checks.

In: `plan.stack.health_checks`. Out: AWS::Route53::HealthCheck. Their metrics are in us-east-1, wherever the stack is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.plan import Plan
from monitorspec.plan.aws import HealthCheck


def resources(plan: Plan, known: Known) -> Iterator[Resource]:  # noqa: ARG001
    """The health checks."""
    checks = plan.stack.health_checks
    ids = template.health_check_ids(check.key for check in checks)
    for check in checks:
        made = {
            "HealthCheckConfig": _config(check),
            # The console shows a check by this tag: it has no other name.
            "HealthCheckTags": tags_of(plan, check.service, check.name),
        }
        yield Resource(ids[check.key], "AWS::Route53::HealthCheck", made, check.service)


def _config(check: HealthCheck) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Type": ("HTTPS" if check.secure else "HTTP") + ("_STR_MATCH" if check.contains else ""),
        **_host(check.host),
        "Port": check.port,
        "ResourcePath": substituted(check.path),
    }
    if check.contains:
        made["SearchString"] = substituted(check.contains)
    made["RequestInterval"] = check.every // 1000
    made["FailureThreshold"] = check.failures
    if check.secure:
        made["EnableSNI"] = True
    if check.latency:
        made["MeasureLatency"] = True
    if check.regions:
        made["Regions"] = list(check.regions)
    return made


def _host(host: str) -> dict[str, Any]:
    """A name, or an address: Route 53 keeps them apart."""
    try:
        return {"IPAddress": str(ipaddress.ip_address(host.strip("[]")))}
    except ValueError:
        return {"FullyQualifiedDomainName": substituted(host)}
