"""Resources into templates: which stack each goes to, and the texts.

In: the plan and all of its resources. Out: templates as text. Where one stack would be too large, what others refer to comes
first (`<stem>`), then alarms (`<stem>-1` …, a service whole in one of them where it fits), then what refers to alarms
(`<stem>-above`). A reference to a resource of another stack becomes an import of a value that the other one exports.
Limits: the CloudFormation user guide, "Quotas".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from monitorspec.cloudformation import deploy, template
from monitorspec.cloudformation.body import Part, Shared, body, exports, homes_of, resource, shared
from monitorspec.cloudformation.resource import ABOVE, ALARMS, BASE, Resource
from monitorspec.plan import Plan
from monitorspec.yamltext import dump

# Bytes of what a template holds besides its resources and parameters: outputs, mappings and the like.
_ROOM, _HEAD = 6_000, 2_000
# A parameter that so few resources use goes where they go; others are in every template.
_FEW = 3
# Shares of a template's room that are tried, one after another.
_SHRINK = (1.0, 0.8, 0.6, 0.4, 0.2)


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
    for r in resources:
        region = "" if r.region in ("", plan.stack.region) else r.region
        by_region.setdefault(region, []).append(r)
    common = shared(plan, resources)
    out: list[Template] = []
    for region, members in by_region.items():
        sizes, overhead = _sizes(common, members)
        for share in _SHRINK:
            made = _of_region(common, region, _spread(common, members, sizes, overhead, share))
            # How much imports and exports add is known only when they have been written.
            if all(len(t.text.encode()) <= _most(plan) for t in made):
                break
        out += made
    return out


# ---- which stack


def _most(plan: Plan) -> int:
    return template.INLINE_SIZE if plan.stack.inline else template.SIZE


def _sizes(common: Shared, resources: Sequence[Resource]) -> tuple[dict[str, int], int]:
    """Bytes that each resource brings to its template, and those that every template has."""
    as_json = common.plan.stack.format == "json"
    sizes: dict[str, int] = {}
    users: dict[str, list[str]] = {name: [] for name in common.parameters}
    for r in resources:
        made = {r.logical_id: resource(r)}
        sizes[r.logical_id] = len((_json(made) if as_json else dump({"Resources": made})).encode())
        for name in common.wanted[r.logical_id] & users.keys():
            users[name].append(r.logical_id)
    overhead = _HEAD
    for name, ids in users.items():
        size = 100 + 2 * len(orjson.dumps(_plain(common.parameters[name])))
        if len(ids) > _FEW:
            overhead += size
        else:
            for id in ids:
                sizes[id] += size
    return sizes, overhead


def _spread(
    common: Shared, resources: Sequence[Resource], sizes: Mapping[str, int], overhead: int, share: float
) -> list[Part]:
    """The resources of each template, when they may fill `share` of its room."""
    plan = common.plan
    if len(resources) <= template.RESOURCES and sum(sizes.values()) + overhead <= _most(plan):
        return [Part("", resources)]
    room = int((_most(plan) - min(overhead, _most(plan) // 2) - _ROOM) * share)
    layers = _layers(common, resources)
    out: list[Part] = []
    for layer, stem in ((BASE, ""), (ALARMS, "-"), (ABOVE, "-above")):
        members = [r for r in resources if layers[r.logical_id] == layer]
        if members:
            out += _packed(members, sizes, room, stem)
    return out


def _layers(common: Shared, resources: Sequence[Resource]) -> dict[str, int]:
    """Logical id → layer: its own, or ABOVE where something that it refers to would otherwise be deployed after it."""
    layers = {r.logical_id: r.layer for r in resources}
    uses = {
        r.logical_id: used for r in resources if (used := layers.keys() & {*common.wanted[r.logical_id], *r.depends_on})
    }
    while early := [id for id, used in uses.items() if max(layers[other] for other in used) > layers[id]]:
        layers |= dict.fromkeys(early, ABOVE)
    return layers


def _packed(members: Sequence[Resource], sizes: Mapping[str, int], room: int, stem: str) -> list[Part]:
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
        Part(f"{stem.rstrip('-')}-{n}" if numbered else stem, [r for key in keys for r in units[key]])
        for n, keys in enumerate(placed, 1)
    ]


# ---- texts


def _of_region(common: Shared, region: str, parts: Sequence[Part]) -> list[Template]:
    plan = common.plan
    stem = f"{plan.system}-{region}" if region else plan.system
    homes, exported = homes_of(parts), exports(common, parts)
    out = []
    for n, part in enumerate(parts, 1):
        elsewhere = {id for id, home in homes.items() if home != part.suffix} if exported else set()
        said = _description(plan, part.resources, region or plan.stack.region, n if len(parts) > 1 else 0)
        made = body(common, part, exported.get(part.suffix, ()), elsewhere, said)
        out.append(_template(plan, f"{stem}{part.suffix}", part.resources, made, region or plan.stack.region))
    return out


def _description(plan: Plan, resources: Sequence[Resource], region: str, part: int) -> str:
    only_alarms = all(r.type == "AWS::CloudWatch::Alarm" for r in resources)
    what = "CloudWatch alarms" if only_alarms else "Monitoring"
    text = " ".join(f"{what} of {plan.title or plan.system}".split())
    if plan.environment:
        text += f" ({plan.environment})"
    if region:
        text += f", for a stack in {region}"
    if part:
        text += f", part {part}"
    # CloudFormation counts bytes here.
    return text.encode()[:1024].decode(errors="ignore")


def _template(plan: Plan, stem: str, resources: Sequence[Resource], made: dict[str, Any], region: str) -> Template:
    header = f"Generated by monitorspec from {plan.system}; edit the spec, not this file."
    parameters = made.get("Parameters", {})
    as_json = plan.stack.format == "json"
    file = f"{stem}.template.{'json' if as_json else 'yml'}"

    def text_of(large: bool) -> str:
        how = deploy.MARK + deploy.command(file, stem, region, parameters, large, deploy.capability(resources))
        if as_json:
            return _json({"Metadata": {"Generated": header, "Deploy": how}, **made})
        return dump(made, f"{header}\n{how}")

    text = text_of(False)
    large = len(text.encode()) > template.INLINE_SIZE
    if large:
        text = text_of(True)
    needs = tuple(name for name, p in parameters.items() if "Default" not in p)
    return Template(stem, file, text, tuple(resources), needs, region, large)


def _json(data: Any) -> str:
    return orjson.dumps(_plain(data), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _plain(value: Any) -> Any:
    """What JSON has a form for: exact decimals as numbers, what YAML knows besides as text."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
