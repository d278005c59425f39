"""Small specs as templates, for tests of kinds of resources.

In: what stands below `aws:` of a spec. Out: its plan, its template as libyaml reads it, properties by logical id.
"""

from __future__ import annotations

from typing import Any

import yaml

from monitorspec.cloudformation.finished import template_problems
from monitorspec.compiler import emit, plan_of
from monitorspec.plan import Plan
from tests.cloudformation.schemas import schema_problems

HEAD = """
version: 1
system: shop
owner: web
services: {api: {thresholds: {cpu: {expr: avg(cpu_ratio), above: {critical: 95%}}}}}
aws:
  name_prefix: shop-${Environment}-
"""
PARAMETERS = "  parameters: {Environment: {default: dev, allowed: [dev, qa, prod]}, Stream: {}, Role: {}, Key: {}}\n"
# What a spec of a few lines cannot have.
_INCOMPLETE = {"aws/parameter-unused", "aws/no-subscription"}


def compiled(text: str, head: str = HEAD + PARAMETERS) -> Plan:
    """The plan of a spec without a finding."""
    plan, diagnostics = plan_of(head + text)
    assert plan is not None, diagnostics
    assert {d.code for d in diagnostics} <= _INCOMPLETE, diagnostics
    return plan


def template(text: str, head: str = HEAD + PARAMETERS) -> dict[str, Any]:
    """The only template of a spec, after the checks that every template has to pass."""
    (artifact,) = emit(compiled(text, head), ("cloudwatch",))
    body = yaml.load(artifact.text, Loader=yaml.CSafeLoader)
    assert isinstance(body, dict)
    assert not (found := template_problems(body, artifact.text)), found
    assert not (found := schema_problems(body)), found
    return body


def properties(body: dict[str, Any], type: str) -> dict[str, dict[str, Any]]:
    """Logical id → properties of every resource of a type."""
    return {id: r["Properties"] for id, r in body["Resources"].items() if r["Type"] == type}
