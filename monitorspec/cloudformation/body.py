"""What a template holds: its resources and all that they need, with imports for what is in other stacks.

In: the resources of one template, and where all others are. Out: a mapping ready to be dumped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec.cloudformation import template
from monitorspec.cloudformation.parameters import parameter_bodies
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.plan import Plan

_variable = re.compile(r"\$\{([A-Za-z0-9]+(?:\.[A-Za-z0-9.]+)?)\}")


class Shared(NamedTuple):
    """What is looked up once for all templates of a plan."""

    plan: Plan
    parameters: Mapping[str, dict[str, Any]]
    """The body of every parameter that a template can have."""
    wanted: Mapping[str, set[str]]
    """Logical id → names that the resource refers to."""


class Part(NamedTuple):
    """One template of a region: `suffix` tells it from the others."""

    suffix: str
    resources: Sequence[Resource]


def shared(plan: Plan, resources: Iterable[Resource]) -> Shared:
    """What the templates of these resources share."""
    wanted = {r.logical_id: r.names for r in resources}
    return Shared(plan, parameter_bodies(plan), wanted)


def exports(common: Shared, parts: Sequence[Part]) -> dict[str, set[str]]:
    """Suffix of a template → what other templates refer to in it: `Id`, or `Id.Attribute`."""
    homes = homes_of(parts)
    out: dict[str, set[str]] = {}
    for part in parts if len(parts) > 1 else ():
        for r in part.resources:
            foreign = {id for id in common.wanted[r.logical_id] if homes.get(id, part.suffix) != part.suffix}
            # Which attributes are wanted takes longer to find.
            for reference in template.references([r.properties, r.attributes]) if foreign else ():
                if reference.name in foreign and reference.name not in common.parameters:
                    out.setdefault(homes[reference.name], set()).add(reference.wanted)
    return out


def homes_of(parts: Iterable[Part]) -> dict[str, str]:
    """Logical id → suffix of the template that holds it."""
    return {r.logical_id: part.suffix for part in parts for r in part.resources}


def resource(r: Resource) -> dict[str, Any]:
    """The resource as it stands in a template."""
    out: dict[str, Any] = {"Type": r.type}
    if r.given:
        out["Condition"] = _condition(r.given)
    if r.depends_on:
        out["DependsOn"] = list(r.depends_on)
    if r.kept:
        out["DeletionPolicy"] = out["UpdateReplacePolicy"] = "Retain"
    out |= r.attributes
    out["Properties"] = r.properties
    return out


def body(common: Shared, part: Part, exported: Iterable[str], elsewhere: set[str], description: str) -> dict[str, Any]:
    """The template; `exported` is what other stacks import from it, `elsewhere` are ids that are in other stacks."""
    plan = common.plan
    resources = {}
    for r in part.resources:
        foreign = common.wanted[r.logical_id] & elsewhere
        if foreign:
            r = r._replace(
                properties=_with_imports(plan, r.properties, foreign),
                attributes=_with_imports(plan, r.attributes, foreign),
            )
        # A stack that exports is there before the one that imports.
        resources[r.logical_id] = resource(
            r._replace(depends_on=tuple(id for id in r.depends_on if id not in elsewhere))
        )
    outputs = _outputs(plan, part.resources) | {_alone(name): _export(plan, name) for name in sorted(exported)}
    given = tuple(dict.fromkeys(r.given for r in part.resources if r.given))
    used = template.names_in(list(outputs.values())) | set(given)
    for r in part.resources:
        used |= common.wanted[r.logical_id]
    out: dict[str, Any] = {"AWSTemplateFormatVersion": template.FORMAT, "Description": description}
    parameters = {name: common.parameters[name] for name in _ordered(common) if name in used and name not in resources}
    if parameters:
        out["Parameters"] = parameters
    mappings: dict[str, dict[str, dict[str, Any]]] = {}
    for r in part.resources:
        for key, mapping in r.mappings.items():
            for top, values in mapping.items():
                mappings.setdefault(key, {}).setdefault(top, {}).update(values)
    if mappings:
        out["Mappings"] = mappings
    if given:
        out["Conditions"] = {_condition(p): {"Fn::Not": [{"Fn::Equals": [{"Ref": p}, ""]}]} for p in given}
    out["Resources"] = resources
    if outputs:
        out["Outputs"] = outputs
    return out


def _condition(parameter: str) -> str:
    return f"{parameter}Given"


def _ordered(common: Shared) -> list[str]:
    """Declared parameters in the order of the spec, then the others by name."""
    declared = [p.name for p in common.plan.stack.parameters]
    return [*declared, *sorted(name for name in common.parameters if name not in declared)]


def _with_imports(plan: Plan, value: Any, foreign: set[str]) -> Any:
    """`value` with references to resources of other stacks as imports."""
    if isinstance(value, Mapping):
        if len(value) == 1:
            key, inner = next(iter(value.items()))
            if key == "Ref" and inner in foreign:
                return _import(plan, inner)
            if key == "Fn::GetAtt":
                wanted = inner if isinstance(inner, str) else ".".join(map(str, inner))
                return _import(plan, wanted) if wanted.partition(".")[0] in foreign else value
            if key == "Fn::Sub":
                return {key: _imported_into(plan, inner, foreign)}
        return {k: _with_imports(plan, v, foreign) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_with_imports(plan, v, foreign) for v in value]
    return value


def _imported_into(plan: Plan, inner: Any, foreign: set[str]) -> Any:
    """The argument of an `Fn::Sub` with what is of other stacks as variables of its own."""
    text, own = (inner, {}) if isinstance(inner, str) else (inner[0], _with_imports(plan, inner[1], foreign))
    found = sorted({w for w in _variable.findall(text) if w.partition(".")[0] in foreign and w not in own})
    if found:
        own = own | {_alone(wanted): _import(plan, wanted) for wanted in found}
        text = _variable.sub(lambda m: f"${{{_alone(m[1])}}}" if m[1] in found else m[0], text)
    return [text, own] if own else text


def _alone(wanted: str) -> str:
    """`Id` or `Id.Attribute` as a name of letters and digits."""
    return wanted.replace(".", "")


def _export_name(plan: Plan, wanted: str) -> str:
    return f"{plan.stack.prefix}{_alone(wanted)}"


def _import(plan: Plan, wanted: str) -> dict[str, Any]:
    return {"Fn::ImportValue": substituted(_export_name(plan, wanted))}


def _export(plan: Plan, wanted: str) -> dict[str, Any]:
    value = substituted(f"${{{wanted}}}")
    return {"Value": value, "Export": {"Name": substituted(_export_name(plan, wanted))}}


def _outputs(plan: Plan, resources: Sequence[Resource]) -> dict[str, Any]:
    """What whoever deploys the stack wants to know."""
    alarms = sum(r.type in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") for r in resources)
    out: dict[str, Any] = {}
    if alarms:
        out["AlarmPrefix"] = {
            "Description": "What the names of the alarms start with",
            "Value": substituted(plan.stack.prefix),
        }
        out["AlarmCount"] = {"Description": "How many alarms this stack holds", "Value": str(alarms)}
    for r in resources:
        if r.type == "AWS::SNS::Topic":
            out[f"{r.logical_id}Arn"] = {"Description": "ARN of the topic", "Value": {"Ref": r.logical_id}}
        if r.type == "AWS::CloudWatch::Dashboard":
            link = (
                "https://console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}"
                f"#dashboards:name=${{{r.logical_id}}}"
            )
            out[f"{r.logical_id}Link"] = {"Description": "Address of the dashboard", "Value": {"Fn::Sub": link}}
    return out
