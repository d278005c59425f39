"""Lint of raw CloudFormation resources among those that are generated.

In: the plan. Out: findings `resources/…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from monitorspec.lint.finding import Finding
from monitorspec.plan import Path, Plan
from monitorspec.plan.aws import RawResource

_PSEUDO = "AWS::"
_variable = re.compile(r"\$\{(?!!)([^}]*)\}")


def taken(plan: Plan) -> Iterable[Finding]:
    """A raw resource has the logical id of one that is generated.

    Ids of what is generated are made from its name and its kind: the topic `pages` is `PagesTopic`.

    ```yaml wrong
    aws:
      topics: {pages: {subscriptions: {mail: {email: web@shop.example}}}}
      resources: {PagesTopic: {Type: 'AWS::SNS::Topic', Properties: {}}}
    ```
    ```yaml right
    aws:
      topics: {pages: {subscriptions: {mail: {email: web@shop.example}}}}
      resources: {OtherPagesTopic: {Type: 'AWS::SNS::Topic', Properties: {}}}
    ```
    """
    if not plan.stack.resources:
        return
    from monitorspec.cloudformation.kinds import generated

    made = {resource.logical_id: resource.type for resource in generated(plan)}
    for raw in plan.stack.resources:
        if raw.logical_id in made:
            yield Finding(
                f"`{raw.logical_id}` is the id of a generated {made[raw.logical_id]}",
                raw.origin,
                help=("give it another id",),
            )


def reference(plan: Plan) -> Iterable[Finding]:
    """A raw resource refers to what the stack does not have.

    `Ref`, `Fn::GetAtt`, `Fn::Sub`, `DependsOn` and texts with `${Name}` name parameters, other raw resources, or resources that are
    generated: build the spec to see what these are called. A text that is to keep its `${name}` is written `${!name}`.

    ```yaml wrong
    aws:
      resources:
        Queue: {Type: 'AWS::SQS::Queue', Properties: {}}
        Policy: {Type: 'AWS::SQS::QueuePolicy', Properties: {Queues: [{Ref: Queues}], PolicyDocument: {}}}
    ```
    ```yaml right
    aws:
      resources:
        Queue: {Type: 'AWS::SQS::Queue', Properties: {}}
        Policy: {Type: 'AWS::SQS::QueuePolicy', Properties: {Queues: [{Ref: Queue}], PolicyDocument: {}}}
    ```
    """
    if not plan.stack.resources:
        return
    from monitorspec.cloudformation.kinds import resources
    from monitorspec.cloudformation.parameters import parameter_bodies
    from monitorspec.resolve.references import PSEUDO

    regions = {r.logical_id: r.region if r.region != plan.stack.region else "" for r in resources(plan)}
    parameters = {*parameter_bodies(plan), *PSEUDO, f"{_PSEUDO}NoValue"}
    for raw in plan.stack.resources:
        for wanted in _wanted(raw):
            name = wanted.name
            known = {*regions} if wanted.resource else {*regions, *parameters}
            if name not in known:
                what = "no resource" if wanted.resource else "neither a parameter nor a resource"
                yield Finding(
                    f"`{name}` is {what} of the stack",
                    wanted.path,
                    help=_help(wanted, known),
                    key=False,
                    within=wanted.within,
                )
            elif regions.get(name):
                yield Finding(
                    f"`{name}` is in the stack of {regions[name]}",
                    wanted.path,
                    label="a stack refers to what is in its own region only",
                    key=False,
                    within=wanted.within,
                )
            elif name == raw.logical_id:
                yield Finding(f"`{name}` refers to itself", wanted.path, key=False, within=wanted.within)


def cycle(plan: Plan) -> Iterable[Finding]:
    """Resources wait for each other.

    CloudFormation makes what is referred to first, and refuses a stack in which there is no first.

    ```yaml wrong
    aws:
      resources:
        Jobs: {Type: 'AWS::SQS::Queue', Properties: {RedrivePolicy: {deadLetterTargetArn: '${Lost.Arn}', maxReceiveCount: 5}}}
        Lost: {Type: 'AWS::SQS::Queue', Properties: {RedriveAllowPolicy: {sourceQueueArns: ['${Jobs.Arn}']}}}
    ```
    ```yaml right
    aws:
      resources:
        Jobs: {Type: 'AWS::SQS::Queue', Properties: {RedrivePolicy: {deadLetterTargetArn: '${Lost.Arn}', maxReceiveCount: 5}}}
        Lost: {Type: 'AWS::SQS::Queue', Properties: {}}
    ```
    """
    if not plan.stack.resources:
        return
    from graphlib import CycleError, TopologicalSorter

    from monitorspec.cloudformation.kinds import resources

    needs = {r.logical_id: {*r.names, *r.depends_on} - {r.logical_id} for r in resources(plan)}
    try:
        TopologicalSorter({id: sorted(names & needs.keys()) for id, names in needs.items()}).prepare()
    except CycleError as error:
        # What is generated refers in circles only by way of a raw resource. The sorter begins anywhere: here it is the first one.
        circle = error.args[1][:0:-1]
        raw = next(raw for raw in plan.stack.resources if raw.logical_id in circle)
        start = circle.index(raw.logical_id)
        way = [*circle[start:], *circle[:start], raw.logical_id]
        yield Finding(f"resources wait for each other: {' → '.join(f'`{id}`' for id in way)}", raw.origin)


class _Wanted(NamedTuple):
    """What is referred to at `path`, in the text there `within`; `resource`: no parameter will do."""

    path: Path
    name: str
    resource: bool = False
    within: tuple[str, int, int] | None = None


def _wanted(raw: RawResource) -> Iterator[_Wanted]:
    for key, value in raw.resource.items():
        path = (*raw.origin, key)
        if key != "DependsOn":
            yield from _of(value, path)
        elif isinstance(value, str):
            yield _Wanted(path, value, True)
        else:
            yield from (_Wanted((*path, n), name, True) for n, name in enumerate(value))


def _help(wanted: _Wanted, known: Iterable[str]) -> tuple[str, ...]:
    near = get_close_matches(wanted.name, known, 1)
    if near:
        return (f"did you mean `{near[0]}`?",)
    return (f"write `${{!{wanted.name}}}` for what CloudFormation is to leave as it is",) if wanted.within else ()


def _of(value: Any, path: Path) -> Iterator[_Wanted]:
    if isinstance(value, str):
        yield from _of_text(value, path)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _of_key(key, inner, (*path, key))
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _of(inner, (*path, n))


def _of_key(key: str, value: Any, path: Path) -> Iterator[_Wanted]:
    if key == "Ref":
        yield _Wanted(path, value)
    elif key == "Fn::GetAtt":
        yield _Wanted(path, value.partition(".")[0] if isinstance(value, str) else value[0], True)
        yield from () if isinstance(value, str) else _of(value[1], (*path, 1))
    elif key == "Fn::Sub" and isinstance(value, list | tuple):
        yield from (found for found in _of_text(value[0], (*path, 0)) if found.name not in value[1])
        yield from _of(value[1], (*path, 1))
    else:
        yield from _of(value, path)


def _of_text(text: str, path: Path) -> Iterator[_Wanted]:
    for found in _variable.finditer(text):
        name = found[1].strip()
        name = name if name.startswith(_PSEUDO) else name.partition(".")[0]
        yield _Wanted(path, name, within=(text, found.start(), len(found[0])))
