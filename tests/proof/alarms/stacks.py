"""The templates of a plan as stacks, read back by another YAML parser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from monitorspec.alarmstate.resolver import Stack
from monitorspec.cloudformation.kinds import resources
from monitorspec.cloudformation.stacks import templates
from monitorspec.compiler import compile_file, plan_of
from monitorspec.plan import Plan

HERE = Path(__file__).parent
EVERY_KIND = HERE / "every-kind.monitorspec.yaml"
HEAD = """
version: 1
system: shop
owner: payments
receivers:
  oncall: {sns: pages}
  chat: {sns: notices}
routes: {default: {notify: chat}, critical: {notify: [oncall, chat]}}
aws: {region: eu-west-1, topics: {pages: {description: Pages}, notices: {description: Notices}}}
services:
"""


def compiled(path: Path, environment: str = "") -> Plan:
    """The plan of a spec file."""
    found = compile_file(path, environment)
    assert found.plan is not None, found.diagnostics
    return found.plan


def planned(services: str) -> Plan:
    """The plan of some services, with two topics."""
    plan, diagnostics = plan_of(HEAD + services)
    assert plan is not None, diagnostics
    return plan


def stacks_of(plan: Plan) -> list[Stack]:
    """All templates that are made of a plan."""
    return [Stack(read(t.text), region=t.region or "us-east-1") for t in templates(plan, resources(plan))]


def read(text: str) -> dict[str, Any]:
    """A template's text as libyaml reads it."""
    body = yaml.load(text, Loader=yaml.CSafeLoader)
    assert isinstance(body, dict)
    return body
