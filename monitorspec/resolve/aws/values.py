"""Values that the parts of `aws:` share: ARNs, services.

In: values of the spec and their paths. Out: plain values, after findings for those that AWS would not take.
"""

from __future__ import annotations

import re

from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import checked_text

REFERENCE = re.compile(r"\$\{(?!!)[^}]*\}")
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


def arn(context: Context, text: str, path: Path, service: str = "") -> str:
    """A text that has to be the ARN of something (of `service`: iam, lambda, …) when the stack is deployed."""
    checked_text(context, text, path)
    if text.startswith(f"arn:{service}:") or (not text.startswith("arn:") and not REFERENCE.match(text)):
        context.notes.add(
            "aws/arn",
            path,
            f"`{text}` is no ARN",
            help=(f"write `arn:${{AWS::Partition}}:{service or 'lambda'}:…`, or make it a parameter: `${{Name}}`",),
        )
    elif _ACCOUNT.search(REFERENCE.sub("", text)):
        context.notes.add(
            "aws/account",
            path,
            "an ARN holds the number of an account, which does not belong in a spec",
            help=("write `${AWS::AccountId}` for the stack's own account, or make it a parameter: `${Name}`",),
        )
    return text


def service_of_arn(text: str) -> str:
    """The AWS service in an ARN, "" where a parameter holds all of it."""
    parts = REFERENCE.sub("x", text).split(":")
    return parts[2] if parts[0] == "arn" and len(parts) > 3 else ""


def service(context: Context, name: str | None, path: Path) -> str:
    """The name of one of the spec's services, or ""."""
    known = context.spec.services or {}
    if name is not None and name not in known:
        context.notes.unknown("aws/unknown-service", path, "service", name, known, "services")
    return name or ""
