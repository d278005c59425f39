"""Resources into templates: which stack each goes to, what a template needs besides them, and its text.

In: the plan and all of its resources. Out: templates as text. Where one stack would be too large, what others refer to comes
first (`<stem>`), then alarms (`<stem>-1` …, a service whole in one of them where it fits), then what refers to alarms
(`<stem>-above`). A reference to a resource of another stack becomes an import of a value that the other one exports.
Limits: the CloudFormation user guide, "Quotas".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from monitorspec.cloudformation import deploy, template
from monitorspec.cloudformation.parameters import parameter_bodies
from monitorspec.cloudformation.resource import ABOVE, ALARMS, BASE, Resource, substituted
from monitorspec.plan import Plan
from monitorspec.yamltext import dump

# What a template holds besides its resources: parameters, outputs and the like.
_ROOM = 6_000
_sub_name = re.compile(r"\$\{([A-Za-z0-9]+)((?:\.[A-Za-z0-9.]+)?)\}")


class Template(NamedTuple):
    """`stem` names the file and the stack; `needs` are parameters without a default."""

    stem: str
    file: str
    text: str
    resources: tuple[Resource, ...]
    needs: tuple[str, ...]
    region: str
    large: bool
    """Whether it has to be deployed from S3."""


def templates(plan: Plan, resources: Sequence[Resource]) -> list[Template]:
    """The templates of all regions, in the order in which they are to be deployed."""
    by_region: dict[str, list[Resource]] = {}
    for resource in resources:
        region = "" if resource.region in ("", plan.stack.region) else resource.region
        by_region.setdefault(region, []).append(resource)
    bodies = parameter_bodies(plan)
    most = template.INLINE_SIZE if plan.stack.inline else template.SIZE
    out: list[Template] = []
    for region, members in by_region.items():
        for shrink in _SHRINK:
            made = _of_region(plan, region, members, bodies, shrink)
            # How much imports and exports add is known only when they have been written.
            if all(len(t.text.encode()) <= most for t in made):
                break
        out += made
    return out


# Shares of a template's room that are tried, one after another.
_SHRINK = (1.0, 0.8, 0.6, 0.4, 0.2)


def _of_region(
    plan: Plan, region: str, members: list[Resource], bodies: Mapping[str, dict[str, Any]], shrink: float
) -> list[Template]:
    out: list[Template] = []
    stem = f"{plan.system}-{region}" if region else plan.system
    parts = _spread(plan, members, bodies, shrink)
    homes = {r.logical_id: name for name, part in parts for r in part}
    imported = _imported(parts, homes, bodies) if len(parts) > 1 else {}
    for n, (name, part) in enumerate(parts):
        made = _body(plan, part, region, bodies, homes, name, imported, (n + 1, len(parts)))
        out.append(_template(plan, f"{stem}{name}", part, made, region or plan.stack.region))
    return out


# ---- which stack


def _spread(
    plan: Plan, resources: list[Resource], bodies: Mapping[str, Any], shrink: float
) -> list[tuple[str, list[Resource]]]:
    """(suffix of the name, resources) of each template."""
    most = template.INLINE_SIZE if plan.stack.inline else template.SIZE
    sizes = {r.logical_id: len(_block(plan, r).encode()) for r in resources}
    overhead = 600
    for name, users in _users(resources, bodies).items():
        size = 100 + 2 * len(orjson.dumps(_plain(bodies[name])))
        if len(users) > _FEW:
            overhead += size
        else:
            for id in users:
                sizes[id] += size
    if len(resources) <= template.RESOURCES and sum(sizes.values()) + overhead <= most - _ROOM // 4:
        return [("", resources)]
    room = int((most - min(overhead, most // 2) - _ROOM) * shrink)
    out: list[tuple[str, list[Resource]]] = []
    for layer, stem in ((BASE, ""), (ALARMS, "-"), (ABOVE, "-above")):
        members = [r for r in resources if r.layer == layer]
        if members:
            out += _packed(members, sizes, room, stem)
    return out


# A parameter that so few resources use goes where they go; others are in every template.
_FEW = 3


def _users(resources: Sequence[Resource], bodies: Mapping[str, Any]) -> dict[str, list[str]]:
    """Parameter → logical ids of the resources that refer to it."""
    out: dict[str, list[str]] = {}
    for r in resources:
        for name in {reference.name for reference in template.references(r.properties)}:
            if name in bodies:
                out.setdefault(name, []).append(r.logical_id)
    return out


def _packed(
    members: list[Resource], sizes: Mapping[str, int], room: int, stem: str
) -> list[tuple[str, list[Resource]]]:
    """The members of a layer in as few templates as hold them; services are the unit, a large one is taken by key."""
    total = {r.service: 0 for r in members}
    count = dict(total)
    for r in members:
        total[r.service] += sizes[r.logical_id]
        count[r.service] += 1
    units: dict[str, list[Resource]] = {}
    for r in members:
        large = total[r.service] > room // 4 or count[r.service] > template.RESOURCES // 2
        units.setdefault(f"{r.service}\0{r.key or r.logical_id}" if large else r.service, []).append(r)
    # Both limits in one number: a shard is full when it has used up either.
    weights = {
        key: max(sum(sizes[r.logical_id] for r in unit), len(unit) * room // template.RESOURCES)
        for key, unit in units.items()
    }
    placed = [keys for keys in template.shards(weights, room) if keys]
    numbered = stem.endswith("-") or len(placed) > 1
    return [
        (f"{stem.rstrip('-')}-{n}" if numbered else stem, [r for key in keys for r in units[key]])
        for n, keys in enumerate(placed, 1)
    ]


def _block(plan: Plan, resource: Resource) -> str:
    """The resource as it stands in a template."""
    if plan.stack.format == "json":
        return _json({resource.logical_id: _resource(resource)})
    return dump({"Resources": {resource.logical_id: _resource(resource)}})


def _resource(r: Resource) -> dict[str, Any]:
    out: dict[str, Any] = {"Type": r.type}
    if r.given:
        out["Condition"] = _condition(r.given)
    if r.depends_on:
        out["DependsOn"] = list(r.depends_on)
    if r.kept:
        out["DeletionPolicy"] = out["UpdateReplacePolicy"] = "Retain"
    out["Properties"] = r.properties
    return out


def _condition(parameter: str) -> str:
    return f"{parameter}Given"


# ---- what a template holds


def _imported(
    parts: Sequence[tuple[str, list[Resource]]], homes: Mapping[str, str], bodies: Mapping[str, Any]
) -> dict[str, set[str]]:
    """Suffix of a template → logical ids in it that other templates refer to."""
    out: dict[str, set[str]] = {}
    for name, part in parts:
        for r in part:
            for reference in template.references(r.properties):
                home = homes.get(reference.name)
                if home is not None and home != name and reference.name not in bodies:
                    out.setdefault(home, set()).add(reference.name)
    return out


def _body(
    plan: Plan,
    part: Sequence[Resource],
    region: str,
    bodies: Mapping[str, dict[str, Any]],
    homes: Mapping[str, str],
    name: str,
    imported: Mapping[str, set[str]],
    number: tuple[int, int],
) -> dict[str, Any]:
    elsewhere = {id for id, home in homes.items() if home != name} if imported else set()
    resources = {}
    for r in part:
        made = r._replace(properties=_with_imports(plan, r.properties, elsewhere)) if elsewhere else r
        # A stack that exports is there before the one that imports.
        made = made._replace(depends_on=tuple(id for id in r.depends_on if id not in elsewhere))
        resources[r.logical_id] = _resource(made)
    exports = {id: _export(plan, id) for id in sorted(imported.get(name, ()))}
    given = tuple(dict.fromkeys(r.given for r in part if r.given))
    used = {reference.name for reference in template.references(resources)}
    used |= {reference.name for reference in template.references(list(exports.values()))} | set(given)
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": template.FORMAT,
        "Description": _description(plan, part, region, *number),
    }
    parameters = {p: bodies[p] for p in _ordered(plan, bodies) if p in used and p not in resources}
    if parameters:
        body["Parameters"] = parameters
    mappings: dict[str, dict[str, dict[str, Any]]] = {}
    for r in part:
        for key, mapping in r.mappings.items():
            for top, values in mapping.items():
                mappings.setdefault(key, {}).setdefault(top, {}).update(values)
    if mappings:
        body["Mappings"] = mappings
    if given:
        body["Conditions"] = {_condition(p): {"Fn::Not": [{"Fn::Equals": [{"Ref": p}, ""]}]} for p in given}
    body["Resources"] = resources
    outputs = _outputs(plan, part) | exports
    if outputs:
        body["Outputs"] = outputs
    return body


def _ordered(plan: Plan, bodies: Mapping[str, Any]) -> list[str]:
    """Declared parameters in the order of the spec, then the others by name."""
    declared = [p.name for p in plan.stack.parameters]
    return [*declared, *sorted(name for name in bodies if name not in declared)]


def _with_imports(plan: Plan, value: Any, elsewhere: set[str]) -> Any:
    """`value` with references to resources of other stacks as imports."""
    if isinstance(value, Mapping):
        if len(value) == 1:
            key, inner = next(iter(value.items()))
            if key == "Ref" and inner in elsewhere:
                return {"Fn::ImportValue": substituted(_export_name(plan, inner))}
            if key == "Fn::Sub" and isinstance(inner, str):
                found = {id for id, _ in _sub_name.findall(inner) if id in elsewhere}
                if found:
                    return {
                        "Fn::Sub": [inner, {id: _with_imports(plan, {"Ref": id}, elsewhere) for id in sorted(found)}]
                    }
        return {k: _with_imports(plan, v, elsewhere) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_with_imports(plan, v, elsewhere) for v in value]
    return value


def _export_name(plan: Plan, id: str) -> str:
    return f"{plan.stack.prefix}{id}"


def _export(plan: Plan, id: str) -> dict[str, Any]:
    return {"Value": {"Ref": id}, "Export": {"Name": substituted(_export_name(plan, id))}}


def _outputs(plan: Plan, part: Sequence[Resource]) -> dict[str, Any]:
    """What whoever deploys the stack wants to know."""
    alarms = sum(r.type in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") for r in part)
    out: dict[str, Any] = {}
    if alarms:
        out["AlarmPrefix"] = {
            "Description": "What the names of the alarms start with",
            "Value": substituted(plan.stack.prefix),
        }
        out["AlarmCount"] = {"Description": "How many alarms this stack holds", "Value": str(alarms)}
    for r in part:
        if r.type == "AWS::SNS::Topic":
            out[f"{r.logical_id}Arn"] = {"Description": "ARN of the topic", "Value": {"Ref": r.logical_id}}
        if r.type == "AWS::CloudWatch::Dashboard":
            link = (
                "https://console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}"
                f"#dashboards:name=${{{r.logical_id}}}"
            )
            out[f"{r.logical_id}Link"] = {"Description": "Address of the dashboard", "Value": {"Fn::Sub": link}}
    return out


def _description(plan: Plan, part: Sequence[Resource], region: str, number: int, of: int) -> str:
    only_alarms = all(r.type == "AWS::CloudWatch::Alarm" for r in part)
    what = "CloudWatch alarms" if only_alarms else "Monitoring"
    text = " ".join(f"{what} of {plan.title or plan.system}".split())
    if plan.environment:
        text += f" ({plan.environment})"
    if region or plan.stack.region:
        text += f", for a stack in {region or plan.stack.region}"
    if of > 1:
        text += f", part {number}"
    # CloudFormation counts bytes here.
    return text.encode()[:1024].decode(errors="ignore")


# ---- text


def _template(plan: Plan, stem: str, part: Sequence[Resource], body: dict[str, Any], region: str) -> Template:
    header = f"Generated by monitorspec from {plan.system}; edit the spec, not this file."
    parameters = body.get("Parameters", {})
    file = f"{stem}.template.{'json' if plan.stack.format == 'json' else 'yml'}"
    text, large = "", False
    for large in (False, True):
        how = deploy.MARK + deploy.command(file, stem, region, parameters, large)
        if plan.stack.format == "json":
            text = _json({"Metadata": {"Generated": header, "Deploy": how}, **body})
        else:
            text = dump(body, f"{header}\n{how}")
        if len(text.encode()) <= template.INLINE_SIZE:
            break
    needs = tuple(name for name, p in parameters.items() if "Default" not in p)
    return Template(stem, file, text, tuple(part), needs, region, large)


def _json(data: Any) -> str:
    return orjson.dumps(_plain(data), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _plain(value: Any) -> Any:
    """What JSON has a form for: exact decimals as numbers, what YAML knows besides as text."""
    from decimal import Decimal

    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
