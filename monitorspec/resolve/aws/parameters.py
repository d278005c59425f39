"""Parameters of the CloudFormation templates.

In: `aws.parameters`. Out: `plan.aws.Parameter`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitorspec import re2
from monitorspec.diagnostics import Path
from monitorspec.plan.aws import Parameter
from monitorspec.resolve.context import Context
from monitorspec.spec.aws import Aws

# AWS CloudFormation user guide, "Parameters": the name is a logical id.
_NAME = re.compile(r"[A-Za-z0-9]{1,255}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def parameters(context: Context, aws: Aws) -> Iterator[Parameter]:
    """Every declared parameter, checked."""
    notes = context.notes
    for name, spec in (aws.parameters or {}).items():
        path: Path = ("aws", "parameters", name)
        checked_parameter_name(context, name, path, key=True)
        allowed = tuple(spec.allowed or ())
        if spec.default is not None and allowed and spec.default not in allowed:
            notes.unknown("aws/parameter-value", (*path, "default"), "value", spec.default, allowed, "allowed")
        if spec.pattern is not None and spec.default is not None:
            # CloudFormation reads patterns as Java does: what RE2 does not have may be valid, and is not held against a value.
            try:
                fits = re2.matcher(spec.pattern)(spec.default)
            except re2.Broken as error:
                fits = True
                said = f"`{spec.pattern}` is no regular expression: {error}"
                notes.fault(
                    "aws/parameter-value", (*path, "pattern"), spec.pattern, error.fault._replace(message=said, help="")
                )
            except re2.Unsupported:
                fits = True
            if not fits:
                notes.add(
                    "aws/parameter-value",
                    (*path, "default"),
                    f"the default `{spec.default}` does not match the pattern",
                    label=f"has to match `{spec.pattern}`",
                    effect="no stack could be deployed without giving another value",
                )
        if spec.type == "number":
            for where, value in (("default", spec.default), *(("allowed", v) for v in allowed)):
                if value is not None and not _NUMBER.fullmatch(value):
                    notes.add("aws/parameter-value", (*path, where), f"`{value}` is no number", label="`type: number`")
        if spec.secret and spec.default:
            notes.add(
                "aws/literal-secret",
                (*path, "default"),
                f"the secret `{name}` has its value in the spec",
                help=("leave `default` out: it is given when the stack is deployed",),
            )
        yield Parameter(
            name=name,
            description=spec.description or "",
            number=spec.type == "number",
            default=spec.default,
            allowed=allowed,
            pattern=spec.pattern or "",
            secret=spec.secret,
            origin=path,
        )


def checked_parameter_name(context: Context, name: str, path: Path, *, key: bool = False) -> str:
    """`name`, after a finding where CloudFormation does not take it for a parameter."""
    if not _NAME.fullmatch(name):
        fixed = re.sub(r"[^A-Za-z0-9]", "", name)
        context.notes.add(
            "aws/parameter-name",
            path,
            f"`{name}` cannot name a parameter of a stack",
            key=key,
            label="letters and digits only",
            help=(f"write `{fixed}`",) if fixed else (),
        )
    return name
