"""How a template is deployed: the command, ready to be pasted.

In: what a template is called and needs. Out: a command line of the AWS CLI, and where a template's text holds it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from monitorspec.cloudformation.resource import Resource

MARK = "Deploy: "
# Properties that name what IAM holds.
_NAMES = ("GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName")


def capability(resources: Iterable[Resource]) -> str:
    """What whoever deploys the resources has to acknowledge, "" for nothing (CloudFormation API reference, CreateStack)."""
    iam = [r for r in resources if r.type.startswith("AWS::IAM::")]
    if not iam:
        return ""
    named = any(name in r.properties for r in iam for name in _NAMES)
    return "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"


def command(
    file: str,
    stem: str,
    region: str,
    parameters: Mapping[str, Mapping[str, Any]],
    large: bool,
    acknowledged: str = "",
) -> str:
    """`aws cloudformation deploy …`; names in capitals stand for what has to be filled in.

    The stack is called after its environment, because deploying another environment under the same name would turn the one
    stack into the other.
    """
    environment = parameters.get("Environment", {}).get("Default", "")
    stack = f"{stem}-{environment}" if environment and "Environment" in parameters else stem
    words = [
        "aws",
        "cloudformation",
        "deploy",
        "--template-file",
        shlex.quote(file),
        "--stack-name",
        shlex.quote(stack),
    ]
    if region:
        words += ["--region", shlex.quote(region)]
    if large:
        words += ["--s3-bucket", "BUCKET"]
    if acknowledged:
        words += ["--capabilities", acknowledged]
    chosen = {name: name.upper() for name, body in parameters.items() if "Default" not in body}
    if environment:
        chosen["Environment"] = shlex.quote(str(environment))
    if chosen:
        words += ["--parameter-overrides", *(f"{name}={value}" for name, value in chosen.items())]
    return " ".join(words)


def told(text: str) -> str:
    """The command that a template's text holds, or ""."""
    head = text[:2_000]
    at = head.find(MARK)
    return head[at + len(MARK) :].partition("\n")[0].rstrip('",') if at >= 0 else ""
