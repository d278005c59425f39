"""Resources in templates: how they are spread, how stacks find each other, what each needs, in either format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from monitorspec.cloudformation.kinds import resources
from monitorspec.cloudformation.stacks import Template, templates
from monitorspec.compiler import plan_of
from monitorspec.plan import Plan

HEAD = """
version: 1
system: shop
owner: web
receivers: {oncall: {sns: pages}, chat: {sns: [notes, there]}}
routes: {critical: {notify: oncall}, default: {notify: chat}}
aws:
  region: eu-west-1
  inline: %(inline)s
  format: %(format)s
  parameters:
    Environment: {default: production, allowed: [production, staging]}
    Mail: {description: Whom to write to., default: ''}
    Unused: {default: x}
  topics:
    pages: {subscriptions: {mail: {email: '${Mail}'}}}
    notes: {subscriptions: {mail: {email: notes@shop.example}}}
    there: {parameter: ThereTopicArn}
services:
"""
SERVICE = """
  s%(n)d:
    thresholds:
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, dimensions: {FunctionName: 's%(n)d-${Environment}'}}
        above: {critical: 5, warning: 1}
      slow: {cloudwatch: {namespace: AWS/Lambda, metric: Duration, stat: p99}, above: {critical: 5}, parameter: Slow%(n)d}
      quiet: {cloudwatch: {namespace: Shop, metric: Quiet}, above: {info: 0}}
      health: {composite: {any_of: [errors.critical, s0.slow]}, suppress: {by: quiet}}
"""


def plan(services: int, inline: bool = False, format: str = "yaml", environment: str = "") -> Plan:
    text = HEAD % {"inline": str(inline).lower(), "format": format}
    text += "".join(SERVICE % {"n": n} for n in range(services))
    text += "environments: {staging: {}}\n"
    made, diagnostics = plan_of(text, environment=environment)
    assert made is not None, diagnostics
    return made


def written(plan: Plan) -> list[tuple[Template, dict[str, Any]]]:
    return [(t, yaml.safe_load(t.text)) for t in templates(plan, resources(plan))]


def named(value: Any) -> set[str]:
    """Every name that a `Ref` or an `Fn::Sub` wants, by the definition of CloudFormation."""
    out: set[str] = set()
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref":
                out.add(inner)
            elif key == "Fn::Sub":
                text, own = (inner, {}) if isinstance(inner, str) else inner
                out |= set(re.findall(r"\$\{([A-Za-z0-9:]+)[.}]", text)) - set(own) | named(own)
            else:
                out |= named(inner)
    elif isinstance(value, list):
        for inner in value:
            out |= named(inner)
    return out


def imports(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        found = [json.dumps(value["Fn::ImportValue"])] if "Fn::ImportValue" in value else []
        return found + [name for inner in value.values() for name in imports(inner)]
    return [name for inner in value for name in imports(inner)] if isinstance(value, list) else []


def test_a_small_system_is_one_template_with_what_it_refers_to() -> None:
    ((template, body),) = written(plan(2))
    assert template.stem == "shop"
    assert set(body["Parameters"]) == {"Environment", "Mail", "ThereTopicArn", "Slow0", "Slow1"}
    assert body["Parameters"]["Slow0"] | {"Description": ""} == {"Type": "Number", "Description": "", "Default": 5}
    assert body["Parameters"]["Environment"]["AllowedValues"] == ["production", "staging"]
    assert template.needs == ("ThereTopicArn",)
    assert not imports(body)


def test_what_an_optional_parameter_names_is_made_only_where_it_is_given() -> None:
    ((_, body),) = written(plan(1))
    conditional = {id: r["Condition"] for id, r in body["Resources"].items() if "Condition" in r}
    assert conditional == {"PagesMailSubscription": "MailGiven"}
    assert body["Conditions"] == {"MailGiven": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Mail"}, ""]}]}}


@pytest.mark.parametrize("inline", [True, False])
def test_a_large_system_is_several_stacks_that_find_each_other(inline: bool) -> None:
    made = written(plan(150, inline))
    assert len(made) > 2
    seen: set[str] = set()
    exported: set[str] = set()
    for template, body in made:
        assert len(body["Resources"]) <= 500
        assert len(template.text.encode()) <= (51_200 if inline else 1_000_000)
        known = set(body["Resources"]) | set(body.get("Parameters", {}))
        wanted = named({k: v for k, v in body.items() if k != "Parameters"})
        assert {name for name in wanted if not name.startswith("AWS::")} <= known
        # Deployed in this order, what a stack imports is there already.
        assert set(imports(body["Resources"])) <= exported
        exported |= {json.dumps(output["Export"]["Name"]) for output in body["Outputs"].values() if "Export" in output}
        assert not seen & set(body["Resources"])
        seen |= set(body["Resources"])
    assert seen == {r.logical_id for r in resources(plan(150))}
    assert next(t.stem for t, _ in made) == "shop"


def test_a_service_more_moves_few_of_the_others() -> None:
    def homes(count: int) -> dict[str, str]:
        return {id: template.stem for template, body in written(plan(count, True)) for id in body["Resources"]}

    before, after = homes(100), homes(101)
    moved = [id for id, home in before.items() if after[id] != home]
    # Where a layer gets one more stack, that takes its share of the others; nothing else moves.
    assert len(moved) <= 3 * len(before) / len(set(after.values()))


def test_json_says_the_same_as_yaml() -> None:
    ((_, as_yaml),) = written(plan(2))
    (template,) = templates(plan(2, format="json"), resources(plan(2, format="json")))
    as_json = json.loads(template.text)
    said = as_json.pop("Metadata")
    assert said["Generated"] == "Generated by monitorspec from shop; edit the spec, not this file."
    assert said["Deploy"].startswith("Deploy: aws cloudformation deploy --template-file shop.template.json ")
    assert as_json == as_yaml


def test_a_template_says_how_it_is_deployed() -> None:
    ((template, _),) = written(plan(1))
    assert template.text.splitlines()[1] == (
        "# Deploy: aws cloudformation deploy --template-file shop.template.yml --stack-name shop-production "
        "--region eu-west-1 --parameter-overrides ThereTopicArn=THERETOPICARN Environment=production"
    )
    large = [t for t, _ in written(plan(140)) if len(t.text.encode()) > 51_200]
    assert large
    assert all("--s3-bucket" in t.text.splitlines()[1] for t in large)


def test_an_overlay_is_the_default_of_the_environment() -> None:
    ((_, body),) = written(plan(1, environment="staging"))
    assert body["Parameters"]["Environment"]["Default"] == "staging"
    names = {r["Properties"]["AlarmName"] for r in body["Resources"].values() if "AlarmName" in r["Properties"]}
    assert "shop-staging-s0-health-critical" in names
