"""Raw CloudFormation resources: what the language has no word for.

In: `aws.resources`. Out: `plan.aws.RawResource`s. What they refer to is checked when all resources are known, by lint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from monitorspec.diagnostics import Path
from monitorspec.plan.aws import RawResource
from monitorspec.resolve.aws import values
from monitorspec.resolve.context import Context
from monitorspec.spec.aws import Aws

# CloudFormation user guide, "Resource attribute reference". `Condition` is missing: a spec declares none.
ATTRIBUTES = (
    "Type",
    "Properties",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
# Functions that need what a spec does not declare → what that is.
_UNSUPPORTED = {
    **dict.fromkeys(("Fn::If", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals"), "conditions"),
    "Fn::FindInMap": "mappings",
    "Fn::Transform": "macros",
    **dict.fromkeys(("Fn::ForEach", "Fn::Length", "Fn::ToJsonString"), "the transform AWS::LanguageExtensions"),
}
# CloudFormation template reference, "Intrinsic functions".
_FUNCTIONS = tuple(f"Fn::{f}" for f in ("Base64 Cidr GetAZs GetAtt ImportValue Join Select Split Sub").split())
_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_TYPE = re.compile(r"(Custom::[\w@-]{1,60}|[A-Za-z0-9]{2,64}(::[A-Za-z0-9]{2,64}){2,3})")
_ATTRIBUTE = re.compile(r"[A-Za-z0-9]+\.[A-Za-z0-9.]+")
# Properties whose value is a secret: MasterUserPassword, SecretString, AuthToken, ApiKey.
_SECRET = re.compile(r"(?i)(password|passphrase|secret|secretstring|secretkey|secretaccesskey|authtoken|apikey)$")
_DYNAMIC = "{{resolve:"


def raw_resources(context: Context, aws: Aws) -> Iterator[RawResource]:
    """Every raw resource, checked."""
    for id, resource in (aws.resources or {}).items():
        path: Path = ("aws", "resources", id)
        _check_id(context, id, path)
        _check_attributes(context, id, resource, path)
        for key, value in resource.items():
            if key not in ("Type", "DependsOn"):
                _check_value(context, value, (*path, key))
        yield RawResource(id, resource, path)


def _check_id(context: Context, id: str, path: Path) -> None:
    if not _ID.fullmatch(id):
        fixed = re.sub(r"[^A-Za-z0-9]", "", id)
        context.notes.add(
            "resources/name",
            path,
            f"`{id}` is no logical id",
            key=True,
            label="letters and digits only",
            help=(f"write `{fixed}`",) if fixed else (),
        )
    elif id in context.parameters:
        context.notes.add("resources/name", path, f"`{id}` is a parameter, too", key=True)


def _check_attributes(context: Context, id: str, resource: Mapping[str, Any], path: Path) -> None:
    notes = context.notes
    missing = [f"`{key}`" for key in ("Type", "Properties") if key not in resource]
    if missing:
        notes.add(
            "resources/attribute",
            path,
            f"`{id}` needs {' and '.join(missing)}",
            key=True,
            help=("such as `{Type: 'AWS::SQS::Queue', Properties: {}}`",),
        )
    for key, value in resource.items():
        at = (*path, key)
        if key == "Condition":
            notes.add("resources/unsupported", at, "`Condition` needs conditions, which no spec declares", key=True)
        elif key not in ATTRIBUTES:
            help = (_near(str(key), ATTRIBUTES),)
            notes.add("resources/attribute", at, f"CloudFormation has no attribute `{key}`", key=True, help=help)
        elif key == "Type" and not (isinstance(value, str) and _TYPE.fullmatch(value)):
            notes.add(
                "resources/attribute", at, f"`{value}` is no type of a resource", label="such as `AWS::SQS::Queue`"
            )
        elif key == "Type" and value.startswith("AWS::Serverless::"):
            notes.add("resources/unsupported", at, f"`{value}` needs a transform, which no spec declares")
        elif key in ("Properties", "Metadata", "CreationPolicy", "UpdatePolicy") and not isinstance(value, Mapping):
            notes.add("resources/attribute", at, f"`{key}` is a mapping")
        elif key == "DependsOn" and not all(isinstance(name, str) for name in depends_on(resource)):
            notes.add("resources/attribute", at, "`DependsOn` names other resources")
        elif key in _POLICIES and value not in _POLICIES[key]:
            notes.add("resources/attribute", at, f"`{value}` is no {key}", help=(_near(str(value), _POLICIES[key]),))


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"


def depends_on(resource: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a resource has to wait for."""
    given = resource.get("DependsOn", ())
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def _check_value(context: Context, value: Any, path: Path) -> None:
    if value is None:
        context.notes.add(
            "resources/attribute",
            path,
            f"`{path[-1]}` has no value, which CloudFormation does not take",
            help=("leave it out, or refer to `AWS::NoValue`",),
        )
    elif isinstance(value, str):
        values.no_account(context, value, path)
        if isinstance(path[-1], str) and _SECRET.search(path[-1]) and value and not _is_given(value):
            context.notes.add(
                "aws/literal-secret",
                path,
                f"`{path[-1]}` has its value in the spec",
                help=(
                    "make it a parameter: `aws.parameters: {Name: {secret: true}}`, then `${Name}` here",
                    "or let CloudFormation look it up: `{{resolve:secretsmanager:…}}`",
                ),
            )
    elif isinstance(value, Mapping):
        _check_function(context, value, path)
        for key, inner in value.items():
            _check_value(context, inner, (*path, key))
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            _check_value(context, inner, (*path, n))


def _is_given(text: str) -> bool:
    return bool(values.REFERENCE.search(text)) or text.startswith(_DYNAMIC)


def _check_function(context: Context, value: Mapping[str, Any], path: Path) -> None:
    """A mapping that calls a function of CloudFormation: alone, with arguments of the right form."""
    for name, given in value.items():
        at = (*path, name)
        function = "::".join(str(name).split("::")[:2])
        if function in _UNSUPPORTED:
            what = _UNSUPPORTED[function]
            context.notes.add("resources/unsupported", at, f"`{name}` needs {what}, which no spec declares", key=True)
            continue
        if name == "Ref":
            right, form = isinstance(given, str), "the name of a parameter or a resource"
        elif name == "Fn::GetAtt":
            right, form = _is_attribute(given), "`Id.Attribute`, or a list of both"
        elif name == "Fn::Sub":
            right, form = _is_substitution(given), "a text, or a list of a text and a mapping"
        elif function.startswith("Fn::") and name not in _FUNCTIONS:
            help = (_near(name, (*_FUNCTIONS, *_UNSUPPORTED)),)
            context.notes.add("resources/function", at, f"CloudFormation has no `{name}`", key=True, help=help)
            continue
        else:
            continue
        if not right:
            context.notes.add("resources/function", at, f"`{name}` takes {form}")
        elif len(value) > 1:
            context.notes.add("resources/function", at, f"`{name}` stands alone in a mapping", key=True)


def _is_attribute(given: Any) -> bool:
    if isinstance(given, str):
        return _ATTRIBUTE.fullmatch(given) is not None
    return isinstance(given, list | tuple) and len(given) == 2 and isinstance(given[0], str)


def _is_substitution(given: Any) -> bool:
    if isinstance(given, list | tuple):
        return len(given) == 2 and isinstance(given[0], str) and isinstance(given[1], Mapping)
    return isinstance(given, str)
