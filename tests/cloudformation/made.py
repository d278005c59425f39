"""Resources of a small spec with something in `aws:`, for tests of the kinds.

In: what stands below `aws:`. Out: the resources by logical id, and templates read back.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from monitorspec.cloudformation.kinds import resources
from monitorspec.cloudformation.resource import Resource
from monitorspec.compiler import plan_of
from monitorspec.plan import Plan
from monitorspec.targets import cloudwatch


def plan(aws: dict[str, Any], **top: Any) -> Plan:
    """The plan of a spec that has no errors."""
    spec = {
        "version": 1,
        "system": "shop",
        "owner": "web",
        "services": {"api": {"thresholds": {"up": {"absent": "up", "severity": "critical"}}}},
        **top,
        "aws": aws,
    }
    made, found = plan_of(json.dumps(spec))
    assert [d.message for d in found if d.level == "error"] == []
    assert made is not None
    return made


def made(aws: dict[str, Any], **top: Any) -> dict[str, Resource]:
    """The resources by logical id."""
    return {r.logical_id: r for r in resources(plan(aws, **top))}


def templates(of: Plan) -> dict[str, dict[str, Any]]:
    """The templates by path, read by another YAML parser."""
    return {a.path: yaml.safe_load(a.text) for a in cloudwatch.emit(of)}
